"""Rows for new words, trained by negative sampling against rows that stay as they are."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.extend.pairs import Ids, Pairs, Text, find_pairs
from pipeline.models.model import Matrix

BATCH = 4096  # pairs: with 256 dimensions and 5 negative samples 25 MB
LARGEST_EXPONENT = 6.0  # beyond it gensim trains no further


@dataclass(frozen=True)
class Layer:
    """One of the model's two matrices: ``new`` rows that are trained against the ``frozen`` ones of the other."""

    new: Matrix
    frozen: Matrix
    new_is_centre: bool


class Trainer:
    """New words' rows in both matrices of ``model`` (gensim's): those from ``first_new`` on, changed in place.

    In gensim's skip-gram the row of ``wv.vectors`` is the word's in the window, that of ``syn1neg`` the centre's.
    """

    def __init__(self, model: Any, first_new: int, epochs: int, seed: int) -> None:
        self.window, self.negative, self.first_new, self.epochs = model.window, model.negative, first_new, epochs
        self.alpha, self.min_alpha = model.alpha, model.min_alpha
        self.sample_int = np.asarray(model.wv.expandos["sample_int"], dtype=np.uint32)
        self.random = np.random.default_rng(seed)
        counts = np.asarray(model.wv.expandos["count"][:first_new], dtype=np.float64)
        self.noise = np.cumsum(counts**model.ns_exponent)
        vectors, outputs = model.wv.vectors, model.syn1neg
        self.layers = (
            Layer(vectors[first_new:], outputs[:first_new], new_is_centre=False),
            Layer(outputs[first_new:], vectors[:first_new], new_is_centre=True),
        )
        self.contexts = np.zeros(len(vectors) - first_new, dtype=np.int64)
        first = self.random.random(self.layers[0].new.shape, dtype=np.float32)
        self.layers[0].new[:] = (2 * first - 1) / model.vector_size  # as gensim's own first vectors

    def train(self, text: Text, epoch: int) -> None:
        """One pass over a piece of the sources."""
        drawn = self.random.integers(0, 1 << 32, len(text.row), dtype=np.uint32)
        text = text.take(self.sample_int[text.row] >= drawn)
        reach = self.random.integers(1, self.window + 1, len(text.row), dtype=np.int32)
        for layer in self.layers:
            pairs = find_pairs(text, self.first_new, reach, self.window, new_is_centre=layer.new_is_centre)
            if not layer.new_is_centre:
                self.contexts += np.bincount(pairs.new - self.first_new, minlength=len(self.contexts))
            self._train_layer(layer, pairs, epoch)

    def _train_layer(self, layer: Layer, pairs: Pairs, epoch: int) -> None:
        done = (epoch + pairs.place) / self.epochs
        alpha = (self.alpha - (self.alpha - self.min_alpha) * done).astype(np.float32)
        for batch in pairs.batches(BATCH):
            known = pairs.known[batch]
            drawn = self.random.random((len(known), self.negative)) * self.noise[-1]
            samples = np.searchsorted(self.noise, drawn, side="right").astype(np.int32)
            step(layer, pairs.new[batch] - self.first_new, known, samples, alpha[batch])


def step(layer: Layer, new: Ids, known: Ids, samples: Ids, alpha: npt.NDArray[np.float32]) -> None:
    """One step of gradient ascent: of P pairs the new rows (ascending) towards the known ones, and away from the
    ``samples`` (P × negative). Those that are the known word itself are passed over, as gensim does."""
    near = layer.frozen[np.column_stack([known, samples])]
    dots = (near @ layer.new[new][:, :, None])[:, :, 0]
    wanted = np.zeros(dots.shape, dtype=np.float32)
    wanted[:, 0] = 1
    slope = (wanted - 1 / (1 + np.exp(-np.clip(dots, -LARGEST_EXPONENT, LARGEST_EXPONENT)))) * alpha[:, None]
    slope[np.abs(dots) >= LARGEST_EXPONENT] = 0
    slope[:, 1:][samples == known[:, None]] = 0
    change = (slope[:, None, :] @ near)[:, 0, :]
    starts = np.flatnonzero(np.diff(new, prepend=-1))
    layer.new[new[starts]] += np.add.reduceat(change, starts)
