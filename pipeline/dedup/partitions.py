"""Which of very many digests are equal, without all of them in memory.

Digests that are equal begin alike, so they are looked at in partitions by their first bits, each by itself, by way of
files: a shuffle, by jobs that run where shards are made. Memory does not grow with the digests. Few digests are one
partition, which never leaves the memory.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, repeat
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline import shards
from pipeline.processes import Job

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


@dataclass(frozen=True)
class Placed:
    """The digests of a file (``ROW``), of which the first has the number ``start`` among all. With ``gone`` (articles,
    as ``REPEAT``) the offsets are numbers of articles, and the digests of these are left out."""

    path: Path
    start: int
    gone: Part | None = None

    def read(self) -> Rows:
        """As ``PLACED``."""
        rows = np.fromfile(self.path, dtype=ROW)
        placed = np.empty(len(rows), dtype=PLACED)
        for name in ROW.names or ():
            placed[name] = rows[name]
        placed["number"] = np.arange(self.start, self.start + len(rows))
        return (
            placed
            if self.gone is None
            else placed[~np.isin(rows["offset"], self.gone.read()["number"] - self.gone.start)]
        )


class Scattered(NamedTuple):
    """A file of rows in parts, one behind the other, and where each begins; behind these, where the last ends."""

    path: Path
    bounds: list[int]


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


def place(paths: list[Path], gone: Iterable[Part | None] = ()) -> list[Placed]:
    """The digests of each file (``ROW``), with their numbers among all; without those of articles in ``gone``."""
    starts = [0, *ends_of(paths).tolist()]
    return [Placed(*each) for each in zip(paths, starts, chain(gone, repeat(None)), strict=False)]


def find(
    placed: Sequence[Placed], total: int, choose: Callable[[Rows], Rows], target: Path, processes: int = 1
) -> Path:
    """Write what ``choose`` makes (``REPEAT``) of all that share a digest, by number, into the file ``target``; it is
    called with rows (``PLACED``, by number) of which none has an equal elsewhere. ``total``: digests at most.

    More than a ``PARTITION`` are shuffled: jobs write them parted by their first bits, a job for each part chooses,
    and what is chosen is parted by number and put in order in the same way.
    """
    parts = 1 << max(0, (total - 1) // PARTITION).bit_length()
    if parts == 1:
        target.write_bytes(choose(_read(placed)).tobytes())
        return target
    folder = target.with_suffix(".parts")
    folder.mkdir()
    groups = [[one for _, one in group] for _, group in groupby(enumerate(placed), lambda at: at[1].start // PARTITION)]
    scattering: list[Job] = [(part_digests, (group, parts, folder / f"d{n}")) for n, group in enumerate(groups)]
    digests = shards.run_all(scattering, processes)
    choosing: list[Job] = [(choose_part, (digests, n, total, choose, folder / f"c{n}")) for n in range(parts)]
    chosen = shards.run_all(choosing, processes)
    ordering: list[Job] = [(order_part, (chosen, n, folder / f"o{n}")) for n in range(parts)]
    with target.open("wb") as file:
        for path in shards.run_all(ordering, processes):
            with path.open("rb") as part:
                shutil.copyfileobj(part, file)
    shutil.rmtree(folder, ignore_errors=True)  # an attempt that nobody waits for may write there still
    return target


def part_digests(group: Sequence[Placed], parts: int, path: Path) -> Scattered:
    """Write the digests of a few shards into the file ``path``, parted by their first bits."""
    rows = _read(group)
    return _scatter(rows, rows["high"] >> np.uint64(65 - parts.bit_length()), parts, path)


def choose_part(
    digests: Sequence[Scattered], part: int, total: int, choose: Callable[[Rows], Rows], path: Path
) -> Scattered:
    """Write what ``choose`` makes of one part of all digests, parted by number."""
    rows = choose(_gather(digests, part, PLACED))
    parts = len(digests[0].bounds) - 1
    return _scatter(rows, rows["number"] * parts // total, parts, path)


def order_part(chosen: Sequence[Scattered], part: int, path: Path) -> Path:
    """Write one part of what was chosen, in order."""
    rows = _gather(chosen, part, REPEAT)
    return _write(path, rows[np.argsort(rows["number"])])


def _read(placed: Sequence[Placed]) -> Rows:
    return np.concatenate([*(one.read() for one in placed), np.zeros(0, dtype=PLACED)])


def _scatter(rows: Rows, owner: npt.NDArray[np.generic], parts: int, path: Path) -> Scattered:
    """``rows`` in so many ``parts``, one behind the other; ``owner``: the part that each belongs to."""
    order = np.argsort(owner.astype(np.uint16), kind="stable")  # by radix
    bounds = np.searchsorted(owner[order], np.arange(parts + 1, dtype=owner.dtype))
    return Scattered(_write(path, rows[order]), bounds.tolist())


def _gather(scattered: Sequence[Scattered], part: int, kind: np.dtype[np.void]) -> Rows:
    """The rows of one part of all files."""
    found = []
    for path, bounds in scattered:
        begin, end = bounds[part : part + 2]
        found.append(np.fromfile(path, dtype=kind, count=end - begin, offset=begin * kind.itemsize))
    return np.concatenate(found)


def _write(path: Path, rows: Rows) -> Path:
    """By way of a file of its own: on Spark two may write one at the same time."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(rows.tobytes())
    return Path(file.name).replace(path)


def by_shard(path: Path, ends: Indexes) -> Iterator[tuple[Part, Rows]]:
    """The rows of a file (``REPEAT``, by number) shard by shard. ``ends``: where each shard's digests end among all."""
    begin = start = 0
    for end in ends.tolist():
        rows = Part(path, begin, end - start, start).read()
        rows = rows[: np.searchsorted(np.ascontiguousarray(rows["number"]), end)]
        yield Part(path, begin, len(rows), start), rows
        begin, start = begin + len(rows), end
