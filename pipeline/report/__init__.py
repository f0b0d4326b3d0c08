"""The report: one HTML page that shows a run or a model to people. It reads what the stages wrote, and computes only
what none of them has: neighbours of chosen words, the map, bias, drift."""

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline import cache, evaluate
from pipeline.evaluate import bias, classify
from pipeline.evaluate.drift import compare
from pipeline.evaluate.gate import Thresholds
from pipeline.evaluate.space import Space
from pipeline.opened import find_cut, open_space
from pipeline.report import corpus, words
from pipeline.report.origin import (
    Origin,
    describe_run,
    describe_training,
    find,
    list_resources,
    list_versions,
    make_funnel,
)
from pipeline.word_map import make_map


def gather(model: str | None, data: Path, chosen: Sequence[str] = (), *, baseline: str = "",
           mapped: int = 2_000, labelled: Path | None = None) -> dict[str, Any]:  # fmt: skip
    """All that the page shows, as plain data. ``model`` is a run or a path (None: the latest run), ``chosen`` are the
    words whose neighbours are shown, ``baseline`` the model for drift (by default the one of ``Evaluate.baseline``),
    ``mapped`` how many words stand on the map (0: no map), ``labelled`` a file of texts to classify. Raises
    ``ValueError``."""
    origin = find(model, data)
    space = origin.space
    before = _baseline(origin, baseline, data)
    asked = list(chosen) or words.choose(space)
    return {
        "name": origin.name,
        "made": datetime.datetime.now(datetime.UTC).isoformat(timespec="minutes"),
        "words": len(space.words),
        "vector_size": int(space.vectors.shape[1]),
        "run": describe_run(origin),
        "funnel": make_funnel(origin),
        "corpus": corpus.look(origin),
        "dictionary": corpus.look_at_dictionary(origin),
        "training": describe_training(origin),
        "evaluation": _evaluation(origin, before),
        "classification": classify.look(space, labelled, find_cut(model, data)) if labelled else None,
        "neighbours": words.look_at_neighbours(space, asked),
        "map": make_map(space, mapped) if mapped else None,
        "strips": words.make_strips(space),
        "compared": words.compare_strips(space, asked),
        "bias": bias.look(space),
        "drift": compare(before, space) if before else None,
        "stages": {stage: made.get("parameters", {}) for stage, made in origin.stages.items()},
        "resources": list_resources(origin),
        "versions": list_versions(origin),
    }


def _baseline(origin: Origin, name: str, data: Path) -> Space | None:
    settings = origin.record["settings"] if origin.record else {}
    wanted = name or settings.get("baseline", "")
    return open_space(wanted, data) if wanted else None


def _evaluation(origin: Origin, before: Space | None) -> dict[str, Any]:
    """What Evaluate wrote; of a model without it, what it would say."""
    if "evaluate" in origin.folders:
        found: dict[str, Any] = cache.read_json(origin.folders["evaluate"] / evaluate.EVALUATION)
        return found
    return evaluate.evaluate(origin.space, (), before, Thresholds())
