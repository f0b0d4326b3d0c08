"""The scorer of word segmentation: precision, recall and F1 by the places of the words."""

import sys
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

from sighan import Score, score, spans

TEXT = st.text(alphabet="北京大学生a1", min_size=1, max_size=12)


def test_a_worked_example() -> None:
    # 北京 Beijing, 大学生 student, 前来 come, 应聘 apply for a job; 北京大学 Peking University, 生前 in one's lifetime
    gold = ["北京", "大学生", "前来", "应聘"]
    cut = ["北京大学", "生前", "来", "应聘"]
    assert score(gold, cut) == Score(gold=4, cut=4, right=1)  # 应聘 alone
    assert (score(gold, cut).precision, score(gold, cut).recall, score(gold, cut).f1) == (
        0.25,
        0.25,
        0.25,
    )


def test_precision_is_of_what_was_cut_and_recall_of_what_there_is() -> None:
    # 研究 study, 生命 life, 的 of, 起源 origin; 源 spring, cut apart by mistake
    found = score(["研究", "生命", "的", "起源"], ["研究", "生命", "的", "起", "源"])
    assert found == Score(gold=4, cut=5, right=3)
    assert found.precision == pytest.approx(3 / 5)
    assert found.recall == pytest.approx(3 / 4)
    assert found.f1 == pytest.approx(2 / 3)


def test_the_same_word_at_another_place_is_not_right() -> None:
    # 人 person, 人人 everybody: one 人 in both, but the first here and the last there
    assert score(["人", "人人"], ["人人", "人"]).right == 0


def test_new_words_are_those_that_the_training_set_has_not() -> None:
    # 微信 WeChat and 云计算 cloud computing are new; 用 use is known
    found = score(["用", "微信", "云计算"], ["用", "微信", "云", "计算"], known=["用", "计算", "云"])
    assert (found.new, found.new_right, found.recall_of_new) == (2, 1, 0.5)


@given(TEXT, st.lists(st.integers(1, 12)), st.lists(st.integers(1, 12)))
def test_only_the_same_cut_is_perfect_and_the_score_is_symmetric(text: str, some: list[int], other: list[int]) -> None:
    one, two = part(text, some), part(text, other)
    found, turned = score(one, two), score(two, one)
    assert (found.precision, found.recall, found.f1) == (turned.recall, turned.precision, turned.f1)
    assert (found.f1 == 1) == (one == two)
    assert found.right == len(set(spans(one)) & set(spans(two)))
    if found.right:
        precision, recall = Fraction(found.right, found.cut), Fraction(found.right, found.gold)
        assert found.f1 == pytest.approx(float(2 * precision * recall / (precision + recall)))


def part(text: str, at: list[int]) -> list[str]:
    """``text`` cut at these places."""
    ends = sorted({place for place in at if place < len(text)} | {len(text)})
    return [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@pytest.mark.parametrize(
    ("cut", "place"), [(["北", "平"], "character 1 "), (["北京", "的"], "character 2 "), ([], "character 0 ")]
)
def test_another_text_is_refused_with_the_place(cut: list[str], place: str) -> None:
    # 北京 Beijing, 北平 its older name, 的 of
    with pytest.raises(ValueError, match=place):
        score(["北京"], cut)


def test_nothing_scores_nothing() -> None:
    assert (score([], []).precision, score([], []).recall, score([], []).f1) == (0.0, 0.0, 0.0)
