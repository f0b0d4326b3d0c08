"""Is a trainer's score not inferior to gensim's? The rule of ``quality.py``, with its standard error.

Not inferior: the mean over the seeds is no more than two pooled standard errors below gensim's, where

    pooled² = var(kernel's seeds) / seeds + var(gensim's seeds) / seeds + var(questions)

``var`` of seeds is the sample variance of a set's score. ``var(questions)`` is that of the difference of the two means
when the questions were drawn anew: for analogies the sample variance of d / questions, d being the paired difference
of hits of the same question (each side the mean over its seeds); for Spearman's correlation the variance of the
difference over bootstrap samples of the pairs, the same sample for both sides and all seeds.

Questions of one section share words, so they are not independent, and the true error is larger than this one. The seeds
are in d as well; so the pooled error counts them twice, at most.

The loss is not inferior if it is no more than 0.2 % above gensim's.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.evaluate.similarity import spearman
from quality_scores import EvalSet, Floats, total

ERRORS = 2.0  # pooled standard errors
LOSS = 0.002
SAMPLES = 1_000  # of the bootstrap
SEED = 1


@dataclass(frozen=True)
class Comparison:
    """The kernel's mean less gensim's, the standard errors, and the verdict."""

    difference: float
    seeds_error: float
    questions_error: float
    pooled_error: float
    not_inferior: bool


def compare(test: EvalSet, kernel: Floats, gensim: Floats) -> Comparison:
    """``kernel`` and ``gensim`` have a row for each seed, a column for each line of the set that is found.

    Raises ``ValueError`` if a side has fewer than two seeds: they have no variance.
    """
    if min(len(kernel), len(gensim)) < 2:
        raise ValueError(f"{len(kernel)} seeds against {len(gensim)}: a variance needs two on either side")
    sides = [np.array([total(test, values) for values in side]) for side in (kernel, gensim)]
    seeds = sum(float(np.var(side, ddof=1)) / len(side) for side in sides)
    questions = pairs_variance(test, kernel, gensim) if len(test.human) else hits_variance(kernel, gensim)
    difference, pooled = float(sides[0].mean() - sides[1].mean()), float(np.sqrt(seeds + questions))
    not_inferior = difference >= -ERRORS * pooled
    return Comparison(difference, float(np.sqrt(seeds)), float(np.sqrt(questions)), pooled, not_inferior)


def hits_variance(kernel: Floats, gensim: Floats) -> float:
    """The variance of the mean paired difference of hits."""
    paired = kernel.mean(axis=0) - gensim.mean(axis=0)
    return float(np.var(paired, ddof=1)) / len(paired)


def pairs_variance(test: EvalSet, kernel: Floats, gensim: Floats) -> float:
    """The variance of the difference of the mean correlations over bootstrap samples of the pairs."""
    chance = np.random.default_rng(SEED)
    differences = []
    for _ in range(SAMPLES):
        drawn = chance.integers(0, len(test.human), len(test.human))
        means = [np.mean([spearman(test.human[drawn], row[drawn]) for row in side]) for side in (kernel, gensim)]
        differences.append(means[0] - means[1])
    return float(np.var(differences, ddof=1))


def compare_loss(kernel: list[float], gensim: list[float]) -> dict[str, float | bool]:
    """The relative difference of the mean losses, and the verdict."""
    share = float(np.mean(kernel) / np.mean(gensim) - 1)
    return {"relative_difference": share, "not_inferior": share <= LOSS}
