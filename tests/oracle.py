"""Skip-gram from scratch, in float64: what the native core must compute, with the same random numbers.

``hs`` and ``negative`` as gensim has them. A block is some neighbours of one centre word (``share`` at most; 0: all, 64
at most) times the centre word and what is drawn, or the centre word's Huffman path. A word that stands or was drawn
twice in a block is one row of weight 2.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
MASK = (1 << 64) - 1
BLOCK, CHUNK = 64, 10_000


class Random:
    """splitmix64."""

    def __init__(self, state: int) -> None:
        self.state = state

    def __call__(self) -> int:
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) & MASK
        return z ^ z >> 31


def start(seed: int, epoch: int, chunk: int) -> Random:
    """The random numbers of a chunk."""
    return Random(Random(Random(Random(seed)() + epoch & MASK)() + chunk & MASK)())


def below(random: int, n: int) -> int:
    """0 … n - 1."""
    return (random >> 32) * n >> 32


def build_alias(counts: Sequence[int], exponent: float) -> list[tuple[int, int]]:
    """Vose's alias table: for each place (threshold of 2**32, the other word)."""
    share = [float(count) ** exponent for count in counts]
    total = sum(share)
    share = [one * (len(share) / total) for one in share]
    small = [i for i, one in enumerate(share) if one < 1]
    large = [i for i, one in enumerate(share) if one >= 1]
    table = [((1 << 32) - 1, i) for i in range(len(share))]
    while small and large:
        poor, rich = small.pop(), large[-1]
        table[poor] = int(share[poor] * 2**32), rich
        share[rich] -= 1 - share[poor]
        if share[rich] < 1:
            small.append(large.pop())
    return table


def step(x: Array, y: Array, x_weight: Array, y_weight: Array, label: Array, alpha: float) -> None:
    """One block: gradient descent on ``loss`` with all old values. A product beyond ±6 changes nothing."""
    f = x @ y.T
    g = alpha * np.outer(x_weight, y_weight) * (label - 1 / (1 + np.exp(-f))) * (abs(f) < 6)
    x[:], y[:] = x + g @ y, y + g.T @ x


def loss(x: Array, y: Array, x_weight: Array, y_weight: Array, label: Array) -> float:
    """Sum over the pairs of -log σ(product) where the label is 1, -log σ(-product) where it is 0."""
    f = np.where(label == 1, -1, 1) * (x @ y.T)
    return float(x_weight @ np.logaddexp(0, f) @ y_weight)


@dataclass
class Oracle:
    """A training; ``paths`` are (points, codes) of each word. Matrices of objectives that are not asked for: None."""

    counts: Sequence[int]
    sample_int: Sequence[int]
    syn0: Array
    syn1neg: Array | None
    syn1: Array | None
    window: int
    negative: int
    share: int
    seed: int
    paths: Sequence[tuple[Array, Array]] = ()
    ns_exponent: float = 0.75
    trained: int = 0
    losses: float = 0.0
    alias: list[tuple[int, int]] = field(init=False)

    def __post_init__(self) -> None:
        self.alias = build_alias(self.counts, self.ns_exponent)

    def blocks(self, sentence: Sequence[int], random: Random) -> Iterator[tuple[Array, Sequence[int], Any, Any]]:
        """(matrix of the targets, context words, targets, labels) of one sentence, in order."""
        words = [word for word in sentence if random() >> 32 <= self.sample_int[word]]
        self.trained += len(words)
        for i, centre in enumerate(words):
            window = self.window - below(random(), self.window)
            around = words[max(0, i - window) : i] + words[i + 1 : i + 1 + window]
            size = min(self.share or BLOCK, BLOCK)
            for first in range(0, len(around), size):
                if self.syn1 is not None:
                    points, codes = self.paths[centre]
                    yield self.syn1, around[first : first + size], points.tolist(), 1 - codes.astype(int)
                if self.syn1neg is not None:
                    draws = [self.draw(random()) for _ in range(self.negative)]
                    targets = [centre, *(word for word in draws if word != centre)]
                    yield self.syn1neg, around[first : first + size], targets, [1] + [0] * (len(targets) - 1)

    def draw(self, random: int) -> int:
        """A word for a random number."""
        place = below(random, len(self.alias))
        threshold, other = self.alias[place]
        return place if random & 0xFFFFFFFF < threshold else other

    def run(self, sentence: Sequence[int], random: Random, alpha: float) -> None:
        """Train on a sentence of ranks; with ``alpha`` 0 nothing changes, and ``losses`` grows all the same."""
        for matrix, around, targets, labels in self.blocks(sentence, random):
            contexts, drawn, label = Counter(around), Counter(targets), dict(zip(targets, labels, strict=True))
            rows, others = list(contexts), list(drawn)
            x, y = self.syn0[rows], matrix[others]
            weights = np.array(list(contexts.values())), np.array(list(drawn.values()))
            label_of = np.array([label[word] for word in others])
            self.losses += loss(x, y, *weights, label_of)
            step(x, y, *weights, label_of, alpha)
            self.syn0[rows], matrix[others] = x, y


def chunks(sentences: Sequence[Sequence[int]]) -> list[list[Sequence[int]]]:
    """Sentences of one shard in chunks, as gensim fills its jobs."""
    made: list[list[Sequence[int]]] = []
    for sentence in filter(len, sentences):
        if not made or sum(map(len, made[-1])) + len(sentence) > CHUNK:
            made.append([])
        made[-1].append(sentence)
    return made
