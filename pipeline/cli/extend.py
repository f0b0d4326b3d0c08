"""``ciliu extend``: vectors for words that a model does not have."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli import front

if TYPE_CHECKING:
    from pipeline import cache
    from pipeline.task import StageTask

SHOWN, NEAREST = 10, 5  # new words, and neighbours of each


@click.command(epilog="Example: ciliu extend models/news 2026.jsonl.zst --dict dicts/new.txt --to models/news-2026")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=str))
@click.option("--to", type=click.Path(path_type=Path), required=True, help="A folder that is not there yet.")
@click.option("--dict", "dictionaries", multiple=True, type=click.Path(), help="A user dictionary, as for the model.")
@click.option("--preset", help="As for `ciliu run`: give the model's own, so that the text is cut as the model's was.")
@click.option("--set", "assignments", multiple=True, metavar="TASK.PARAMETER=VALUE", help="Change a parameter.")
@click.option("--epochs", type=click.IntRange(1), help="Passes over the sources.  [default: the model's]")
@click.option("--seed", type=click.IntRange(0), help="Of the random numbers.  [default: the model's]")
@click.option("--processes", type=click.IntRange(0), help="Processes up to Vocabulary.  [default: all CPUs]")
@front.option_data
@click.option("--json", "as_json", is_flag=True, help="Print what extend.json says instead of a summary.")
@click.option("--quiet", is_flag=True, help="No progress, no closing lines.")
@front.guarded
def extend(
    model: Path,
    sources: tuple[str, ...],
    to: Path,
    dictionaries: tuple[str, ...],
    preset: str | None,
    assignments: tuple[str, ...],
    epochs: int | None,
    seed: int | None,
    processes: int | None,
    data: Path,
    as_json: bool,
    quiet: bool,
) -> None:
    """Train vectors for the words of SOURCES that MODEL does not have, in the same space; its own vectors stay as they
    are, to the bit.

    MODEL is a folder with model.gensim (of `ciliu export`, `ciliu import`, `ciliu extend`) or a file that gensim's
    Word2Vec saved, trained by skip-gram with negative sampling. SOURCES are read, cut and counted as `ciliu run` does.
    """
    from pipeline import extend
    from pipeline.publish import new_folder

    front.show_progress(None, quiet)
    opened = extend.open_model(model)
    with new_folder(to) as unfinished:
        end = _count_words(sources, preset, [*assignments, *_files(dictionaries)], data, processes)
        segment = end.inputs()[0]
        _note_other_cut(model, segment.parameters())
        facts = extend.extend(opened, segment.folder, end.folder, unfinished, epochs=epochs, seed=seed)
    for line in [json.dumps(facts, ensure_ascii=False, indent=1)] if as_json else _summary(facts, to):
        click.echo(line)


def _files(dictionaries: tuple[str, ...]) -> list[str]:
    return [f"Dictionary.files={json.dumps(dictionaries, ensure_ascii=False)}"] if dictionaries else []


def _count_words(
    sources: tuple[str, ...], preset: str | None, assignments: list[str], data: Path, processes: int | None
) -> "StageTask":
    """The task Vocabulary over the sources, made. It leaves no record of a run: `ciliu run` goes on from the last."""
    from pipeline.cli import request
    from pipeline.plan import make_plan

    asked = request.complete_request(sources, preset, assignments, data)
    end = request.make_end(asked, data, processes, "vocabulary")
    steps = make_plan(end, {})
    request.note_left_out(end)
    request.make_steps(steps, end)
    return end


def _note_other_cut(model: Path, parameters: "cache.Json") -> None:
    """A bundle says how its text was cut; words of text that is cut otherwise may only seem to be new."""
    from pipeline import cache

    stages = (cache.read_manifest(model) or {}).get("stages", {})
    for name, before in stages.get("segment", {}).get("parameters", {}).items():
        now = parameters.get(name)
        if now != before:
            parts = (
                f"the model's text was cut with Segment.{name}={before}, the sources are cut with Segment.{name}={now}"
            )
            click.echo(f"note: {parts}", err=True)


def _summary(facts: "cache.Json", to: Path) -> list[str]:
    from pipeline.cli.tables import align

    model, words, new, given = facts["model"], facts["words"], facts["new_words"], facts["parameters"]
    rows = [["new word", "count", "contexts", "nearest of the old words"]] + [
        [
            word["word"],
            f"{word['count']:,}",
            f"{word['contexts']:,}",
            " ".join(old for old, _ in word["nearest"][:NEAREST]),
        ]
        for word in new[:SHOWN]
    ]
    alone = facts["without_contexts"]
    return [
        f"model       {model['format']}, {model['words']:,} words × {model['vector_size']:,} dimensions",
        f"sources     {words['known']:,} words that it has, {words['too_rare']:,} others below the minimum count",
        *([f"left out    {len(alone):,} that stand near no known word: {' '.join(alone[:SHOWN])}"] if alone else []),
        f"new         {words['new']:,} words, {given['epochs']} epochs",
        "",
        *align(rows, lambda column: column in (0, 3)),
        *(["…           all of them are in extend.json"] if len(new) > SHOWN else []),
        "",
        *(_proof(name, digests, model["words"]) for name, digests in facts["old_rows"].items()),
        f"extended    {to}",
    ]


def _proof(name: str, digests: dict[str, str], words: int) -> str:
    equal = "the same" if digests["before"] == digests["after"] else "CHANGED"
    return f"old rows    {equal}: {name}[:{words}] before {digests['before']}, after {digests['after']}"
