"""A map of words: the most frequent words of a model on a plane, in clusters that are named by their central words.

The directions are those of the vectors less their mean (random pairs of a trained model have a cosine well above 0,
which says nothing; Mu & Viswanath 2018). The plane is t-SNE (van der Maaten & Hinton 2008), the clusters are k-means on
the directions themselves, not on the plane; both are scikit-learn's.
"""

from typing import Any

import numpy as np

from pipeline.evaluate.space import Floats, Space

SEED = 1
NAMES = 3  # central words that name a cluster
PERPLEXITY = 30.0  # t-SNE's usual one: about how many neighbours a word has on the map


def make_map(space: Space, number: int = 2_000, clusters: int | None = None) -> dict[str, Any]:
    """The first ``number`` words of ``space``, which are the most frequent ones, as plain data: ``words``; ``counts``
    (None where the model has none); ``x`` and ``y``; ``cluster`` (the number of each word's cluster) and ``clusters``,
    the largest first, each with its ``name`` (its three most central words), ``size``, and ``x`` and ``y``, its middle
    on the plane. By default there are √(words / 3) clusters. Words whose vector is zero or not finite are left out.

    The same model gives the same map, on any number of CPUs. Raises ``ValueError`` without scikit-learn, or where
    fewer than ten words are left.
    """
    rows = np.flatnonzero(space.unit(slice(0, number)).any(axis=1)).tolist()
    if len(rows) < 10:
        raise ValueError(f"a map needs at least ten words with a vector, and this model has {len(rows)}")
    directions = _directions(space.unit(rows))
    places, groups = _place(directions, clusters or max(2, round((len(rows) / 3) ** 0.5)))
    words = [space.words[row] for row in rows]
    order = np.argsort(-np.bincount(groups), kind="stable")
    return {
        "words": words,
        "counts": space.counts[rows].tolist() if space.counts is not None else None,
        "x": places[:, 0].tolist(),
        "y": places[:, 1].tolist(),
        "cluster": np.argsort(order)[groups].tolist(),
        "clusters": [_describe(np.flatnonzero(groups == group), words, directions, places) for group in order],
    }


def _directions(vectors: Floats) -> Floats:
    """``vectors`` less their mean, at length 1."""
    centred = vectors - vectors.mean(axis=0)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    found: Floats = (centred / np.maximum(lengths, 1e-12)).astype(np.float32)
    return found


def _place(directions: Floats, clusters: int) -> tuple[Floats, Any]:
    """Places on the plane (rows × 2, from -1 to 1) and the number of each row's cluster."""
    try:
        from sklearn.cluster import KMeans
        from sklearn.manifold import TSNE
        from threadpoolctl import threadpool_limits
    except ImportError:
        raise ValueError("a map needs scikit-learn: pip install 'ciliu[report]'") from None
    perplexity = min(PERPLEXITY, (len(directions) - 1) / 3)
    with threadpool_limits(1):  # sums of several threads differ in the last digit, and t-SNE makes much of that
        plane = TSNE(init="pca", random_state=SEED, perplexity=perplexity, n_jobs=1).fit_transform(directions)
        groups = KMeans(min(clusters, len(directions)), n_init=4, random_state=SEED).fit_predict(directions)
    plane = plane - (plane.max(axis=0) + plane.min(axis=0)) / 2
    return np.round(plane / np.abs(plane).max(), 4), groups


def _describe(rows: Any, words: list[str], directions: Floats, places: Floats) -> dict[str, Any]:
    """A cluster of these rows: its most central words, its size, its middle."""
    central = np.argsort(-(directions[rows] @ directions[rows].mean(axis=0)), kind="stable")
    x, y = np.median(places[rows], axis=0)
    return {
        "name": " ".join(words[row] for row in rows[central[:NAMES]]),
        "size": len(rows),
        "x": round(float(x), 4),
        "y": round(float(y), 4),
    }
