"""The corpus as it was trained on: how long articles are, which words are frequent, what the minimum count cost, which
words a dictionary has."""

from collections.abc import Sequence
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.evaluate.bands import bands
from pipeline.evaluate.space import Space
from pipeline.evaluate.words import dictionary
from pipeline.report.origin import Origin
from pipeline.shard_files import files, read_articles
from pipeline.vocabulary_files import read_vocabulary

ARTICLES = 20_000  # that are measured, some of each shard: a second or two, whatever the corpus holds
FREQUENT = 60
POINTS = 200  # of Zipf's curve
MIN_COUNTS = (1, 2, 3, 5, 10, 20, 50, 64, 100, 200, 500, 1_000)
EXAMPLES = 20


def look(origin: Origin) -> dict[str, Any]:
    """All of it, as far as the files are there: ``lengths`` and ``min_counts`` may be None."""
    counts = origin.space.counts
    dropped = read_dropped(origin.folders["vocabulary"]) if "vocabulary" in origin.folders else None
    kept = np.sort(counts)[::-1] if counts is not None else None
    every = np.concatenate([kept, dropped]) if kept is not None and dropped is not None else kept
    return {
        "lengths": measure_lengths(origin.folders["dedup"]) if "dedup" in origin.folders else None,
        "frequent": frequent(origin.space),
        "zipf": zipf(every) if every is not None else [],
        "kept": len(origin.space.words),
        "min_count": origin.counts("vocabulary").get("min_count"),
        "min_counts": cost_of_min_counts(every) if every is not None and dropped is not None else None,
        "dropped": origin.counts("vocabulary").get("examples_dropped", []),
    }


def read_dropped(vocabulary: Path) -> npt.NDArray[np.int64]:
    """How often each word below the minimum stands, the most frequent first."""
    counts = np.fromiter((count for _, count in read_vocabulary(vocabulary, "dropped.tsv")), np.int64)
    return np.sort(counts)[::-1]


def measure_lengths(dedup: Path) -> dict[str, Any] | None:
    """Characters of up to ``ARTICLES`` articles, the first of each shard, in classes; None without articles."""
    shards = [file.path for file in files(dedup, ".jsonl")]
    each = -(-ARTICLES // max(1, len(shards)))
    lengths = np.array([len(article["text"]) for path in shards for article in islice(read_articles(path), each)])
    if not len(lengths):
        return None
    edges = [0, *(digit * 10**power for power in range(1, 8) for digit in (1, 2, 5))]
    edges = edges[: int(np.searchsorted(edges, lengths.max(), side="right")) + 1]
    found = np.histogram(lengths, [*edges[:-1], edges[-1] + 1])[0].tolist()
    quartiles = np.percentile(lengths, [5, 25, 50, 75, 95]).round().astype(int).tolist()
    classes = [{"from": first, "to": last - 1, "articles": number} for (first, last), number in
               zip(pairwise(edges), found, strict=True)]  # fmt: skip
    return {"classes": classes, "measured": len(lengths), "percentiles": quartiles, "mean": round(lengths.mean())}


def frequent(space: Space) -> list[tuple[str, int | None]]:
    """The first words with their counts."""
    counts = space.counts.tolist() if space.counts is not None else [None] * len(space.words)
    return list(zip(space.words[:FREQUENT], counts, strict=False))


def zipf(counts: npt.NDArray[np.int64]) -> list[tuple[int, int]]:
    """(rank, count) at ranks that lie evenly on a logarithmic scale."""
    ranks = np.unique(np.geomspace(1, len(counts), POINTS).round().astype(int))
    return [(int(rank), int(counts[rank - 1])) for rank in ranks]


def cost_of_min_counts(counts: npt.NDArray[np.int64]) -> list[dict[str, Any]]:
    """For each minimum count the words that it keeps, and the share of the running text that it loses."""
    total = max(1, int(counts.sum()))
    return [
        {"min_count": least, "words": int((counts >= least).sum()), "lost": float(counts[counts < least].sum() / total)}
        for least in MIN_COUNTS
    ]


def look_at_dictionary(origin: Origin) -> dict[str, Any]:
    """How much of the running text jieba's dictionary has, and the user's own, by frequency band."""
    space, own = origin.space, _own_entries(origin)
    known = np.array([2 if word in own else 1 if word in dictionary() else 0 for word in space.words])
    weights = space.counts if space.counts is not None else np.ones(len(known))
    outside = np.flatnonzero(known == 0)[:EXAMPLES]
    used = [word for word in space.words if word in own]
    return {
        "counts": origin.counts("dictionary"),
        "bands": [
            {"from_rank": first + 1, "to_rank": last, **_shares(known[first:last], weights[first:last])}
            for first, last in bands(len(known))
        ],
        "all": _shares(known, weights),
        "outside": [space.words[row] for row in outside],
        "own": {"entries": len(own), "used": len(used), "examples": used[:EXAMPLES]},
    }


def _shares(known: npt.NDArray[Any], weights: npt.NDArray[Any]) -> dict[str, float]:
    total = max(1.0, float(weights.sum()))
    names: Sequence[str] = ("neither", "jieba", "own")
    return {name: round(float(weights[known == number].sum()) / total, 4) for number, name in enumerate(names)}


def _own_entries(origin: Origin) -> set[str]:
    """The words of the compiled dictionary that jieba's does not have."""
    if not origin.counts("dictionary").get("entries") or "dictionary" not in origin.folders:
        return set()
    with (origin.folders["dictionary"] / "dictionary.tsv").open(encoding="utf-8", newline="\n") as lines:
        return {word for line in lines if (word := line.split("\t")[0]) not in dictionary()}
