"""``ciliu duplicates``: what Dedup dropped, and why."""

import difflib
import heapq
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import click

from pipeline import cache, runs, shard_files
from pipeline.cli import front

WINDOW = 1_000  # characters of two texts that are compared, from the first difference on: difflib is quadratic
CONTEXT = 8  # characters shown around a difference
LONGEST = 40  # characters shown of what was put in or left out

HOW = "; near-duplicates are looked for with --set Dedup.near=true"

Row = cache.Json  # a line of duplicates.jsonl


@click.command(epilog="Example: ciliu duplicates --lowest -n 20")
@click.argument("run_id", metavar="[RUN]", required=False)
@front.option_data
@click.option("-n", "number", type=click.IntRange(1), default=10, show_default=True, help="How many.")
@click.option("--lowest", is_flag=True, help="The least similar ones, instead of the first.")
@click.option("--exact", is_flag=True, help="The exact duplicates, instead of the near ones.")
@front.guarded
def duplicates(run_id: str | None, data: Path, number: int, lowest: bool, exact: bool) -> None:
    """Show pairs of near-duplicates of RUN (the latest that has some): the one that was dropped, the one that stayed,
    the Jaccard of their 3-grams, and where they differ. [-left out-], {+put in+}."""
    if lowest and exact:
        raise click.UsageError("give one of --lowest and --exact")
    record, dedup = find_dedup(data, run_id)
    rows = (row for row in read_rows(dedup) if exact != ("similarity" in row))
    chosen = heapq.nsmallest(number, rows, key=lambda row: row["similarity"]) if lowest else list(islice(rows, number))
    if not chosen:
        raise ValueError(
            f"run {record['run']} dropped no {'exact ' if exact else 'near-'}duplicates{'' if exact else HOW}"
        )
    articles = {} if exact else find_shards(data / "articles" / record["keys"]["articles"])
    for row in chosen:
        similarity = "" if exact else f"{row['similarity']:.3f}  "
        of = name_of(row["repeats"]) if row["repeats"] else "earlier articles, line by line"
        click.echo(f"{similarity}{name_of(row)} repeats {of}")
        if not exact:
            dropped, stayed = (shard_files.read_article(articles[digest], at)["text"] for digest, at in row["at"])
            for line in show_differences(stayed, dropped):
                click.echo(f"       {line}")


def name_of(row: Row) -> str:
    """An article's id, and its source where the id does not say it."""
    return row["id"] if row["id"].startswith(row["source"]) else f"{row['id']} ({row['source']})"


def find_dedup(data: Path, run_id: str | None) -> tuple[cache.Json, Path]:
    """The record and Dedup's output of a run. Raises ``ValueError`` if there is none."""
    records = [runs.find(data, run_id)] if run_id else runs.read_all(data)
    for record in records:
        output = data / "dedup" / str(record["keys"].get("dedup"))
        if cache.read_manifest(output):
            return record, output
    where = f"run {run_id}" if run_id else str(data)
    raise ValueError(f"nothing is deduplicated in {where}: make it with ciliu run SOURCES… --only dedup")


def read_rows(dedup: Path) -> Iterator[Row]:
    """The lines of ``duplicates.jsonl``."""
    with (dedup / "duplicates.jsonl").open("rb") as lines:
        yield from map(json.loads, lines)


def find_shards(articles: Path) -> dict[str, Path]:
    """The shards of Articles by digest. Raises ``ValueError`` if they are gone."""
    if cache.read_manifest(articles) is None:
        raise ValueError(f"{articles} is gone, where the texts were: make it again with ciliu run --only articles")
    return {file.digest: file.path for file in shard_files.files(articles, ".jsonl")}


def show_differences(one: str, other: str, most: int = 5) -> Iterator[str]:
    """The first ``most`` places where ``other`` differs from ``one``, each with what stands around it."""
    different = (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    start = max(0, next(different, min(len(one), len(other))) - CONTEXT)
    one, other = (text[start : start + WINDOW].replace("\n", "⏎") for text in (one, other))
    changes = [
        code for code in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes() if code[0] != "equal"
    ]
    for _, low, high, from_, to in changes[:most]:
        out = f"[-{shorten(one[low:high])}-]" if low < high else ""
        put = f"{{+{shorten(other[from_:to])}+}}" if from_ < to else ""
        yield f"{one[max(0, low - CONTEXT) : low]}{out}{put}{one[high : high + CONTEXT]}"
    if changes[most:]:
        yield f"… and {len(changes) - most:,} more in {WINDOW:,} characters"


def shorten(text: str) -> str:
    """``text``, or its beginning and end."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]}…{text[-LONGEST // 2 :]}"
