"""``ciliu status``: what the data folder holds."""

from pathlib import Path

import click

from pipeline import cache, runs
from pipeline.cli import front
from pipeline.publish import write_file


@click.command(epilog="Example: ciliu status --data /data/ciliu")
@front.option_data
@front.option_run
@click.option("--runs", "list_runs", is_flag=True, help="List all runs instead.")
@click.option(
    "--graph", is_flag=False, flag_value="-", metavar="[FILE.svg]", help="Show what goes where; or draw it into a file."
)
@front.guarded
def status(data: Path, run_id: str | None, list_runs: bool, graph: str | None) -> None:
    """Show each stage of a run: there, gone or stale, its key, its size, the seconds that it took."""
    from pipeline.cli import tables

    if list_runs:
        rows = [["run", "state", "sources", "preset", "set"]]
        for record in runs.read_all(data):
            sources = ", ".join(Path(source).name for source in record["sources"])
            rows.append([record["run"], record["state"], sources, record["preset"] or "-", " ".join(record["set"])])
        for line in tables.align(rows, lambda column: True):
            click.echo(line)
        return
    record = runs.find(data, run_id)
    if graph:
        show_graph(data, record, graph)
        return
    click.echo(f"run {record['run']}, {record['state']}; data folder {data}")
    for line in tables.align(
        [["stage", "state", "key", "size", "seconds"], *_rows(data, record["keys"])], lambda column: column < 3
    ):
        click.echo(line)


def show_graph(data: Path, record: cache.Json, to: str) -> None:
    """The stages of a run as a graph: text, or an SVG file."""
    import tasks
    from pipeline.cli import graph

    end = tasks.Export(sources=())  # type: ignore[call-arg] # Luigi adds the parameters of what it requires
    edges = {task.name: [given.name for given in task.inputs()] for task in end.walk()}
    facts = {row[0]: row[1:] for row in _rows(data, {stage: record["keys"].get(stage, "") for stage in edges})}
    if to == "-":
        for line in graph.as_text(facts, edges):
            click.echo(line)
    elif to.endswith(".svg"):
        drawn = graph.as_svg(facts, edges, f"run {record['run']}, {record['state']}")
        write_file(Path(to), drawn.encode("utf-8"))
        click.echo(f"drawn: {to}")
    else:
        raise click.UsageError(f"--graph draws .svg files: {to} is none")


def check_outputs(data: Path) -> list[str]:
    """Hash every file of every output of a data folder, and look at the records of runs: a sentence for each that is
    damaged or gone, and the count."""
    from pipeline import damage

    records, unreadable = runs.look(data)
    outputs = files = 0
    faults = [f"{path} is damaged or must not be read" for path in unreadable]
    for output, names in damage.check_all(data):
        outputs += 1
        files += len((cache.read_manifest(output) or {"files": ()})["files"])
        faults += [f"{output / name} is damaged or gone" for name in names]
    seen = f"{outputs:,} outputs, {files:,} files, {len(records) + len(unreadable):,} runs"
    return [*faults, f"{seen}; {len(faults):,} damaged"]


def _rows(data: Path, keys: dict[str, str]) -> list[list[str]]:
    manifests = {stage: cache.read_manifest(data / stage / key) for stage, key in keys.items()}
    rows = []
    for stage, manifest in manifests.items():
        size = sum(file["size"] for file in manifest["files"].values()) if manifest else 0
        seconds = f"{manifest['seconds']:.1f}" if manifest else "-"
        rows.append(
            [
                stage,
                state_of(manifest, manifests),
                keys[stage][:8],
                front.megabytes(size) if manifest else "-",
                seconds,
            ]
        )
    return rows


def state_of(manifest: cache.Json | None, manifests: dict[str, cache.Json | None]) -> str:
    if not manifest:
        return "gone (made again when something needs it)"
    for name, used in manifest["inputs"].items():
        there = manifests.get(name)
        if there and there["digest"] != used["digest"]:
            return f"stale: {name} was made again with other bytes"
    return "there"
