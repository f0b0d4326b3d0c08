"""The words themselves: how the text was cut, where the vocabulary ends, what subsampling left of it."""

from functools import cache as memoize
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.evaluate.bands import bands
from pipeline.evaluate.groups import auc
from pipeline.evaluate.set_files import SHIPPED, read_set
from pipeline.evaluate.space import Space

FREQUENT = 10_000  # words that are looked at: about 90 % of running text


@memoize
def dictionary() -> dict[str, int]:
    """jieba's own dictionary: word to frequency."""
    import jieba

    with jieba.get_dict_file() as file:
        return {word: int(count) for word, count, _ in (line.split(" ") for line in file.read().decode().splitlines())}


def look(space: Space) -> dict[str, Any]:
    """``single``: the share of words of one character in running Chinese text (about, by Zipf's law, where there are no
    counts); ``in_dictionary``: of the longer words, the share that jieba's dictionary has; ``last_count`` against
    ``min_count``, and ``declared`` words; ``frequent_first``: among common words, how often one that is there is more
    frequent in general than one that is not (1 where a vocabulary was cut off at a rank)."""
    counts = space.counts if space.counts is not None else 1_000_000 / np.arange(1, len(space.words) + 1)
    min_count = space.parameters.get("min_count")
    return {
        "words": len(space.words),
        "declared": space.declared,
        "min_count": min_count,
        "last_count": int(space.counts[-1]) if space.counts is not None and len(space.counts) else None,
        **_how_cut(space, counts),
        **_common(space),
    }


def _how_cut(space: Space, counts: Any) -> dict[str, Any]:
    words = space.words[:FREQUENT]
    han = np.array([all("\u4e00" <= character <= "\u9fff" for character in word) for word in words], dtype=bool)
    single = han & np.array([len(word) == 1 for word in words], dtype=bool)
    listed = np.array([word in dictionary() for word in words], dtype=bool)
    counts = np.asarray(counts[: len(words)], dtype=np.float64)
    return {
        "single": _share(counts, single, han),
        "in_dictionary": _share(counts, listed & han & ~single, han & ~single),
    }


def _share(counts: Any, part: Any, whole: Any) -> float | None:
    return round(float(counts[part].sum() / counts[whole].sum()), 4) if counts[whole].any() else None


def _common(space: Space) -> dict[str, Any]:
    """Of the words of the sets that are shipped."""
    words = sorted({word for name in ("groups", "domains") for words in _shipped(name).values() for word in words})
    there = np.array([word in space.index for word in words])
    frequency = np.array([dictionary()[word] for word in words], dtype=np.float32)
    found = float(auc(frequency[there], frequency[~there])) if there.any() and not there.all() else None
    return {
        "common": len(words),
        "common_found": int(there.sum()),
        "frequent_first": round(found, 4) if found is not None else None,
    }


def _shipped(name: str) -> dict[str, list[str]]:
    _, groups = read_set(SHIPPED / f"{name}.txt")
    return groups  # type: ignore[return-value] # what the file holds is known


def subsampling(space: Space) -> dict[str, Any]:
    """What subsampling (``sample``) left of the running words, in all and by frequency band. ``contexts`` is the share
    of the words around a rare one that take part: the share in all."""
    sample = space.parameters.get("sample")
    if space.counts is None or sample is None or not space.counts.any():
        return {"sample": sample, "contexts": None, "bands": []}
    counts = space.counts.astype(np.float64)
    kept = counts * chances(space.counts, float(sample))
    return {
        "sample": sample,
        "contexts": round(float(kept.sum() / counts.sum()), 4),
        "bands": [
            {
                "from_rank": first + 1,
                "to_rank": last,
                "words": int(counts[first:last].sum()),
                "trained": round(float(kept[first:last].sum() / max(1.0, counts[first:last].sum())), 4),
            }
            for first, last in bands(len(counts))
        ],
    }


def chances(counts: npt.NDArray[np.int64], sample: float) -> npt.NDArray[np.float64]:
    """The chance of each running word to be kept, as gensim's ``build_vocab`` has it (Mikolov et al. 2013); 0: all."""
    if sample <= 0:
        return np.ones(len(counts))
    threshold = sample * counts.sum() if sample < 1 else float(sample)
    share = counts / threshold
    found: npt.NDArray[np.float64] = np.minimum(1.0, (np.sqrt(share) + 1) / share)
    return found
