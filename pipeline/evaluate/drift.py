"""Drift: what changed between two models? Words gained and lost, neighbours, and how far words moved.

Two trainings of the same text differ by a rotation, so the former model is turned onto the new one first (orthogonal
Procrustes, Schönemann 1966; for word vectors Hamilton et al. 2016).
"""

from typing import Any

import numpy as np

from pipeline.evaluate.bands import bands
from pipeline.evaluate.space import Floats, Ids, Space, nearest, neighbours

SHOWN, NEAREST, SAMPLE, SEED = 20, 10, 300, 1
ALIGNED = 20_000  # the most frequent common words: they say how one space lies in the other
FREQUENT = 10_000  # words that may be shown as moved most: rare ones move by chance


def compare(before: Space, after: Space) -> dict[str, Any]:
    """``gained`` and ``lost`` words, the ``overlap`` of the ten nearest common words by frequency band (of ``after``),
    the median distance (1 - cosine) after alignment, and the words that ``moved`` most with old and new neighbours."""
    common = [word for word in after.words if word in before.index]
    facts: dict[str, Any] = {
        "before": len(before.words),
        "after": len(after.words),
        "common": len(common),
        "gained": [word for word in after.words if word not in before.index][:SHOWN],
        "lost": [word for word in before.words if word not in after.index][:SHOWN],
    }
    if len(common) < 2:
        return {**facts, "overlap": [], "distance": None, "moved": []}
    old, new = (Space(common, np.asarray(space.vectors)[space.known(common)]) for space in (before, after))
    distances = 1 - aligned_cosines(old, new)
    most = np.argsort(-distances[:FREQUENT], kind="stable")[:SHOWN]
    words = [common[row] for row in most]
    near = [neighbours(space, words, 5) for space in (old, new)]
    return {
        **facts,
        "overlap": [
            {"from_rank": first + 1, "to_rank": last, "shared": _overlap(old, new, first, last)}
            for first, last in bands(len(common))
        ],
        "distance": round(float(np.median(distances)), 4),
        "moved": [
            {"word": word, "distance": round(float(distances[row]), 4), "before": near[0][word], "after": near[1][word]}
            for word, row in zip(words, most, strict=True)
        ],
    }


def aligned_cosines(old: Space, new: Space) -> Floats:
    """The cosine of each word's two vectors, the old one turned onto the new; the smaller space has zeros added."""
    size = max(old.vectors.shape[1], new.vectors.shape[1])
    one, other = (_widen(space.unit(slice(None)), size) for space in (old, new))
    found: Floats = np.einsum("ij,ij->i", one @ rotation(one[:ALIGNED], other[:ALIGNED]), other)
    return found


def rotation(one: Floats, other: Floats) -> Floats:
    """The orthogonal matrix (dimensions × dimensions) that brings ``one`` nearest to ``other``, row by row."""
    left, _, right = np.linalg.svd(one.T @ other)
    turned: Floats = left @ right
    return turned


def _widen(vectors: Floats, size: int) -> Floats:
    return np.pad(vectors, ((0, 0), (0, size - vectors.shape[1])))


def _overlap(old: Space, new: Space, first: int, last: int) -> float:
    """The mean share of the ten nearest that a word keeps, over words drawn from a band."""
    chance = np.random.default_rng(SEED)
    rows: Ids = np.sort(chance.choice(np.arange(first, last), min(SAMPLE, last - first), replace=False))
    one, other = (nearest(space, space.unit(rows), [[row] for row in rows], NEAREST)[0] for space in (old, new))
    kept = [len({*a} & {*b}) / max(1, len(a)) for a, b in zip(one.tolist(), other.tolist(), strict=True)]
    return round(float(np.mean(kept)), 4)
