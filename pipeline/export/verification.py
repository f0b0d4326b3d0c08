"""``ciliu verify``: what the bundle's own verify.py finds, the manifest against its schema, and every format read."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ciliu.bundle import read_words
from ciliu.matrices import read_vectors
from pipeline import cache
from pipeline.export import schema, tar
from pipeline.export.bundled import verify
from pipeline.export.formats import Format, parse
from pipeline.export.table import Matrix, Table

ARCHIVE = ".tar.zst"


def find_faults(path: Path, quick: bool = False) -> list[str]:
    """A sentence for each fault of the bundle in a folder or ``.tar.zst``; ``quick``: files and sums alone.

    Nothing that the bundle carries is run: pickles are read by ``pipeline.models``. Raises ``ValueError`` where there
    is no such folder or archive.
    """
    if path.is_dir():
        return list(_faults(path, quick))
    if not path.name.endswith(ARCHIVE) or not path.is_file():
        raise ValueError(f"{path} is no folder and no {ARCHIVE} file")
    with tempfile.TemporaryDirectory() as folder:
        try:
            tar.unpack(path, Path(folder))
        except ValueError as error:
            return [str(error)]
        return list(_faults(Path(folder), quick))


def _faults(folder: Path, quick: bool) -> Iterator[str]:
    if not (folder / verify.MANIFEST).exists() and (folder / "latest").exists():
        yield f"{folder} holds versions of a bundle: give one of them"
        return
    found = list(verify.find_faults(folder, quick))
    yield from found
    if quick or found:
        return
    manifest = verify.read_manifest(folder)
    if wrong := list(schema.find_faults(manifest)):
        yield from wrong
        return
    try:
        yield from _load_back(folder, manifest)
    except (ValueError, OSError) as error:
        yield str(error)


def _load_back(folder: Path, manifest: cache.Json) -> Iterator[str]:
    words, exact = read_words(folder / "vocab.tsv"), {"numpy", "safetensors"} & manifest["formats"].keys()
    matrix = read_vectors(folder) if exact else None
    shape = manifest["words"], manifest["vector_size"]
    empty = np.broadcast_to(np.float32(0), shape)  # takes no memory
    table = Table(words, np.zeros(0, np.int64), empty if matrix is None else matrix)
    for name in manifest["formats"]:
        one = parse(name)
        read = getattr(one.module, "read", None) or (
            one.module.read_by_library if one.library and one.module.SAFE else None
        )
        if read is None:
            continue
        try:
            yield from _compare(one, read(folder, one.packing, table), table, matrix is not None)
        except (ValueError, OSError, KeyError, IndexError, TypeError, AttributeError, EOFError) as error:
            yield f"{one.file} cannot be read: {error}"


def _compare(one: Format, parts: Iterator[tuple[list[str], Matrix]], table: Table, known: bool) -> Iterator[str]:
    start, exact = 0, known and getattr(one.module, "EXACT", True)
    for words, rows in parts:
        end = start + len(words)
        if words != table.words[start:end]:
            yield f"{one.file}: its words are not those of vocab.tsv, from word {start + 1:,} on"
            return
        if not np.isfinite(rows).all():
            yield f"{one.file}: a number is NaN or infinite, between the words {start + 1:,} and {end:,}"
            return
        if exact and not np.array_equal(rows, table.matrix[start:end]):
            yield f"{one.file}: its values are not those of the other formats, from word {start + 1:,} on"
            return
        start = end
    if start != len(table.words):
        yield f"{one.file} has {start:,} of {len(table.words):,} words"


def describe(path: Path) -> str:
    """What a sound bundle is, in a line."""
    if not path.is_dir():
        return path.name
    manifest = json.loads((path / verify.MANIFEST).read_bytes())
    return f"{manifest['words']:,} words × {manifest['vector_size']} as {', '.join(manifest['formats'])}"
