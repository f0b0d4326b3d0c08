"""``ciliu similar``: look into a model."""

import os
from pathlib import Path

import click

from pipeline import cache, runs
from pipeline.cli import front


@click.command(epilog="Example: ciliu similar 微信 电脑 -n 5")
@click.argument("words", nargs=-1, required=True, callback=lambda context, parameter, given: _decode(given))
@click.option("-n", type=click.IntRange(1), default=10, show_default=True, help="How many words.")
@front.option_data
@front.option_run
@front.guarded
def similar(words: tuple[str, ...], n: int, data: Path, run_id: str | None) -> None:
    """Show the words that are used most like each of WORDS, with the cosine of their vectors."""
    from ciliu import Vectors
    from pipeline.cli import tables

    record = runs.find(data, run_id)
    vocabulary = output_of(data, record, "vocabulary")
    vectors = Vectors.load(output_of(data, record, "train") / "vectors.npy", vocabulary / "vocab.tsv")
    for word in words:
        if word not in vectors:
            raise ValueError(_why_unknown(word, vocabulary))
    lists = [[(word, "")] + [(found, f"{cosine:.3f}") for found, cosine in vectors.similar(word, n)] for word in words]
    for line in tables.align([[cell for pair in row for cell in pair] for row in zip(*lists, strict=True)], _is_word):
        click.echo(line)


def _decode(words: tuple[str, ...]) -> tuple[str, ...]:
    """What was typed, as UTF-8: in the locale C Python reads a command line as ASCII."""
    return tuple(os.fsencode(word).decode("utf-8", "replace") for word in words)


def _is_word(column: int) -> bool:
    return column % 2 == 0


def output_of(data: Path, record: cache.Json, stage: str) -> Path:
    """The output of a stage in a run. Raises ``ValueError`` if it is gone."""
    folder = data / stage / str(record["keys"][stage])
    if cache.read_manifest(folder) is None:
        raise ValueError(f"the output of {stage} is gone from {data}; make it again: ciliu run --from {stage}")
    return folder


def _why_unknown(word: str, vocabulary: Path) -> str:
    facts = cache.read_json(vocabulary / "vocabulary.json")
    with (vocabulary / "dropped.tsv").open(encoding="utf-8", newline="\n") as file:
        for line in file:
            if line.startswith(f"{word}\t"):
                count = int(line.split("\t")[1])
                return f"{word} stands {count:,} times, fewer than Vocabulary.min_count = {facts['min_count']:,}"
    return f"{word} is no word of this corpus as it was cut; to make it one, add it to a dictionary (Dictionary.files)"
