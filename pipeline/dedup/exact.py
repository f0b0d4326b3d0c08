"""Texts that say the same: a digest for each article, and the first of those that share one."""

import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xxhash

from pipeline import cache, shard_files
from pipeline.dedup import partitions
from pipeline.dedup.partitions import REPEAT, ROW, Indexes, Rows


def text_digest(text: str) -> bytes:
    """xxh3_128 over the UTF-8 of ``text`` without white space: 16 bytes, equal for texts that say the same."""
    return xxhash.xxh3_128_digest("".join(text.split()).encode("utf-8"))


def halves(digest: bytes) -> tuple[int, int]:
    return int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:], "big")


def find_repeats(
    files: Sequence[shard_files.File], output: Path, work: Path, processes: int = 1
) -> tuple[Path, Indexes]:
    """A file in ``work`` with a ``REPEAT`` for each article of the shards ``files`` that says the same as an earlier
    one; where each shard's articles end among all. The digests are in ``output``."""
    paths = _digests(files, output)
    ends = partitions.ends_of(paths)
    total = int(ends[-1]) if len(ends) else 0
    return partitions.find(partitions.place(paths), total, repeats_of, work / "repeats", processes), ends


def repeats_of(rows: Rows) -> Rows:
    """Those of ``rows`` (``PLACED``, by number) that repeat an earlier one, as ``REPEAT``."""
    first = partitions.first_occurrences(rows["high"], rows["low"])
    later = np.flatnonzero(first != np.arange(len(first)))
    repeats = np.zeros(len(later), dtype=REPEAT)
    repeats["number"] = rows["number"][later]
    repeats["of"], repeats["offset"] = (rows[name][first[later]] for name in ("number", "offset"))
    return repeats


def read_offsets(files: Sequence[shard_files.File], output: Path) -> Indexes:
    """Where each article's line starts in its shard."""
    parts = [np.fromfile(path, dtype=ROW)["offset"] for path in _digests(files, output)]
    return np.concatenate([*parts, np.zeros(0, dtype="<u8")]).astype(np.int64)


def _digests(files: Sequence[shard_files.File], output: Path) -> list[Path]:
    return [output / f"{file.path.stem}.digests" for file in files]


def hash_shard(folder: Path, name: str, path: str, digest: str) -> cache.Counts:
    """The digests of one shard's articles, 24 bytes each, in order."""
    rows = []
    offset = characters = 0
    for line in io.BytesIO(shard_files.read_whole(Path(path), digest)):
        text = json.loads(line)["text"]
        rows.append((*halves(text_digest(text)), offset))
        offset += len(line)
        characters += len(text)
    np.array(rows, dtype=ROW).tofile(folder / f"{name}.digests")
    return {"articles_in": len(rows), "characters_in": characters}
