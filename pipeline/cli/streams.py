"""Standard input, output and error as every verb may take them: there, in UTF-8, and without a traceback where no more
can be written to them."""

import io
import os
import sys
from typing import Any

import click

ERROR = 2  # the number of standard error


def prepare() -> None:
    """Make the three streams fit; one that was closed (``>&-``) is ``/dev/null``. What somebody else put into the place
    of one stays there."""
    if sys.stdin is None:
        _let_go(0)
        sys.stdin = open(0, encoding="utf-8")  # noqa: SIM115 - it stays open
    for number, name in ((1, "stdout"), (ERROR, "stderr")):
        stream = getattr(sys, name)
        if stream is None:
            _let_go(number)
        else:
            stream.flush()
        if stream is getattr(sys, f"__{name}__"):
            setattr(sys, name, _open(number))


def _open(number: int) -> io.TextIOWrapper:
    """Standard output or error anew."""
    raw = _Stream(number, "wb", closefd=False)
    by_line = number == ERROR or raw.isatty()
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8", errors="backslashreplace", line_buffering=by_line)


def _let_go(number: int) -> None:
    """Let ``/dev/null`` be the stream of this number, here and in the processes that are started."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, number)
    os.set_inheritable(number, True)
    if nothing != number:
        os.close(nothing)


class _Stream(io.FileIO):
    """Standard output or error. Once no more can be written, it is let go: Python flushes it again when it ends."""

    def write(self, content: Any) -> int:
        try:
            return super().write(content)
        except BrokenPipeError:  # head(1) has enough: no fault, and the front door knows what to do
            raise
        except OSError as error:
            _let_go(self.fileno())
            if self.fileno() == ERROR:  # nobody can be told, and what is done there is no worse for it
                return len(content)
            raise Unwritable(error) from None


class Unwritable(click.ClickException):
    """Standard output takes no more; Click shows the sentence and ends with the status, in whatever verb it happens."""

    exit_code = 4  # front.ENVIRONMENT

    def __init__(self, error: OSError) -> None:
        from pipeline.cli.front import describe  # `ciliu --version` needs none of it

        _, sentence = describe(OSError(error.errno, error.strerror, "standard output"))
        super().__init__(sentence.removeprefix("Error: "))
