"""The front door: ``ciliu VERB``. A module a group of verbs; each is imported only when it is asked for."""

import atexit
import gc
import importlib
import keyword
import os
import sys
import threading
from importlib.metadata import version

import click

from pipeline.cli import streams

VERBS = {
    "run": "pipeline.cli.run",
    "plan": "pipeline.cli.run",
    "inspect": "pipeline.cli.inspect",
    "pack": "pipeline.cli.pack",
    "status": "pipeline.cli.data",
    "history": "pipeline.cli.history",
    "diff": "pipeline.cli.history",
    "logs": "pipeline.cli.history",
    "gc": "pipeline.cli.gc",
    "tag": "pipeline.cli.gc",
    "cut": "pipeline.cli.cut",
    "rejected": "pipeline.cli.rejected",
    "duplicates": "pipeline.cli.duplicates",
    "funnel": "pipeline.cli.funnel",
    "sentences": "pipeline.cli.sentences",
    "evaluate": "pipeline.cli.evaluate",
    "drift": "pipeline.cli.drift",
    "report": "pipeline.cli.report",
    "map": "pipeline.cli.map",
    "similar": "pipeline.cli.words",
    "analogy": "pipeline.cli.words",
    "compare": "pipeline.cli.words",
    "odd": "pipeline.cli.words",
    "similarity": "pipeline.cli.words",
    "explore": "pipeline.cli.explore",
    "export": "pipeline.cli.export",
    "verify": "pipeline.cli.export",
    "import": "pipeline.cli.import_model",
    "extend": "pipeline.cli.extend",
    "dict": "pipeline.cli.dict",
    "words": "pipeline.cli.new_words",
}

HELP = """\
Ciliu (词流): raw Chinese articles in, word vectors that other teams can trust out.

\b
  ciliu run articles/ --preset wiki         make a model of all articles below a folder
  ciliu run --set Train.window=10           change one thing; only what it touches runs again
  ciliu plan --set Vocabulary.min_count=20  what would run, and why
  ciliu inspect articles/                   what the articles are made of, likely trouble, how long a run will take
  ciliu pack articles/ --to packed/         many small files into few large ones, once
  ciliu similar 微信                         words used like this one
  ciliu explore                             a page to look at the model
  ciliu evaluate                            is the model good? scores, probes, a verdict
  ciliu report --to report.html             one page for people: verdict, funnel, scores, a map of words
  ciliu export --to model/                  hand the model to others
  ciliu verify model/                       is a bundle what was published? with --data: is the data folder whole?
  ciliu import news.bin                     a gensim model of what others made, old or of another tool
  ciliu extend model/ new/ --to model2/     add the words that a model does not have; its own vectors stay as they are
  ciliu words find                          words that the corpus has and the dictionary has not
  ciliu cut < text > words                  cut lines into words, as jieba does, a hundred times as fast

Stages: articles, dedup, dictionary, segment, vocabulary, train, evaluate, export; newwords.
Each keeps its output in the data folder.
"""


class Verbs(click.Group):
    """Verbs that are imported when they are asked for: ``--help`` needs neither Luigi nor gensim."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        name = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name  # Python has no function named import
        command: click.Command = getattr(importlib.import_module(VERBS[cmd_name]), name)
        return command


@click.command(cls=Verbs, help=HELP, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(version("ciliu"), prog_name="ciliu")
def ciliu() -> None:
    """The group of all verbs; the text that a person sees is ``HELP``."""


def main() -> None:
    """``ciliu`` with the arguments of this process. Raises ``SystemExit``."""
    gc.set_threshold(200_000)  # objects; at Python's 700, looking for cycles took a fifth of the imports' time
    streams.prepare()
    ciliu(prog_name="ciliu")


def console() -> None:
    """``main`` for the command itself: nothing stands around it, so the process ends here."""
    try:
        main()
    except SystemExit as end:
        if isinstance(end.code, int):
            _leave(end.code)
        raise


def _leave(status: int) -> None:
    """End the process after all that is to be done at exit, without taking down the libraries, object by object: of
    gensim and scipy that is .2 s. Returns where Python had better end as it always does."""
    if any(not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()):
        return
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except click.ClickException as error:  # a full disk
        error.show()
        status = error.exit_code
    except OSError:  # Python says it
        return
    os._exit(status)
