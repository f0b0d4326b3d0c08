"""``ciliu gc``, ``ciliu tag``: what goes from the data folder, and what stays."""

import re
from pathlib import Path

import click

from pipeline import runs
from pipeline.cli import front

UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


class Size(click.ParamType):  # type: ignore[type-arg] # generic in newer versions of click only
    """Bytes, as ``200G``, ``1.5T`` or ``500000``."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([KMGT]?)B?", str(value).upper())
        if not found:
            self.fail(f"{value} is no size; 200G, 1.5T and 500M are some")
        return int(float(found[1]) * UNITS[found[2]])


@click.command(epilog="Example: ciliu gc --keep-runs 5 --max-size 200G --delete")
@front.option_data
@click.option("--keep-runs", type=click.IntRange(0), default=5, show_default=True, help="Keep what the newest N need.")
@click.option("--max-size", type=Size(), help="Delete no more outputs than it takes to come down to this.")
@click.option("--delete", is_flag=True, help="Do it; without this, only show what would go.")
@front.guarded
def gc(data: Path, keep_runs: int, max_size: int | None, delete: bool) -> None:
    """Show the outputs that no kept run needs, and with --delete remove them.

    Kept is what the newest runs need, what a run with a tag needs (`ciliu tag`), what a run or an export that goes on
    now needs, and what a bundle was made of that still lies where it was exported to. Files that Ciliu did not make
    stay.
    """
    from pipeline import gc as collector
    from pipeline.cli import request, tables

    if not (data / runs.FOLDER).is_dir():
        raise ValueError(f"{data} holds no run of Ciliu")
    found = collector.mark(data, request.STAGES, keep_runs)
    going, freed, stays = collector.choose(found, max_size)
    rows = [
        [str(leftover.folder.relative_to(data)), front.megabytes(size), leftover.reason]
        for leftover, size in zip(going, freed, strict=True)
    ]
    for line in tables.align([["output", "frees", "why"], *rows], lambda column: column != 1) if rows else []:
        click.echo(line)
    for folder in found.foreign:
        click.echo(f"kept, for Ciliu did not make all of it: {folder}")
    if delete:
        collector.collect(data, request.STAGES, keep_runs, max_size)
    verb = "deleted" if delete else "would go"
    number = f"{len(going)} folder{'' if len(going) == 1 else 's'}"
    click.echo(f"{number} {verb}, {front.megabytes(sum(freed))} free; {front.megabytes(stays)} stay")
    if max_size is not None and stays > max_size:
        click.echo("More would have to go: keep fewer runs (--keep-runs), or take tags away (ciliu tag --remove).")
    if going and not delete:
        click.echo("Nothing was deleted: add --delete.")


@click.command(epilog="Example: ciliu tag 20261121-180938-23623 release-3")
@front.option_data
@click.option("--remove", is_flag=True, help="Take the name away instead.")
@click.argument("run_id", metavar="RUN")
@click.argument("name")
@front.guarded
def tag(data: Path, remove: bool, run_id: str, name: str) -> None:
    """Give RUN (an id of `ciliu history`, or "last") a NAME. `ciliu gc` keeps it; --run takes the name as well.

    A name stands for one run: the run that has it already loses it.
    """
    if not re.fullmatch(r"\w[\w.-]*", name) or re.fullmatch(r"\d{8}-\d{6}-[\d-]+", name) or name == "last":
        raise click.UsageError(f"{name} is no name for a run: letters, digits, - and . are, and no run's id")
    wanted = None if run_id == "last" else run_id
    record = (runs.untag if remove else runs.tag)(data, wanted, name)
    click.echo(f"run {record['run']} is {'no longer ' if remove else ''}{name}")
