"""gensim's side of ``quality.py``, and the untrained gensim model that both trainers begin with."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from quality_corpus import QualityCorpus

SETTINGS = {
    "vector_size": 256,
    "window": 10,
    "epochs": 3,
    "min_count": 5,
    "sample": 1e-3,
    "alpha": 0.025,
    "min_alpha": 0.0001,
    "ns_exponent": 0.75,
}
OBJECTIVES = {"ns": {"hs": 0, "negative": 5}, "hs": {"hs": 1, "negative": 0}}

Floats = npt.NDArray[np.float32]


class Matrices(NamedTuple):
    """What training gives, float32: ``vectors`` (words × 256) and ``output``, gensim's ``syn1neg`` (words × 256) or
    ``syn1`` (inner nodes of the Huffman tree, in as many rows)."""

    vectors: Floats
    output: Floats


def make_model(made: QualityCorpus, objective: str, seed: int) -> Any:
    """gensim's model before training: vocabulary in the order of ``made.words``, ``sample_int``, Huffman tree, first
    vectors drawn by ``seed``, the output layer zero."""
    from gensim.models import Word2Vec

    model = Word2Vec(sg=1, workers=1, sorted_vocab=0, seed=seed, **OBJECTIVES[objective], **SETTINGS)
    counts = dict(zip(made.words, made.counts.tolist(), strict=True))
    model.build_vocab_from_freq(counts, corpus_count=made.sentences)
    return model


def get_matrices(model: Any) -> Matrices:
    """The two matrices of a model with one objective."""
    return Matrices(model.wv.vectors, model.syn1 if model.hs else model.syn1neg)


def train_gensim(made: QualityCorpus, model: Any) -> None:
    """Train by gensim's fastest way, ``corpus_file``, in one thread."""
    model.train(
        corpus_file=str(made.text), total_examples=made.sentences, total_words=made.words_in, epochs=model.epochs
    )
