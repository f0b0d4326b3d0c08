"""The runs of ``quality.py``: which there are, and each one's matrices on disk, so that a stopped job goes on.

A run is a folder ``runs/<name>/``: ``vectors.npy`` and ``output.npy``, and ``run.json``, which is written last.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

import report
from pipeline import cache
from quality_corpus import QualityCorpus
from quality_gensim import OBJECTIVES, SETTINGS, Matrices, get_matrices, make_model, train_gensim
from quality_native import DEFAULTS, SHARES, train_native

SEEDS = (1, 2, 3)
RECORD = "run.json"


@dataclass(frozen=True)
class Run:
    """One training: ``trainer`` is ``gensim`` or ``native``; ``share`` is None where no negatives can be shared."""

    trainer: str
    objective: str
    share: int | None
    seed: int
    threads: int = 1

    @property
    def name(self) -> str:
        """Its folder."""
        threads = f"{self.threads}threads" if self.threads > 1 else None
        parts = (self.trainer, self.objective, self.share, threads, self.seed)
        return "-".join(str(part) for part in parts if part is not None)

    @property
    def row(self) -> tuple[str, str, int | None, int]:
        """What the seeds of one row of the table have in common."""
        return self.trainer, self.objective, self.share, self.threads


def list_runs(trainer: str) -> Iterator[Run]:
    """All runs of a trainer, one seed after the other."""
    for seed in SEEDS:
        for objective in OBJECTIVES:
            shares = SHARES[objective] if trainer == "native" else (None,)
            yield from (Run(trainer, objective, share, seed) for share in shares)
            if trainer == "native":
                yield Run(trainer, objective, DEFAULTS[objective], seed, threads=2)


def recipe(run: Run, made: QualityCorpus) -> cache.Json:
    """What a run's matrices depend on."""
    by = {"core": report.core_digest()} if run.trainer == "native" else {"gensim": version("gensim")}
    settings = {**SETTINGS, **OBJECTIVES[run.objective], "share": run.share, "seed": run.seed}
    if run.threads > 1:
        settings["threads"] = run.threads
    return {"trainer": run.trainer, **by, "corpus": made.digest, **settings}


def is_done(run: Run, made: QualityCorpus, folder: Path) -> bool:
    """Whether ``folder`` holds this run, trained by today's recipe, but for the core: who changes the kernel deletes
    the runs that it touches, and the result says by which core each row was trained."""
    record = folder / run.name / RECORD
    return record.exists() and cache.read_json(record)["recipe"] | {"core": ""} == recipe(run, made) | {"core": ""}


def train_run(run: Run, made: QualityCorpus, folder: Path) -> None:
    """Train and keep the matrices and what it took; the CPU time is of training alone."""
    output = folder / run.name
    output.mkdir(parents=True, exist_ok=True)
    (output / RECORD).unlink(missing_ok=True)
    model = make_model(made, run.objective, run.seed)
    began, cpu_began, elsewhere = time.monotonic(), time.process_time(), report.cpu_elsewhere()
    if run.trainer == "native":
        train_native(made, model, run.share or 0, run.threads)
    else:
        train_gensim(made, model)
    seconds, cpu_seconds = time.monotonic() - began, time.process_time() - cpu_began
    for name, matrix in get_matrices(model)._asdict().items():
        np.save(output / f"{name}.npy", matrix)
    facts = {
        "recipe": recipe(run, made),
        "cpu_seconds": round(cpu_seconds, 1),
        "seconds": round(seconds, 1),
        "others_cpu_seconds": round(report.cpu_elsewhere() - elsewhere, 1),
        "words_a_cpu_second": round(made.words_in * model.epochs / cpu_seconds),
    }
    cache.write_json(output / RECORD, facts)


def load(run: Run, folder: Path) -> Matrices:
    """The matrices of a run that is done, mapped from its files."""
    return Matrices(*(np.load(folder / run.name / f"{name}.npy", mmap_mode="r") for name in Matrices._fields))
