"""Training by the native core: the same skip-gram as gensim's, into a gensim model."""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ciliu.engine_native import import_native
from pipeline import progress
from pipeline.train import checkpoint
from pipeline.train.held_out import Ids, Shards, find_sentences, when_to_look
from pipeline.vocabulary_files import keep_maps

PIECE = 0.5  # seconds between two looks at the clock, the bar and the norms
EARLY = 1.0  # seconds until it is said how long the training will take
LARGEST_NORM = 1e4  # that of a word that is trained well is below 100


def is_there() -> bool:
    """Whether the native core was built."""
    return hasattr(import_native(), "Trainer")


@dataclass
class State:
    """How far a training is, as its checkpoints keep it: words read and trained, the instruction sets that did it, and
    [words read, loss] for each look at the held-out sentences."""

    read: int = 0
    trained: int = 0
    targets: list[str] = field(default_factory=list)
    losses: list[tuple[int, float]] = field(default_factory=list)


def train(
    model: Any,
    segment: Path,
    vocabulary: Path,
    output: Path,
    words: int,
    *,
    epochs: int,
    threads: int,
    share: int,
    held_out: int,
    checkpoint_every: float,
) -> State:
    """Train ``model`` (gensim's, its vocabulary built) on the ids of ``segment``; ``words`` is how many an epoch has.

    ``share`` is how many context words share one draw of negative samples, 0 for the whole window; each
    ``held_out``-th sentence is not trained on (0: all are). A checkpoint is left in ``output`` every
    ``checkpoint_every`` minutes and after each epoch, and one that is there is gone on from. Raises ``ValueError``
    where the vectors diverge.
    """
    shards = [
        (np.memmap(segment / f"{name}.ids", "<i4", "r"), ranks)
        for name, ranks in keep_maps(vocabulary, output)
        if len(ranks)
    ]
    trainer = make_trainer(model, shards, epochs=epochs, share=share, held_out=held_out)
    saved = checkpoint.load(output, model, trainer)
    state = State(**saved) if saved else State()
    state.targets += [trainer.target] if trainer.target not in state.targets else []
    sentences = find_sentences(shards, held_out, words)
    if saved:
        progress.say(f"train: goes on from its checkpoint at {state.read / max(1, words * epochs):.0%}")
    with progress.bar("train", words * epochs, unit="words", initial=state.read) as bar:
        for _ in run(trainer, state, bar, sentences, epochs, threads, checkpoint_every * 60):
            checkpoint.save(output, model, trainer, asdict(state))
    fill(model, trainer)
    return state


def run(
    trainer: Any, state: State, bar: progress.Bar, sentences: Ids, epochs: int, threads: int, seconds: float
) -> Iterator[None]:
    """Train to the end; yields when a checkpoint is due: every ``seconds``, and after each epoch but the last."""
    total = epochs * trainer.chunks
    began = last = time.monotonic()
    unread = bar.total - state.read  # words; 0 once the time has been foretold
    looks = when_to_look(total) if len(sentences) else []
    stops = sorted({*looks, *range(0, total + 1, trainer.chunks or 1), total})
    look(trainer, state, sentences, looks)
    rate = float(threads)  # chunks in the time of a piece
    while trainer.done < total:
        started, before = time.monotonic(), trainer.done
        piece = min(max(threads, int(rate)), next(stop for stop in stops if stop > before) - before)
        read, trained = trainer.run(piece, threads)
        state.read += read
        state.trained += trained
        refuse_divergence(trainer)
        look(trainer, state, sentences, looks)
        bar.update(read, f"alpha {trainer.alpha:.4f}" + (f", loss {state.losses[-1][1]:.3f}" if state.losses else ""))
        now = time.monotonic()
        if unread and now - began > EARLY:
            speed = (state.read - bar.total + unread) / (now - began)
            progress.say(f"train: {speed:,.0f} words a second by {trainer.target}, {unread / speed:,.0f} s in all")
            unread = 0
        rate = min(4 * max(rate, piece), piece * PIECE / max(1e-3, now - started))
        if (trainer.done % trainer.chunks == 0 or now - last >= seconds) and trainer.done < total:
            yield
            last = time.monotonic()


def look(trainer: Any, state: State, sentences: Ids, looks: Sequence[int]) -> None:
    """Take the loss on the held-out ``sentences`` if it is time."""
    if trainer.done in looks and state.read not in dict(state.losses):
        loss, pairs = trainer.loss(sentences, np.arange(sentences.max(initial=0) + 1, dtype=np.int32))
        if pairs:
            state.losses.append((state.read, round(loss / pairs, 6)))


def make_trainer(model: Any, shards: Shards, *, epochs: int, share: int, held_out: int = 0) -> Any:
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
        held_out=held_out,
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
