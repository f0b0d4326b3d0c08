"""bojone/word-discovery's algorithm for Python 3, so that it can be run on the same text.

Its own script is Python 2 and calls KenLM's ``count_ngrams``. Here are its steps again, written anew from what they do
(revision 168b951): the windows of ``order`` characters that stand ``min_count`` times, as KenLM counts them, padded at
both ends of a line; shorter n-grams by adding up what begins alike, hence those windows alone; PMI at the worst split;
the longest join of what is left; and looking back. Nothing is improved, its memory neither.
"""

import math
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

MIN_COUNT, ORDER, MIN_PMI = 32, 4, (0, 2, 4, 6)
BETWEEN = re.compile("[^\u4e00-\u9fa50-9a-zA-Z ]+")

Ngrams = list[dict[str, int]]


def lines_of(texts: Iterable[str]) -> Iterator[str]:
    """The lines that are counted: what is neither Han, Latin, digit nor space ends one."""
    for text in texts:
        yield from filter(None, BETWEEN.sub("\n", text).split("\n"))


def count(lines: Iterable[str], order: int, min_count: int) -> tuple[Ngrams, int]:
    """The n-grams by length, and the total: the windows ``<s> <s> <s> a`` … ``b c d </s>`` of each line."""
    windows: Counter[str] = Counter()
    for line in lines:
        characters = line.replace(" ", "")
        windows.update(characters[max(0, end - order) : end] for end in range(1, len(characters) + 1))
        if characters:
            windows[characters[-(order - 1) :] + "\n"] += 1  # the window that ends with </s>, another than without it
    found: Ngrams = [{} for _ in range(order)]
    total = 0
    for window, times in windows.items():
        if times >= min_count:
            total += times
            gram = window.rstrip("\n")
            for n in range(len(gram)):
                found[n][gram[: n + 1]] = found[n].get(gram[: n + 1], 0) + times
    return found, total


def hold_together(ngrams: Ngrams, total: int, min_pmi: tuple[float, ...]) -> set[str]:
    """The n-grams whose worst split has a log PMI of at least so much for their length."""
    kept = set()
    for n in range(1, len(ngrams)):
        for gram, times in ngrams[n].items():
            splits = (
                total * times / (ngrams[i].get(gram[: i + 1], total) * ngrams[n - i - 1].get(gram[i + 1 :], total))
                for i in range(n)
            )
            if math.log(min(splits)) >= min_pmi[n]:
                kept.add(gram)
    return kept


def cut(text: str, kept: set[str], order: int) -> Iterator[str]:
    """The longest pieces that overlapping n-grams cover."""
    start, end = 0, 1
    for i in range(len(text)):
        if i == end:
            yield text[start:end]
            start, end = i, i + 1
        reach = (n for n in range(order, 1, -1) if text[i : i + n] in kept)
        end = max(end, i + next(reach, 0))
    yield text[start:end]


def holds(piece: str, kept: set[str], order: int) -> bool:
    """Looking back: whether every part of ``order`` characters held together."""
    if len(piece) < 3:
        return True
    n = min(order, len(piece))
    return all(piece[i : i + n] in kept for i in range(len(piece) - n + 1))


def discover(
    texts: list[str], order: int = ORDER, min_count: int = MIN_COUNT, min_pmi: tuple[float, ...] = MIN_PMI
) -> dict[str, int]:
    """The words that it finds, with how often each was cut out; single characters too."""
    kept = hold_together(*count(lines_of(texts), order, min_count), min_pmi)
    pieces: Counter[str] = Counter()
    for line in lines_of(texts):
        pieces.update(cut(line, kept, order))
    return {piece: times for piece, times in pieces.items() if times >= min_count and holds(piece, kept, order)}


def main() -> None:
    """``python benchmarks/word_discovery.py FILE``: a line an article; for measurements of speed and memory."""
    started = time.monotonic()
    texts = Path(sys.argv[1]).read_text(encoding="utf-8").split("\n")
    print(f"{len(discover(texts)):,} words in {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
