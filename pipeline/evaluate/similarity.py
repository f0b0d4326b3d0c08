"""Similarity: do cosines put pairs of words in the order in which people do?"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.evaluate.space import Space

Numbers = npt.NDArray[np.floating[Any]] | npt.NDArray[np.integer[Any]]

SAMPLES, SEED = 1_000, 1  # of the bootstrap
FEWEST = 10  # pairs for a correlation


def score(space: Space, pairs: Sequence[tuple[str, str, float]]) -> dict[str, Any]:
    """Spearman's and Pearson's correlation of the cosine with people's scores, over the ``found`` of the ``asked``
    pairs, as gensim's ``evaluate_word_pairs`` over the whole vocabulary (upper and lower case are one).

    ``interval`` has Spearman's for 95 of 100 bootstrap samples of the pairs. None with fewer than ``FEWEST`` pairs.
    """
    rows = [(space.folded.get(a.upper(), -1), space.folded.get(b.upper(), -1), score) for a, b, score in pairs]
    found = [row for row in rows if min(row[:2]) >= 0]
    facts = {"asked": len(pairs), "found": len(found), "coverage": round(len(found) / max(1, len(pairs)), 4)}
    if len(found) < FEWEST:
        return {**facts, "spearman": None, "pearson": None, "interval": None}
    one, other, human = (np.array(column) for column in zip(*found, strict=True))
    cosines = np.einsum("ij,ij->i", space.unit(one), space.unit(other)).astype(np.float64)
    return {
        **facts,
        "spearman": round(spearman(human, cosines), 6),
        "pearson": round(pearson(human, cosines), 6),
        "interval": interval(human, cosines),
    }


def pearson(one: Numbers, other: Numbers) -> float:
    """Pearson's correlation; 0 where one side is constant."""
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def spearman(one: Numbers, other: Numbers) -> float:
    """Spearman's correlation: Pearson's of the ranks, equal values at their mean rank."""
    return pearson(mean_ranks(one), mean_ranks(other))


def mean_ranks(values: Numbers) -> Numbers:
    """The rank of each value from 1 on."""
    _, place, times = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(times)
    ranks: Numbers = (last - (times - 1) / 2)[place]
    return ranks


def interval(human: Numbers, cosines: Numbers) -> list[float]:
    """The 2.5th and 97.5th percentile of Spearman's over bootstrap samples of the pairs."""
    chance = np.random.default_rng(SEED)
    drawn = chance.integers(0, len(human), (SAMPLES, len(human)))
    found = [spearman(human[sample], cosines[sample]) for sample in drawn]
    return [round(float(value), 4) for value in np.percentile(found, (2.5, 97.5))]
