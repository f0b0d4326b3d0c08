"""Vocabulary: the words that stand often enough, by count.

Writes ``vocab.tsv`` (word, count, rank: most frequent first, equal counts by code point), ``dropped.tsv`` (the words
below the minimum count), ``vocabulary.json`` (totals), and for each shard of Segment a ``.map`` (int32: the word's
rank, or -1, for each id of the shard's own word list), so that another minimum count encodes nothing again.

Memory: the words of the whole corpus with their counts and ranks, about 190 bytes a different word.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from pipeline import cache, progress, shards

VERSION = 1
VERSIONS: tuple[str, ...] = ()

EXAMPLES = 10
HAN = re.compile("[\u4e00-\u9fff]")  # of what is lost, a Chinese word says more than a number
OUT = -1  # in a map: below the minimum count


def rank_words(counts: Mapping[str, int], min_count: int) -> tuple[list[str], list[str]]:
    """The words that stand at least ``min_count`` times, and the others; each by falling count, then by code point."""
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    kept = sum(count >= min_count for count in counts.values())
    return ranked[:kept], ranked[kept:]


def run(segment: Path, output: Path, *, min_count: int) -> cache.Counts:
    """Count the words of ``segment`` and keep those that stand at least ``min_count`` times.

    Raises ``ValueError`` with the sizes if none does.
    """
    files = shards.files(segment, ".words")
    counts = count_words(files)
    kept, dropped = rank_words(counts, min_count)
    if not kept:
        top = (
            f"the most frequent, {dropped[0]}, stands {counts[dropped[0]]:,} times" if dropped else "there are no words"
        )
        raise ValueError(
            f"no word stands Vocabulary.min_count = {min_count:,} times among {sum(counts.values()):,} words: {top}"
        )
    write_words(output / "vocab.tsv", kept, counts)
    write_words(output / "dropped.tsv", dropped, counts, start=len(kept))
    write_maps(files, kept, output)
    facts = describe(kept, dropped, counts, min_count, segment)
    cache.write_json(output / "vocabulary.json", facts)
    return {**facts, "examples_dropped": ([word for word in dropped if HAN.match(word)] or dropped)[:EXAMPLES]}


def count_words(files: list[shards.File]) -> dict[str, int]:
    """Counts over all shards' word lists."""
    counts: dict[str, int] = {}
    with progress.bar("vocabulary (counting)", sum(file.size for file in files)) as bar:
        for file in files:
            for word, count in read_words(file.path):
                counts[word] = counts.get(word, 0) + count
            bar.update(file.size)
    return counts


def read_words(path: Path) -> list[tuple[str, int]]:
    """A shard's word list: (word, count), the place is the id."""
    with path.open(encoding="utf-8", newline="\n") as file:
        return [(word, int(count)) for word, count in (line.split("\t") for line in file)]


def write_words(path: Path, words: list[str], counts: Mapping[str, int], start: int = 0) -> None:
    """``word count rank`` with a head line; the first word has the rank ``start``."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("word\tcount\trank\n")
        file.writelines(f"{word}\t{counts[word]}\t{rank}\n" for rank, word in enumerate(words, start))


def write_maps(files: list[shards.File], kept: list[str], output: Path) -> None:
    """For each shard the rank, or -1, of each of its words."""
    rank = {word: number for number, word in enumerate(kept)}
    with progress.bar("vocabulary (maps)", sum(file.size for file in files)) as bar:
        for file in files:
            ranks = [rank.get(word, OUT) for word, _ in read_words(file.path)]
            np.array(ranks, dtype="<i4").tofile(output / f"{file.path.stem}.map")
            bar.update(file.size)


def describe(
    kept: list[str], dropped: list[str], counts: Mapping[str, int], min_count: int, segment: Path
) -> cache.Counts:
    """Totals in and out: different words, running words, sentences."""
    lost = sum(counts[word] for word in dropped)
    words = lost + sum(counts[word] for word in kept)
    return {
        "min_count": min_count,
        "different_words_in": len(counts),
        "different_words": len(kept),
        "words_in": words,
        "words": words - lost,
        "sentences": sum(count_lines(file.path) for file in shards.files(segment, ".txt")),
    }


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
