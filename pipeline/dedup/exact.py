"""Texts that say the same: a digest for each article, and the first of those that share one."""

import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xxhash

from pipeline import cache, shard_files

ROW = np.dtype([("high", "<u8"), ("low", "<u8"), ("offset", "<u8")])  # an article's digest and where its line starts
Indexes = npt.NDArray[np.int64]


def text_digest(text: str) -> bytes:
    """xxh3_128 over the UTF-8 of ``text`` without white space: 16 bytes, equal for texts that say the same."""
    return xxhash.xxh3_128_digest("".join(text.split()).encode("utf-8"))


def first_occurrences(high: npt.NDArray[np.uint64], low: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """For each of n digests (two arrays of n) the index of the first that equals it; its own index if it is the
    first."""
    order = np.argsort(high)
    same = high[order[1:]] == high[order[:-1]]
    twice = np.zeros(len(high), dtype=bool)
    twice[order[1:][same]] = twice[order[:-1][same]] = True
    places = np.flatnonzero(twice)  # few, as a rule: only they are ordered by the whole digest, and stably
    high, low = high[places], low[places]
    order = np.lexsort((low, high))
    new = np.ones(len(order), dtype=bool)
    new[1:] = (high[order][1:] != high[order][:-1]) | (low[order][1:] != low[order][:-1])
    first = np.arange(len(twice))
    first[places[order]] = places[order[np.flatnonzero(new)[np.cumsum(new) - 1]]]
    return first


def find_first(files: Sequence[shard_files.File], output: Path) -> tuple[Indexes, Indexes, Indexes]:
    """For each article of the shards ``files``, whose digests are in ``output``, the first that says the same; where
    each file's articles end among all; where each article's line starts."""
    rows = [np.fromfile(output / f"{file.path.stem}.digests", dtype=ROW) for file in files]
    ends = np.cumsum([len(part) for part in rows])
    offsets = np.concatenate([part["offset"] for part in rows]).astype(np.int64)
    return (
        first_occurrences(*(np.concatenate([part[half] for part in rows]) for half in ("high", "low"))),
        ends,
        offsets,
    )


def hash_shard(folder: Path, name: str, path: str, digest: str) -> cache.Counts:
    """The digests of one shard's articles, 24 bytes each, in order."""
    rows = []
    offset = characters = 0
    for line in io.BytesIO(shard_files.read_whole(Path(path), digest)):
        text = json.loads(line)["text"]
        row = text_digest(text)
        rows.append((int.from_bytes(row[:8], "big"), int.from_bytes(row[8:], "big"), offset))
        offset += len(line)
        characters += len(text)
    np.array(rows, dtype=ROW).tofile(folder / f"{name}.digests")
    return {"articles_in": len(rows), "characters_in": characters}
