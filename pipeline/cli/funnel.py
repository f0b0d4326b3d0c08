"""``ciliu funnel``: where articles, characters and words were lost."""

import csv
import io
import json
from pathlib import Path

import click

from pipeline import cache, runs
from pipeline.cli import front
from pipeline.publish import write_file

WIDE = 20  # columns of a bar
EIGHTHS = " ▏▎▍▌▋▊▉"


@click.command(epilog="Example: ciliu funnel --csv funnel.csv")
@click.argument("run_id", metavar="[RUN]", required=False)
@front.option_data
@click.option("--json", "as_json", is_flag=True, help="Print the rows as JSON.")
@click.option("--csv", "to", type=click.Path(path_type=Path, dir_okay=False), help="Write the rows to a file too.")
@front.guarded
def funnel(run_id: str | None, data: Path, as_json: bool, to: Path | None) -> None:
    """Show what went into each stage of RUN (the latest that read articles), what each rule took out or added, and
    what came out. Within a stage, in and the changes add up to out. The bars show which share of the text's
    characters (for Vocabulary, of its words) is left."""
    from pipeline import funnel as stages

    record, counts = find_counts(data, run_id)
    rows = stages.make(counts)
    if to:
        table = io.StringIO()
        writer = csv.DictWriter(table, stages.COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_file(to, table.getvalue().encode("utf-8"))
    if as_json:
        click.echo(json.dumps({"run": record["run"], "rows": rows}, ensure_ascii=False, indent=1))
    else:
        show(rows)


def find_counts(data: Path, run_id: str | None) -> tuple[cache.Json, dict[str, cache.Counts]]:
    """The record of a run and the counts of those of its stages that are there. Raises ``ValueError`` if none is."""
    records = [runs.find(data, run_id)] if run_id else runs.read_all(data)
    for record in records:
        manifests = {
            stage: cache.read_manifest(data / stage / key) for stage, key in record.get("keys", {}).items()
        }  # fmt: skip
        counts = {stage: manifest["counts"] for stage, manifest in manifests.items() if manifest}
        if "articles" in counts:
            return record, counts
    where = f"run {run_id}" if run_id else str(data)
    raise ValueError(f"no articles were read in {where}: ciliu run SOURCES… --only articles")


def show(rows: list[cache.Json]) -> None:
    """The rows as a table, a bar beside what went in and came out."""
    from pipeline.cli.tables import align

    table = [["stage", "", "articles", "characters", "words", "times", "left"]]
    whole: dict[str, int] = {}
    for row in rows:
        total = row["step"] in ("in", "out")
        unit = "words" if row["characters"] is None else "characters"
        amount = int(row[unit] or 0)
        left = bar(amount / max(1, whole.setdefault(unit, amount))) if total else ""
        cells = [_cell(row[name], total) for name in ("articles", "characters", "words")]
        stage = str(row["stage"]) if row["step"] == "in" else ""
        table.append([stage, str(row["step"]), *cells, _cell(row["times"], True), left])
    for line in align(table, lambda column: column in (0, 1, 6)):
        click.echo(line)


def _cell(value: int | None, total: bool) -> str:
    if value is None or (not total and value == 0):
        return ""
    return f"{value:,}" if total else f"{value:+,}"


def bar(share: float) -> str:
    """A share as a bar, and in per cent."""
    eighths = round(min(share, 1) * WIDE * 8)
    drawn = "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()
    return f"{drawn:<{WIDE}} {share:.1%}"
