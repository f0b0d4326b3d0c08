"""Frequency bands: the words by rank, the most frequent first."""

from itertools import pairwise


def bands(words: int) -> list[tuple[int, int]]:
    """(first, behind the last) of the ranks 1–100, 101–1,000, 1,001–10,000, … of so many words."""
    edges = [0, 100]
    while edges[-1] < words:
        edges.append(edges[-1] * 10)
    return [(first, min(last, words)) for first, last in pairwise(edges) if first < words]
