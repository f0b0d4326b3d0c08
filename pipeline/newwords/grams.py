"""n-grams that hold together, what they vote for, and where words stand. Here in Python: the reference, and what works
where ``ciliu._native`` was not built. The two give the same, but for the table that ``vote`` takes.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from mmap import mmap
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ciliu.engine_native import import_native
from pipeline.newwords.runs import UNITS, count_grams, merge, merge_runs, shared_units

LATIN = re.compile("[0-9A-Za-z]")
LONGEST = 20  # characters of a candidate
PLACE = np.dtype([("word", "<u4"), ("at", "<u4"), ("left", "<u2"), ("right", "<u2")])


class Grams(Protocol):
    """The n-grams that ``keep_grams`` wrote, as a table; ``ciliu._native.Grams`` is one."""

    def get(self, word: str) -> tuple[int, float]:
        """How often ``word`` stands, 0 where that is below the minimum, and how well it holds together: the logarithm
        of its count by what chance would give, at the worst of its splits (0 for one character)."""

    def cohesive(self, thresholds: tuple[float, ...]) -> bytes:
        """The n-grams that hold together at least so well (a value for each length from 2), as ``vote`` takes them."""

    def facts(self) -> tuple[int, int, int]:
        """Characters, the minimum count, n-grams."""


def keep_grams(paths: Sequence[bytes], order: int, min_count: int, limit: int, target: bytes) -> None:
    """Write the n-grams of the runs in the files ``paths`` that stand often enough. Where more than ``limit`` stand
    ``min_count`` times, the minimum is raised until at most half of them do: memory is bounded, and what is left is
    complete."""
    kept: dict[str, int] = {}
    total, before, counts = 0, "", [0] * (order + 1)  # of the prefixes of the present n-gram, by length
    for gram, times in [*merge([path.decode() for path in paths]), ("", 0)]:
        for n in range(len(before), shared_units(before, gram), -1):
            if counts[n] >= min_count:
                kept[before[:n]] = counts[n]
            counts[n] = 0
            if len(kept) > limit:
                min_count = sorted(kept.values(), reverse=True)[limit // 2] + 1
                kept = {gram: count for gram, count in kept.items() if count >= min_count}
        for n in range(1, len(gram) + 1):
            counts[n] += times
        total += times
        before = gram
    Path(target.decode()).write_text(json.dumps([total, min_count, kept]), encoding="utf-8")


class PythonGrams:
    """``Grams`` of the file ``path``."""

    def __init__(self, path: bytes) -> None:
        self.counts: dict[str, int]
        self.total, self.min_count, self.counts = json.loads(Path(path.decode()).read_bytes())

    def get(self, word: str) -> tuple[int, float]:
        """The count and the cohesion of ``word``."""
        count = self.counts.get(word, 0)
        return count, self._cohesion(word) if count and len(word) > 1 else 0.0

    def _cohesion(self, word: str) -> float:
        most = max(self.counts[word[:i]] * self.counts[word[i:]] for i in range(1, len(word)))
        return math.log(float(self.total) * float(self.counts[word]) / float(most))

    def cohesive(self, thresholds: tuple[float, ...]) -> bytes:
        """The n-grams that hold together, a line each."""
        chosen = (gram for gram in self.counts if len(gram) > 1 and self._cohesion(gram) >= thresholds[len(gram) - 2])
        return "\n".join(chosen).encode("utf-8")

    def facts(self) -> tuple[int, int, int]:
        """Characters, the minimum count, n-grams."""
        return self.total, self.min_count, len(self.counts)


def vote(table: bytes | mmap, order: int, text: bytes) -> bytes:
    """The pieces of a text, cut where no n-gram of ``table`` reaches across nor a Latin word, of which every part of
    ``order`` characters is in ``table``: ``word TAB count LF``, as they come.

    The rule is bojone/word-discovery's: the longest pieces that overlapping n-grams cover, then looking back.
    """
    chosen = frozenset(bytes(table).decode("utf-8").split("\n"))
    pieces: Counter[str] = Counter()
    for line in UNITS.findall(text.decode("utf-8")):
        pieces.update(piece for piece in cut(line, order, chosen) if holds(piece, order, chosen))
    return "".join(f"{piece}\t{count}\n" for piece, count in pieces.items()).encode("utf-8")


def cut(line: str, order: int, chosen: frozenset[str]) -> Iterator[str]:
    """A run of units cut where nothing reaches across."""
    start, end = 0, 1
    for i in range(len(line)):
        if i == end:
            yield line[start:end]
            start, end = i, i + 1
        reach = [n for n in range(2, min(order, len(line) - i) + 1) if line[i : i + n] in chosen]
        if LATIN.match(line, i) and LATIN.match(line, i + 1):
            reach.append(2)
        end = max([end, *(i + n for n in reach)])
    yield line[start:end]


def holds(piece: str, order: int, chosen: frozenset[str]) -> bool:
    """Whether every part of ``order`` characters is among ``chosen``."""
    if len(piece) < 3:
        return True
    n = min(order, len(piece))
    return len(piece) <= LONGEST and all(piece[i : i + n] in chosen for i in range(len(piece) - n + 1))


def find_words(words: bytes, text: bytes) -> bytes:
    """Where each of ``words`` (an LF behind each) stands in a text and parts no Latin word, as ``PLACE``: its number,
    the byte, and the units before and behind it, 0 where there is none."""
    numbers = {word: number for number, word in enumerate(words.decode("utf-8").split("\n")[:-1])}
    longest = max(map(len, numbers), default=0)
    decoded, found = text.decode("utf-8"), []
    starts = np.cumsum([0, *(len(character.encode("utf-8")) for character in decoded)])
    for line in UNITS.finditer(decoded):
        for i in range(line.start(), line.end() - 1):
            for n in range(2, min(longest, line.end() - i) + 1):
                number = numbers.get(decoded[i : i + n])
                if (
                    number is None
                    or _parts_latin(line[0], i - line.start())
                    or _parts_latin(line[0], i + n - line.start())
                ):
                    continue
                left = ord(decoded[i - 1]) if i > line.start() else 0
                right = ord(decoded[i + n]) if i + n < line.end() else 0
                found.append((number, int(starts[i]), left, right))
    return np.array(found, dtype=PLACE).tobytes()


def _parts_latin(line: str, at: int) -> bool:
    return 0 < at < len(line) and bool(LATIN.match(line, at - 1) and LATIN.match(line, at))


def add_votes(votes: Iterable[bytes], min_count: int) -> list[str]:
    """``word TAB count`` of the pieces that stand at least ``min_count`` times, the most frequent first, equal counts
    by code point."""
    native: Any = import_native()
    if native:
        counter = native.Counter()
        for part in votes:
            counter.add(part)
        kept = counter.rank(min_count)[0]
        return [line.rpartition("\t")[0] for line in counter.lines(0, kept).decode("utf-8").splitlines()]
    counts: Counter[str] = Counter()
    for part in votes:
        for line in part.decode("utf-8").splitlines():
            word, count = line.split("\t")
            counts[word] += int(count)
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [f"{word}\t{count}" for word, count in ranked if count >= min_count]


class PythonCore:
    """The functions of this module under the native core's names."""

    count_grams = staticmethod(count_grams)
    merge_runs = staticmethod(merge_runs)
    keep_grams = staticmethod(keep_grams)
    vote = staticmethod(vote)
    find_words = staticmethod(find_words)
    Grams = PythonGrams


def core() -> Any:
    """``ciliu._native``, or what is here under the same names."""
    return import_native() or PythonCore
