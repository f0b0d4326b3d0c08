"""ciliu.Vectors: the reader of word vectors that other people import."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from conftest import examples
from gensim.models import KeyedVectors
from hypothesis import given
from hypothesis import strategies as st

from ciliu import Vectors

Matrix = npt.NDArray[np.float32]

# 北京 Beijing, 上海 Shanghai, 苹果 apple, 香蕉 banana, 跑步 to run
WORDS = ["北京", "上海", "苹果", "香蕉", "跑步"]
MATRIX = np.array([[3, 0.1], [2, 0.2], [0.1, 5], [0.3, 4], [-1, -1]], dtype=np.float32)


def random_matrix(seed: int, rows: int, dimensions: int) -> Matrix:
    return np.random.default_rng(seed).standard_normal((rows, dimensions)).astype(np.float32)


@examples(60)
@given(st.integers(0, 2**32), st.integers(2, 80), st.integers(2, 40), st.integers(1, 100), st.data())
def test_similar_words_are_those_of_gensim(seed: int, rows: int, dimensions: int, n: int, data: st.DataObject) -> None:
    words, matrix = [f"词{number}" for number in range(rows)], random_matrix(seed, rows, dimensions)  # 词 word
    word = data.draw(st.sampled_from(words))
    reference = KeyedVectors(dimensions)
    reference.add_vectors(words, matrix)
    expected = reference.most_similar(word, topn=n)
    found = Vectors(words, matrix).similar(word, n)
    np.testing.assert_allclose([cosine for _, cosine in found], [cosine for _, cosine in expected], atol=1e-5)
    # Below 1e-5 apart, float32 may order two words either way; none of the words differs then.
    if np.all(np.diff([cosine for _, cosine in expected]) < -1e-5):
        assert [other for other, _ in found] == [other for other, _ in expected]
    assert len(found) == min(n, rows - 1)


def test_the_nearest_words_come_first_and_the_word_itself_does_not_come() -> None:
    found = Vectors(WORDS, MATRIX).similar("北京", 4)  # 北京 Beijing
    assert [word for word, _ in found] == ["上海", "香蕉", "苹果", "跑步"]  # Shanghai, banana, apple, to run
    assert found[0][1] == pytest.approx((3 * 2 + 0.1 * 0.2) / np.hypot(3, 0.1) / np.hypot(2, 0.2))


def test_the_first_look_up_says_what_all_others_say() -> None:
    """It goes along the words; from the second on there is a table of them."""
    for word, row in ("苹果", 2), ("跑步", 4), ("苹", None):  # apple, to run, duckweed
        vectors = Vectors(WORDS, MATRIX)
        assert [vectors.row(word) for _ in range(3)] == [row] * 3
        assert [word in Vectors(WORDS, MATRIX), word in vectors] == [row is not None] * 2
    for fresh in (Vectors(WORDS, MATRIX), vectors):
        with pytest.raises(KeyError, match="苹"):
            fresh["苹"]


def test_more_words_than_there_are_give_all_the_others() -> None:
    vectors = Vectors(WORDS, MATRIX)
    assert vectors.similar("苹果", 1_000) == vectors.similar("苹果", 4)  # 苹果 apple
    assert {word for word, _ in vectors.similar("苹果", 1_000)} == set(WORDS) - {"苹果"}


def test_a_vocabulary_of_one_word_has_no_similar_words() -> None:
    assert Vectors(WORDS[:1], MATRIX[:1]).similar("北京") == []  # 北京 Beijing


def test_a_vector_of_zeros_is_similar_to_nothing_and_no_error() -> None:
    matrix = MATRIX.copy()
    matrix[2] = 0
    vectors = Vectors(WORDS, matrix)
    assert dict(vectors.similar("北京", 4))["苹果"] == 0  # 北京 Beijing, 苹果 apple
    assert [cosine for _, cosine in vectors.similar("苹果", 4)] == [0, 0, 0, 0]


def test_an_unknown_word_is_a_key_error_with_the_word() -> None:
    vectors = Vectors(WORDS, MATRIX)
    assert "梨" not in vectors  # 梨 pear
    assert "北京" in vectors  # 北京 Beijing
    with pytest.raises(KeyError, match="梨"):
        vectors.similar("梨")
    with pytest.raises(KeyError, match="梨"):
        vectors["梨"]


def test_a_vector_is_given_as_it_was_trained() -> None:
    np.testing.assert_array_equal(Vectors(WORDS, MATRIX)["香蕉"], MATRIX[3])  # 香蕉 banana


def test_as_many_words_as_rows_or_an_error() -> None:
    with pytest.raises(ValueError, match="4 words for 5 vectors"):
        Vectors(WORDS[:4], MATRIX)


def test_asking_changes_nothing() -> None:
    matrix = MATRIX.copy()
    vectors = Vectors(WORDS, matrix)
    assert vectors.similar("北京", 2) == vectors.similar("北京", 2)  # 北京 Beijing
    np.testing.assert_array_equal(matrix, MATRIX)


def test_saved_vectors_load_as_they_were_and_are_not_read_whole(tmp_path: Path) -> None:
    np.save(tmp_path / "vectors.npy", MATRIX)
    rows = "".join(f"{word}\t{10 - rank}\t{rank}\n" for rank, word in enumerate(WORDS))
    (tmp_path / "vocab.tsv").write_text("word\tcount\trank\n" + rows, encoding="utf-8", newline="\n")
    loaded = Vectors.load(tmp_path / "vectors.npy", tmp_path / "vocab.tsv")
    assert loaded.words == WORDS
    np.testing.assert_array_equal(loaded.matrix, MATRIX)
    assert isinstance(loaded.matrix, np.memmap)
    assert loaded.similar("北京", 4) == Vectors(WORDS, MATRIX).similar("北京", 4)  # 北京 Beijing


def test_words_are_read_by_line_feed_and_tab_only(tmp_path: Path) -> None:
    words = ["a b", "c\u2028d", "e\x85f", "g\rh"]
    np.save(tmp_path / "vectors.npy", MATRIX[:4])
    rows = "".join(f"{word}\t1\t{rank}\n" for rank, word in enumerate(words))
    (tmp_path / "vocab.tsv").write_bytes(("word\tcount\trank\n" + rows).encode())
    assert Vectors.load(str(tmp_path / "vectors.npy"), str(tmp_path / "vocab.tsv")).words == words
