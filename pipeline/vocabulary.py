"""Vocabulary: the words that stand often enough, by count.

Writes ``vocab.tsv`` (word, count, rank: most frequent first, equal counts by code point), ``dropped.tsv`` (the words
below the minimum count), ``vocabulary.json`` (totals), and for each shard of Segment a ``.map`` (int32: the word's
rank, or -1, for each id of the shard's own word list), so that another minimum count encodes nothing again.

Memory: the words of the whole corpus with their counts and ranks, 90 to 140 bytes a different word (190 without the
native core).
"""

import re
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ciliu.engine_native import import_native
from pipeline import cache, progress, shards

VERSION = 1
VERSIONS: tuple[str, ...] = ()

EXAMPLES = 10
BLOCK = 100_000  # words between two writes
HAN = re.compile("[\u4e00-\u9fff]")  # of what is lost, a Chinese word says more than a number
OUT = -1  # in a map: below the minimum count


class Counter(Protocol):
    """What ``run`` needs of a counter; ``ciliu._native.Counter`` is one."""

    def add(self, lines: bytes) -> None:
        """Count the words of a shard: ``word TAB count LF``."""

    def rank(self, min_count: int) -> tuple[int, int, int]:
        """Order the words. Returns how many stand at least ``min_count`` times, their running words, and all."""

    def lines(self, first: int, last: int) -> bytes:
        """``word TAB count TAB rank LF`` of the words with these ranks."""

    def map(self, lines: bytes) -> bytes:
        """The rank as int32, or -1, of each word of a shard."""

    def __len__(self) -> int:
        """How many different words there are."""


class PythonCounter:
    """The counter in Python: the reference, and what counts where the native core was not built."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.ranked: list[str] = []
        self.ranks: dict[str, int] = {}

    def add(self, lines: bytes) -> None:
        """Count the words of a shard."""
        for word, count in _read_words(lines):
            self.counts[word] = self.counts.get(word, 0) + count

    def rank(self, min_count: int) -> tuple[int, int, int]:
        """Order the words: most frequent first, equal counts by code point."""
        self.ranked = sorted(self.counts, key=lambda word: (-self.counts[word], word))
        kept = [word for word in self.ranked if self.counts[word] >= min_count]
        self.ranks = {word: rank for rank, word in enumerate(kept)}
        return len(kept), sum(self.counts[word] for word in kept), sum(self.counts.values())

    def lines(self, first: int, last: int) -> bytes:
        """The words with these ranks."""
        words = enumerate(self.ranked[first:last], first)
        return "".join(f"{word}\t{self.counts[word]}\t{rank}\n" for rank, word in words).encode("utf-8")

    def map(self, lines: bytes) -> bytes:
        """The rank, or -1, of each word of a shard."""
        return np.array([self.ranks.get(word, OUT) for word, _ in _read_words(lines)], dtype="<i4").tobytes()

    def __len__(self) -> int:
        return len(self.counts)


def make_counter() -> Counter:
    """The fastest counter that is there."""
    native: Any = import_native()
    counter: Counter = native.Counter() if native else PythonCounter()
    return counter


def run(segment: Path, output: Path, *, min_count: int) -> cache.Counts:
    """Count the words of ``segment`` and keep those that stand at least ``min_count`` times.

    Raises ``ValueError`` with the sizes if none does.
    """
    files = shards.files(segment, ".words")
    counter = make_counter()
    with progress.bar("vocabulary (counting)", sum(file.size for file in files)) as bar:
        for file in files:
            counter.add(file.path.read_bytes())
            bar.update(file.size)
    kept, words, words_in = counter.rank(min_count)
    if not kept:
        raise ValueError(
            f"no word stands Vocabulary.min_count = {min_count:,} times among {words_in:,} words: {_top(counter)}"
        )
    write_words(output / "vocab.tsv", counter, 0, kept)
    write_words(output / "dropped.tsv", counter, kept, len(counter))
    write_maps(files, counter, output)
    facts = {
        "min_count": min_count,
        "different_words_in": len(counter),
        "different_words": kept,
        "words_in": words_in,
        "words": words,
        "sentences": count_sentences(segment),
    }
    cache.write_json(output / "vocabulary.json", facts)
    return {**facts, "examples_dropped": find_examples(output / "dropped.tsv")}


def _top(counter: Counter) -> str:
    if not len(counter):
        return "there are no words"
    word, count, _ = counter.lines(0, 1).decode("utf-8").split("\t")
    return f"the most frequent, {word}, stands {int(count):,} times"


def _read_words(lines: bytes) -> list[tuple[str, int]]:
    """A shard's word list: (word, count), the place is the id."""
    split = (line.split("\t") for line in lines.decode("utf-8").split("\n")[:-1])
    return [(word, int(count)) for word, count in split]


def write_words(path: Path, counter: Counter, first: int, last: int) -> None:
    """``word count rank`` with a head line, the ranks from ``first`` to before ``last``."""
    with path.open("wb") as file:
        file.write(b"word\tcount\trank\n")
        for start in range(first, last, BLOCK):
            file.write(counter.lines(start, min(start + BLOCK, last)))


def write_maps(files: list[shards.File], counter: Counter, output: Path) -> None:
    """For each shard the rank, or -1, of each of its words."""
    with progress.bar("vocabulary (maps)", sum(file.size for file in files)) as bar:
        for file in files:
            (output / f"{file.path.stem}.map").write_bytes(counter.map(file.path.read_bytes()))
            bar.update(file.size)


def find_examples(dropped: Path) -> list[str]:
    """The most frequent Chinese words below the minimum count, or else the most frequent words."""
    chinese: list[str] = []
    others: list[str] = []
    with dropped.open(encoding="utf-8", newline="\n") as file:
        next(file)
        for line in file:
            word = line.split("\t", 1)[0]
            (chinese if HAN.match(word) else others).append(word)
            if len(chinese) == EXAMPLES:
                break
            del others[EXAMPLES:]
    return chinese or others


def count_sentences(segment: Path) -> int:
    """As Segment's manifest says; where it has none (a stage called by itself), the lines of its files."""
    manifest = cache.read_manifest(segment)
    if manifest:
        return int(manifest["counts"]["sentences"])
    return sum(count_lines(file.path) for file in shards.files(segment, ".txt"))


def count_lines(path: Path) -> int:
    """Line ends in a file, read in blocks."""
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def summary(counts: cache.Counts) -> str:
    """The closing line: in, out, dropped."""
    kept, words = counts["different_words"], counts["different_words_in"]
    lost = 1 - counts["words"] / counts["words_in"]
    examples = " ".join(counts["examples_dropped"][:5])
    return f"kept {kept:,} of {words:,} words ({kept / words:.1%}); of the running text {lost:.2%} lost" + (
        f", such as {examples}" if examples else ""
    )
