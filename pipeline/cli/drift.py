"""``ciliu drift``: what changed between two models."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli import front

if TYPE_CHECKING:
    from pipeline import cache


@click.command(epilog="Example: ciliu drift models/news-2025 models/news-2026")
@click.argument("before")
@click.argument("after", required=False)
@front.option_data
@click.option("--json", "as_json", is_flag=True, help="Print all figures as JSON.")
@front.guarded
def drift(before: str, after: str | None, data: Path, as_json: bool) -> None:
    """Compare two models, BEFORE and AFTER: each a run, a bundle, or a file; without AFTER the latest run's.

    Shows the words gained and lost, how many of a word's ten nearest stayed, and the words that moved most once one
    model is turned onto the other.
    """
    from pipeline import opened
    from pipeline.evaluate.drift import compare

    facts = compare(opened.open_space(before, data), opened.open_space(after, data))
    for line in [json.dumps(facts, ensure_ascii=False, indent=1)] if as_json else _summary(facts):
        click.echo(line)


def _summary(facts: "cache.Json") -> list[str]:
    from pipeline.cli.tables import align

    lines = [
        f"words    {facts['before']:,} before, {facts['after']:,} after, {facts['common']:,} in both",
        f"gained   {' '.join(facts['gained']) or 'none'}",
        f"lost     {' '.join(facts['lost']) or 'none'}",
    ]
    if facts["overlap"]:
        shared = ", ".join(
            f"{band['from_rank']:,}–{band['to_rank']:,}: {band['shared']:.0%}" for band in facts["overlap"]
        )
        lines += [f"nearest  of ten stayed, by rank: {shared}", f"moved    by {facts['distance']:.3f} (median)", ""]
        rows = [["moved most", "by", "nearest before", "nearest after"]]
        for word in facts["moved"]:
            near = [" ".join(other for other, _ in word[name]) for name in ("before", "after")]
            rows.append([word["word"], f"{word['distance']:.3f}", *near])
        lines += align(rows, lambda column: column != 1)
    return lines
