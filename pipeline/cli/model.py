"""``ciliu export`` and ``ciliu similar``: hand a model on, look into it."""

import os
from pathlib import Path

import click

from pipeline import cache, runs
from pipeline.cli import front


@click.command(epilog="Example: ciliu export --to /shared/models/news-2026")
@click.option("--to", type=click.Path(path_type=Path), required=True, help="A folder that is not there yet.")
@front.option_data
@front.option_run
@front.guarded
def export(to: Path, data: Path, run_id: str | None) -> None:
    """Copy the bundle of a run to a folder, whole or not at all, and check it there."""
    from pipeline.cli.data import state_of
    from pipeline.export import publish

    record = runs.find(data, run_id)
    bundle = _output(data, record, "export") / "bundle"
    publish(bundle, to)
    files = sorted(path.name for path in to.iterdir())
    click.echo(f"{to}: {', '.join(files)}")
    manifests = {stage: cache.read_manifest(data / stage / key) for stage, key in record["keys"].items()}
    if (state := state_of(manifests["export"], manifests)) != "there":
        click.echo(f"note: this is the former model ({state}); ciliu run makes the bundle of the new one", err=True)
    click.echo(f"check it there: cd {to} && xxh128sum -c XXH128SUMS")


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
    vocabulary = _output(data, record, "vocabulary")
    vectors = Vectors.load(_output(data, record, "train") / "vectors.npy", vocabulary / "vocab.tsv")
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


def _output(data: Path, record: cache.Json, stage: str) -> Path:
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
