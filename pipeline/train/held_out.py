"""Sentences that are not trained on, and the loss on them while the others are.

Each ``held_out``-th sentence (``Train.held_out``, counted over the whole text) is left out. The loss is the training's
own objective, over the same pairs and negative samples each time: for negative sampling the mean over all pairs of
-log σ(v·u) - Σ log σ(-v·n), for hierarchical softmax that of -Σ log σ(±v·node), for both their sum.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from pipeline import shard_files

Ids = npt.NDArray[np.int32]
Shards = Sequence[tuple[Ids, Ids]]

WORDS = 50_000  # whose loss is taken, about: 0.1 s each time
LOOKS = 20  # at the loss, evenly over the training


def find_sentences(shards: Shards, held_out: int, words: int) -> Ids:
    """The ranks of the words of the sentences that are held out, -1 behind each; evenly fewer of them where they have
    more than ``WORDS`` words. ``words`` is how many the text has; memory: one shard and the result."""
    if not held_out:
        return np.empty(0, dtype=np.int32)
    apart = held_out * max(1, round(words / held_out / WORDS))
    parts = [part for ids, ranks in _each(shards, apart) for part in (_known(ranks[ids]), _END)]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int32)


_END = np.array([shard_files.END_OF_SENTENCE], dtype=np.int32)


def _each(shards: Shards, apart: int) -> Iterator[tuple[Ids, Ids]]:
    """Of so many sentences the last, with the map of its shard. A sentence without words counts as none."""
    before = 0
    for ids, ranks in shards:
        ends = np.flatnonzero(ids == shard_files.END_OF_SENTENCE)
        starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
        full = ends > starts
        ends, starts = ends[full], starts[full]
        for number in range(apart - 1 - before % apart, len(ends), apart):
            yield np.asarray(ids[starts[number] : ends[number]]), ranks
        before += len(ends)


def _known(ranks: Ids) -> Ids:
    return ranks[ranks >= 0]


def counts_by_band(counts: Ids, sample_int: Ids) -> list[dict[str, float]]:
    """What subsampling does to words of each frequency band (ranks 1–10, 11–100, …): their running words, and the share
    of them that is trained on (Mikolov et al. 2013; gensim's ``sample_int`` / 2**32)."""
    kept = counts * np.minimum(1.0, (sample_int.astype(np.float64) + 1) / 2**32)
    bands = []
    first = 0
    while first < len(counts):
        last = min(len(counts), max(10, first * 10))
        words = int(counts[first:last].sum())
        share = round(float(kept[first:last].sum()) / max(1, words), 4)
        bands.append({"from_rank": first + 1, "to_rank": last, "words": words, "trained": share})
        first = last
    return bands


def when_to_look(chunks: int) -> list[int]:
    """After how many of a training's chunks the loss is taken: before the first, after the last, and evenly between."""
    return sorted({round(chunks * part / LOOKS) for part in range(LOOKS + 1)})
