"""Against an earlier model: the same questions, the words that are gone."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from pipeline.evaluate import analogies, groups, similarity
from pipeline.evaluate.gate import Thresholds, Verdict
from pipeline.evaluate.set_files import Sets
from pipeline.evaluate.space import Space

ERRORS = 2.0  # standard errors that a drop must exceed too
MOST_LOST = 0.5  # of the different words: another corpus of the kind has most of them


def compare(space: Space, before: Space, sets: Sets) -> dict[str, Any]:
    """For each set the scores of both models over the lines that both know (gensim's protocol, Spearman's, auc), with
    the standard error of the difference, and ``lost``: the share of the former model's running words that are gone (of
    its words where it has no counts), ``lost_words`` that of its different words."""
    both = space.index.keys() & before.index.keys()

    def pair(score: Callable[[Space], float | None], lines: int, variance: float) -> dict[str, Any]:
        error = round(math.sqrt(variance / max(1, lines)), 4)
        return {"now": score(space), "before": score(before), "lines": lines, "error": error}

    scores = {}
    for name, questions in sets.analogies.items():
        known = [question for question in questions if both.issuperset(question[1:])]
        scores[name] = pair(partial(_analogies, known), len(known), 0.5)
    for name, pairs in sets.pairs.items():
        listed = [line for line in pairs if both.issuperset(line[:2])]
        scores[name] = pair(partial(_pairs, listed), len(listed), 2.0)
    for name, kinds in sets.groups.items():
        shared = {kind: [word for word in words if word in both] for kind, words in kinds.items()}
        scores[name] = pair(partial(_groups, shared), sum(map(len, shared.values())), 0.5)
    gone = np.array([word not in space.index for word in before.words], dtype=bool)
    weights = before.counts if before.counts is not None else np.ones(len(gone))
    return {
        "scores": scores,
        "lost": round(float(weights[gone].sum() / max(1, weights.sum())), 4),
        "lost_words": round(float(gone.mean()), 4) if len(gone) else 0.0,
    }


def _analogies(questions: list[analogies.Question], space: Space) -> float | None:
    found: float | None = analogies.score(space, questions)["protocols"]["gensim"]["score"]
    return found


def _pairs(pairs: list[tuple[str, str, float]], space: Space) -> float | None:
    found: float | None = similarity.score(space, pairs)["spearman"]
    return found


def _groups(kinds: dict[str, list[str]], space: Space) -> float | None:
    found: float | None = groups.score(space, kinds)["auc"]
    return found


def judge(found: dict[str, Any], limits: Thresholds) -> Verdict:
    """Fails where a score fell by more than ``most_drop`` of itself and by two standard errors."""
    fallen = [
        f"{name} {pair['before']:.3f} → {pair['now']:.3f}"
        for name, pair in found["scores"].items()
        if pair["now"] is not None
        and pair["before"] - pair["now"] > max(limits.most_drop * abs(pair["before"]), ERRORS * pair["error"])
    ]
    if found["lost"] > limits.most_drop or found["lost_words"] > MOST_LOST:
        gone = f"{found['lost_words']:.0%} of the baseline's words are gone, {found['lost']:.0%} of its running words"
        return Verdict(
            "fail",
            f"{gone}: truncated, or a larger min_count",
            "take the whole file, or a smaller Vocabulary.min_count",
        )
    if fallen:
        return Verdict("fail", f"worse than the baseline over the lines that both know: {'; '.join(fallen)}",
                       "look at what changed: ciliu plan, ciliu drift")  # fmt: skip
    named = [f"{name} {pair['before']:.3f} → {pair['now']:.3f}" for name, pair in found["scores"].items()
             if pair["now"] is not None]  # fmt: skip
    return Verdict("pass", "; ".join(named) or "no line that both know")
