"""The funnel: what went into each stage up to Vocabulary, what each rule took out or added, what came out.

In a stage, the row ``in`` and all rows of rules add up to the row ``out``: articles, characters and words. What no rule
accounts for (in outputs of an older version) is the row ``other``.
"""

from collections.abc import Mapping
from typing import Any

from ciliu.normal_form import RULES
from pipeline import cache

UNITS = ("articles", "characters", "words")
COLUMNS = ("stage", "step", *UNITS, "times")

# How many went in or out, or how a step changed that; None where the stage does not count it. ``times``: how often a
# rule changed something.
Row = dict[str, Any]


def make(counts: Mapping[str, cache.Counts]) -> list[Row]:
    """The rows of all stages in ``counts`` (stage: the counts of its manifest)."""
    stages = {"articles": _articles, "dedup": _dedup, "segment": _segment, "vocabulary": _vocabulary}
    return [
        row for stage, rows in stages.items() if stage in counts for row in _balance(stage, rows(counts[stage]))
    ]  # fmt: skip


def _row(step: str, articles: Any = None, characters: Any = None, words: Any = None, times: Any = None) -> Row:
    return dict(zip(COLUMNS, ("", step, articles, characters, words, times), strict=True))


def _articles(counts: cache.Counts) -> list[Row]:
    characters = counts.get("rejected_characters", {})
    rejected = sorted(counts.get("rejected_by", {}).items(), key=lambda row: (-row[1], row[0]))
    order = {rule: number for number, rule in enumerate(RULES)}
    added, removed = counts.get("added", {}), counts.get("removed", {})
    return [
        _row("in", counts["records"], counts["characters_in"]),
        *(_row(f"rejected: {rule}", -times, -characters[rule]) for rule, times in rejected),
        *(
            _row(rule, 0, added.get(rule, 0) - removed.get(rule, 0), times=times)
            for rule, times in sorted(counts["normal_form"].items(), key=lambda row: order.get(row[0], len(order)))
        ),
        _row("out", counts["articles"], counts["characters"]),
    ]


def _dedup(counts: cache.Counts) -> list[Row]:
    dropped = counts.get("dropped_characters", {})
    return [
        _row("in", counts["articles_in"], counts["characters_in"]),
        *(
            _row(kind, -counts[kind], -dropped[kind] if kind in dropped else None)
            for kind in ("duplicates", "near_duplicates")
            if counts.get(kind)
        ),
        *(
            [_row("lines", -counts["emptied"], -counts["line_characters_removed"], times=counts["lines_removed"])]
            if counts.get("lines_removed")
            else []
        ),
        _row("out", counts["articles"], counts["characters"]),
    ]


def _segment(counts: cache.Counts) -> list[Row]:
    dropped = counts["dropped"]
    return [
        _row("in", counts["articles"], counts["characters"], counts["words"] + sum(dropped.values())),
        *(_row(kind, 0, None, -times) for kind, times in dropped.items() if times),
        _row("in no word", 0, counts["word_characters"] - counts["characters"]),
        _row("out", counts["articles"], counts["word_characters"], counts["words"]),
    ]


def _vocabulary(counts: cache.Counts) -> list[Row]:
    rare = counts["words"] - counts["words_in"]
    return [
        _row("in", words=counts["words_in"]),
        _row(f"below min_count {counts['min_count']:,}", words=rare),
        _row("out", words=counts["words"]),
    ]


def _balance(stage: str, rows: list[Row]) -> list[Row]:
    """``rows`` with the stage's name, and with what they do not account for."""
    first, *steps, last = rows
    missing = [(last[unit] or 0) - sum(row[unit] or 0 for row in (first, *steps)) for unit in UNITS]
    if any(missing):
        steps.append(_row("other", *missing))
    for row in (first, *steps, last):
        row["stage"] = stage
    return [first, *steps, last]
