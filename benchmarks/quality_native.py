"""The native kernel's side of ``quality.py``: the one place that knows ``ciliu._native.Trainer``.

Not there yet. It is written against the interface that the kernel is to have.
"""

from typing import Any

import numpy as np

from ciliu.engine_native import import_native
from quality_corpus import QualityCorpus

SHARES = (0, 8, 4, 2, 1)  # context rows that share one draw of negatives; 0: the whole window
CHUNKS = 1  # all of the corpus in one call


def is_there() -> bool:
    """Whether the native core was built with a trainer."""
    return hasattr(import_native(), "Trainer")


def train_native(made: QualityCorpus, model: Any, share: int) -> None:
    """Train ``model`` (``quality_gensim.make_model``) in place with the kernel, in one thread.

    ``share`` is how many context rows share one draw of negatives, 0 for the whole window; hierarchical softmax has no
    negatives and takes 0. Raises ``AttributeError`` where the native core has no trainer.
    """
    native: Any = import_native()  # C has no annotations
    trainer = native.Trainer(
        shards=[(str(ids), str(ranks)) for ids, ranks in made.shards],
        counts=made.counts,
        sample_int=model.wv.expandos["sample_int"],
        syn0=model.wv.vectors,
        **output_layer(model),
        vector_size=model.vector_size,
        window=model.window,
        negative=model.negative,
        ns_exponent=model.ns_exponent,
        alpha=model.alpha,
        min_alpha=model.min_alpha,
        epochs=model.epochs,
        seed=model.seed,
        share=share,
        target="auto",
    )
    trainer.run(CHUNKS, 1)


def output_layer(model: Any) -> dict[str, Any]:
    """The matrix that is trained, and for hierarchical softmax each word's way through the tree."""
    if not model.hs:
        return {"syn1neg": model.syn1neg, "syn1": None, "points": None, "codes": None}
    points, codes = model.wv.expandos["point"], model.wv.expandos["code"]
    return {
        "syn1neg": None,
        "syn1": model.syn1,
        "points": [np.asarray(point, np.int32) for point in points],
        "codes": [np.asarray(code, np.uint8) for code in codes],
    }
