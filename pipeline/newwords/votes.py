"""The pieces of all shards in bands, so that adding up their votes takes as much memory for little text as for much."""

import mmap
import os
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from ciliu import Segmenter
from pipeline.newwords import grams
from pipeline.newwords import score as scores

BAND = 16 << 20  # bytes of ``word TAB votes LF`` that are added up at a time


def choose_pieces(
    voted: Sequence[Path], kept: Path, segmenter: Segmenter, order: int, chance: float, most: int
) -> tuple[list[scores.Piece], int]:
    """The pieces that are worth a look, and of how many."""
    counted: grams.Grams = grams.core().Grams(os.fsencode(kept))
    chosen: list[scores.Piece] = []
    pieces = 0
    for parts in bands(voted):
        lines = grams.add_votes(parts, counted.facts()[1])
        pieces += len(lines)
        chosen = scores.best([*chosen, *scores.choose(lines, segmenter, counted, order, chance)], most)
    return chosen, pieces


def bands(paths: Sequence[Path], size: int = BAND) -> Iterator[Iterator[bytes]]:
    """The lines of several files in bands of about ``size`` bytes: of each file those from one word to another. The
    lines of a file are sorted, so every word is in one band alone."""
    number = sum(path.stat().st_size for path in paths) // size + 1
    largest = max(paths, key=lambda path: path.stat().st_size, default=None)
    lines = largest.read_bytes().splitlines() if largest else []
    words = [lines[len(lines) * i // number].partition(b"\t")[0] + b"\t" for i in range(1, number)]
    for first, last in pairwise([b"", *words, b"\xff"]):
        yield (read_between(path, first, last) for path in paths)


def read_between(path: Path, first: bytes, last: bytes) -> bytes:
    """The lines of a sorted file from where ``first`` would stand, to before where ``last`` would."""
    if not path.stat().st_size:
        return b""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as lines:
        return lines[find_line(lines, first) : find_line(lines, last)]


def find_line(lines: mmap.mmap, key: bytes) -> int:
    """Where the first line begins that does not stand before ``key``."""
    low, high = 0, len(lines)
    while low < high:
        start = lines.rfind(b"\n", low, (low + high) // 2) + 1 or low
        if lines[start : start + len(key)] < key:
            low = lines.find(b"\n", start) + 1
        else:
            high = start
    return low
