"""What a run will take, from the size of its text, before any work."""

import json
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Any

import tasks
from pipeline import cache, resources
from pipeline.estimate import CORES, READ, estimate, estimate_new_words
from pipeline.plan import Step, keep_versions, make_plan, read_manifests
from pipeline.processes import cpus
from pipeline.task import StageTask
from pipeline.train import resolve

NO_TRAINING: dict[str, Any] = {"engine": "auto", "hs": 0, "negative": 5, "share": -1, "held_out": -1, "threads": 1}
NO_TRAINING |= {"vector_size": 0, "window": 0, "epochs": 0}
WORTH_ASKING = 600.0  # seconds that a change of versions alone may cost without a question
TEXT_STAGES = ("articles", "dedup", "segment")  # shard by shard, in this order
Needs = tuple[float, float, float]


def needs(steps: Sequence[Step], end: StageTask) -> Needs | None:
    """Seconds, bytes of memory and of disk that the steps that are to run will take; None if nothing runs."""
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
    shares = shares_to_make(by_name, running)
    disk = whole["disk_bytes"] - 2 * text * (1 - max(shares.values(), default=0.0))
    seconds = sum(whole["seconds"].get(stage, 0.0) * shares.get(stage, 1.0) for stage in running)
    memory = whole["memory_bytes"]
    if "newwords" in running:
        search = estimate_new_words(text, by_name["newwords"].parameters()["order"], cores)
        seconds, disk = seconds + search["seconds"], disk + search["disk_bytes"]
        memory = max(memory, search["memory_bytes"])
    return seconds, memory, disk


def shares_to_make(by_name: Mapping[str, StageTask], running: Set[str]) -> dict[str, float]:
    """The share of the text that each of the first stages has to make, of those that run: the sources that no earlier
    output of Articles has, as long as earlier outputs differ in nothing but what they were made of."""
    shares: dict[str, float] = {}
    share, before = 1.0, "sources"
    for stage in TEXT_STAGES:
        task = by_name.get(stage)
        earlier = alike(task, before) if task and stage in running and not task.anew else []
        if not earlier:
            share = 1.0
        elif isinstance(task, tasks.Articles):
            share = share_of_new(task, {digest for recipe in earlier for _, digest in recipe["inputs"][before]})
        if stage in running:
            shares[stage] = share
        before = stage
    return shares


def alike(task: StageTask, given: str) -> list[cache.Json]:
    """The recipes of the stage's earlier outputs that differ in nothing but one input: shards are taken over from any
    of them."""
    recipes = [json.loads(manifest["recipe"]) for manifest in read_manifests(task.folder.parent)]
    return [recipe for recipe in recipes if without(recipe, given) == without(task.recipe(), given)]


def share_of_new(articles: tasks.Articles, known: Set[str]) -> float:
    """How much of the text is of sources whose digests are not ``known``."""
    sources = articles.read_sources()
    new = sum(source.weight for source in sources if source.digest not in known)
    return new / max(1, sum(source.weight for source in sources))


def without(recipe: cache.Json, given: str) -> str:
    """All that an output depends on but for one of its inputs, as text that can be compared."""
    inputs = {name: value for name, value in recipe["inputs"].items() if name != given}
    return cache.canonical({**recipe, "inputs": inputs})


def show_plan(steps: Sequence[Step], needed: Needs, data: Path) -> str:
    """What will run, why, and what it will take, as a sentence."""
    running = [step for step in steps if step.runs]
    parts = [part for step in running for part in step.reason.split("; ")]
    why = list(dict.fromkeys(part for part in parts if part != "never made" and not part.startswith("after ")))
    reasons = f" ({'; '.join(why[:3])}{'; …' if len(why) > 3 else ''})" if why else ""
    return f"to make: {', '.join(step.task.name for step in running)}{reasons}; {show_needs(needed, data)}"


def refuse_new_versions(steps: Sequence[Step], end: StageTask) -> None:
    """Raise ``ValueError`` where nothing but new versions would make stages anew that take over ten minutes."""
    needed = needs(steps, end)
    if not needed or needed[0] <= WORTH_ASKING:
        return
    changes = keep_versions(end)
    without = {step.task.name for step in make_plan(end, {}) if step.runs}
    for task in end.walk():
        task.keep(None)
    only = [step for step in steps if step.runs and step.task.name not in without]
    seconds = (needs(only, end) or (0.0,))[0]
    if only and seconds > WORTH_ASKING:
        named = "; ".join(dict.fromkeys(part for parts in changes.values() for part in parts))
        stages = ", ".join(step.task.name for step in only)
        raise ValueError(
            f"only versions changed ({named}), and that makes {stages} anew: about {show_time(seconds)}. "
            "--yes does it, --keep-versions goes on with what is there"
        )


def show_time(seconds: float) -> str:
    """``90 s``, ``12 min``, ``3.5 h``."""
    time = f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:,.0f} min"
    return f"{seconds / 3600:,.1f} h" if seconds > 7200 else time


def show_needs(needed: Needs, data: Path) -> str:
    """What a run will take, as a sentence."""
    free = resources.free_disk(next(folder for folder in (data, *data.absolute().parents) if folder.is_dir()))
    seconds, memory, disk = needed
    needs = f"{resources.show(memory)} of memory, {resources.show(disk)} of disk"
    return f"needs about {show_time(seconds)}, {needs} ({resources.show(free)} are free)"
