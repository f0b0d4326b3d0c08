"""The map of words: words used alike lie together, in clusters that their own words name; one model, one map."""

import numpy as np
import pytest

from pipeline.evaluate.space import Space
from pipeline.word_map import make_map

pytest.importorskip("sklearn", reason="a map needs scikit-learn")

WORDS = [f"{kind}{number}" for number in range(20) for kind in ("苹果", "北京", "老虎")]  # apple, Beijing, tiger


def make_space(seed: int = 0) -> Space:
    """Three kinds of twenty words in 30 dimensions, each kind about a direction of its own, all shifted alike."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(3, 30)) + 3
    vectors = np.array([centres[row % 3] for row in range(60)]) + random.normal(scale=0.2, size=(60, 30))
    return Space(WORDS, vectors.astype(np.float32), np.arange(60, 0, -1, dtype=np.int64))


def test_words_of_one_kind_lie_together_in_one_cluster() -> None:
    found = make_map(make_space(), 60, clusters=3)
    kinds = [word[:2] for word in found["words"]]
    assert len(set(zip(kinds, found["cluster"], strict=True))) == 3
    for number, cluster in enumerate(found["clusters"]):
        names = cluster["name"].split()
        assert {found["cluster"][WORDS.index(name)] for name in names} == {number}
        assert len({name[:2] for name in names}) == 1


def test_nearest_on_the_map_is_of_the_same_kind() -> None:
    found = make_map(make_space(), 60)
    places = np.column_stack([found["x"], found["y"]])
    distances = ((places[:, None] - places[None]) ** 2).sum(axis=2) + np.eye(60) * 9
    assert all(WORDS[row][:2] == WORDS[near][:2] for row, near in enumerate(distances.argmin(axis=1)))
    assert np.abs(places).max() == 1


def test_the_same_model_gives_the_same_map() -> None:
    assert make_map(make_space(), 60) == make_map(make_space(), 60)


def test_words_are_the_most_frequent_ones_and_a_vector_of_zeros_has_no_place() -> None:
    space = make_space()
    space.vectors[2] = 0
    found = make_map(space, 30)
    assert found["words"] == [word for row, word in enumerate(WORDS[:30]) if row != 2]
    assert found["counts"] == [60 - row for row in range(30) if row != 2]
    assert sum(cluster["size"] for cluster in found["clusters"]) == 29


def test_too_few_words_are_one_sentence() -> None:
    with pytest.raises(ValueError, match="at least ten words"):
        make_map(make_space(), 5)
