"""The probes of Evaluate, each on vectors in which what it looks for was planted, or beside an independent
computation."""

from typing import Any

import numpy as np
import pytest
from gensim.models import KeyedVectors
from sklearn.decomposition import PCA

from pipeline import evaluate
from pipeline.evaluate import characters, directions, gate, rows, words
from pipeline.evaluate.bands import bands
from pipeline.evaluate.gate import Thresholds
from pipeline.evaluate.lookup import complete
from pipeline.evaluate.space import Space

LIMITS = Thresholds()
SIZE, NUMBER, ENDINGS = 32, 6_000, 40
# Two Han characters each; each of 40 last characters has 150 words.
NAMES = [chr(0x4E00 + place // ENDINGS) + chr(0x6E00 + place % ENDINGS) for place in range(NUMBER)]


def draw(meaning: Any = 1.0, counts: Any = None, **parameters: Any) -> Space:
    """Words of one ending have a part in common, ``meaning`` times as long as the rest."""
    chance = np.random.default_rng(1)
    kinds = chance.standard_normal((ENDINGS, SIZE))[np.arange(NUMBER) % ENDINGS]
    vectors = kinds * np.reshape(meaning, (-1, 1)) + chance.standard_normal((NUMBER, SIZE))
    return Space(NAMES, vectors.astype(np.float32), counts, parameters)


ZIPF = (2_000_000 / np.arange(1, NUMBER + 1)).astype(np.int64)


def test_an_answer_and_its_cosine_are_gensims() -> None:
    space = draw()
    keyed = KeyedVectors(SIZE)
    keyed.add_vectors(NAMES, space.vectors)
    a, b, c = NAMES[5], NAMES[700], NAMES[41]
    expected = keyed.most_similar(positive=[b, c], negative=[a], topn=4)
    found = complete(space, a, b, c, 4)
    assert [word for word, _ in found] == [word for word, _ in expected]
    assert [cosine for _, cosine in found] == pytest.approx([cosine for _, cosine in expected], abs=1e-4)


def test_what_every_general_model_should_know_is_shown_with_answer_and_cosine() -> None:
    """男人 man : 女人 woman = 国王 king : 女王 queen, and one more section, in a space where they hold."""
    questions = [("family", "男人", "女人", "国王", "女王"), ("family", "男人", "女人", "龘", "女王"),
                 ("capital", "法国", "巴黎", "英国", "伦敦")]  # fmt: skip
    names = ["男人", "女人", "国王", "女王", "法国", "巴黎", "英国", "伦敦"]
    vectors = [
        [1, 0, 0, 0],
        [1, 1, 0, 0],
        [1, 0, 1, 0],
        [1, 1, 1, 0],
        [0, 0, 0, 1],
        [0, 1, 0, 1],
        [0, 0, 1, 1],
        [0, 1, 1, 1],
    ]
    space = Space(names, np.array(vectors, dtype=np.float32))
    found = evaluate.answer_examples(space, questions)
    assert [(one["section"], one["expected"], one["answer"]) for one in found] == [
        ("family", "女王", "女王"), ("capital", "伦敦", "伦敦")]  # fmt: skip
    assert all(0.5 < one["cosine"] <= 1 for one in found)


def test_neighbours_are_shown_of_words_that_are_named_and_of_words_from_each_band() -> None:
    space = draw()
    facts = evaluate.evaluate(space, [], None, LIMITS, [NAMES[3], "龘"])["figures"]["neighbours"]
    assert facts["asked"]["龘"] is None
    assert len(facts["asked"][NAMES[3]]) == 10
    assert [(band["from_rank"], band["to_rank"]) for band in facts["drawn"]] == [(1, 100), (101, 1_000), (1_001, 6_000)]
    for band in facts["drawn"]:
        assert len(band["words"]) == 3
        for word, near in band["words"].items():
            assert band["from_rank"] <= space.index[word] + 1 <= band["to_rank"]
            assert near[0][0][1] == word[1]  # the nearest ends as the word does


def test_isotropy_is_that_of_an_independent_computation() -> None:
    space = draw()
    found = directions.look(space)
    unit = space.vectors / np.linalg.norm(space.vectors, axis=1, keepdims=True)
    components = PCA().fit(unit).explained_variance_ratio_
    assert found["first"] == pytest.approx(components[0], abs=1e-4)
    assert found["first_ten"] == pytest.approx(components[:10].sum(), abs=1e-4)
    assert found["mean_cosine"] == pytest.approx(np.linalg.norm(unit.mean(axis=0)) ** 2, abs=0.01)
    assert found["asymmetry"] < 1e-6
    assert found["nearest"] > found["nearest_at_random"]
    assert gate.isotropy(found, LIMITS).verdict == "pass"


def test_a_word_that_is_near_to_all_is_named() -> None:
    vectors = 1 + np.random.default_rng(1).standard_normal(
        (NUMBER, 256), dtype=np.float32
    )  # all have a part in common,
    vectors[17] = 1  # and one word is nothing else
    space = Space(NAMES, vectors)
    found = directions.look(space)
    assert found["hubs"] == {"word": NAMES[17], "share": pytest.approx(1, abs=0.05)}
    verdict = gate.isotropy(found, LIMITS)
    assert verdict.verdict == "warn"
    assert verdict.reason.startswith(f"{NAMES[17]} is among the 10 nearest of")
    assert "stop list" in verdict.todo


def test_the_length_of_vectors_is_told_by_frequency() -> None:
    """The figures of the picture of norm against frequency: the median of each band, and the correlation with rank."""
    space = draw()
    lengths = np.linspace(9, 1, NUMBER)
    space.vectors[:] *= (lengths / np.linalg.norm(space.vectors, axis=1))[:, None]
    found = rows.look(space)
    assert found["norm_and_rank"] == -1
    for band, (first, last) in zip(found["norms"], bands(NUMBER), strict=True):
        assert band["median"] == pytest.approx(np.median(lengths[first:last]), abs=1e-3)
    assert gate.norms(found, LIMITS).verdict == "pass"


@pytest.mark.parametrize(
    ("length", "said"),
    [(0.0005, "3 shorter than 0.01"), (1_000, "3 longer than 100"), (0, "3 zero"), (np.inf, "3 NaN")],
)
def test_a_few_vectors_that_are_none_are_a_warning_many_a_failure(length: float, said: str) -> None:
    for number, verdict in ((3, "warn"), (300, "fail")):
        space = draw()
        space.vectors[:number] *= length if np.isfinite(length) else np.nan
        found = gate.norms(rows.look(space), LIMITS)
        assert found.verdict == verdict
        assert said.replace("3 ", f"{number} ") in found.reason
        assert found.todo


def test_a_library_that_multiplies_wrong_is_found() -> None:
    sound = directions.look(draw())
    assert gate.symmetry(sound, LIMITS).verdict == "pass"
    for wrong in ({"asymmetry": 0.01}, {"greatest_cosine": 1.2}):
        verdict = gate.symmetry({**sound, **wrong}, LIMITS)
        assert (verdict.verdict, verdict.todo) == ("fail", "the library that multiplies matrices is broken")


def test_rare_words_are_held_against_chance_by_band() -> None:
    found = characters.look(draw(np.where(np.arange(NUMBER) < 1_000, 1.0, 0.0)))
    by_band = {band["to_rank"]: band["auc"] for band in found["bands"]}
    assert by_band[1_000] > 0.75
    assert by_band[6_000] == pytest.approx(0.5, abs=0.02)
    verdict = gate.rare_words(found, LIMITS)
    assert verdict.verdict == "warn"
    assert "rarest words are little better than chance" in verdict.reason
    assert gate.rare_words(characters.look(draw()), LIMITS).verdict == "pass"


@pytest.mark.parametrize(("sample", "verdict"), [(1e-3, "pass"), (1e-7, "warn")])
def test_what_subsampling_leaves_of_rare_words_and_of_what_stands_around_them(sample: float, verdict: str) -> None:
    """Beside a throw for each running word, as word2vec does it."""
    found = words.subsampling(draw(counts=ZIPF, sample=sample))
    running = np.repeat(np.arange(NUMBER), ZIPF)
    share = ZIPF / ZIPF.sum()
    chance = np.minimum(1, np.sqrt(sample / share) + sample / share)[running]
    kept = running[np.random.default_rng(1).random(len(running)) < chance]
    assert found["contexts"] == pytest.approx(len(kept) / len(running), abs=0.002)
    for band in found["bands"]:
        first, last = band["from_rank"] - 1, band["to_rank"]
        left = ((kept >= first) & (kept < last)).sum() / ZIPF[first:last].sum()
        assert band["trained"] == pytest.approx(left, abs=0.01)
    judged = gate.subsampling(found, LIMITS)
    assert judged.verdict == verdict
    assert bool(judged.todo) == (verdict == "warn")


def test_a_model_that_is_worse_than_its_baseline_fails_and_says_where() -> None:
    """The groups are those that are shipped; in the baseline words of a group lie together."""
    kinds = evaluate.set_files.read_sets([evaluate.set_files.SHIPPED / "groups.txt"]).groups["groups"]
    names = list(dict.fromkeys(word for group in kinds.values() for word in group))
    chance = np.random.default_rng(1)
    middle = {word: place for place, group in enumerate(kinds.values()) for word in group}
    centres = chance.standard_normal((len(kinds), SIZE))[[middle[word] for word in names]]
    noise = chance.standard_normal((len(names), SIZE))
    before, after = (Space(names, (centres + part * noise).astype(np.float32)) for part in (0.5, 3))
    failed = evaluate.evaluate(after, [], before, LIMITS)["probes"]["baseline"]
    assert failed["verdict"] == "fail"
    assert failed["reason"].startswith("worse than the baseline over the lines that both know")
    assert "groups 0.9" in failed["reason"]
    assert evaluate.evaluate(before, [], after, LIMITS)["probes"]["baseline"]["verdict"] == "pass"
    assert evaluate.evaluate(before, [], None, LIMITS)["figures"]["baseline"] is None  # none by default
