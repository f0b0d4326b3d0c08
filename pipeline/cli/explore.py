"""``ciliu explore``: look at a model in the browser."""

import signal
import sys
from pathlib import Path

import click

from pipeline.cli import front


@click.command(epilog="Example: ciliu explore models/news models/news-2025")
@click.argument("model", required=False)
@click.argument("other", required=False, metavar="[MODEL2]")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="The port of the address.  [default: a free one]"
)
@front.option_data
@front.guarded
def explore(model: str | None, other: str | None, port: int, data: Path) -> None:
    """A page on this machine to look at MODEL: neighbours, analogies, words side by side, text cut into words, a map.

    MODEL is a run, a bundle, or a file of gensim or word2vec; without it the latest run's. MODEL2 answers beside it.
    The page's address is printed; it has a token, so nobody else on this machine can read it. Ctrl-C ends it.
    """
    from pipeline.explore.model import open_model
    from pipeline.explore.server import serve

    models = [open_model(name, data) for name in (model, other)[: 2 if other else 1]]
    server, address = serve(models, port)
    with server:
        try:
            click.echo(address)
            click.echo("Open it in a browser; Ctrl-C ends it.", err=True)
            server.serve_forever()
        except KeyboardInterrupt as stop:  # the end that is meant, so there is nothing to say
            sys.exit(128 + (signal.SIGTERM if isinstance(stop, front.Terminated) else signal.SIGINT))
