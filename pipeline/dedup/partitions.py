"""Which of very many digests are equal, without all of them in memory.

Digests that are equal begin alike, so they are looked at in partitions by their first bits, each by itself, by way of
files: memory does not grow with the digests. Few digests are one partition, which never leaves the memory.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

ROW = np.dtype([("high", "<u8"), ("low", "<u8"), ("offset", "<u8")])  # a digest and where what it is of begins
PLACED = np.dtype([*ROW.descr, ("number", "<i8")])  # the same, with its number among all digests
# A digest by its number, the first that equals it and where that begins; what else is said of it.
REPEAT = np.dtype([("number", "<i8"), ("of", "<i8"), ("offset", "<i8"), ("note", "<i8")])

PARTITION = 1 << 21  # digests of a partition, about: 64 MB of rows, and as much again while they are sorted

Indexes = npt.NDArray[np.int64]
Rows = npt.NDArray[np.void]


@dataclass(frozen=True)
class Part:
    """The rows of a file (``REPEAT``) that are about one shard: from which on, how many; the number of its first
    digest."""

    path: Path
    begin: int
    count: int
    start: int

    def read(self) -> Rows:
        return np.fromfile(self.path, dtype=REPEAT, count=self.count, offset=self.begin * REPEAT.itemsize)


def first_occurrences(high: npt.NDArray[np.uint64], low: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """For each of n digests (two arrays of n) the index of the first that equals it; its own index if it is the
    first."""
    high, low = np.ascontiguousarray(high), np.ascontiguousarray(low)
    ordered = np.sort(high)  # less than half the time of argsort
    repeated = np.append(ordered[1:][ordered[1:] == ordered[:-1]], high[:1])  # and one more, so that there is one
    places = np.flatnonzero(repeated[np.searchsorted(repeated[:-1], high)] == high)  # few: they alone are ordered
    first = np.arange(len(high))
    high, low = high[places], low[places]
    order = np.lexsort((low, high))
    new = np.ones(len(order), dtype=bool)
    new[1:] = (high[order][1:] != high[order][:-1]) | (low[order][1:] != low[order][:-1])
    first[places[order]] = places[order[np.flatnonzero(new)[np.cumsum(new) - 1]]]
    return first


def ends_of(paths: list[Path]) -> Indexes:
    """Where the digests of each file (``ROW``) end among all."""
    return np.cumsum([path.stat().st_size // ROW.itemsize for path in paths], dtype=np.int64)


def read_placed(paths: list[Path]) -> Iterator[Rows]:
    """The digests of each file (``ROW``), with their numbers among all (``PLACED``)."""
    start = 0
    for path in paths:
        rows = np.fromfile(path, dtype=ROW)
        placed = np.empty(len(rows), dtype=PLACED)
        for name in ROW.names or ():
            placed[name] = rows[name]
        placed["number"] = np.arange(start, start + len(rows))
        start += len(rows)
        yield placed


def find(placed: Iterator[Rows], total: int, choose: Callable[[Rows], Rows], target: Path) -> Path:
    """Write what ``choose`` makes (``REPEAT``) of all that share a digest, by number, into the file ``target``; it is
    called with rows (``PLACED``, by number) of which none has an equal elsewhere. ``total``: digests at most."""
    parts = 1 << max(0, (total - 1) // PARTITION).bit_length()
    with target.open("wb") as file:
        if parts == 1:
            file.write(choose(np.concatenate([*placed, np.zeros(0, dtype=PLACED)])).tobytes())
            return target
        by_prefix = ((rows, rows["high"] >> np.uint64(65 - parts.bit_length())) for rows in placed)
        chosen = map(choose, _scatter(target.with_suffix(".digests"), PLACED, parts, by_prefix))
        by_number = ((rows, rows["number"] * parts // total) for rows in chosen)
        for rows in _scatter(target.with_suffix(".chosen"), REPEAT, parts, by_number):
            file.write(rows[np.argsort(rows["number"])].tobytes())
    return target


def _scatter(
    folder: Path, kind: np.dtype[np.void], parts: int, blocks: Iterator[tuple[Rows, npt.NDArray[np.generic]]]
) -> Iterator[Rows]:
    """The rows of all ``blocks`` in so many ``parts``, one after the other, by way of files in ``folder``; with each
    block comes the part that each of its rows belongs to."""
    folder.mkdir()
    paths = [folder / str(part) for part in range(parts)]
    with ExitStack() as stack:
        files = [stack.enter_context(path.open("wb")) for path in paths]
        for rows, owner in blocks:
            order = np.argsort(owner.astype(np.uint16), kind="stable")  # by radix
            bounds = np.searchsorted(owner[order], np.arange(parts + 1, dtype=owner.dtype))
            ordered = rows[order]
            for file, start, end in zip(files, bounds, bounds[1:], strict=False):
                file.write(ordered[start:end].tobytes())
    for path in paths:
        yield np.fromfile(path, dtype=kind)
        path.unlink()


def by_shard(path: Path, ends: Indexes) -> Iterator[tuple[Part, Rows]]:
    """The rows of a file (``REPEAT``, by number) shard by shard. ``ends``: where each shard's digests end among all."""
    begin = start = 0
    for end in ends.tolist():
        rows = Part(path, begin, end - start, start).read()
        rows = rows[: np.searchsorted(np.ascontiguousarray(rows["number"]), end)]
        yield Part(path, begin, len(rows), start), rows
        begin, start = begin + len(rows), end
