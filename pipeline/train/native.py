"""Training by the native core: the same skip-gram as gensim's, into a gensim model."""

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ciliu.engine_native import import_native
from pipeline import progress
from pipeline.vocabulary_files import read_maps

Ids = npt.NDArray[np.int32]

PIECE = 0.5  # seconds between two looks at the clock, the bar and the norms
LARGEST_NORM = 1e4  # that of a word that is trained well is below 100


def is_there() -> bool:
    """Whether the native core was built."""
    return hasattr(import_native(), "Trainer")


def train(model: Any, segment: Path, vocabulary: Path, words: int, *, epochs: int, threads: int, share: int) -> Any:
    """Train ``model`` (gensim's, its vocabulary built) on the ids of ``segment``; ``words`` is how many an epoch has.

    ``share`` is how many context words share one draw of negative samples, 0 for the whole window. Returns how many
    words were trained after subsampling, and the instruction set. Raises ``ValueError`` where the vectors diverge.
    """
    shards = [
        (np.memmap(segment / f"{name}.ids", "<i4", "r"), ranks) for name, ranks in read_maps(vocabulary) if len(ranks)
    ]
    trainer = make_trainer(model, shards, epochs=epochs, share=share)
    trained, piece = 0, threads
    with progress.bar("train", words * epochs, unit="words") as bar:
        while trainer.done < epochs * trainer.chunks:
            started = time.monotonic()
            read, more = trainer.run(piece, threads)
            trained += more
            bar.update(read, f"alpha {trainer.alpha:.4f}")
            refuse_divergence(trainer)
            piece = max(threads, int(piece * min(4.0, PIECE / max(1e-3, time.monotonic() - started))))
    fill(model, trainer)
    return trained, trainer.target


def make_trainer(model: Any, shards: Sequence[tuple[Ids, Ids]], *, epochs: int, share: int) -> Any:
    """The native core's Trainer with gensim's own first vectors, subsampling and Huffman tree. ``shards`` are int32 ids
    (-1 ends a sentence), each with the rank, or -1, of each of its words."""
    native: Any = import_native()
    return native.Trainer(
        shards=shards,
        counts=column(model, "count", np.int64),
        sample_int=column(model, "sample_int", np.uint32),
        vector_size=model.vector_size,
        window=model.window,
        negative=model.negative,
        ns_exponent=model.ns_exponent,
        alpha=model.alpha,
        min_alpha=model.min_alpha,
        epochs=epochs,
        seed=model.seed,
        share=share,
        syn0=model.wv.vectors,
        **(read_tree(model) if model.hs else {}),
    )


def column(model: Any, name: str, kind: Any) -> Any:
    """An attribute of all words, as gensim keeps it."""
    return np.ascontiguousarray(model.wv.expandos[name], dtype=kind)


def read_tree(model: Any) -> dict[str, Any]:
    """Each word's way down gensim's Huffman tree: inner nodes and codes, one word behind the other."""
    points, codes = model.wv.expandos["point"], model.wv.expandos["code"]
    lengths = [len(point) for point in points]
    return {
        "offsets": np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        "points": np.concatenate(points).astype(np.int32),
        "codes": np.concatenate(codes).astype(np.uint8),
    }


def refuse_divergence(trainer: Any) -> None:
    mean, largest = trainer.norms()
    if not math.isfinite(mean) or not largest < LARGEST_NORM:
        raise ValueError(
            f"the vectors diverge (the largest norm is {largest:g} at alpha {trainer.alpha:.4f}): "
            "set a smaller Train.alpha"
        )


def fill(model: Any, trainer: Any) -> None:
    """The trained matrices into the model, and what gensim itself notes at the end of a training. Raises ``ValueError``
    if a single number is none: the looks before were at some rows only."""
    trainer.get("syn0", model.wv.vectors)
    if not math.isfinite(model.wv.vectors.sum(dtype=np.float64)):
        raise ValueError("a vector holds what is no number: set a smaller Train.alpha")
    for name in ("syn1neg", "syn1"):
        if hasattr(model, name):
            trainer.get(name, getattr(model, name))
    model.wv.norms = None
    model.train_count += 1
    model.min_alpha_yet_reached = model.min_alpha
