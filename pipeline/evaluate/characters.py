"""Words that end in the same character: nearer to each other than other words, whatever the corpus is about?

In Chinese the last character of a word of two mostly says what kind of thing it is (法院 and 医院, court and hospital;
诉讼 says nothing of either), so this needs no set, and all words of a vocabulary take part, the rare ones too.
"""

from collections import defaultdict
from typing import Any

import numpy as np

from pipeline.evaluate.bands import bands
from pipeline.evaluate.groups import auc
from pipeline.evaluate.space import Ids, Space

PAIRS, SEED = 5_000, 1
FEWEST = 200  # words with a partner, for a figure
FREQUENT = 10_000  # words that "in all" means: what the rare ones are like depends on how many there are


def look(space: Space) -> dict[str, Any]:
    """``auc``: how often such a pair has a greater cosine than a random pair of the same words (0.5 is chance), among
    the ``FREQUENT`` most frequent words and by frequency band; None with fewer than ``FEWEST`` words."""
    return {
        **_score(space, 0, min(FREQUENT, len(space.words))),
        "bands": [
            {"from_rank": first + 1, "to_rank": last, **_score(space, first, last)}
            for first, last in bands(len(space.words))
        ],
    }


def _score(space: Space, first: int, last: int) -> dict[str, Any]:
    families = find_families(space, first, last)
    rows = np.concatenate(families) if families else np.empty(0, dtype=np.int64)
    if len(rows) < FEWEST or len(families) < 2:
        return {"words": len(rows), "auc": None}
    chance = np.random.default_rng(SEED)
    sizes = np.array([len(family) for family in families])
    starts = np.cumsum(sizes) - sizes
    family = np.repeat(np.arange(len(families)), sizes)
    one = chance.integers(0, len(rows), PAIRS)
    step = chance.integers(1, sizes[family[one]])  # another of the family
    other = starts[family[one]] + (one - starts[family[one]] + step) % sizes[family[one]]
    random = chance.integers(0, len(rows), PAIRS)
    apart = family[one] != family[random]
    cosines = [
        np.einsum("ij,ij->i", space.unit(rows[one[part]]), space.unit(rows[to[part]]))
        for to, part in ((other, slice(None)), (random, apart))
    ]
    return {"words": len(rows), "auc": round(auc(*cosines), 4)}


def find_families(space: Space, first: int, last: int) -> list[Ids]:
    """The rows of words of two Han characters that share the last one, of the ranks from ``first`` up to ``last``."""
    by_end: dict[str, list[int]] = defaultdict(list)
    for row in range(first, last):
        word = space.words[row]
        if len(word) == 2 and all("\u4e00" <= character <= "\u9fff" for character in word):
            by_end[word[1]].append(row)
    return [np.array(rows) for rows in by_end.values() if len(rows) > 1]
