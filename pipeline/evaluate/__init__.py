"""Evaluate: is the model good, and better than the last? Scores, probes, and a gate that never trusts analogies alone.

Writes ``evaluation.json``. It holds no path, date or duration, so the same model gives the same bytes.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline import cache
from pipeline.evaluate import (
    analogies,
    baseline,
    bias,
    characters,
    directions,
    gate,
    groups,
    rows,
    set_files,
    similarity,
    words,
)
from pipeline.evaluate.bands import bands
from pipeline.evaluate.gate import Thresholds
from pipeline.evaluate.lookup import complete
from pipeline.evaluate.space import Space, from_path, from_stages, neighbours

VERSION = 2
VERSIONS = ("jieba",)  # whose dictionary says which words are common

EVALUATION = "evaluation.json"
KINDS = ("analogies", "similarity", "groups")
NEIGHBOURS, DRAWN, SEED = 5, 3, 1
EXAMPLES = 3  # analogies of each section, shown with their answer


def run(
    vocabulary: Path,
    train: Path,
    sets: Sequence[Path],
    before: Space | None,
    output: Path,
    *,
    neighbours_of: str = "",
    trained: dict[str, Any],
    **thresholds: float,
) -> cache.Counts:
    """Evaluate the model ``train``, which was ``trained`` by these parameters, with the files of ``sets`` besides those
    that are shipped, against the model ``before``. ``neighbours_of`` are
    words, parted by commas or white space, whose neighbours are shown."""
    space = from_stages(vocabulary, train, trained)
    facts = evaluate(space, sets, before, Thresholds(**thresholds), neighbours_of.replace(",", " ").split())
    cache.write_json(output / EVALUATION, facts)
    return {
        "gate": facts["gate"],
        "reasons": facts["reasons"],
        "verdicts": {name: probe["verdict"] for name, probe in facts["probes"].items()},
        "scores": scores(facts),
        "coverage": {name: table["coverage"] for kind in KINDS for name, table in facts[kind].items()},
        "bias": {test["name"]: test for test in bias.look(space)},
    }


def evaluate(
    space: Space, sets: Sequence[Path], before: Space | None, limits: Thresholds, ask: Sequence[str] = ()
) -> dict[str, Any]:
    """All scores and probes of a model, as plain data. Raises ``ValueError`` for a wrong line of a set."""
    shipped = set_files.read_sets(set_files.list_files([set_files.SHIPPED]))
    given = set_files.read_sets(set_files.list_files(sets))
    tables = {
        "analogies": {name: analogies.score(space, asked) for name, asked in _all(shipped, given, "analogies")},
        "similarity": {name: similarity.score(space, pairs) for name, pairs in _all(shipped, given, "pairs")},
        "groups": {name: groups.score(space, kinds) for name, kinds in _all(shipped, given, "groups")},
    }
    figures = {
        "rows": rows.look(space),
        "directions": directions.look(space),
        "characters": characters.look(space),
        "words": words.look(space),
        "subsampling": words.subsampling(space),
        "examples": answer_examples(space, shipped.analogies["analogies"]),
        "neighbours": {
            "asked": {word: neighbours(space, [word], NEAREST)[word] if word in space.index else None for word in ask},
            "drawn": draw_neighbours(space),
        },
        "baseline": baseline.compare(space, before, _joined(shipped, given)) if before else None,
    }
    probes = judge(tables, figures, limits)
    verdict, reasons = gate.overall(probes)
    return {
        "gate": verdict,
        "reasons": reasons,
        "words": len(space.words),
        "vector_size": int(space.vectors.shape[1]),
        "probes": gate.as_json(probes),
        **tables,
        "figures": figures,
        "thresholds": vars(limits),
    }


NEAREST = 10


def _all(shipped: set_files.Sets, given: set_files.Sets, kind: str) -> list[tuple[str, Any]]:
    """The sets of both; one that is given under a shipped name is told apart."""
    own, others = getattr(shipped, kind), getattr(given, kind)
    return [*own.items(), *((f"{name} (given)" if name in own else name, found) for name, found in others.items())]


def _joined(shipped: set_files.Sets, given: set_files.Sets) -> set_files.Sets:
    return set_files.Sets(**{kind: dict(_all(shipped, given, kind)) for kind in ("analogies", "pairs", "groups")})


def judge(tables: dict[str, Any], figures: dict[str, Any], limits: Thresholds) -> dict[str, gate.Verdict]:
    """The verdict of each probe."""
    directions_found, characters_found = figures["directions"], figures["characters"]
    found = {
        "norms": gate.norms(figures["rows"], limits),
        "isotropy": gate.isotropy(directions_found, limits),
        "neighbours": gate.neighbours(directions_found, limits),
        "symmetry": gate.symmetry(directions_found, limits),
        "cut": gate.cut(figures["words"], limits),
        "vocabulary": gate.vocabulary(figures["words"], limits),
        "meaning": gate.meaning(
            tables["groups"]["groups"], characters_found, directions_found, figures["rows"], limits
        ),
        "rare words": gate.rare_words(characters_found, limits),
        "subsampling": gate.subsampling(figures["subsampling"], limits),
        "analogies": gate.analogies(tables["analogies"]["analogies"], limits),
    }
    if figures["baseline"]:
        found["baseline"] = baseline.judge(figures["baseline"], limits)
    return found


def answer_examples(space: Space, questions: Sequence[analogies.Question]) -> list[dict[str, Any]]:
    """The first questions of each section whose words are all known, with the model's answer and its cosine."""
    known: dict[str, list[analogies.Question]] = {}
    for question in questions:
        if all(word in space.index for word in question[1:]):
            known.setdefault(question[0], []).append(question)
    chosen = [question for asked in known.values() for question in asked[:EXAMPLES]]
    answers = [complete(space, question[1], question[2], question[3], 1) for question in chosen]
    return [
        {"section": section, "question": asked, "expected": expected, "answer": found[0][0], "cosine": found[0][1]}
        for (section, *asked, expected), found in zip(chosen, answers, strict=True)
        if found
    ]


def draw_neighbours(space: Space) -> list[dict[str, Any]]:
    """The neighbours of words drawn from each frequency band."""
    chance = np.random.default_rng(SEED)
    drawn = []
    for first, last in bands(len(space.words)):
        picked = sorted(chance.choice(np.arange(first, last), min(DRAWN, last - first), replace=False).tolist())
        found = neighbours(space, [space.words[row] for row in picked], NEIGHBOURS)
        drawn.append({"from_rank": first + 1, "to_rank": last, "words": found})
    return drawn


def scores(facts: dict[str, Any]) -> dict[str, float | None]:
    """One number for each set, under the protocol's name; None below the coverage that a score needs."""
    least = facts["thresholds"]["least_coverage"]
    found = {}
    for name, table in facts["analogies"].items():
        for protocol, row in table["protocols"].items():
            found[f"{name}, {protocol}"] = row["score"] if table["coverage"] >= least else None
    for name, table in facts["similarity"].items():
        found[f"{name}, Spearman"] = table["spearman"] if table["coverage"] >= least else None
    for name, table in facts["groups"].items():
        found[f"{name}, auc"] = table["auc"] if table["coverage"] >= least else None
    return found


def summary(counts: cache.Counts) -> str:
    """The closing line: the verdict and why."""
    reasons = "; ".join(counts["reasons"][:2])
    return f"{counts['gate']}" + (
        f": {reasons}" if reasons else f": {len(counts['verdicts'])} probes, none of them wrong"
    )


__all__ = ["EVALUATION", "VERSION", "VERSIONS", "Space", "evaluate", "from_path", "run", "summary"]
