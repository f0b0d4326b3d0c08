"""``ciliu map``: the most frequent words of a model on a plane."""

import json
from pathlib import Path

import click

from pipeline import cache
from pipeline.cli import front


@click.command(epilog="Example: ciliu map --words 3000 --to map.html")
@click.argument("model", required=False)
@click.option("--words", type=click.IntRange(10, 10_000), default=2_000, show_default=True, help="How many words.")
@click.option(
    "--to", type=click.Path(path_type=Path, dir_okay=False),
    help="NAME.html (hover and search), NAME.png or NAME.json.  [default: the clusters, printed]",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print words, places and clusters as JSON.")
@front.option_data
@front.guarded
def map(model: str | None, words: int, to: Path | None, as_json: bool, data: Path) -> None:
    """Place the most frequent words of MODEL so that those used alike lie together, in clusters with names.

    MODEL is a run, a bundle or a file; without it the latest run's. t-SNE, with a fixed seed: the same model gives the
    same map. 2,000 words take about 10 seconds.
    """
    if to and to.suffix not in (".html", ".png", ".json"):
        raise click.UsageError(f"--to {to}: a map is NAME.html, NAME.png or NAME.json")
    from pipeline import opened
    from pipeline.word_map import make_map

    found = make_map(opened.open_space(model, data), words)
    if to:
        _write(to, found, model or "map")
        click.echo(f"{to}: {len(found['words']):,} words in {len(found['clusters'])} clusters", err=as_json)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    elif not to:
        _show(found)


def _write(path: Path, found: cache.Json, name: str) -> None:
    from pipeline.publish import write_file
    from pipeline.report import page, picture

    match path.suffix:
        case ".html":
            write_file(path, page.make_map_page(found, Path(name).name).encode("utf-8"))
        case ".png":
            write_file(path, picture.draw(found))
        case _:
            write_file(path, json.dumps(found, ensure_ascii=False).encode("utf-8"))


def _show(found: cache.Json) -> None:
    from pipeline.cli.tables import align

    rows = [["words", "cluster", "most frequent"]]
    for number, cluster in enumerate(found["clusters"]):
        members = [word for word, of in zip(found["words"], found["cluster"], strict=True) if of == number]
        rows.append([f"{cluster['size']:,}", cluster["name"], " ".join(members[:8])])
    for line in align(rows, lambda column: column > 0):
        click.echo(line)
