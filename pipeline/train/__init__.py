"""Train: skip-gram over the words of Segment and the vocabulary, by the native core or by gensim.

Writes a genuine gensim model, ``model.gensim`` with its arrays beside it, and ``vectors.npy`` (words × vector_size,
float32, in the order of ``vocab.tsv``).

With ``threads=1`` the same inputs give the same bytes, by the native core on one instruction set; with more, threads
race for the same rows and nothing repeats.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from pipeline import cache, progress, resources, shard_files
from pipeline.processes import cpus
from pipeline.train import checkpoint, native
from pipeline.train.held_out import counts_by_band
from pipeline.vocabulary_files import read_vocabulary

VERSION = 4
VERSIONS = ("gensim",)

MODEL = "model.gensim"
VECTORS = "vectors.npy"

# Context words of one step where a path down the Huffman tree is trained: with all of a window at once its first nodes
# are moved too far, and CA_translated came out at 29.4 where gensim has 32.5 (`make quality`).
HS_SHARE = 4
HELD_OUT = 1_000  # 0.1 % of the text for the loss
# Bytes of memory for a word, its vector left out, without and with its way down the Huffman tree; of a million words
# gensim took 230 and 849 each.
WORD_BYTES = (250, 900)
ADVICE = "set a smaller Train.vector_size, or a larger Vocabulary.min_count, or try it --anyway"


def resolve(
    *, engine: str, hs: int, negative: int, share: int, held_out: int, threads: int, **others: Any
) -> dict[str, Any]:
    """The parameters as they are trained with.

    ``engine`` auto is the native core where it was built, else gensim. ``negative`` -1 is 5, or 0 where hierarchical
    softmax is asked for (gensim would train both in silence). ``share`` -1 is 0, the whole window, or ``HS_SHARE`` with
    hierarchical softmax: the fastest that in ``make quality`` is no worse than gensim on any set; gensim itself knows 1
    alone. ``held_out`` -1 is ``HELD_OUT``; by gensim no sentence is held out. ``threads`` 0 is the CPUs that this
    process may use.

    Raises ``ValueError`` if neither objective is left, or for an engine that is not there.
    """
    if engine == "native" and not native.is_there():
        raise ValueError("Train.engine = native: the native core was not built here; use gensim or auto")
    engine = "gensim" if engine == "auto" and not native.is_there() else engine.replace("auto", "native")
    if negative < 0:
        negative = 0 if hs else 5
    if not hs and not negative:
        raise ValueError("Train.hs = 0 and Train.negative = 0: nothing to train by; set one of them")
    if engine == "gensim":
        if share > 1 or share == 0:
            raise ValueError(f"Train.share = {share}: gensim shares no negative samples; use Train.engine = native")
        if held_out > 0:
            raise ValueError(f"Train.held_out = {held_out}: gensim takes no loss of it; use Train.engine = native")
        share, held_out = 1, 0
    if share < 0:
        share = HS_SHARE if hs else 0
    if held_out < 0:
        held_out = HELD_OUT
    resolved = {"engine": engine, "hs": hs, "negative": negative, "share": share, "held_out": held_out}
    return {**resolved, "threads": threads or cpus(), **others}


def run(
    segment: Path,
    vocabulary: Path,
    output: Path,
    *,
    engine: str,
    epochs: int,
    threads: int,
    share: int,
    held_out: int = 0,
    checkpoint_every: float = 10,
    anyway: bool = False,
    **parameters: Any,
) -> cache.Counts:
    """Train on the sentences of ``segment`` with the words of ``vocabulary``; the ``parameters`` are gensim's, but for
    those of ``native.train``. Raises ``ValueError`` if memory or disk will not do, unless ``anyway``."""
    from gensim.models import Word2Vec  # 0.8 s of CPU, which ``--help`` and ``plan`` need not pay

    cached = ((segment, ".ids"), (segment, ".words"), (vocabulary, ".numbers"))
    shard_files.verify(file for folder, suffix in cached for file in shard_files.files(folder, suffix))
    totals = cache.read_json(vocabulary / "vocabulary.json")
    counts = dict(read_vocabulary(vocabulary))
    shape = len(counts), parameters["vector_size"]
    memory, disk = say_needs(*shape, parameters["hs"], parameters["negative"], engine)
    if not anyway:
        resources.refuse_without(memory, disk, output.parent, ADVICE)
    model = Word2Vec(sg=1, workers=threads, epochs=epochs, min_count=totals["min_count"], sorted_vocab=0, **parameters)
    model.build_vocab_from_freq(counts, corpus_count=totals["sentences"])
    model.sorted_vocab = 1  # the vocabulary came in order: by count, equal counts by code point
    if engine == "native":
        state = native.train(
            model,
            segment,
            vocabulary,
            output,
            totals["words_in"],
            epochs=epochs,
            threads=threads,
            share=share,
            held_out=held_out,
            checkpoint_every=checkpoint_every,
        )
    else:
        state = native.State(trained=train_by_gensim(model, segment, totals, epochs), targets=["gensim"])
    save(model, output)
    checkpoint.remove(output)
    return {
        "words_in": totals["words_in"],
        "different_words": len(counts),
        "vector_size": model.vector_size,
        "epochs": epochs,
        "words_trained": state.trained,
        "target": " and ".join(state.targets),
        "held_out_loss": state.losses,
        "subsampling": counts_by_band(np.array([*counts.values()]), native.column(model, "sample_int", np.uint32)),
    }


def say_needs(words: int, vector_size: int, hs: int, negative: int, engine: str) -> tuple[int, int]:
    """Say how many bytes of memory and disk a training of ``words`` vectors will take, and return them."""
    model = words * vector_size * 4 * (1 + (negative > 0) + hs)
    memory = words * WORD_BYTES[hs] + model * (2 if engine == "native" else 1)  # the native core trains on a copy
    disk = model * (3 if engine == "native" else 1)  # a checkpoint lies beside the next one, and beside the model
    text = f"train: {words:,} words × {vector_size}: {resources.show(memory)} of memory, {resources.show(disk)} of disk"
    progress.say(text, event="needs", memory=memory, disk=disk)
    return memory, disk


def train_by_gensim(model: Any, segment: Path, totals: cache.Json, epochs: int) -> int:
    """Train ``model`` by gensim itself. Returns how many words were trained after subsampling."""
    words = totals["words_in"]
    with progress.bar("train", words * epochs, unit="words") as bar:
        sentences = _Sentences(segment, bar, model)
        trained, _ = model.train(sentences, total_examples=totals["sentences"], total_words=words, epochs=epochs)
    return int(trained)


class _Sentences:
    """The sentences as lists of words, as often as gensim asks; tells the bar how far it is."""

    def __init__(self, segment: Path, bar: progress.Bar, model: Any) -> None:
        self._segment, self._bar, self._model = segment, bar, model

    def __iter__(self) -> Iterator[list[str]]:
        words = 0
        for sentence in shard_files.read_sentences(self._segment):
            words += len(sentence)
            if words >= 10_000:
                self._tell(words)
                words = 0
            yield sentence
        self._tell(words)

    def _tell(self, words: int) -> None:
        done = min(1.0, (self._bar.done + words) / self._bar.total)
        alpha = self._model.alpha - (self._model.alpha - self._model.min_alpha) * done
        self._bar.update(words, f"alpha {alpha:.4f}")


def save(model: Any, output: Path) -> None:
    """The model as gensim saves it, but for what would differ from run to run: dates and seconds."""
    model.lifecycle_events = None  # gensim would note each save with its date and the path of this machine
    model.total_train_time = 0
    model.random = _Random(model.seed)
    model.save(str(output / MODEL), sep_limit=0)  # 0: every array in a file of its own, whatever its size
    cache.link(output / f"{MODEL}.wv.vectors.npy", output / VECTORS)


class _Random(np.random.RandomState):
    """gensim's ``random``, pickled as the call that makes it: numpy 1 cannot load the state that numpy 2 pickles."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._seed = seed

    def __reduce__(self) -> Any:
        return np.random.RandomState, (self._seed,)


def summary(counts: cache.Counts) -> str:
    """The closing line: in, out."""
    losses = counts["held_out_loss"]
    loss = f"; held-out loss {losses[0][1]:.3f} to {losses[-1][1]:.3f}" if losses else ""
    return (
        f"{counts['different_words']:,} vectors of {counts['vector_size']} from {counts['words_in']:,} words × "
        f"{counts['epochs']} epochs, by {counts['target']}{loss}"
    )
