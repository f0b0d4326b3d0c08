"""What a run will take, from the size of its text, before any work."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tasks
from pipeline import resources
from pipeline.estimate import CORES, READ, estimate
from pipeline.plan import Step
from pipeline.processes import cpus
from pipeline.task import StageTask
from pipeline.train import resolve

NO_TRAINING: dict[str, Any] = {"engine": "auto", "hs": 0, "negative": 5, "share": -1, "held_out": -1, "threads": 1}
NO_TRAINING |= {"vector_size": 0, "window": 0, "epochs": 0}
WORTH_SAYING = 60.0  # seconds
TEXT_STAGES = {"articles", "dedup", "segment"}
Needs = tuple[float, float, float]


def needs(steps: Sequence[Step], end: StageTask) -> Needs | None:
    """Seconds, bytes of disk and of memory that the steps that are to run will take; None if nothing runs."""
    by_name = {task.name: task for task in end.walk()}
    running = {step.task.name for step in steps if step.runs}
    articles, vocabulary = by_name.get("articles"), by_name.get("vocabulary")
    if not running:
        return None
    text = sum(source.weight for source in articles.read_sources()) if isinstance(articles, tasks.Articles) else 0
    train = by_name["train"].parameters() if running & {"train", "export"} else resolve(**NO_TRAINING)
    least = vocabulary.parameters()["min_count"] if vocabulary else 1
    cores = end.processes or cpus()
    whole = estimate(text, READ * cores / CORES, {**train, "min_count": least}, cores)
    disk = whole["disk_bytes"] - (0 if running & TEXT_STAGES else 2 * text)
    return sum(whole["seconds"].get(stage, 0.0) for stage in running), whole["memory_bytes"], disk


def show_needs(needed: Needs, data: Path) -> str:
    """What a run will take, as a sentence."""
    free = resources.free_disk(next(folder for folder in (data, *data.absolute().parents) if folder.is_dir()))
    seconds, memory, disk = needed
    time = f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:,.0f} min"
    time = f"{seconds / 3600:,.1f} h" if seconds > 7200 else time
    needs = f"{resources.show(memory)} of memory, {resources.show(disk)} of disk"
    return f"needs about {time}, {needs} ({resources.show(free)} are free)"
