"""The native kernel's side of ``quality.py``."""

from typing import Any

from pipeline.train import native
from quality_corpus import QualityCorpus

SHARES = (0, 8, 4, 2, 1)  # context rows that share one draw of negatives; 0: the whole window


def train_native(made: QualityCorpus, model: Any, share: int) -> None:
    """Train ``model`` (``quality_gensim.make_model``) in place with the kernel, in one thread.

    ``share`` is how many context words share one draw of negatives, 0 for the whole window; hierarchical softmax has no
    negatives and takes 0.
    """
    trainer = native.make_trainer(model, made.shards, epochs=model.epochs, share=share)
    trainer.run(model.epochs * trainer.chunks, 1)
    native.fill(model, trainer)
