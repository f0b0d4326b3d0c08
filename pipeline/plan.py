"""What would run, and why: the graph walked from its end, each key compared with what lies in the data folder."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import cache
from pipeline.task import StageTask

VERSIONS = {"version": None, "versions": None}  # what in a recipe is no wish of a person


@dataclass(frozen=True)
class Step:
    """One stage of a plan: does it run, and why (or what state it is in)."""

    task: StageTask
    runs: bool
    reason: str


def make_plan(end: StageTask, last_keys: Mapping[str, str]) -> list[Step]:
    """The steps to make ``end``, inputs first. ``last_keys`` are the keys of the run before, by stage."""
    order = end.walk()
    needed = {end.name}
    steps = []
    for task in reversed(order):
        problem = "asked for" if task.anew else task.problem()
        runs = task.name in needed and problem is not None
        if runs:
            needed |= {given.name for given in task.inputs()}
        elif problem is None:
            needed |= looked_at_again(task)
        steps.append(Step(task, runs, explain(task, problem, last_keys) if problem else "from the cache"))
    return steps[::-1]


def looked_at_again(task: StageTask) -> set[str]:
    """Inputs whose own key changed though what this task takes of them did not: a comment in a dictionary."""
    manifest = cache.read_manifest(task.folder) or {}
    return {given.name for given in task.inputs() if manifest["inputs"][given.name]["key"] != given.key}


def explain(task: StageTask, problem: str, last_keys: Mapping[str, str]) -> str:
    """Why ``task`` is not complete, against the nearest output that it made earlier."""
    if problem != "missing":
        return problem
    if last_keys.get(task.name) == task.key:
        return "its output is gone"
    nearest = find_nearest(task)
    if nearest is None:
        return "never made"
    return "; ".join(describe_changes(nearest, task.recipe())) or "its output is gone"


def keep_versions(end: StageTask) -> dict[str, list[str]]:
    """Have the tasks of ``end`` stand for earlier outputs that differ in nothing but versions, where there are such, or
    were: what was made of them may be there. Returns the changes of versions, by stage; ``StageTask.keep(None)`` takes
    it back."""
    kept = {}
    order = end.walk()
    for number, task in enumerate(order, start=1):
        task.keep(None)  # its inputs may be others now
        if task.anew or task.problem() is None:
            continue
        now = json.loads(json.dumps(task.recipe()))
        earlier = _find_there(task, now) or _find_gone(now, order[number:])
        task.keep(earlier)
        if earlier:
            kept[task.name] = describe_changes(earlier, now)
    return kept


def _find_there(task: StageTask, now: cache.Json) -> cache.Json | None:
    """The recipe of the newest complete output of the stage that differs from ``now`` in nothing but versions."""
    for manifest in read_manifests(task.folder.parent):
        earlier: cache.Json = json.loads(manifest["recipe"])
        if {**earlier, **VERSIONS} == {**now, **VERSIONS}:
            task.keep(earlier)
            if task.problem() is None:
                return earlier
    task.keep(None)
    return None


def _find_gone(now: cache.Json, later: Sequence[StageTask]) -> cache.Json | None:
    """The same where the output itself is gone: what was made of it notes its versions and its key, which only the
    recipe that is looked for gives."""
    for task in reversed(later):
        for manifest in read_manifests(task.folder.parent):
            made = manifest["origin"].get(now["stage"])
            if made:
                earlier = {**now, **{name: made[name] for name in VERSIONS}}
                if earlier != now and cache.digest(earlier) == made["key"]:
                    return earlier
    return None


def refuse_to_remake(steps: Sequence[Step]) -> None:
    """Raise ``KeptError`` where an output of other versions is gone, and needed."""
    for step in steps:
        if step.runs and step.task.kept:
            raise cache.KeptError(step.task.folder)


def find_nearest(task: StageTask) -> cache.Json | None:
    """The recipe of the stage's earlier output that differs least from ``task``'s; of equal ones the newest."""
    earlier = [json.loads(manifest["recipe"]) for manifest in read_manifests(task.folder.parent)]
    return min(earlier, key=lambda recipe: len(describe_changes(recipe, task.recipe())), default=None)


def compare_recipes(task: StageTask) -> list[tuple[str, Any, Any]]:
    """(name, value of the nearest earlier output, value now) of all that ``task``'s key is made of."""
    old = flatten(find_nearest(task) or {})
    new = flatten(json.loads(json.dumps(task.recipe())))
    return [(name, old.get(name), new.get(name)) for name in dict.fromkeys([*new, *old])]


def flatten(value: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Nested values under names such as ``parameters.window``; a list of [name, digest] by its names."""
    flat: dict[str, Any] = {}
    for name, entry in value.items():
        if isinstance(entry, list) and entry and all(isinstance(item, list) and len(item) == 2 for item in entry):
            entry = {f"{number}. {item[0]}": item[1] for number, item in enumerate(entry, 1)}
        if isinstance(entry, dict):
            flat |= flatten(entry, f"{above}{name}.")
        else:
            flat[f"{above}{name}"] = entry
    return flat


def read_manifests(folder: Path) -> list[cache.Json]:
    """The manifests of all complete outputs of a stage, the newest first."""
    found = sorted(folder.glob(f"*/{cache.MANIFEST}"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    return [manifest for path in found if (manifest := cache.read_manifest(path.parent)) and path.parent.suffix == ""]


def describe_changes(old: cache.Json, new: cache.Json) -> list[str]:
    """The differences between two recipes, each as a person would say it."""
    new = json.loads(json.dumps(new))  # as the old one was read: a tuple is a list
    stage = new["stage"].capitalize()
    changes = []
    if old["version"] != new["version"]:
        changes.append(f"{stage}'s VERSION {old['version']} → {new['version']}")
    for name in sorted(old["versions"] | new["versions"]):
        if old["versions"].get(name) != new["versions"].get(name):
            changes.append(f"{name} {old['versions'].get(name, 'none')} → {new['versions'].get(name, 'none')}")
    for name in sorted(old["parameters"] | new["parameters"]):
        before, after = (recipe["parameters"].get(name, "unset") for recipe in (old, new))
        if before != after:
            changes.append(f"{stage}.{name} {before} → {after}")
    for name, value in new["inputs"].items():
        before = old["inputs"].get(name)
        if value != before:
            changes += describe_files(name, before or [], value) if isinstance(value, list) else [f"after {name}"]
    return changes


def describe_files(parameter: str, old: Sequence[Any], new: Sequence[Any]) -> list[str]:
    """The differences between two lists of [name, digest]."""
    kind = {"sources": "source", "files": "dictionary", "stop_words": "stop list"}.get(parameter, parameter)
    before, after = (dict(files) for files in (old, new))
    changes = [f"new {kind} {name}" for name in after if name not in before]
    changes += [f"{kind} {name} gone" for name in before if name not in after]
    changes += [f"{kind} {name} changed" for name in after if name in before and after[name] != before[name]]
    if not changes:
        return [f"the order of the {kind} files changed"]
    return changes if len(changes) <= 3 else [*changes[:2], f"{len(changes) - 2:,} more changes of {kind} files"]
