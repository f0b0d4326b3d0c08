"""The held-out loss of ``quality.py``: the objective itself, over the same pairs for all trainers.

A pair is a word and a word of its context, drawn as skip-gram draws them: frequent words subsampled (``sample`` 1e-3,
gensim's rule), then a window of 1 to 10 words to either side, each as likely. From the context word's vector v the
word is predicted, as gensim trains it:

- negative sampling: -log s(u_word · v) - sum of log s(-u_negative · v) over 5 words from counts ** 0.75, one that is
  the word itself left out;
- hierarchical softmax: the sum of -log s(±u_node · v) over the nodes on the word's way, + where its code is 0.

s is the logistic function, exact where gensim's training takes it from a table and cuts it off at ±6.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from quality_corpus import Ids, QualityCorpus, read_heldout
from quality_gensim import SETTINGS, Floats, Matrices, make_model

PAIRS = 400_000
SEED = 20_260  # of the windows, the subsampling, the choice of pairs and the negatives
NEGATIVES = 5
BLOCK = 4_000  # pairs at once: 4,000 × 25 rows of 256 floats are 100 MB

Signs = npt.NDArray[np.float32]


@dataclass(frozen=True)
class HeldOut:
    """Pairs ``context``, ``word``, and by objective the rows of the output matrix that each pair asks for (pairs ×
    targets) with the sign of the dot product: 1, -1, or 0 where there is no target."""

    context: Ids
    word: Ids
    targets: dict[str, Callable[[slice], tuple[Ids, Signs]]]


def hold_out(made: QualityCorpus) -> HeldOut:
    """The pairs, negatives and ways of the corpus; the same each time."""
    chance = np.random.default_rng(SEED)
    keep = keep_chances(made.counts, SETTINGS["sample"])
    sentences = [sentence[chance.random(len(sentence)) < keep[sentence]] for sentence in read_heldout(made)]
    word, context = draw_pairs(sentences, int(SETTINGS["window"]), chance)
    if len(word) > PAIRS:
        chosen = np.sort(chance.choice(len(word), PAIRS, replace=False))
        word, context = word[chosen], context[chosen]
    negatives = draw_negatives(made.counts, (len(word), NEGATIVES), chance)
    nodes, signs = find_ways(make_model(made, "hs", seed=1))
    return HeldOut(
        context,
        word,
        {
            "ns": lambda part: sampled_targets(word[part], negatives[part]),
            "hs": lambda part: (nodes[word[part]], signs[word[part]]),
        },
    )


def keep_chances(counts: npt.NDArray[np.int64], sample: float) -> npt.NDArray[np.float64]:
    """How likely a word's place is kept, by rank (gensim's ``sample_int``)."""
    threshold = sample * counts.sum()
    chances: npt.NDArray[np.float64] = np.minimum((np.sqrt(counts / threshold) + 1) * (threshold / counts), 1.0)
    return chances


def draw_pairs(sentences: Iterable[Ids], window: int, chance: np.random.Generator) -> tuple[Ids, Ids]:
    """(word, context) for all sentences, in windows drawn by ``chance``."""
    split = [sentence for sentence in sentences if len(sentence)]
    words = np.concatenate([np.empty(0, np.int32), *split])
    sentence = np.repeat(np.arange(len(split)), [len(part) for part in split])
    width = chance.integers(1, window + 1, len(words))
    pairs = []
    for distance in range(1, window + 1):
        left = np.flatnonzero(sentence[distance:] == sentence[:-distance])
        right = left + distance
        for centre, other in ((left, right), (right, left)):
            inside = width[centre] >= distance
            pairs.append((words[centre[inside]], words[other[inside]]))
    return np.concatenate([pair[0] for pair in pairs]), np.concatenate([pair[1] for pair in pairs])


def draw_negatives(counts: npt.NDArray[np.int64], shape: tuple[int, int], chance: np.random.Generator) -> Ids:
    """Ranks drawn from ``counts`` ** 0.75."""
    cumulated = np.cumsum(counts.astype(float) ** SETTINGS["ns_exponent"])
    drawn: Ids = np.searchsorted(cumulated, chance.random(shape) * cumulated[-1], side="right").astype(np.int32)
    return drawn


def sampled_targets(word: Ids, negatives: Ids) -> tuple[Ids, Signs]:
    """The word, and the negatives that are other words."""
    signs = np.where(negatives == word[:, None], 0, -1)
    targets = np.concatenate([word[:, None], negatives], axis=1)
    return targets, np.concatenate([np.ones((len(word), 1)), signs], axis=1).astype(np.float32)


def find_ways(model: Any) -> tuple[Ids, Signs]:
    """For each word the inner nodes on its way through gensim's Huffman tree, and the signs; 0 behind the end."""
    points, codes = model.wv.expandos["point"], model.wv.expandos["code"]
    nodes = np.zeros((len(points), max(map(len, points))), np.int32)
    signs = np.zeros(nodes.shape, np.float32)
    for word, (point, code) in enumerate(zip(points, codes, strict=True)):
        nodes[word, : len(point)] = point
        signs[word, : len(code)] = 1 - 2 * np.asarray(code, np.float32)
    return nodes, signs


def mean_loss(heldout: HeldOut, objective: str, matrices: Matrices) -> float:
    """The loss of a pair in nats, the mean over all."""
    total = 0.0
    for at in range(0, len(heldout.word), BLOCK):
        part = slice(at, at + BLOCK)
        total += float(losses(matrices, heldout.context[part], *heldout.targets[objective](part)).sum())
    return total / len(heldout.word)


def losses(matrices: Matrices, context: Ids, targets: Ids, signs: Signs) -> npt.NDArray[np.float64]:
    """The loss of each pair of a block."""
    vectors: Floats = matrices.vectors[context]
    dots = np.matmul(matrices.output[targets], vectors[:, :, None])[:, :, 0].astype(np.float64)
    each = np.where(signs == 0, 0.0, np.logaddexp(0.0, -signs * dots))
    summed: npt.NDArray[np.float64] = each.sum(axis=1)
    return summed
