"""Bias: which of two groups of words is nearer to which of two others, and could that be chance?

WEAT (Caliskan et al. 2017) and the relative norm distance (RND; Garg et al. 2018), over word sets in
``sets/bias.toml``; both as wefe computes them (tests/wefe.json). Only words of the vocabulary take part. No verdict
hangs on it: what a corpus says, its vectors say.
"""

import tomllib
from typing import Any

import numpy as np

from pipeline.evaluate.set_files import SHIPPED
from pipeline.evaluate.space import Floats, Space

SETS = SHIPPED / "bias.toml"
FEWEST = 3  # words of each of the four sets
PERMUTATIONS, SEED = 10_000, 1


def look(space: Space) -> list[dict[str, Any]]:
    """For each test ``effect_size`` (of -2 to 2; positive: X goes with A, Y with B), ``p`` of the permutation test
    (one-sided), ``rnd`` (negative: X and Y together are nearer to A) and how many words were found; None where a set
    has fewer than ``FEWEST`` words."""
    tests = tomllib.loads(SETS.read_text(encoding="utf-8"))["test"]
    return [_measure(space, test) for test in tests]


def _measure(space: Space, test: dict[str, str]) -> dict[str, Any]:
    words = {name: test[name].split() for name in "XYAB"}
    X, Y, A, B = (space.unit(space.known(words[name])) for name in "XYAB")
    facts = {
        "name": test["name"],
        "source": test["source"],
        "asked": sum(map(len, words.values())),
        "found": sum(map(len, (X, Y, A, B))),
    }
    if min(map(len, (X, Y, A, B))) < FEWEST:
        return {**facts, "effect_size": None, "p": None, "rnd": None}
    return {
        **facts,
        "effect_size": round(effect_size(X, Y, A, B), 4),
        "p": round(p_value(X, Y, A, B), 4),
        "rnd": round(relative_norm_distance(np.vstack([X, Y]), A, B), 4),
    }


def associations(words: Floats, A: Floats, B: Floats) -> Floats:
    """Of each word the mean cosine with A less that with B; all vectors of length 1."""
    found: Floats = (words @ A.T).mean(axis=1) - (words @ B.T).mean(axis=1)
    return found


def effect_size(X: Floats, Y: Floats, A: Floats, B: Floats) -> float:
    """The difference of the mean associations of X and Y, in standard deviations of those of all (of the population, as
    wefe has it; that of a sample, as others have it, makes it smaller by the root of (n - 1) / n)."""
    x, y = associations(X, A, B), associations(Y, A, B)
    return float((x.mean() - y.mean()) / np.concatenate([x, y]).std())


def p_value(X: Floats, Y: Floats, A: Floats, B: Floats) -> float:
    """The share of random partitions of X and Y, of the same sizes, whose difference is at least as great."""
    both = np.concatenate([associations(X, A, B), associations(Y, A, B)]).astype(np.float64)
    chance = np.random.default_rng(SEED)
    drawn = chance.permuted(np.tile(both, (PERMUTATIONS, 1)), axis=1)
    drawn = np.vstack([both, drawn])  # the partition itself is one of them
    difference = drawn[:, : len(X)].mean(axis=1) - drawn[:, len(X) :].mean(axis=1)
    return float((difference >= difference[0] - 1e-12).mean())


def relative_norm_distance(neutral: Floats, A: Floats, B: Floats) -> float:
    """The mean over the neutral words of their distance to the mean of A less that to the mean of B."""
    to_A = np.linalg.norm(neutral - A.mean(axis=0), axis=1)
    to_B = np.linalg.norm(neutral - B.mean(axis=0), axis=1)
    return float((to_A - to_B).mean())
