"""The native kernel's side of ``quality.py``: the one place that knows ``ciliu._native.Trainer``."""

from typing import Any

import numpy as np

from ciliu.engine_native import import_native
from quality_corpus import QualityCorpus

SHARES = (0, 8, 4, 2, 1)  # context rows that share one draw of negatives; 0: the whole window


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
        shards=made.shards,
        counts=made.counts,
        sample_int=np.asarray(model.wv.expandos["sample_int"], dtype=np.uint32),
        vector_size=model.vector_size,
        window=model.window,
        negative=model.negative,
        ns_exponent=model.ns_exponent,
        alpha=model.alpha,
        min_alpha=model.min_alpha,
        epochs=model.epochs,
        seed=model.seed,
        share=share,
        syn0=model.wv.vectors,
        **(read_tree(model) if model.hs else {}),
    )
    trainer.run(model.epochs * trainer.chunks, 1)
    trainer.get("syn0", model.wv.vectors)
    name = "syn1" if model.hs else "syn1neg"
    trainer.get(name, getattr(model, name))


def read_tree(model: Any) -> dict[str, Any]:
    """Each word's way down gensim's Huffman tree: inner nodes and codes, one word behind the other."""
    points, codes = model.wv.expandos["point"], model.wv.expandos["code"]
    lengths = [len(point) for point in points]
    return {
        "offsets": np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        "points": np.concatenate(points).astype(np.int32),
        "codes": np.concatenate(codes).astype(np.uint8),
    }
