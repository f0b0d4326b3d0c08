"""``ciliu rejected``: which records and articles a run left out, by reason, with examples."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click

from pipeline import cache, runs
from pipeline.cli import front

NUMBER = re.compile(r"(?<![-\w])\d[\d,.]*")  # reasons that differ in numbers only are one


@dataclass
class Group:
    """What was left out for one reason."""

    stage: str
    rule: str
    reason: str
    count: int = 0
    examples: list[cache.Json] = field(default_factory=list)


@click.command(epilog="Example: ciliu rejected --reason encoding")
@click.argument("run_id", metavar="[RUN]", required=False)
@front.option_data
@click.option("--reason", metavar="TEXT", help="Only this rule, or reasons with this text in them.")
@click.option("-n", "number", type=click.IntRange(0), default=10, show_default=True, help="Examples of a reason.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object for each reason, one a line.")
@front.guarded
def rejected(run_id: str | None, data: Path, reason: str | None, number: int, as_json: bool) -> None:
    """List what RUN (the latest that read articles) rejected in Articles and dropped as a duplicate in Dedup: how many
    for which reason, the commonest first, with examples. A run that stopped at Articles.max_rejected counts too."""
    record, outputs = find_outputs(data, run_id)
    groups = [group for group in collect(outputs, number) if matches(group, reason)]
    if as_json:
        for group in groups:
            click.echo(json.dumps(vars(group), ensure_ascii=False))
        return
    if not groups:
        click.echo(f"run {record['run']} left out nothing{f' for a reason with {reason}' if reason else ''}")
    for group in groups:
        click.echo(f"{group.count:,} × {group.rule}: {group.reason}")
        for example in group.examples:
            click.echo(f"    {describe(example)}")


def find_outputs(data: Path, run_id: str | None) -> tuple[cache.Json, list[tuple[str, Path]]]:
    """The record of a run, and its lists: (stage, file). Raises ``ValueError`` if there is none."""
    records = [runs.find(data, run_id)] if run_id else runs.read_all(data)
    for record in records:
        keys = record.get("keys", {})
        articles = data / "articles" / str(keys.get("articles"))
        stopped = articles.with_name(f"{articles.name}.partial")  # at Articles.max_rejected
        lists = [
            ("articles", articles / "rejected.jsonl"),
            *([("articles", stopped / "rejected.jsonl")] if not articles.exists() else []),
            ("dedup", data / "dedup" / str(keys.get("dedup")) / "duplicates.jsonl"),
        ]
        there = [(stage, path) for stage, path in lists if path.exists()]
        if there:
            return record, there
    where = f"run {run_id}" if run_id else str(data)
    raise ValueError(f"no articles were read in {where}, or their list is gone: ciliu run SOURCES… --only articles")


def collect(outputs: list[tuple[str, Path]], number: int) -> list[Group]:
    """The rows of the lists by reason, with the first ``number`` of each; within a stage the commonest reason first."""
    groups: dict[tuple[str, str, str], Group] = {}
    for stage, rule, reason, row in read_rows(outputs):
        alike = NUMBER.sub("N", reason)
        group = groups.setdefault((stage, rule, alike), Group(stage, rule, alike))
        group.count += 1
        if len(group.examples) < number:
            group.examples.append(row)
    return sorted(groups.values(), key=lambda group: (group.stage, -group.count, group.rule, group.reason))


def read_rows(outputs: list[tuple[str, Path]]) -> Iterator[tuple[str, str, str, cache.Json]]:
    """(stage, rule, reason, row)."""
    for stage, path in outputs:
        with path.open("rb") as lines:
            for row in map(json.loads, lines):
                if stage == "dedup":
                    near = "similarity" in row
                    rule, says = ("near_duplicates", "nearly the same") if near else ("duplicates", "the same")
                    yield stage, rule, f"an earlier article says {says}", row
                else:
                    yield stage, row.get("rule", "format"), row["reason"], row


def matches(group: Group, reason: str | None) -> bool:
    return reason is None or reason == group.rule or reason in group.reason


def describe(row: cache.Json) -> str:
    """File, line, id and the beginning of the text, or what a duplicate repeats."""
    if "repeats" in row:
        similarity = f" ({row['similarity']:.3f})" if "similarity" in row else ""
        return f"{row['source']}: {row['id']} repeats {row['repeats']['id']}{similarity}"
    place = f"{row['file']}:{row['line']}"
    identity = row.get("id", "")
    named = f" {identity}" if identity not in ("", place, row["file"]) else ""
    text = f": {row['text']}" if row.get("text") else ""
    exact = f" ({row['reason']})" if NUMBER.search(row["reason"]) else ""
    return f"{place}{named}{exact}{text}"
