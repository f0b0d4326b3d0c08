"""Downstream: do averaged vectors put pairs of sentences in the order in which people do?

Against the words that two sentences share (a bag of words, the rare ones counting more) and against random vectors.
Only what goes beyond the shared words is a merit of the vectors.
"""

import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.evaluate.classify import SEEDS, Cut, averages, share_known
from pipeline.evaluate.records import read_records
from pipeline.evaluate.similarity import FEWEST, Numbers, interval, spearman
from pipeline.evaluate.space import Space

FIELDS = (
    ("sentence1", "sentence_a", "text_a"),
    ("sentence2", "sentence_b", "text_b"),
    ("score", "similarity", "label"),
)
MOST = 20_000  # pairs, drawn evenly


def look(space: Space, path: Path, cut: Cut) -> dict[str, Any]:
    """Spearman's correlation of the cosine of two sentences with people's score, for each kind of features, with the
    interval of the averaged vectors; of random vectors for each of three seeds.

    Raises ``ValueError`` for a file that holds no pairs of sentences with a score.
    """
    pairs = read_pairs(path)
    ones, others = [cut(one) for one, *_ in pairs], [cut(other) for _, other, _ in pairs]
    human = np.array([score for *_, score in pairs])
    found = _cosines(averages(space, ones), averages(space, others))
    random = [_cosines(*(averages(drawn, side) for side in (ones, others))) for drawn in _random(space)]
    return {
        "pairs": len(pairs),
        "known_words": share_known(space, [*ones, *others]),
        "interval": interval(human, found),
        "features": {
            "averaged vectors": [round(spearman(human, found), 4)],
            "random vectors": [round(spearman(human, drawn), 4) for drawn in random],
            "bag of words": [round(spearman(human, shared_words(ones, others)), 4)],
        },
    }


def _random(space: Space) -> list[Space]:
    shape = len(space.words), space.vectors.shape[1]
    return [Space(space.words, np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)) for seed in SEEDS]


def _cosines(one: Any, other: Any) -> Numbers:
    """0 where a sentence has no known word; rounded, so that equal ones are equal ranks."""
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    found: Numbers = (np.einsum("ij,ij->i", one, other) / np.where(lengths == 0, 1, lengths)).round(6)
    return found


def shared_words(ones: list[list[str]], others: list[list[str]]) -> Numbers:
    """The cosine of the sentences' words, each weighed by the logarithm of how few of all the sentences have it."""
    bags = [[Counter(words) for words in side] for side in (ones, others)]
    seen = Counter(word for side in bags for bag in side for word in bag)
    weights = {word: math.log((1 + 2 * len(ones)) / (1 + times)) + 1 for word, times in seen.items()}

    def product(one: Counter[str], other: Counter[str]) -> float:
        return sum(times * other[word] * weights[word] ** 2 for word, times in one.items())

    lengths = [(product(one, one) * product(other, other)) ** 0.5 for one, other in zip(*bags, strict=True)]
    pairs = zip(*bags, lengths, strict=True)
    return np.array([product(one, other) / (length or 1) for one, other, length in pairs])


def read_pairs(path: Path) -> list[tuple[str, str, float]]:
    """Two sentences and a score: of a ``.jsonl`` (``sentence1``, ``sentence2``, ``score``), of a file with a head line
    that names them, or of lines ``sentence TAB sentence TAB score``; at most ``MOST``, evenly drawn."""
    pairs = []
    for one, other, given in read_records(path, FIELDS):
        try:
            score = float(given)
        except ValueError:
            score = math.nan
        if not math.isfinite(score):
            raise ValueError(f"{path}: the score of {one[:30]!r} and {other[:30]!r} is no number: {given!r}")
        pairs.append((one, other, score))
    if len(pairs) < FEWEST:
        raise ValueError(f"{path} holds {len(pairs)} pairs of sentences; {FEWEST} are needed: .jsonl with sentence1, "
                         "sentence2 and score, or lines of the three with TABs")  # fmt: skip
    return pairs[:: max(1, -(-len(pairs) // MOST))]
