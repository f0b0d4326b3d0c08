"""Checkpoints of a training by the native core: the matrices, and how far it was.

A checkpoint is a folder ``.checkpoint-<chunks done>`` in the output that is being made: written beside, flushed, and
renamed; older ones go only then. The native core draws its random numbers anew for each chunk, so the matrices and the
number of chunks done are all that a training needs to go on as if it had never stopped.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline import cache, progress

PREFIX = ".checkpoint-"
UNFINISHED = f"{cache.WORK}checkpoint"  # what begins so is removed before an output is made
STATE = "state.json"
MATRICES = ("syn0", "syn1neg", "syn1")
ROWS = 1 << 16  # copied at once

Rows = npt.NDArray[np.float32]


def save(output: Path, model: Any, trainer: Any, state: cache.Json) -> None:
    """Write ``trainer``'s matrices and ``state`` (JSON) as the newest checkpoint of ``output``."""
    unfinished = output / UNFINISHED
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    digests = {}
    for name in names(model):
        with (unfinished / name).open("wb") as file:
            for first, rows in blocks(model):
                trainer.get(name, rows, first)
                file.write(rows.data)
        cache.sync(unfinished / name)
        digests[name] = cache.file_digest(unfinished / name)
    cache.write_json(unfinished / STATE, {"done": trainer.done, "digests": digests, "state": state})
    cache.sync(unfinished)
    older = find(output)
    unfinished.rename(output / f"{PREFIX}{trainer.done}")
    cache.sync(output)
    for folder in older:
        shutil.rmtree(folder)


def load(output: Path, model: Any, trainer: Any) -> cache.Json | None:
    """Put the newest checkpoint of ``output`` that is whole into ``trainer``; its state, or None if there is none."""
    for folder in find(output):
        try:
            noted = cache.read_json(folder / STATE)
            whole = all(cache.file_digest(folder / name) == noted["digests"][name] for name in names(model))
        except (OSError, ValueError, KeyError):
            whole = False
        if not whole:
            progress.say(f"{folder} is damaged: training goes on from an older checkpoint, or from its start")
            continue
        for name in names(model):
            with (folder / name).open("rb") as file:
                for first, rows in blocks(model):
                    file.readinto(rows.data)
                    trainer.set(name, rows, first)
        trainer.seek(noted["done"])
        return dict(noted["state"])
    return None


def remove(output: Path) -> None:
    """Remove all checkpoints of ``output``."""
    for folder in find(output):
        shutil.rmtree(folder)


def find(output: Path) -> list[Path]:
    """The checkpoints of ``output``, the newest first."""
    return sorted(output.glob(f"{PREFIX}*"), key=lambda folder: -int(folder.name.removeprefix(PREFIX)))


def names(model: Any) -> list[str]:
    """The matrices that gensim's ``model`` is trained by."""
    return [name for name in MATRICES if name == "syn0" or hasattr(model, name)]


def blocks(model: Any) -> Iterator[tuple[int, Rows]]:
    """The first row of each part of a matrix, and room for its rows."""
    words, size = model.wv.vectors.shape
    room = np.empty((min(words, ROWS), size), dtype=np.float32)
    for first in range(0, words, ROWS):
        yield first, room[: words - first]
