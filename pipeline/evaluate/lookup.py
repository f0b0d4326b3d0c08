"""What is asked of a model a few words at a time: by ``ciliu similar`` and its sisters, and on the page of ``ciliu
explore``.

Each raises ``KeyError`` for a word that the model does not have.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.evaluate.space import Floats, Space, nearest


def unit_vectors(space: Space, words: Sequence[str]) -> Floats:
    """The words' vectors (words × dimensions) at length 1."""
    return space.unit([space.index[word] for word in words])


def combine(space: Space, a: str, b: str, c: str) -> Floats:
    """The direction of b - a + c (3CosAdd), of length 1: a is to b as c is to what lies there."""
    one, two, three = unit_vectors(space, (a, b, c))
    query = two - one + three
    found: Floats = query / max(float(np.linalg.norm(query)), 1e-12)
    return found


def complete(space: Space, a: str, b: str, c: str, n: int) -> list[tuple[str, float]]:
    """The ``n`` best words d of a : b = c : d, with the cosine of d and b - a + c; a, b and c are left out."""
    hidden = [space.index[word] for word in (a, b, c)]
    found, cosines = nearest(space, combine(space, a, b, c)[None], [hidden], n)
    return [(space.words[row], round(float(cosine), 4)) for row, cosine in zip(found[0], cosines[0], strict=True)]


def similarity(space: Space, one: str, other: str) -> dict[str, Any]:
    """The ``cosine`` of two words, and the ``place`` of each among the nearest of the other, counted from 1."""
    pair = unit_vectors(space, (one, other))
    cosine = float(pair[0] @ pair[1])
    nearer = sum((pair @ block.T > cosine + 1e-6).sum(axis=1) for _, block in space.blocks())
    places = [int(number) for number in nearer]  # the word itself is among them, so this counts from 1
    return {"cosine": round(cosine, 4), "place": dict(zip((other, one), places, strict=True))}


def odd(space: Space, words: Sequence[str]) -> list[tuple[str, float]]:
    """Each word (three and more) with its mean cosine with the others, the least fitting first."""
    vectors = unit_vectors(space, words)
    means = ((vectors @ vectors.T).sum(axis=1) - 1) / (len(words) - 1)
    found = sorted((round(float(mean), 4), word) for word, mean in zip(words, means, strict=True))
    return [(word, mean) for mean, word in found]


def compare(space: Space, words: Sequence[str]) -> dict[str, Any]:
    """The ``cosines`` of each two words, and their ``vectors`` at length 1."""
    vectors = unit_vectors(space, words)
    return {
        "words": list(words),
        "cosines": (vectors @ vectors.T).round(4).tolist(),
        "vectors": vectors.round(4).tolist(),
    }
