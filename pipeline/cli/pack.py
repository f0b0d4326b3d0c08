"""``ciliu pack``: many small files into few large ones, once."""

from pathlib import Path

import click

from pipeline.cli import front


@click.command(epilog="Example: ciliu pack articles/ --to packed/ --set Articles.encoding=gb18030")
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=str))
@click.option("--to", "target", required=True, type=click.Path(path_type=Path, file_okay=False), help="A new folder.")
@click.option("--set", "assignments", multiple=True, metavar="TASK.PARAMETER=VALUE", help="How SOURCES are read.")
@front.option_data
@front.guarded
def pack(sources: tuple[str, ...], target: Path, assignments: tuple[str, ...], data: Path) -> None:
    """Read SOURCES and write their articles into few .jsonl.zst files in a new folder, which `ciliu run` reads as it
    would have read SOURCES: the same articles with the same ids, labels and texts.

    It pays where there are many small files: even to look at 200,000 of them takes seconds in each run.
    """
    from pipeline.articles import sources as articles_sources
    from pipeline.articles.pack import REJECTED
    from pipeline.articles.pack import pack as write
    from pipeline.articles.records import Options
    from pipeline.cli import request
    from pipeline.publish import new_folder

    front.show_progress(None, quiet=False)
    asked = request.complete_request(sources, None, assignments, data)
    options = Options(**request.make_end(asked, data, None, "articles").parameters())
    files, left_out = articles_sources.find(asked["sources"], options)
    with new_folder(target) as folder:
        counts = write(files, options, folder)
    listed = f" ({target / REJECTED})" if counts["rejected"] + counts["left_out"] else ""
    click.echo(
        f"{counts['records']:,} records of {counts['files']:,} files in {counts['packed']:,} packed; rejected "
        f"{counts['rejected']:,}, left out of archives {counts['left_out']:,}{listed}; "
        f"left out of folders {len(left_out):,}"
    )
    click.echo(f"now: ciliu run {target}")
