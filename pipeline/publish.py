"""A folder or a file for other people: whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline import cache, resources


class GateError(ValueError):
    """The gate of Evaluate failed a model that was to be handed on."""


def refuse_failed(evaluation: cache.Json, allowed: bool) -> None:
    """Raise ``GateError`` for a model that did not pass the gate, unless that is ``allowed``. ``evaluation`` are the
    counts of Evaluate: its verdict and the reasons."""
    if evaluation["gate"] == "fail" and not allowed:
        reasons = "\n  ".join(evaluation["reasons"])
        raise GateError(f"the model failed its evaluation, so it is not exported:\n  {reasons}\n"
                        "`ciliu evaluate` says more; --allow-failed exports it, and its card says so")  # fmt: skip


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder beside ``target`` to fill; flushed and renamed to ``target`` when the block ends, removed if it raises.

    Raises ``ValueError`` if ``target`` is there and not empty.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ValueError(f"{target} is there already and not empty: give a new folder")
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.partial-{os.getpid()}")
    try:
        with resources.writing(target):
            unfinished.mkdir()
            yield unfinished
            for path in unfinished.rglob("*"):
                cache.sync(path)
            cache.sync(unfinished)
            if target.exists():
                target.rmdir()
            unfinished.rename(target)
            cache.sync(target.parent)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def write_file(target: Path, content: bytes) -> None:
    """A file with ``content``; what was there before stays until the new one is whole."""
    with resources.writing(target):
        if target.exists() and not target.is_file():  # a pipe, such as /dev/stdout
            target.write_bytes(content)
        else:
            _replace(Path(os.path.realpath(target)), content)  # a link stays one


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        unfinished.write_bytes(content)
        cache.sync(unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
