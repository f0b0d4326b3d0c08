"""``ciliu similar``, ``analogy``, ``compare``, ``odd``, ``similarity``: look at words through a model."""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline import cache, runs
from pipeline.cli import front

if TYPE_CHECKING:
    from pipeline.evaluate.space import Space

STRIP = 48  # dimensions of a word's strip
SHADES = " ▁▂▃▄▅▆▇█"


def _decode(context: click.Context, parameter: click.Parameter, words: tuple[str, ...]) -> tuple[str, ...]:
    """What was typed, as UTF-8: in the locale C Python reads a command line as ASCII."""
    return tuple(os.fsencode(word).decode("utf-8", "replace") for word in words)


def options(number: int) -> Callable[[front.Verb], front.Verb]:
    """The words (so many; -1: any number), which model, and ``--json``."""

    def decorate(verb: front.Verb) -> front.Verb:
        for option in (
            click.option("--json", "as_json", is_flag=True, help="Print JSON."),
            front.option_run,
            front.option_data,
            click.option("--model", type=click.Path(path_type=Path), help="A model file or bundle instead of a run."),
            click.argument("words", nargs=number, required=True, callback=_decode),
        ):
            verb = option(verb)
        return verb

    return decorate


option_n = click.option("-n", type=click.IntRange(1), default=10, show_default=True, help="How many words.")


def open_model(words: Sequence[str], model: Path | None, data: Path, run_id: str | None) -> "Space":
    """The model, which has all of ``words``. Raises ``ValueError`` that says why it does not."""
    from pipeline.evaluate.space import from_path, from_stages

    if model:
        space = from_path(model)
        unknown = [word for word in words if word not in space.index]
        if unknown:
            raise ValueError(f"{model} does not have {unknown[0]}")
        return space
    record = runs.find(data, run_id)
    vocabulary = output(data, record, "vocabulary")
    space = from_stages(vocabulary, output(data, record, "train"), {})
    for word in words:
        if word not in space.index:
            raise ValueError(_why_unknown(word, vocabulary))
    return space


def output(data: Path, record: cache.Json, stage: str) -> Path:
    """The output of a stage of a run. Raises ``ValueError`` if it is gone."""
    folder = data / stage / str(record["keys"][stage])
    if cache.read_manifest(folder) is None:
        raise ValueError(f"the output of {stage} is gone from {data}; make it again: ciliu run --from {stage}")
    return folder


def _why_unknown(word: str, vocabulary: Path) -> str:
    from pipeline.vocabulary_files import count_dropped

    count = count_dropped(vocabulary, word)
    if count:
        least = cache.read_json(vocabulary / "vocabulary.json")["min_count"]
        return f"{word} stands {count:,} times, fewer than Vocabulary.min_count = {least:,}"
    return f"{word} is no word of this corpus as it was cut; to make it one, add it to a dictionary (Dictionary.files)"


def show(facts: Any, rows: Sequence[Sequence[str]], as_json: bool, words: Sequence[int] = (0,)) -> None:
    """``facts`` as JSON, or ``rows`` as a table whose columns of ``words`` are flush left."""
    from pipeline.cli.tables import align

    for line in [json.dumps(facts, ensure_ascii=False)] if as_json else align(rows, lambda column: column in words):
        click.echo(line)


@click.command(epilog="Example: ciliu similar 微信 电脑 -n 5")
@options(-1)
@option_n
@front.guarded
def similar(words: tuple[str, ...], n: int, model: Path | None, data: Path, run_id: str | None, as_json: bool) -> None:
    """Show the words that are used most like each of WORDS, with the cosine of their vectors."""
    from pipeline.evaluate.space import neighbours

    found = neighbours(open_model(words, model, data, run_id), words, n)
    lists = [[(word, "")] + [(near, f"{cosine:.3f}") for near, cosine in found[word]] for word in words]
    rows = [[cell for pair in row for cell in pair] for row in zip(*lists, strict=True)]
    show(found, rows, as_json, range(0, 2 * len(words), 2))


@click.command(epilog="Example: ciliu analogy 男人 国王 女人   (男人 is to 国王 as 女人 is to …)")
@options(3)
@option_n
@front.guarded
def analogy(words: tuple[str, ...], n: int, model: Path | None, data: Path, run_id: str | None, as_json: bool) -> None:
    """A is to B as C is to …: the words nearest to B - A + C (3CosAdd), with the cosine; A, B and C are left out."""
    from pipeline.evaluate.lookup import complete

    a, b, c = words
    found = complete(open_model(words, model, data, run_id), a, b, c, n)
    show([[word, cosine] for word, cosine in found], [[word, f"{cosine:.3f}"] for word, cosine in found], as_json)


@click.command(epilog="Example: ciliu similarity 医生 护士")
@options(2)
@front.guarded
def similarity(words: tuple[str, ...], model: Path | None, data: Path, run_id: str | None, as_json: bool) -> None:
    """The cosine of two words, and the place of each among the nearest of the other."""
    from pipeline.evaluate import lookup

    facts = lookup.similarity(open_model(words, model, data, run_id), *words)
    said = [f"{word} is number {facts['place'][word]:,} of those nearest to {of}"
            for word, of in zip(words[::-1], words, strict=True)]  # fmt: skip
    show(facts, [[f"{facts['cosine']:.3f}", "; ".join(said)]], as_json, (0, 1))


@click.command(epilog="Example: ciliu odd 苹果 香蕉 葡萄 汽车")
@options(-1)
@front.guarded
def odd(words: tuple[str, ...], model: Path | None, data: Path, run_id: str | None, as_json: bool) -> None:
    """The one of WORDS that does not fit: each with its mean cosine with the others, the least fitting first."""
    from pipeline.evaluate import lookup

    if len(words) < 3:
        raise click.UsageError("give at least three words")
    found = lookup.odd(open_model(words, model, data, run_id), words)
    show(found, [[word, f"{mean:.3f}"] for word, mean in found], as_json)


@click.command(epilog="Example: ciliu compare 国王 男人 女人 王后")
@options(-1)
@front.guarded
def compare(words: tuple[str, ...], model: Path | None, data: Path, run_id: str | None, as_json: bool) -> None:
    """The cosine of each two of WORDS, and their vectors as strips: the higher a bar, the greater the value."""
    from pipeline.evaluate import lookup

    facts = lookup.compare(open_model(words, model, data, run_id), words)
    rows = [[word, *(f"{cosine:.3f}" for cosine in row)] for word, row in zip(words, facts["cosines"], strict=True)]
    show(facts, [["", *words], *rows], as_json)
    if not as_json:
        strips = [[word, _strip(vector)] for word, vector in zip(words, facts["vectors"], strict=True)]
        click.echo()
        show(None, strips, False, (0, 1))
        click.echo(f"the first {min(STRIP, len(facts['vectors'][0]))} of {len(facts['vectors'][0])} dimensions")


def _strip(vector: Sequence[float]) -> str:
    """Bars of eight heights; all words have one scale: 2.5 standard deviations of a unit vector to each side."""
    scale = 2.5 / len(vector) ** 0.5
    heights = ((value / scale + 1) / 2 * (len(SHADES) - 1) for value in vector[:STRIP])
    return "".join(SHADES[int(min(max(height, 0), len(SHADES) - 1))] for height in heights)
