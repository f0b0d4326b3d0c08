"""Vectors for words that a model does not have, in the model's own space; every old row keeps its bytes.

The old matrices are frozen, so that each new word is a small problem of its own: its row of ``wv.vectors`` is trained
against the old ``syn1neg``, its row of ``syn1neg`` against the old ``wv.vectors``. Only old words are contexts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline import cache, progress, shard_files, train
from pipeline.extend import report
from pipeline.extend.pairs import read_texts
from pipeline.extend.rows import Trainer
from pipeline.models import Model, folder, read_model
from pipeline.vocabulary_files import read_vocabulary

REPORT = "extend.json"
GIVEN = ("window", "negative", "ns_exponent", "sample", "alpha", "min_alpha")


@dataclass(frozen=True)
class Words:
    """The words of the sources: ``new`` ones with their counts, the most frequent first, and how many others."""

    new: dict[str, int]
    known: int
    too_rare: int
    most_frequent_too_rare: tuple[str, int] | None


def open_model(path: Path) -> Model:
    """The model of a folder with ``model.gensim``, or of a file, without running what it carries.

    Raises ``ValueError`` with what to do instead for one that no word can be added to.
    """
    model = read_model(path / train.MODEL if path.is_dir() else path)
    if model.parameters.get("hs"):
        raise ValueError(
            f"{path} was trained by hierarchical softmax: with every new word the Huffman tree is another one, and the "
            "rows of syn1 that the old vectors were trained against would stand for other nodes; train anew on all "
            "text, or train the model by negative sampling (Train.hs=0)"
        )
    if not folder.can_train(model):
        raise ValueError(
            f"{path} ({model.format}) has vectors but no output layer (syn1neg) with counts, and nothing to train new "
            "words against; give the full model that gensim's Word2Vec saved"
        )
    if not model.parameters.get("sg", 1):
        raise ValueError(
            f"{path} was trained by CBOW (sg=0), and new words are trained by skip-gram; train the model by skip-gram"
        )
    return model


def find_words(vocabulary: Path, model: Model) -> Words:
    """Which words of ``vocabulary`` (an output of that stage) the model does not have. Raises ``ValueError`` if it has
    them all."""
    known = set(model.words)
    counts = dict(read_vocabulary(vocabulary))
    new = {word: count for word, count in counts.items() if word not in known}
    dropped = known_dropped = 0
    too_rare = None
    for word, count in read_vocabulary(vocabulary, "dropped.tsv"):
        dropped += 1
        known_dropped += word in known
        too_rare = too_rare or (None if word in known else (word, count))
    words = Words(new, len(counts) - len(new) + known_dropped, dropped - known_dropped, too_rare)
    if not new:
        raise ValueError(_why_none(words, cache.read_json(vocabulary / "vocabulary.json")["min_count"]))
    return words


def _why_none(words: Words, min_count: int) -> str:
    if not words.most_frequent_too_rare:
        return f"the sources hold no new word: the model has all {words.known:,} of theirs"
    word, count = words.most_frequent_too_rare
    return (
        f"no new word stands Vocabulary.min_count = {min_count:,} times in the sources; of the {words.too_rare:,} that "
        f"the model does not have {word} stands most often, {count:,} times: --set Vocabulary.min_count={count}"
    )


def extend(
    model: Model, segment: Path, vocabulary: Path, target: Path, *, epochs: int | None = None, seed: int | None = None
) -> cache.Json:
    """Write the model with the new words of ``vocabulary``, trained on ``segment``, into the folder ``target``; what
    ``extend.json`` there says. ``epochs`` and ``seed`` are the model's own if not given.

    Raises ``ValueError`` if there is no new word, or none stands near one that the model has.
    """
    shard_files.verify([*shard_files.files(segment, ".ids"), *shard_files.files(segment, ".words")])
    words = find_words(vocabulary, model)
    extended = add_rows(model, words.new)
    made = folder.word2vec(extended)
    epochs, seed = made.epochs if epochs is None else epochs, made.seed if seed is None else seed
    contexts = train_rows(made, len(model.words), segment, epochs, seed)
    if not contexts.any():
        raise ValueError(f"none of the {len(words.new):,} new words stands near a word that the model has")
    if not contexts.all():  # without a context a row is what was drawn at the start, and says nothing
        made = folder.word2vec(take_rows(extended, np.append(np.ones(len(model.words), np.bool_), contexts > 0)))
    train.save(made, target)
    folder.write_vocabulary(target, made.wv.index_to_key, made.wv.expandos["count"])
    facts = {
        "model": report.describe(model),
        "parameters": {**{name: getattr(made, name) for name in GIVEN}, "epochs": epochs, "seed": seed},
        "words": {"new": int((contexts > 0).sum()), "known": words.known, "too_rare": words.too_rare},
        "old_rows": report.prove(model, target),
        "without_contexts": [word for word, number in zip(words.new, contexts, strict=True) if not number],
        "new_words": report.list_words(model, made.wv.vectors[len(model.words) :], words.new, contexts),
    }
    cache.write_json(target / REPORT, facts)
    return facts


def add_rows(model: Model, new: Mapping[str, int]) -> Model:
    """The model with rows of zeros for ``new`` words behind the others, in matrices of its own."""
    zeros = np.zeros((len(new), model.vectors.shape[1]), dtype=np.float32)
    return replace(
        model,
        words=[*model.words, *new],
        counts=np.append(_counts(model), list(new.values())).astype(np.int64),
        vectors=np.concatenate([model.vectors, zeros]),
        outputs={"syn1neg": np.concatenate([model.outputs["syn1neg"], zeros])},
        parameters={**model.parameters, "sorted_vocab": 0},  # the new words stand behind rarer ones
    )


def take_rows(model: Model, which: npt.NDArray[np.bool_]) -> Model:
    """The model of some of its words."""
    return replace(
        model,
        words=[word for word, taken in zip(model.words, which, strict=True) if taken],
        counts=_counts(model)[which],
        vectors=model.vectors[which],
        outputs={name: matrix[which] for name, matrix in model.outputs.items()},
    )


def _counts(model: Model) -> npt.NDArray[np.int64]:
    if model.counts is None:
        raise ValueError("a model without counts has nothing to draw negative samples by")
    return model.counts


def train_rows(made: Any, first_new: int, segment: Path, epochs: int, seed: int) -> npt.NDArray[np.int64]:
    """Train the rows of gensim's model ``made`` from ``first_new`` on, in place. Returns for each how many contexts it
    was trained with. Raises ``ValueError`` where they diverge."""
    trainer = Trainer(made, first_new, epochs, seed)
    with progress.bar("extend", epochs, unit="epochs") as bar:
        for epoch in range(epochs):
            done = 0.0
            for text in read_texts(segment, made.wv.key_to_index):
                trainer.train(text, epoch)
                bar.update(text.end - done)
                done = text.end
    if not all(np.isfinite(layer.new).all() for layer in trainer.layers):
        raise ValueError(f"the new vectors diverge: the model's learning rate, alpha = {made.alpha:g}, is too large")
    return trainer.contexts
