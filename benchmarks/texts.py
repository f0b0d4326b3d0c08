"""The texts of ``../shared`` as lines: its corpora, the SogouCA slice, the raw files of Fudan, the SIGHAN sets."""

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

from backports import zstd

LAX = "gb18030"  # the two older sources; they have corrupted bytes
SIGHAN = "eval/segmentation/icwb2"


def find_texts(shared: Path) -> dict[str, Path]:
    """The texts by name: every corpus, and ``icwb2`` for the folder of the SIGHAN sets."""
    corpora = shared / "corpora"
    found = {
        path.name.split(".")[0]: path for path in sorted(corpora.iterdir()) if path.suffix in (".zst", ".dat", ".gz")
    }
    return {**found, "icwb2": shared / SIGHAN}


def read_texts(path: Path) -> Iterator[tuple[str, int]]:
    """Each text of a source, and how many bytes it took there (uncompressed)."""
    if path.is_dir():
        for file in sorted(path.glob("*/*.utf8")):
            yield file.read_bytes().decode("utf-8"), file.stat().st_size
    elif path.suffix == ".zst":
        with zstd.open(path, "rb") as lines:
            yield from ((json.loads(line)["text"], len(line)) for line in lines)
    elif path.suffix == ".gz":
        with tarfile.open(path) as archive:
            for member in archive:
                if content := archive.extractfile(member):
                    yield content.read().decode(LAX, "replace"), member.size
    else:
        yield path.read_bytes().decode(LAX, "replace"), path.stat().st_size


def source_size(path: Path) -> int:
    """Bytes of a source, uncompressed: the sum of what ``read_texts`` says of each text."""
    if path.suffix != ".zst":
        return sum(size for _, size in read_texts(path))
    with zstd.open(path, "rb") as lines:  # no JSON read: a second instead of ten
        return sum(map(len, lines))


def read_batches(path: Path, characters: int, limit: int | None = None) -> Iterator[tuple[list[str], int]]:
    """The lines of a source (LF alone ends one) in batches of some ``characters``, and the bytes each took there.

    ``limit``: the batches end once they have so many characters.
    """
    batch: list[str] = []
    length = size = total = 0
    for text, read in read_texts(path):
        batch += text.split("\n")
        length += len(text)
        size += read
        if length >= characters:
            yield batch, size
            total += length
            batch, length, size = [], 0, 0
            if limit is not None and total >= limit:
                return
    if batch:
        yield batch, size
