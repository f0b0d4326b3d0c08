"""What another dictionary does to the segmentation of a text: how many lines it changes, where, and which words."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ciliu import Segmenter

BATCH = 1 << 20  # characters that are cut at a time
CONTEXT = 6  # words to either side of an example

# No byte of a text: a NUL in it becomes U+FFFD, which jieba also leaves alone.
SEPARATOR = "\0"

Words = tuple[str, ...]
Change = tuple[Words, Words]


@dataclass
class Difference:
    """How two segmentations of the same lines differ. Its size grows with the different changes, not with the text.

    ``changes`` counts pairs (words of A, words of B) that cover the same characters and share no boundary within;
    ``examples`` has the words of a line around the first of each, cut by A and by B; ``words`` is by how many times
    B cuts a word out more often than A.
    """

    lines: int = 0
    changed: int = 0
    words_a: int = 0
    words_b: int = 0
    changes: Counter[Change] = field(default_factory=Counter)
    examples: dict[Change, Change] = field(default_factory=dict)
    words: Counter[str] = field(default_factory=Counter)

    def gained(self, count: int) -> list[tuple[str, int]]:
        """The words that B cuts out more often, by how many times: the ``count`` that differ most; 0: all."""
        return [(word, times) for word, times in self.words.most_common(count or None) if times > 0]

    def lost(self, count: int) -> list[tuple[str, int]]:
        """The words that A cuts out more often, by how many times."""
        fewest = sorted((times, word) for word, times in self.words.items() if times < 0)
        return [(word, -times) for times, word in fewest[: count or None]]


def compare(a: Segmenter, b: Segmenter, lines: Iterable[str], *, HMM: bool = False) -> Difference:
    """Cut ``lines`` (none with a line end in it) with ``a`` and with ``b``. Streams."""
    found = Difference()
    for batch in _batch(lines):
        data = "\n".join(batch).replace(SEPARATOR, "\ufffd").encode("utf-8")
        found.lines += len(batch)
        cut_a, cut_b = (engine.cut_lines(data, SEPARATOR.encode(), HMM).decode("utf-8") for engine in (a, b))
        found.words_a += _count_words(cut_a)
        found.words_b += _count_words(cut_b)
        if cut_a != cut_b:
            for line_a, line_b in zip(cut_a.split("\n"), cut_b.split("\n"), strict=True):
                if line_a != line_b:
                    _add_line(found, tuple(line_a.split(SEPARATOR)), tuple(line_b.split(SEPARATOR)))
    return found


def _batch(lines: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line) + 1
        if size > BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _count_words(cut: str) -> int:
    filled = sum(1 for line in cut.split("\n") if line)
    return cut.count(SEPARATOR) + filled


def _add_line(found: Difference, a: Words, b: Words) -> None:
    found.changed += 1
    for i, j in find_changes(a, b):
        change = (a[i], b[j])
        found.changes[change] += 1
        if change not in found.examples:
            found.examples[change] = (_surround(a, i), _surround(b, j))
        found.words.subtract(change[0])
        found.words.update(change[1])


def _surround(words: Words, span: slice) -> Words:
    start, end = max(span.start - CONTEXT, 0), span.stop + CONTEXT
    before, after = ("…",) if start else (), ("…",) if end < len(words) else ()
    return (*before, *words[start:end], *after)


def find_changes(a: Sequence[str], b: Sequence[str]) -> Iterator[tuple[slice, slice]]:
    """Where two segmentations of one text differ: the smallest spans of ``a`` and ``b`` over the same characters."""
    i = j = start_i = start_j = 0
    length = 0  # characters by which the words of a are ahead
    while i < len(a) or j < len(b):
        if length <= 0:
            length += len(a[i])
            i += 1
        else:
            length -= len(b[j])
            j += 1
        if length == 0:
            if a[start_i:i] != b[start_j:j]:
                yield slice(start_i, i), slice(start_j, j)
            start_i, start_j = i, j
