"""``ciliu history``, ``ciliu diff``, ``ciliu logs``: the runs of a data folder, one against another, what one said."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from pipeline import cache, runs
from pipeline.cli import front

option_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


@click.command(epilog="Example: ciliu history -n 20")
@front.option_data
@click.option("-n", "number", type=click.IntRange(1), default=10, show_default=True, help="How many, the newest first.")
@option_json
@front.guarded
def history(data: Path, number: int, as_json: bool) -> None:
    """List the runs: when, how they ended, how long they took, what their outputs weigh, what Evaluate says of
    the model, what was asked for."""
    from pipeline.cli import tables

    rows = [describe(data, record) for record in runs.read_all(data)[:number]]
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, ensure_ascii=False))
        return
    names = list(dict.fromkeys(name for row in rows for name, score in row["scores"].items() if score is not None))
    head = ["run", "tags", "state", "seconds", "size", "words", "gate", *names, "sources", "preset", "set"]
    lines = [
        [
            row["run"], " ".join(row["tags"]) or "-", row["state"],
            "-" if row["seconds"] is None else f"{row['seconds']:.1f}",
            front.megabytes(row["bytes"]), f"{row['words']:,}" if row["words"] else "-", row["gate"] or "-",
            *("-" if row["scores"].get(name) is None else f"{row['scores'][name]:.3f}" for name in names),
            ", ".join(Path(source).name for source in row["sources"]), row["preset"] or "-", " ".join(row["set"]),
        ]
        for row in rows
    ]  # fmt: skip
    for line in tables.align([head, *lines], lambda column: column not in (3, 4, 5, *range(7, 7 + len(names)))):
        click.echo(line)


def describe(data: Path, record: cache.Json) -> cache.Json:
    """A run as ``history`` shows it. ``bytes`` are those of the outputs that are still there."""
    manifests = _manifests(data, record)
    vocabulary, evaluated = (manifests.get(name) or {"counts": {}} for name in ("vocabulary", "evaluate"))
    return {
        **{name: record[name] for name in ("run", "started", "state", "sources", "preset", "set", "keys")},
        "tags": list(runs.tags(record)),
        "seconds": record.get("seconds"),
        "bytes": sum(file["size"] for made in manifests.values() if made for file in made["files"].values()),
        "words": vocabulary["counts"].get("different_words"),
        "gate": evaluated["counts"].get("gate"),
        "scores": evaluated["counts"].get("scores", {}),
    }


def _manifests(data: Path, record: cache.Json) -> dict[str, cache.Json | None]:
    return {stage: cache.read_manifest(data / stage / key) for stage, key in record["keys"].items()}


@click.command(epilog="Example: ciliu diff 20261121-135246-23324 release-3")
@front.option_data
@option_json
@click.argument("before")
@click.argument("after")
@front.guarded
def diff(data: Path, as_json: bool, before: str, after: str) -> None:
    """Compare two runs (ids or tags), stage by stage: what was asked for, and what came out."""
    from pipeline.cli import tables

    records = [runs.find(data, run) for run in (before, after)]
    rows = list(compare(*records, *(_manifests(data, record) for record in records)))
    if as_json:
        for stage, name, old, new in rows:
            click.echo(json.dumps({"stage": stage, "name": name, "before": old, "after": new}, ensure_ascii=False))
        return
    head = ["stage", "", *(record["run"] for record in records)]
    lines = [[stage, name, *("-" if value is None else str(value) for value in pair)] for stage, name, *pair in rows]
    for line in tables.align([head, *lines], lambda column: True):
        click.echo(line)
    if not rows:
        click.echo("They are the same: every stage has the same key and the same bytes.")


Row = tuple[str, str, Any, Any]


def compare(old: cache.Json, new: cache.Json, made_old: dict[str, Any], made_new: dict[str, Any]) -> Iterator[Row]:
    """(stage, name, value before, value after) of each difference between two runs' records and manifests."""
    from pipeline.plan import flatten

    for name in sorted(old["settings"].keys() | new["settings"].keys()):
        pair = old["settings"].get(name), new["settings"].get(name)
        if pair[0] != pair[1] and name not in ("data", "processes"):
            yield "", name, *pair
    for stage in dict.fromkeys([*old["keys"], *new["keys"]]):
        keys = old["keys"].get(stage), new["keys"].get(stage)
        if keys[0] != keys[1]:
            yield stage, "key", *(key and key[:8] for key in keys)
        first, second = made_old.get(stage), made_new.get(stage)
        if not first or not second:
            gone = ["gone" if key and not made else None for key, made in zip(keys, (first, second), strict=True)]
            if any(gone):
                yield stage, "output", *gone
            continue
        for part in ("versions", "counts"):
            flat = [flatten(_last_of_series(manifest[part])) for manifest in (first, second)]
            for name in dict.fromkeys([*flat[0], *flat[1]]):
                if flat[0].get(name) != flat[1].get(name):
                    yield stage, name, flat[0].get(name), flat[1].get(name)
        if keys[0] == keys[1] and first["digest"] != second["digest"]:
            yield stage, "bytes", first["digest"][:8], second["digest"][:8]


def _last_of_series(counts: cache.Json) -> cache.Json:
    """Of a series such as Train's losses the last value: it is the one that is compared."""
    series = {name: value[-1][-1] for name, value in counts.items() if isinstance(value, list) and _is_series(value)}
    return {**counts, **series}


def _is_series(value: list[Any]) -> bool:
    return bool(value) and all(isinstance(entry, list) and len(entry) == 2 for entry in value)


@click.command(epilog="Example: ciliu logs --run release-3")
@front.option_data
@click.option("--run", "run_id", help="Which run, by id or tag.  [default: the newest]")
@click.option("--json", "as_json", is_flag=True, help="The events as JSON lines.")
@front.guarded
def logs(data: Path, run_id: str | None, as_json: bool) -> None:
    """Print what a run said, also one that failed or goes on."""
    records = runs.read_all(data)
    if not run_id and not records:
        raise ValueError(f"there is no run in {data}; make one: ciliu run SOURCES…")
    record = runs.find(data, run_id) if run_id else records[0]
    path = data / runs.FOLDER / record["run"] / ("events.jsonl" if as_json else "run.log")
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            click.echo(line, nl=False)
