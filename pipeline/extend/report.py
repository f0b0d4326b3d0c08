"""What is told of an extended model: the proof that the old rows are the old ones, and where each new word landed."""

import errno
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xxhash

from pipeline import cache, train
from pipeline.models import Model, folder
from pipeline.models.model import Matrix

NEAREST = 10
BLOCK = 64  # new words whose cosines with all old ones are in memory at once


def describe(model: Model) -> cache.Json:
    """The model that was extended, without a path of this machine."""
    return {
        "format": model.format,
        "words": len(model.words),
        "vector_size": model.vectors.shape[1],
        "repaired": len(model.repaired),
        "files": folder.describe_files(model),
    }


def prove(model: Model, made: Path) -> cache.Json:
    """xxh3_128 of the old rows as they were read, and as they now lie in ``made``. Raises ``OSError`` if they differ:
    nothing here writes to them."""
    proof = {}
    for name, before, file in (
        ("vectors", model.vectors, train.VECTORS),
        ("syn1neg", model.outputs["syn1neg"], f"{train.MODEL}.syn1neg.npy"),
    ):
        after = np.load(made / file, mmap_mode="r")[: len(before)]
        proof[name] = {"before": digest(before), "after": digest(after)}
        if proof[name]["before"] != proof[name]["after"]:
            raise OSError(errno.EIO, "the old rows came out other than they went in", file)
    return proof


def digest(matrix: Matrix) -> str:
    """xxh3_128 of the rows' bytes."""
    return xxhash.xxh3_128_hexdigest(np.ascontiguousarray(matrix).data)


def list_words(
    model: Model, vectors: Matrix, new: Mapping[str, int], contexts: npt.NDArray[np.int64]
) -> list[cache.Json]:
    """Each new word that has contexts: its count, its contexts, the nearest old words. ``vectors`` are theirs."""
    facts = [(word, count, int(number)) for (word, count), number in zip(new.items(), contexts, strict=True) if number]
    return [
        {
            "word": word,
            "count": count,
            "contexts": number,
            "nearest": [[model.words[row], cosine] for row, cosine in rows],
        }
        for (word, count, number), rows in zip(facts, nearest(model.vectors, vectors), strict=True)
    ]


def nearest(old: Matrix, new: Matrix, n: int = NEAREST) -> Iterator[list[tuple[int, float]]]:
    """For each row of ``new`` the ``n`` rows of ``old`` of greatest cosine, the greatest first."""
    lengths = np.linalg.norm(old, axis=1)
    lengths[lengths == 0] = 1
    n = min(n, len(old))
    for start in range(0, len(new), BLOCK):
        block = new[start : start + BLOCK]
        cosines = (block / np.linalg.norm(block, axis=1, keepdims=True)) @ old.T / lengths
        for row in cosines:
            best = np.argpartition(-row, n - 1)[:n]
            best = best[np.argsort(-row[best], kind="stable")]
            yield [(int(index), round(float(row[index]), 4)) for index in best]
