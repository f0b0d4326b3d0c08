"""What is printed as a table."""

import itertools
import re
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from pipeline import cache
from pipeline.task import StageTask

# Stage: for articles, characters and words the counts that went in and came out.
FUNNEL = {
    "articles": (("records", "articles"), ("characters_in", "characters"), None),
    "dedup": (("articles_in", "articles"), ("characters_in", "characters"), None),
    "segment": (("articles", "articles"), ("characters", "word_characters"), (None, "words")),
    "vocabulary": (None, None, ("words_in", "words")),
}

CONTROLS = re.compile("[\0-\x1f\x7f-\x9f]")


def width(text: str) -> int:
    """Columns of a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def align(rows: Sequence[Sequence[str]], left: Callable[[int], bool] = lambda column: column == 0) -> list[str]:
    """Rows of cells as lines; the columns that ``left`` says flush left, the others right. A file's name may have line
    ends and other controls: they are shown as ``\\n``."""
    rows = [[CONTROLS.sub(lambda found: repr(found[0])[1:-1], cell) for cell in row] for row in rows]
    widths = [max(width(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            cell + " " * (wide - width(cell)) if left(column) else " " * (wide - width(cell)) + cell
            for column, (cell, wide) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines


def make_funnel(counts: dict[str, cache.Counts]) -> list[list[str]]:
    """The way text was lost: articles, characters and words in and out of each stage."""
    rows = [["stage", "articles in", "out", "characters in", "out", "words in", "out"]]
    for stage, columns in FUNNEL.items():
        if stage in counts:
            rows.append([stage, *(cell for pair in columns for cell in _pair(counts[stage], pair))])
    return rows


def _pair(counts: cache.Counts, names: tuple[str | None, str] | None) -> list[str]:
    return [f"{counts[name]:,}" if name else "" for name in names or (None, None)]


def _frequent_word(vocab: Path) -> str:
    """The most frequent word of at least two characters, to try."""
    with vocab.open(encoding="utf-8", newline="\n") as rows:
        words = [row.split("\t", 1)[0] for row in itertools.islice(rows, 1, 100)]
    return next((word for word in words if len(word) > 1), words[0])


def show_result(end: StageTask, data: Path, made: bool) -> None:
    """The end of a run: the funnel, where the model is, was anything ``made``, what to try next."""
    origin = cache.manifest_of(end.folder)["origin"]
    click.echo()
    for line in align(make_funnel({name: stage["counts"] for name, stage in origin.items()})):
        click.echo(line)
    option = "" if str(data) == "data" else f" --data {data}"
    click.echo(f"\nmodel    {end.folder / 'bundle'}" + ("" if made else "  (nothing to do: it was there)"))
    click.echo(f"look     ciliu similar {_frequent_word(end.folder / 'bundle' / 'vocab.tsv')}{option}")
    click.echo(f"change   ciliu run --set Train.window=10{option}")
    click.echo(f"hand on  ciliu export --to DIR{option}")
