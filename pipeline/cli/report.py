"""``ciliu report``: one HTML page that shows a run or a model to people."""

import os
from pathlib import Path

import click

from pipeline.cli import front
from pipeline.publish import write_file


@click.command(epilog="Example: ciliu report --to report.html --words 北京,经济,医生")
@click.argument("model", required=False)
@click.option("--to", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The file: NAME.html.")
@click.option("--words", multiple=True, metavar="WORDS", help="Show the neighbours of these words, parted by commas.")
@click.option("--baseline", default="", help="A run or model that this one is held against.  [default: Evaluate's]")
@click.option("--classify", type=click.Path(path_type=Path), help="Classify the labelled texts of this file too.")
@click.option(
    "--map-words", type=click.IntRange(0, 10_000), default=2_000, show_default=True,
    help="How many words stand on the map; 0: no map, which takes most of the time.",
)  # fmt: skip
@front.option_data
@front.guarded
def report(
    model: str | None,
    to: Path,
    words: tuple[str, ...],
    baseline: str,
    classify: Path | None,
    map_words: int,
    data: Path,
) -> None:
    """Show MODEL to people: one HTML file that needs no network; a run, a bundle or a file, without MODEL the latest
    run's.

    Verdict, what was run and why, the funnel, the corpus, every evaluation, neighbours, a map of words, bias, drift,
    resources and versions; in Chinese and English, with tables to copy. It reads what the stages wrote.
    """
    from pipeline.report import gather
    from pipeline.report.page import make_page, pack_plotly

    pack_plotly()  # where it is missing, that is said before the work
    typed = os.fsencode(",".join(words)).decode("utf-8", "replace")  # the locale C reads a command line as ASCII
    chosen = [word for word in typed.replace("，", ",").split(",") if word]
    facts = gather(model, data, chosen, baseline=baseline, mapped=map_words, labelled=classify)
    page = make_page(facts).encode("utf-8")
    write_file(to, page)
    click.echo(f"{to}: {front.megabytes(len(page))}, {facts['evaluation']['gate']}; open it in a browser")
