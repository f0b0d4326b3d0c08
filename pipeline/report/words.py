"""Chosen words: their neighbours, and their vectors as strips of colour."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.evaluate.space import Floats, Space, nearest, neighbours

NEAREST = 10
ANALOGIES = (
    ("国王", "男人", "女人"), ("哥哥", "男孩", "女孩"), ("北京", "中国", "日本"), ("爸爸", "男", "女"),
    ("父亲", "男", "女"), ("巴黎", "法国", "英国"), ("老师", "学校", "医院"),
)  # fmt: skip
CHOSEN = ("经济", "北京", "音乐", "医生", "电脑", "大学", "足球", "喜欢", "法律", "美国")
FEWEST = 6  # chosen words that the model should have before frequent ones take their place


def choose(space: Space) -> list[str]:
    """Words that every general model knows; of another model the first ones of two characters and more."""
    known = [word for word in CHOSEN if word in space.index]
    return known if len(known) >= FEWEST else [word for word in space.words[:2_000] if len(word) > 1][:8]


def look_at_neighbours(space: Space, words: Sequence[str]) -> dict[str, list[tuple[str, float]] | None]:
    """The nearest words of each, with the cosine; None for a word that is not there."""
    found = neighbours(space, [word for word in words if word in space.index], NEAREST)
    return {word: found.get(word) for word in words}


def make_strips(space: Space) -> list[dict[str, Any]]:
    """Sums such as 国王 - 男人 + 女人, the first two that the model has all words of: the strips of the three words, of
    their sum and of the word nearest to it, each a list of values at length 1."""
    known = [words for words in ANALOGIES if all(word in space.index for word in words)][:2]
    return [_strip(space, words) for words in known]


def _strip(space: Space, words: tuple[str, str, str]) -> dict[str, Any]:
    rows = space.known(words)
    a, b, c = space.unit(rows)
    total = a - b + c
    total /= max(float(np.linalg.norm(total)), 1e-12)
    found, cosines = nearest(space, total[None], [rows], 3)
    near = [(space.words[row], round(float(cosine), 4)) for row, cosine in zip(found[0], cosines[0], strict=True)]
    strips = np.vstack([a, b, c, total, space.unit([int(found[0][0])])])
    sums = f"{words[0]} − {words[1]} + {words[2]}"
    return {"sum": sums, "words": [*words, sums, near[0][0]], "values": _rounded(strips), "nearest": near}


def compare_strips(space: Space, words: Sequence[str]) -> dict[str, Any]:
    """The strips of words, side by side."""
    known = [word for word in words if word in space.index]
    return {"words": known, "values": _rounded(space.unit(space.known(known)))}


def _rounded(vectors: Floats) -> list[list[float]]:
    return [[round(value, 3) for value in row] for row in vectors.tolist()]
