"""Why a text is cut as it is: every word that the dictionary offers at each place, and the paths through them.

The rules are jieba 0.42.1's: a path is worth the sum of ``log(frequency) - log(total)`` over its words; the best wins,
on a tie the one whose first word is longer. What the HMM does comes after that.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from ciliu.engine_jieba import import_jieba
from pipeline.dictionary.parse import MATCHABLE

TIE = 1e-9  # scores that differ by less are told as equal

PIECES = re.compile(rf"({MATCHABLE.pattern})|\r\n|.", re.DOTALL)


@dataclass(frozen=True)
class Candidate:
    """A word that could stand from ``start`` to ``end`` of the text.

    ``frequency`` is None for a character that is no word of the dictionary; it counts as 1. ``behind``: by how much
    the best path through it is worth less than the chosen one; 0 for a chosen word, and on a tie.
    """

    start: int
    end: int
    word: str
    frequency: int | None
    weight: float
    behind: float
    chosen: bool


@dataclass(frozen=True)
class Path:
    """One way to cut a block into candidates; the score is the sum of their weights."""

    words: tuple[str, ...]
    score: float


@dataclass(frozen=True)
class Word:
    """A word of the result. ``origin``: ``dictionary``, ``character`` (a single one), ``joined`` (neighbouring Latin
    letters and digits), ``HMM``, or ``outside`` (jieba leaves such characters alone)."""

    start: int
    text: str
    origin: str


@dataclass(frozen=True)
class Block:
    """A run of characters in which words exist: candidates by start and end, paths from the best one down."""

    start: int
    text: str
    candidates: tuple[Candidate, ...]
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class Explanation:
    """A text, its blocks, and the words that it is cut into."""

    text: str
    blocks: tuple[Block, ...]
    words: tuple[Word, ...]


def explain(
    text: str,
    frequencies: Mapping[str, int],
    total: int,
    *,
    force_split: Sequence[str] = (),
    HMM: bool = False,
    paths: int = 4,
) -> Explanation:
    """Explain how ``text`` is cut. ``frequencies`` has each prefix of a word too, as ``jieba.Tokenizer.FREQ`` has.

    ``paths``: how many ways to cut each block are told, the chosen one among them.
    """
    blocks: list[Block] = []
    words: list[Word] = []
    for match in PIECES.finditer(text):
        if match[1]:
            block = explain_block(match[1], match.start(), frequencies, total, paths)
            blocks.append(block)
            words += _place(match.start(), finish(block.paths[0].words, frequencies, force_split, HMM))
        else:
            words.append(Word(match.start(), match[0], "outside"))
    return Explanation(text, tuple(blocks), tuple(words))


def _place(start: int, words: Iterator[tuple[str, str]]) -> Iterator[Word]:
    for word, origin in words:
        yield Word(start, word, origin)
        start += len(word)


Edge = tuple[int, int | None, float]  # end, frequency, weight
Step = tuple[float, int, int]  # score from here to the end of the block, end of the word, rank of the path behind it


def explain_block(text: str, start: int, frequencies: Mapping[str, int], total: int, count: int) -> Block:
    """The lattice of one block and its ``count`` best paths."""
    log_total = math.log(total)
    lattice = [list(_edges(text, k, frequencies, log_total)) for k in range(len(text))]
    steps = _best_steps(lattice, count)
    found = [_follow(text, steps, rank) for rank in range(len(steps[0]))]
    chosen, k = set(), 0
    for word in found[0].words:
        chosen.add((k, k := k + len(word)))
    reached = _best_before(lattice)
    candidates = [
        Candidate(
            start + k, start + end, text[k:end], frequency, weight,
            0.0 if (k, end) in chosen else max(0.0, steps[0][0][0] - (reached[k] + weight + steps[end][0][0])),
            (k, end) in chosen,
        )
        for k, edges in enumerate(lattice) for end, frequency, weight in edges
    ]  # fmt: skip
    return Block(start, text, tuple(candidates), tuple(found))


def _edges(text: str, start: int, frequencies: Mapping[str, int], log_total: float) -> Iterator[Edge]:
    """The words that start here: jieba walks on as long as there is a word that goes on so."""
    none = True
    for end in range(start + 1, len(text) + 1):
        frequency = frequencies.get(text[start:end])
        if frequency is None:
            break
        if frequency:
            none = False
            yield end, frequency, math.log(frequency) - log_total
    if none:
        yield start + 1, None, 0.0 - log_total


def _best_steps(lattice: Sequence[Sequence[Edge]], count: int) -> list[list[Step]]:
    """For each place the ``count`` best ways on, added from the right as jieba adds them: the same last bit."""
    steps: list[list[Step]] = [[] for _ in lattice] + [[(0.0, -1, 0)]]
    for k in range(len(lattice) - 1, -1, -1):
        edges = lattice[k]
        ways = ((w + score, end, rank) for end, _, w in edges for rank, (score, _, _) in enumerate(steps[end]))
        steps[k] = sorted(ways, key=lambda way: (way[0], way[1], -way[2]), reverse=True)[:count]
    return steps


def _best_before(lattice: Sequence[Sequence[Edge]]) -> list[float]:
    """For each place the best score from the start of the block."""
    reached = [0.0] + [-math.inf] * len(lattice)
    for k, edges in enumerate(lattice):
        for end, _, weight in edges:
            reached[end] = max(reached[end], reached[k] + weight)
    return reached


def _follow(text: str, steps: Sequence[Sequence[Step]], rank: int) -> Path:
    words = []
    k, score = 0, steps[0][rank][0]
    while k < len(text):
        _, end, rank = steps[k][rank]
        words.append(text[k:end])
        k = end
    return Path(tuple(words), score)


def finish(
    path: Sequence[str], frequencies: Mapping[str, int], force_split: Sequence[str], HMM: bool
) -> Iterator[tuple[str, str]]:
    """The words that jieba makes of the chosen path, each with its origin: it joins single Latin letters and digits,
    or gives the runs of single characters to the HMM."""
    single = (lambda word: len(word) == 1) if HMM else re.compile("[a-zA-Z0-9]").fullmatch
    for alone, group in groupby(path, key=lambda word: bool(single(word))):
        words = list(group)
        if not alone or len(words) == 1:
            yield from ((word, "dictionary" if len(word) > 1 else "character") for word in words)
        elif not HMM:
            yield "".join(words), "joined"
        elif frequencies.get("".join(words)):
            yield from ((word, "character") for word in words)
        else:
            yield from ((word, "HMM") for word in _guess("".join(words), force_split))


def _guess(run: str, force_split: Sequence[str]) -> list[str]:
    finalseg = import_jieba().finalseg
    before, finalseg.Force_Split_Words = finalseg.Force_Split_Words, set(force_split)
    try:
        return list(finalseg.cut(run))
    finally:
        finalseg.Force_Split_Words = before  # one set for the whole process
