"""What the verbs share: options, how an error becomes one sentence and an exit status."""

import contextlib
import errno
import functools
import logging
import os
import re
import shlex
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import click

from pipeline import database_urls, progress
from pipeline.cache import KeptError
from pipeline.publish import GateError

# Exit statuses; 0 only if what was asked for is there. docs/run.md has the table.
INTERNAL, USAGE, INPUT, ENVIRONMENT, WORKER, FINDINGS = 1, 2, 3, 4, 5, 6
FAILED = 7  # the gate of Evaluate

Verb = Callable[..., None]


class Terminated(KeyboardInterrupt):
    """SIGTERM, raised like Ctrl-C: Luigi lets only that through."""


def _refuse_url(context: click.Context, option: click.Parameter, data: Path) -> Path:
    if re.match(r"[a-z][a-z0-9+.-]+:/", str(data)):  # a Path has one slash left of two
        way = "mount the bucket, and give the folder where it is mounted (docs/spark.md, In a bucket)"
        raise click.UsageError(f"--data {data}: a folder is wanted, for it needs locks and renames; no URL. So {way}")
    return data


def option_data(verb: Verb) -> Verb:
    return click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path("data"),
        show_default=True,
        callback=_refuse_url,
        help="The folder of all outputs.",
    )(verb)


def option_run(verb: Verb) -> Verb:
    return click.option(
        "--run", "run_id", help="Which run (ciliu status --runs lists them).  [default: the latest complete one]"
    )(verb)


def megabytes(size: float) -> str:
    """Bytes as ``1,234.5 MB``."""
    return f"{size / 1e6:,.1f} MB"


def guarded(verb: Verb) -> Verb:
    """Run a verb so that a failure is one sentence on standard error and a stated exit status; ``--debug`` adds
    the traceback."""

    @click.option("--debug", is_flag=True, help="Show the traceback of an error.")
    @functools.wraps(verb)
    def guard(*arguments: Any, debug: bool, **options: Any) -> None:
        signal.signal(signal.SIGTERM, _terminate)
        sys.argv[:] = map(database_urls.hide, sys.argv)  # what the command was is written down and shown
        progress.mode = "warnings"
        progress.log.propagate = False
        progress.log.addHandler(logging.NullHandler())
        logging.raiseExceptions = False  # a log that cannot be written (a full disk) is no reason to print tracebacks
        try:
            verb(*arguments, **options)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except BrokenPipeError:  # whoever read our output has enough, as head(1)
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that Python does not flush into it
            sys.exit(128 + signal.SIGPIPE)
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last place to tell it
            if debug:
                traceback.print_exc()
            status, sentence = describe(error, options.get("data"))
            if verb.__name__ == "run" and status not in (INTERNAL, FAILED) and not isinstance(error, KeptError):
                again = "Once that is mended, the same command goes" if status == INPUT else "The same command goes"
                sentence += f"\n{again} on from here: {' '.join(map(quote, ['ciliu', *sys.argv[1:]]))}"
            progress.log.error(sentence, extra={"fields": {"event": "failure", "status": status}})
            click.echo(sentence, err=True)
            sys.exit(status)
        finally:
            for handler in progress.log.handlers[:]:
                progress.log.removeHandler(handler)
                with contextlib.suppress(OSError):  # the disk is full
                    handler.close()

    return guard


def quote(word: str) -> str:
    """A word of a command as a shell takes it; of a name that is not UTF-8 the bytes: ``$'n\\377.jsonl'``."""
    if not re.search("[\udc80-\udcff]", word):
        return shlex.quote(word)
    escaped = re.sub(r"[\x00-\x1f'\\\udc80-\udcff]", lambda found: f"\\{ord(found[0]) & 0xFF:03o}", word)
    return f"$'{escaped}'"


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated


REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your quota of this disk is used up",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "no permission",
    errno.EPERM: "no permission",
}


def describe(error: BaseException, data: Path | None = None) -> tuple[int, str]:
    """Exit status and sentence for an error; ``data`` is named where the error names no file."""
    match error:
        case Terminated():
            return 128 + signal.SIGTERM, "Ended by SIGTERM; finished shards are kept."
        case KeyboardInterrupt():
            return 128 + signal.SIGINT, "Stopped; finished shards are kept."
        case GateError():
            return FAILED, f"Error: {error}"
        case ValueError():
            return INPUT, f"Error: {error}"
        case OSError():
            known = REASONS.get(error.errno or 0)
            reason = known if known and error.strerror == os.strerror(error.errno or 0) else error.strerror or error
            place = error.filename or (data if known else None)
            return ENVIRONMENT, f"Error: {reason}{f': {place}' if place else ''}"
        case MemoryError():
            what = f": {error}" if str(error) else ""
            return ENVIRONMENT, f"Error: out of memory{what}; fewer processes and fewer words (min_count) need less"
        case RuntimeError() if "start new thread" in str(error):  # each takes memory for its stack
            return describe(MemoryError(str(error)), data)
        case RuntimeError():
            return WORKER, f"Error: {error}"
        case _:
            return INTERNAL, f"Error in Ciliu itself: {type(error).__name__}: {error} (--debug shows where)"


def show_progress(log_json: Path | None, quiet: bool) -> None:
    """A bar on a terminal, plain lines elsewhere, nothing if ``quiet``; events also to ``log_json``."""
    progress.mode = "quiet" if quiet else "bar" if sys.stderr.isatty() else "lines"
    progress.log.setLevel(logging.INFO)
    if log_json:
        handler = logging.FileHandler(log_json, mode="w", encoding="utf-8", errors="backslashreplace")
        handler.setFormatter(progress.JsonLines())
        progress.log.addHandler(handler)
