"""The native kernel's side of ``quality.py``."""

from typing import Any

from pipeline.train import HS_SHARE, native
from quality_corpus import QualityCorpus

# Context rows of one step, which share one draw of negatives; 0 and None: the whole window.
SHARES: dict[str, tuple[int | None, ...]] = {"ns": (0, 8, 4, 2, 1), "hs": (None, 4)}
DEFAULTS: dict[str, int] = {"ns": 0, "hs": HS_SHARE}  # which are trained in two threads as well


def train_native(made: QualityCorpus, model: Any, share: int, threads: int = 1) -> None:
    """Train ``model`` (``quality_gensim.make_model``) in place with the kernel.

    ``share`` is how many context words of a window are one step, 0 for all.
    """
    trainer = native.make_trainer(model, made.shards, epochs=model.epochs, share=share)
    trainer.run(model.epochs * trainer.chunks, threads)
    native.fill(model, trainer)
