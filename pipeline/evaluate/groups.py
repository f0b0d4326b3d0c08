"""Groups of words by kind: is a word nearer to those of its group than to those of the others?"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.evaluate.space import Floats, Space


def score(space: Space, groups: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """For each group ``auc``: how often a pair of two of its words has a greater cosine than a pair of one of its words
    and a word of another group (0.5 is chance, 1 is always; the area under the ROC curve). In all: the mean over the
    words that have another of their group. None where there is nothing to compare."""
    known = {name: space.known(words) for name, words in groups.items()}
    rows = np.array([row for found in known.values() for row in found], dtype=np.int64)
    kinds = np.repeat(np.arange(len(known)), [len(found) for found in known.values()])
    by_word = _word_scores(space.unit(rows), kinds)
    asked, found = sum(map(len, groups.values())), len(rows)
    return {
        "asked": asked,
        "found": found,
        "coverage": round(found / max(1, asked), 4),
        "auc": _mean(by_word),
        "words": int(np.isfinite(by_word).sum()),
        "groups": {
            name: {"asked": len(groups[name]), "found": len(found), "auc": _mean(by_word[kinds == kind])}
            for kind, (name, found) in enumerate(known.items())
        },
    }


def _word_scores(vectors: Floats, kinds: Any) -> Floats:
    """The score of each word; NaN where it has no other of its group, or there is no other group."""
    cosines = vectors @ vectors.T
    scores = np.full(len(kinds), np.nan, dtype=np.float32)
    for word in range(len(kinds)):
        inside = kinds == kinds[word]
        outside = cosines[word, ~inside]
        inside[word] = False
        if inside.any() and len(outside):
            scores[word] = auc(cosines[word, inside], outside)
    return scores


def auc(greater: Floats, smaller: Floats) -> float:
    """How often one of ``greater`` exceeds one of ``smaller``; equal ones count half."""
    ordered = np.sort(smaller)
    below = np.searchsorted(ordered, greater, "left") + np.searchsorted(ordered, greater, "right")
    return float(below.mean() / 2 / len(smaller))


def _mean(scores: Floats) -> float | None:
    return round(float(np.nanmean(scores)), 4) if np.isfinite(scores).any() else None
