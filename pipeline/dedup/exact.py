"""Texts that say the same: a digest for each article, and the first of those that share one.

Digests that are equal begin alike, so they are looked at in partitions by their first bits, each by itself: memory does
not grow with the articles. Few articles are one partition, which never leaves the memory.
"""

import io
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xxhash

from pipeline import cache, shard_files

ROW = np.dtype([("high", "<u8"), ("low", "<u8"), ("offset", "<u8")])  # an article's digest and where its line starts
PLACED = np.dtype([*ROW.descr, ("article", "<i8")])  # the same, with the article's number among all
# An article that goes, the one that it repeats, where that one's line starts, and whether the two are only alike.
REPEAT = np.dtype([("article", "<i8"), ("of", "<i8"), ("offset", "<i8"), ("near", "<i8")])

PARTITION = 1 << 21  # articles of a partition, about: 64 MB of rows, and as much again while they are sorted

Indexes = npt.NDArray[np.int64]
Rows = npt.NDArray[np.void]


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


def count_articles(files: Sequence[shard_files.File], output: Path) -> Indexes:
    """Where each file's articles end among all, by the digests in ``output``."""
    sizes = [_digests(output, file).stat().st_size // ROW.itemsize for file in files]
    return np.cumsum(sizes, dtype=np.int64)


def find_repeats(files: Sequence[shard_files.File], output: Path, work: Path) -> Path:
    """Write a ``REPEAT`` for each article of the shards ``files`` that says the same as an earlier one, in order, into
    a file in ``work``. The shards' digests are in ``output``."""
    total = sum(_digests(output, file).stat().st_size for file in files) // ROW.itemsize
    number = 1 << max(0, (total - 1) // PARTITION).bit_length()
    target = work / "repeats"
    with target.open("wb") as repeats:
        if number == 1:
            whole = np.concatenate([*_read_placed(files, output), np.zeros(0, dtype=PLACED)])
            repeats.write(repeats_of(whole).tobytes())
            return target
        placed = ((rows, rows["high"] >> np.uint64(65 - number.bit_length())) for rows in _read_placed(files, output))
        found = map(repeats_of, _scatter(work / "digests", PLACED, number, placed))
        by_place = ((rows, rows["article"] * number // total) for rows in found)
        for rows in _scatter(work / "found", REPEAT, number, by_place):
            repeats.write(rows[np.argsort(rows["article"])].tobytes())
    return target


def repeats_of(rows: Rows) -> Rows:
    """Those of ``rows`` (``PLACED``, by article) that repeat an earlier one, as ``REPEAT``, by article."""
    first = first_occurrences(*(np.ascontiguousarray(rows[half]) for half in ("high", "low")))
    later = np.flatnonzero(first != np.arange(len(first)))
    repeats = np.zeros(len(later), dtype=REPEAT)
    repeats["article"] = rows["article"][later]
    repeats["of"], repeats["offset"] = (rows[name][first[later]] for name in ("article", "offset"))
    return repeats


def read_offsets(files: Sequence[shard_files.File], output: Path) -> Indexes:
    """Where each article's line starts in its shard."""
    parts = [np.fromfile(_digests(output, file), dtype=ROW)["offset"] for file in files]
    return np.concatenate([*parts, np.zeros(0, dtype="<u8")]).astype(np.int64)


def _digests(output: Path, file: shard_files.File) -> Path:
    return output / f"{file.path.stem}.digests"


def _read_placed(files: Sequence[shard_files.File], output: Path) -> Iterator[Rows]:
    start = 0
    for file in files:
        rows = np.fromfile(_digests(output, file), dtype=ROW)
        placed = np.empty(len(rows), dtype=PLACED)
        for name in ROW.names or ():
            placed[name] = rows[name]
        placed["article"] = np.arange(start, start + len(rows))
        start += len(rows)
        yield placed


def _scatter(
    folder: Path, kind: np.dtype[np.void], number: int, blocks: Iterator[tuple[Rows, npt.NDArray[np.generic]]]
) -> Iterator[Rows]:
    """The rows of all ``blocks`` in ``number`` parts, one after the other, by way of files in ``folder``; with each
    block comes the part that each of its rows belongs to."""
    folder.mkdir()
    paths = [folder / str(part) for part in range(number)]
    with ExitStack() as stack:
        parts = [stack.enter_context(path.open("wb")) for path in paths]
        for rows, owner in blocks:
            order = np.argsort(owner.astype(np.uint16), kind="stable")  # by radix
            bounds = np.searchsorted(owner[order], np.arange(number + 1, dtype=owner.dtype))
            ordered = rows[order]
            for file, start, end in zip(parts, bounds, bounds[1:], strict=False):
                file.write(ordered[start:end].tobytes())
    for path in paths:
        yield np.fromfile(path, dtype=kind)
        path.unlink()


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
