"""Downstream: can a linear model tell the labels of texts by the mean of their words' vectors?

Against a bag of words (what the words alone tell) and random vectors of the same size (what a random projection of them
tells). The published span of whole families of models is narrow (91.95 to 94.3 on THUCNews): this finds broken models,
it does not rank good ones.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.evaluate.records import read_records
from pipeline.evaluate.space import Floats, Space

Cut = Callable[[str], list[str]]

SEEDS = (1, 2, 3)
MOST = 5_000  # texts, drawn evenly
CHARACTERS = 2_000  # of each text
TEST = 0.2
FIELDS = (("text", "text_a"), ("label",))


def look(space: Space, path: Path, cut_text: Cut) -> dict[str, Any]:
    """Accuracy on a fifth of the texts for each of three splits, for each kind of features; ``cut_text`` cuts them.

    Raises ``ValueError`` for a file that holds no labelled texts, or where scikit-learn is not installed.
    """
    texts, labels = read_texts(path)
    cut = [cut_text(text[:CHARACTERS]) for text in texts]
    random = np.random.default_rng(SEEDS[0]).standard_normal((len(space.words), space.vectors.shape[1]))
    features = {
        "averaged vectors": averages(space, cut),
        "random vectors": averages(Space(space.words, random.astype(np.float32)), cut),
        "bag of words": None,
    }
    return {
        "texts": len(texts),
        "labels": len(set(labels)),
        "known_words": share_known(space, cut),
        "features": {
            name: [round(_accuracy(made, cut, labels, seed), 4) for seed in SEEDS] for name, made in features.items()
        },
    }


def share_known(space: Space, cut: Iterable[list[str]]) -> float:
    """The share of all words that the model has."""
    known = [word in space.index for words in cut for word in words]
    return round(sum(known) / max(1, len(known)), 4)


def averages(space: Space, cut: list[list[str]]) -> Floats:
    """Texts × dimensions: the mean of the known words' vectors, each of length 1; zeros for a text without any."""
    made: Floats = np.zeros((len(cut), space.vectors.shape[1]), dtype=np.float32)
    for place, words in enumerate(cut):
        if rows := space.known(words):
            made[place] = space.unit(rows).mean(axis=0)
    return made


def _accuracy(features: Floats | None, cut: list[list[str]], labels: list[str], seed: int) -> float:
    """Logistic regression on four fifths, right answers on the last one; the same split for all features."""
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import train_test_split
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
    except ImportError:
        raise ValueError("--classify needs scikit-learn: pip install 'ciliu[evaluate]'") from None
    learned, tested = train_test_split(np.arange(len(labels)), test_size=TEST, random_state=seed, stratify=labels)
    first = StandardScaler() if features is not None else TfidfVectorizer(analyzer=list, min_df=2)
    given = features if features is not None else np.array(cut, dtype=object)
    answers = np.array(labels)
    model = make_pipeline(first, LogisticRegression(max_iter=200)).fit(given[learned], answers[learned])
    return float((model.predict(given[tested]) == answers[tested]).mean())


def read_texts(path: Path) -> tuple[list[str], list[str]]:
    """Texts and labels of a ``.jsonl`` (``text``, ``label``; also ``.zst``), or of lines ``text TAB label``, or of a
    ``.tsv`` with a head line that names ``label`` and ``text`` (or ``text_a``); at most ``MOST``, evenly drawn."""
    pairs = read_records(path, FIELDS)
    pairs = pairs[:: max(1, -(-len(pairs) // MOST))]
    often = {label for label, times in Counter(label for _, label in pairs).items() if times >= 5}
    if len(often) < 2:
        raise ValueError(
            f"{path} holds no texts of two labels, five of each: .jsonl with text and label, or lines with a TAB"
        )
    kept = [pair for pair in pairs if pair[1] in often]
    return [text for text, _ in kept], [label for _, label in kept]
