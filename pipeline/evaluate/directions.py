"""Directions: are the vectors spread over the space, near to what they should be near to, and to few others?"""

import math
from statistics import NormalDist
from typing import Any

import numpy as np

from pipeline.evaluate.space import Floats, Space, nearest

PAIRS, SAMPLE, ROWS, NEAREST, SEED = 20_000, 500, 20_000, 10, 1


def look(space: Space) -> dict[str, Any]:
    """``mean_cosine`` of random pairs; the share of the variance in the ``first`` principal component and the first
    ten; the ``dimension`` that has the largest share of all squared values; the median cosine of a word's nearest, and
    what it would be among random directions; ``hubs``: the word that is most often among the ten nearest of others."""
    words, size = len(space.words), space.vectors.shape[1]
    chance = np.random.default_rng(SEED)
    finite = np.flatnonzero(np.isfinite(space.norms))
    if len(finite) < 2:
        return {"words": words, "dimensions": size}
    cosines = random_cosines(space)
    rows = np.sort(chance.choice(finite, min(len(finite), ROWS), replace=False))
    drawn = np.sort(chance.choice(finite, min(len(finite), SAMPLE), replace=False))
    queries = space.unit(drawn)
    found, near = nearest(space, queries, [[row] for row in drawn], NEAREST)
    return {
        "words": words,
        "dimensions": size,
        "mean_cosine": round(float(cosines.mean()), 4),
        **_components(space.unit(rows)),
        "dimension": _dimension(np.asarray(space.vectors[rows], dtype=np.float64)),
        "nearest": round(float(np.median(near[:, 0])), 4) if near.size else None,
        "nearest_at_random": round(at_random(words, size), 4),
        **_hubs(space, found, len(drawn)),
        **_symmetry(queries),
    }


def random_cosines(space: Space) -> Floats:
    """The cosines of random pairs of two different words."""
    chance = np.random.default_rng(SEED)
    finite = np.flatnonzero(np.isfinite(space.norms))
    one, other = finite[chance.integers(0, len(finite), (2, PAIRS))]
    apart = one != other
    found: Floats = np.einsum("ij,ij->i", space.unit(one[apart]), space.unit(other[apart]))
    return found


def at_random(words: int, dimensions: int) -> float:
    """The greatest of the cosines of one direction with so many random ones, about: they are normal with the variance
    1 / dimensions."""
    return min(1.0, NormalDist().inv_cdf(1 - 1 / max(3, words)) / math.sqrt(dimensions))


def _components(vectors: Floats) -> dict[str, Any]:
    """Of vectors of length 1, about their mean."""
    values = np.linalg.eigvalsh(np.atleast_2d(np.cov(vectors, rowvar=False)))[::-1]
    total = max(float(values.sum()), 1e-12)
    return {"first": round(float(values[0]) / total, 4), "first_ten": round(float(values[:10].sum()) / total, 4)}


def _dimension(vectors: Any) -> dict[str, Any]:
    squares = (vectors * vectors).sum(axis=0)
    number = int(squares.argmax())
    return {"number": number + 1, "share": round(float(squares[number] / max(squares.sum(), 1e-300)), 4)}


def _hubs(space: Space, found: Any, queries: int) -> dict[str, Any]:
    """The word that most queries have among their nearest, and the share of them that have it."""
    if not found.size:
        return {"hubs": None}
    rows, times = np.unique(found, return_counts=True)
    most = int(times.argmax())
    return {"hubs": {"word": space.words[rows[most]], "share": round(int(times[most]) / queries, 4)}}


def _symmetry(vectors: Floats) -> dict[str, Any]:
    """cos(a, b) against cos(b, a), and the greatest of all, which rounding may put a little above 1."""
    half = len(vectors) // 2
    one, other = vectors[:half] @ vectors[half:].T, vectors[half:] @ vectors[:half].T
    squares = np.einsum("ij,ij->i", vectors, vectors)
    return {
        "asymmetry": round(float(np.abs(one - other.T).max(initial=0)), 7),
        "greatest_cosine": round(float(max(np.abs(one).max(initial=0), squares.max(initial=0))), 6),
    }
