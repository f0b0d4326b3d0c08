"""The scores of the runs of ``quality.py`` from their saved matrices, kept beside them as ``scores.json``.

They are made anew when the code that scores, a test set or the run itself changes; nothing is trained for that.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import xxhash

import quality_loss
import quality_scores
from pipeline import cache
from quality_corpus import QualityCorpus
from quality_runs import RECORD, Run, load
from quality_scores import PAIRS, QUESTIONS, EvalSet, Floats

SCORES = "scores.json"


@dataclass(frozen=True)
class Scored:
    """A run that is done: its record, a number for each found line of each set, and the held-out loss in nats."""

    run: Run
    record: cache.Json
    values: dict[str, Floats]
    loss: float


class Evaluation:
    """What all runs are scored by: the sets and the held-out pairs of one corpus."""

    def __init__(self, shared: Path, made: QualityCorpus) -> None:
        """Raises ``ValueError`` with the place for a flawed line of a set."""
        self.made = made
        self.tests: dict[str, EvalSet] = quality_scores.read_sets(shared, made.words)
        sources = [Path(module.__file__ or "") for module in (quality_scores, quality_loss)]
        sets = [shared / path for path in (PAIRS | QUESTIONS).values()]
        self.digest = xxhash.xxh3_128_hexdigest(b"\0".join(path.read_bytes() for path in (*sources, *sets)))

    @cached_property
    def heldout(self) -> quality_loss.HeldOut:
        """The held-out pairs; they take seconds, and are not needed where all runs are scored already."""
        return quality_loss.hold_out(self.made)

    def score(self, run: Run, folder: Path, tell: Callable[[str], None]) -> Scored:
        """The scores of a run that is done, made unless they are there."""
        record = cache.read_json(folder / run.name / RECORD)
        path, recipe = folder / run.name / SCORES, cache.digest([self.digest, record["recipe"]])
        kept = cache.read_json(path) if path.exists() else {}
        if kept.get("recipe") != recipe:
            tell(f"scores of {run.name}")
            kept = {"recipe": recipe, **self._make(run, folder)}
            cache.write_json(path, kept)
        values = {name: np.array(numbers, dtype=float) for name, numbers in kept["values"].items()}
        return Scored(run, record, values, kept["loss"])

    def _make(self, run: Run, folder: Path) -> cache.Json:
        matrices = load(run, folder)
        unit = quality_scores.normalize_rows(matrices.vectors)
        values = {name: quality_scores.score(test, unit).tolist() for name, test in self.tests.items()}
        return {"values": values, "loss": quality_loss.mean_loss(self.heldout, run.objective, matrices)}
