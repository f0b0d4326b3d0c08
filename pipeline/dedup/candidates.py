"""Pairs of articles that may be near-duplicates: those that share a band, and whose signatures agree.

A job reads one band's keys of all shards, as a shuffle would bring them together; signatures are read a block of pairs
at a time. Memory: about 60 bytes an article in each process that looks at a band, 32 a pair.
"""

import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline import progress, shards
from pipeline.dedup.signatures import Keys, Signatures
from pipeline.processes import Job

Indexes = npt.NDArray[np.int64]

PAIRS = 1 << 14  # whose signatures are in memory at once: 16 MB
DEVIATIONS = 2.5  # how far below the threshold an estimate may be: in 994 of 1,000 pairs at it, it is not


@dataclass(frozen=True)
class Signed:
    """The signed shards of an output, in order, and where their articles end among all."""

    output: Path
    names: Sequence[str]
    ends: Indexes
    values: int
    bands: int

    def starts(self) -> Indexes:
        return np.concatenate([[0], self.ends[:-1]])

    def band(self, number: int) -> Keys:
        """The keys of one band for all articles."""
        parts = [
            np.fromfile(
                self.output / f"{name}.bands", dtype="<u8", count=end - start, offset=number * (end - start) * 8
            )
            for name, start, end in zip(self.names, self.starts(), self.ends, strict=True)
        ]
        return np.concatenate(parts)

    def signatures(self, articles: Indexes) -> Signatures:
        """The signatures of some articles (n × values)."""
        taken = np.empty((len(articles), self.values), dtype="<u4")
        shard = np.searchsorted(self.ends, articles, side="right")
        for number in np.unique(shard):
            mapped = np.memmap(self.output / f"{self.names[number]}.signatures", dtype="<u4", mode="r")
            chosen = shard == number
            taken[chosen] = mapped.reshape(-1, self.values)[articles[chosen] - self.starts()[number]]
        return taken

    def estimate(self, one: Indexes, other: Indexes) -> npt.NDArray[np.float64]:
        """The share of equal values in the signatures of pairs: the Jaccard with a deviation of .044 (128 values)."""
        parts = []
        for start in range(0, len(one), PAIRS):
            block = slice(start, start + PAIRS)
            parts.append((self.signatures(one[block]) == self.signatures(other[block])).mean(axis=1))
        return np.concatenate([*parts, np.zeros(0)])


def neighbours(keys: Keys) -> tuple[Indexes, Indexes]:
    """Each index with the first that has the same key (not 0), and with the one before it. So a key that ten thousand
    articles share costs twenty thousand pairs, not fifty million; groups come from the pairs of all bands."""
    places = np.flatnonzero(keys)
    places = places[np.argsort(keys[places], kind="stable")]
    sorted_keys = keys[places]
    new = np.ones(len(places), dtype=bool)
    new[1:] = sorted_keys[1:] != sorted_keys[:-1]
    rank = np.arange(len(places))
    start = np.maximum.accumulate(np.where(new, rank, 0))
    later, third = rank[~new], rank[rank - start >= 2]
    return np.concatenate([places[later - 1], places[start[third]]]), np.concatenate([places[later], places[third]])


def find(
    signed: Signed, unique: npt.NDArray[np.bool_], threshold: float, work: Path, processes: int
) -> tuple[Indexes, Indexes, int]:
    """The pairs of ``unique`` articles to look at, the earlier ones first, each pair once and in order; and how many
    of those articles are too short. The folder ``work`` is for files in between."""
    least = threshold - DEVIATIONS * (threshold * (1 - threshold) / signed.values) ** 0.5
    total = len(unique)
    np.save(work / "unique.npy", unique)
    jobs: list[Job] = [(pair_band, (signed, number, work)) for number in range(signed.bands)]
    found, long = np.zeros(0, dtype=np.int64), 0
    with progress.bar("dedup (bands)", signed.bands) as bar, closing(shards.start(jobs, processes)) as paired:
        for _, (path, enough) in paired:
            long = enough  # the same in each band
            pairs = np.setdiff1d(np.load(path), found, assume_unique=True)
            path.unlink()
            alike = signed.estimate(pairs // total, pairs % total) >= least
            found = np.union1d(found, pairs[alike])
            bar.update(1)
    return found // max(1, total), found % max(1, total), int(unique.sum()) - long


def pair_band(signed: Signed, number: int, work: Path) -> tuple[Path, int]:
    """Write the pairs of one band, each as earlier × articles + later. Returns the file, and how many are long
    enough for a pair."""
    unique = np.load(work / "unique.npy")
    keys = signed.band(number)
    keys[~unique] = 0
    one, other = neighbours(keys)
    with tempfile.NamedTemporaryFile(dir=work, suffix=".npy", delete=False) as file:
        np.save(file, one * len(unique) + other)
    return Path(file.name).replace(work / f"band{number}.npy"), int(np.count_nonzero(keys))
