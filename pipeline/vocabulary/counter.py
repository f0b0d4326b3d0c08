"""Words with their counts from several lists, and their order. Two that give the same: ``ciliu._native.Counter``, and
``PythonCounter`` here."""

from typing import Any, Protocol

import numpy as np

from ciliu.engine_native import import_native

OUT = -1  # in a map: below the minimum count


class Counter(Protocol):
    """What ``run`` needs of a counter; ``ciliu._native.Counter`` is one."""

    def add(self, lines: bytes) -> bytes:
        """Count the words of a list: ``word TAB count LF``. Returns an int32 a line, the word's number: the first word
        ever added is 0."""

    def counts(self) -> bytes:
        """``word TAB count LF`` of each word, by number."""

    def rank(self, min_count: int) -> tuple[int, int, int]:
        """Order the words. Returns how many stand at least ``min_count`` times, their running words, and all."""

    def lines(self, first: int, last: int) -> bytes:
        """``word TAB count TAB rank LF`` of the words with these ranks."""

    def ranks(self) -> bytes:
        """The rank as int32, or -1, of each word by number."""

    def __len__(self) -> int:
        """How many different words there are."""


class PythonCounter:
    """The counter in Python: the reference, and what counts where the native core was not built."""

    def __init__(self) -> None:
        self.times: dict[str, int] = {}
        self.numbers: dict[str, int] = {}
        self.ranked: list[str] = []
        self.kept = 0

    def add(self, lines: bytes) -> bytes:
        """Count the words of a list."""
        words = _read_words(lines)
        for word, count in words:
            self.times[word] = self.times.get(word, 0) + count
            self.numbers.setdefault(word, len(self.numbers))
        return np.array([self.numbers[word] for word, _ in words], dtype="<i4").tobytes()

    def counts(self) -> bytes:
        """The words by number."""
        return "".join(f"{word}\t{count}\n" for word, count in self.times.items()).encode("utf-8")

    def rank(self, min_count: int) -> tuple[int, int, int]:
        """Order the words: most frequent first, equal counts by code point."""
        self.ranked = sorted(self.times, key=lambda word: (-self.times[word], word))
        kept = [times for times in self.times.values() if times >= min_count]
        self.kept = len(kept)
        return self.kept, sum(kept), sum(self.times.values())

    def lines(self, first: int, last: int) -> bytes:
        """The words with these ranks."""
        words = enumerate(self.ranked[first:last], first)
        return "".join(f"{word}\t{self.times[word]}\t{rank}\n" for rank, word in words).encode("utf-8")

    def ranks(self) -> bytes:
        """The ranks by number."""
        ranks = {word: rank for rank, word in enumerate(self.ranked[: self.kept])}
        return np.array([ranks.get(word, OUT) for word in self.times], dtype="<i4").tobytes()

    def __len__(self) -> int:
        return len(self.times)


def make_counter() -> Counter:
    """The fastest counter that is there."""
    native: Any = import_native()
    counter: Counter = native.Counter() if native else PythonCounter()
    return counter


def _read_words(lines: bytes) -> list[tuple[str, int]]:
    """A shard's word list: (word, count), the place is the id."""
    split = (line.split("\t") for line in lines.decode("utf-8").split("\n")[:-1])
    return [(word, int(count)) for word, count in split]
