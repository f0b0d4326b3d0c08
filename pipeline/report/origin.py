"""Where a model comes from: the run that made it, or the bundle or file that holds it."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from pipeline import cache, funnel, runs
from pipeline.evaluate.space import Space, from_path, from_stages
from pipeline.opened import find_stages


@dataclass(frozen=True)
class Origin:
    """A model and what is kept of its making: ``stages`` are the manifests' facts (parameters, counts, versions) by
    stage, ``folders`` the outputs that are still there; of a bundle there is none, of a file neither."""

    name: str
    space: Space
    stages: dict[str, cache.Json] = field(default_factory=dict)
    folders: dict[str, Path] = field(default_factory=dict)
    record: cache.Json | None = None
    runs: Path = Path()

    def counts(self, stage: str) -> cache.Counts:
        """The counts of a stage; none if it is not known."""
        found: cache.Counts = self.stages.get(stage, {}).get("counts", {})
        return found


def find(name: str | None, data: Path) -> Origin:
    """A run (without a name the latest that has a model) or the path of a model. Raises ``ValueError`` as
    ``opened.open_space``."""
    if name and Path(name).exists():
        path = Path(name)
        manifest = cache.read_json(path / "manifest.json") if (path / "manifest.json").is_file() else {}
        return Origin(path.resolve().name, from_path(path), manifest.get("stages", {}))
    vocabulary, train = find_stages(name, data)
    records = [record for record in runs.read_all(data) if record["keys"].get("train") == train.name]
    record = next(record for record in records if name in (None, record["run"], *runs.tags(record)))
    folders = {stage: data / stage / key for stage, key in record["keys"].items()}
    stages = {stage: manifest for stage, folder in folders.items() if (manifest := cache.read_manifest(folder))}
    space = from_stages(vocabulary, train, stages["train"]["parameters"])
    there = {stage: folder for stage, folder in folders.items() if stage in stages}
    return Origin(record["run"], space, stages, there, record, data / runs.FOLDER)


def describe_run(origin: Origin) -> cache.Json | None:
    """What was asked for, what of it was made, and what differs from the run before; None where there is no run."""
    if origin.record is None:
        return None
    record = origin.record
    asked = {name: record.get(name) for name in ("run", "started", "seconds", "state", "preset")}
    made = [event["stage"] for event in read_events(origin) if event.get("event") == "stage"]
    before = _before(origin)
    return {
        **asked,
        "set": ["=".join([name, ",".join(map(_short, value.split(",")))]) for name, _, value in _parted(record)],
        "tags": list(runs.tags(record)),
        "sources": [_short(source) for source in record["sources"]],
        "made": made,
        "before": before["run"] if before else None,
        "changed": _changed(before["settings"], record["settings"]) if before else [],
    }


def _parted(record: cache.Json) -> list[tuple[str, str, str]]:
    return [text.partition("=") for text in record["set"]]


def _before(origin: Origin) -> cache.Json | None:
    records = runs.read_all(origin.runs.parent)
    names = [record["run"] for record in records]
    later = records[names.index(origin.name) + 1 :]
    return next((record for record in later if "settings" in record), None)


def _changed(before: cache.Json, after: cache.Json) -> list[cache.Json]:
    return [
        {"parameter": name, "before": _text(before.get(name)), "after": _text(value)}
        for name, value in after.items()
        if value != before.get(name) and name not in ("data", "processes")
    ]


def _text(value: object) -> str:
    return "\n".join(_short(str(part)) for part in value) if isinstance(value, list) else str(value)


def _short(source: str) -> str:
    """A source without the folders of this machine: the last two parts of its name."""
    return source if "://" in source else "/".join(Path(source).parts[-2:])


def read_events(origin: Origin) -> list[cache.Json]:
    """What the run wrote down while it ran; none if that is gone."""
    path = origin.runs / origin.name / "events.jsonl"
    if origin.record is None or not path.is_file():
        return []
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.endswith("}\n")]  # the last one may be half, after a kill


def make_funnel(origin: Origin) -> list[funnel.Row]:
    """The rows of the funnel, as far as the stages are known."""
    return funnel.make({stage: made["counts"] for stage, made in origin.stages.items()})


def describe_training(origin: Origin) -> cache.Json | None:
    """Parameters, the held-out loss and the speed over the words; None where nothing is known."""
    if "train" not in origin.stages:
        return None
    counts = origin.counts("train")
    events = [event for event in read_events(origin) if event.get("event") == "progress"]
    return {
        "parameters": origin.stages["train"]["parameters"],
        "engine": counts.get("target"),
        "words_trained": counts.get("words_trained"),
        "loss": counts.get("held_out_loss", []),
        "speed": [[event["done"], round(event["rate"])] for event in events if event.get("stage") == "train"],
    }


def list_resources(origin: Origin) -> list[cache.Json]:
    """For each stage seconds, bytes on disk, shards made and taken over; None what is not kept."""
    return [
        {
            "stage": stage,
            "seconds": made.get("seconds"),
            "bytes": sum(file["size"] for file in made["files"].values()) if stage in origin.folders else None,
            "made": made.get("shards_made"),
            "taken": made.get("shards_taken"),
        }
        for stage, made in origin.stages.items()
    ]


def list_versions(origin: Origin) -> cache.Json:
    """Version of each stage, of Python and of the libraries that it ran with."""
    versions: cache.Json = {}
    for stage, made in origin.stages.items():
        versions |= made.get("environment", {}) | made.get("versions", {})
        versions[f"stage {stage}"] = made.get("version")
    return versions
