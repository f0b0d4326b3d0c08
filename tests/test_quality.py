"""The quality table: its scores are gensim's own, its loss is the objective, its verdict follows the stated rule."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from backports import zstd
from gensim.models import KeyedVectors

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

import quality_corpus
import quality_loss
import quality_native
import quality_runs
import quality_scores
from pipeline.train import native
from quality_compare import compare, compare_loss, hits_variance
from quality_corpus import QualityCorpus
from quality_evaluate import Scored
from quality_gensim import Matrices, make_model
from quality_scores import EvalSet
from quality_table import make_rows, markdown

WORDS = [chr(0x4E00 + place) for place in range(60)]  # single Han characters, as good as words here


@pytest.fixture
def chance() -> np.random.Generator:
    return np.random.default_rng(1)


@pytest.fixture
def vectors(chance: np.random.Generator) -> KeyedVectors:
    """60 words in 6 dimensions: some questions are answered, some are not."""
    made = KeyedVectors(6)
    made.add_vectors(WORDS, chance.standard_normal((60, 6)).astype(np.float32))
    return made


def test_the_analogies_are_gensims_question_by_question(
    vectors: KeyedVectors, chance: np.random.Generator, tmp_path: Path
) -> None:
    asked = [chance.choice([*WORDS, "龘"], 4, replace=False) for _ in range(1_500)]  # 龘 is in no vocabulary
    path = tmp_path / "questions.txt"
    path.write_text(": one\n" + "".join(" ".join(line) + "\n" for line in asked), encoding="utf-8")
    accuracy, sections = vectors.evaluate_word_analogies(str(path))
    test = quality_scores.read_questions(path, vectors.key_to_index)
    values = quality_scores.score(test, quality_scores.normalize_rows(vectors.vectors))
    right = {tuple(words) for words in sections[-1]["correct"]}
    assert {tuple(WORDS[rank] for rank in line) for line in test.ranks[values == 1]} == right
    assert 10 < len(right) < len(test.ranks) < test.asked == 1_500
    assert quality_scores.total(test, values) == pytest.approx(accuracy)


def test_the_similarity_is_gensims(vectors: KeyedVectors, chance: np.random.Generator, tmp_path: Path) -> None:
    pairs = [(*chance.choice([*WORDS, "龘"], 2, replace=False), chance.integers(0, 10)) for _ in range(240)]
    path = tmp_path / "pairs.txt"
    path.write_text("".join("\t".join(map(str, pair)) + "\n" for pair in pairs), encoding="utf-8")
    _, spearman, unknown = vectors.evaluate_word_pairs(str(path))
    test = quality_scores.read_pairs(path, vectors.key_to_index)
    values = quality_scores.score(test, quality_scores.normalize_rows(vectors.vectors))
    assert quality_scores.total(test, values) == pytest.approx(spearman[0], abs=1e-6)
    assert len(test.ranks) / test.asked == pytest.approx(1 - unknown / 100)


def test_a_line_that_is_no_question_is_refused_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "questions.txt"
    path.write_text(": one\n一 二 三 四\n一 二 三\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"questions.txt, line 3: 4 fields are wanted, '一 二 三' has 3"):
        quality_scores.read_questions(path, {})


def make_corpus(folder: Path) -> QualityCorpus:
    """A corpus of 60 words in 2,000 sentences; nothing held out."""
    chance = np.random.default_rng(2)
    ranks = np.minimum(chance.zipf(1.5, (2_000, 12)) - 1, 59)
    path = folder / "corpus.txt"
    path.write_text("".join(" ".join(WORDS[rank] for rank in line) + "\n" for line in ranks), encoding="utf-8")
    counts = np.bincount(ranks.ravel(), minlength=60)
    order = np.lexsort((np.arange(60), -counts))
    words = [WORDS[rank] for rank in order]
    ids = np.hstack([ranks, np.full((len(ranks), 1), -1)]).astype(np.int32).ravel()
    shard = (ids, np.argsort(order).astype(np.int32))
    return QualityCorpus(path, [shard], words, counts[order], 2_000, ranks.size, folder, "digest")


def test_with_hierarchical_softmax_the_chances_of_all_words_add_up_to_one(
    tmp_path: Path, chance: np.random.Generator
) -> None:
    model = make_model(make_corpus(tmp_path), "hs", seed=1)
    vectors = chance.standard_normal((60, 256)).astype(np.float32)
    output = chance.standard_normal((60, 256)).astype(np.float32) / 10
    nodes, signs = quality_loss.find_ways(model)
    context = np.zeros(60, np.int32)  # the same context for each word
    losses = quality_loss.losses(Matrices(vectors, output), context, nodes, signs)
    assert np.exp(-losses).sum() == pytest.approx(1, abs=1e-4)


def test_the_sampled_loss_is_the_sum_over_the_word_and_five_others(chance: np.random.Generator) -> None:
    vectors, output = chance.standard_normal((2, 60, 256)).astype(np.float32) / 4
    context, word = np.array([3, 4]), np.array([7, 8])
    negatives = np.array([[1, 2, 7, 3, 4], [1, 2, 3, 5, 6]])  # 7 is the first word itself and does not count
    found = quality_loss.losses(Matrices(vectors, output), context, *quality_loss.sampled_targets(word, negatives))
    for pair, others in enumerate(([1, 2, 3, 4], [1, 2, 3, 5, 6])):
        dots = output[[word[pair], *others]] @ vectors[context[pair]]
        chances = 1 / (1 + np.exp(-np.array([dots[0], *-dots[1:]], dtype=float)))
        assert found[pair] == pytest.approx(-np.log(chances).sum(), rel=1e-5)


def test_pairs_stay_in_their_sentence_and_window_and_cover_it(chance: np.random.Generator) -> None:
    sentences = [np.arange(start, start + 30, dtype=np.int32) for start in (0, 100, 200)]
    word, context = quality_loss.draw_pairs(sentences, 10, chance)
    distance = np.abs(word - context)
    assert (word // 100 == context // 100).all()
    assert (distance.min(), distance.max()) == (1, 10)
    assert len({*zip(word, context, strict=True)}) == len(word)
    assert 3 * 30 * 11 * 0.7 < len(word) < 3 * 30 * 11  # 11 on average, fewer at the ends of a sentence


def test_negatives_come_as_often_as_counts_to_the_three_quarters(chance: np.random.Generator) -> None:
    counts = np.array([10_000, 625, 16])
    drawn = np.bincount(quality_loss.draw_negatives(counts, (20_000, 5), chance).ravel())
    assert drawn / drawn.sum() == pytest.approx(np.array([1000, 125, 8]) / 1133, abs=0.01)


def test_the_chances_of_subsampling_are_gensims(tmp_path: Path) -> None:
    made = make_corpus(tmp_path)
    model = make_model(made, "ns", seed=1)
    expected = model.wv.expandos["sample_int"] / (2**32 - 1)
    assert quality_loss.keep_chances(made.counts, 1e-3) == pytest.approx(expected, abs=1e-6)


QUESTIONS = EvalSet(np.zeros((4, 4), np.int64), np.empty(0), asked=8)


def test_a_worked_example_of_the_standard_error() -> None:
    kernel = np.array([[1.0, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0]])  # .75 .50 .25 right
    gensim = np.array([[1.0, 1, 0, 0], [1, 1, 0, 0], [1, 1, 0, 0]])  # .50 each
    found = compare(QUESTIONS, kernel, gensim)
    assert found.difference == 0
    assert found.seeds_error**2 == pytest.approx(0.0625 / 3)
    paired = [0, -1 / 3, 1 / 3, 0]  # by question
    assert found.questions_error**2 == pytest.approx(np.var(paired, ddof=1) / 4) == hits_variance(kernel, gensim)
    assert found.pooled_error**2 == pytest.approx(found.seeds_error**2 + found.questions_error**2)
    assert found.not_inferior


def test_what_equals_gensim_is_not_inferior_and_what_is_far_below_is(chance: np.random.Generator) -> None:
    human = np.linspace(0, 10, 200)
    pairs = EvalSet(np.zeros((200, 2), np.int64), human, asked=240)
    good = human + chance.standard_normal((3, 200))
    bad = human + 30 * chance.standard_normal((3, 200))
    assert compare(pairs, good, good).difference == 0
    assert compare(pairs, good, good).not_inferior
    assert not compare(pairs, bad, good).not_inferior
    assert compare(pairs, good, bad).not_inferior  # better is not inferior


def test_the_loss_may_be_two_thousandths_higher() -> None:
    assert compare_loss([2.003, 2.003], [2.0, 2.0])["not_inferior"]
    assert not compare_loss([2.005, 2.005], [2.0, 2.0])["not_inferior"]
    assert compare_loss([1.9, 1.9], [2.0, 2.0])["not_inferior"]


def test_one_seed_has_no_verdict() -> None:
    with pytest.raises(ValueError, match="1 seeds against 3: a variance needs two"):
        compare(QUESTIONS, np.ones((1, 4)), np.ones((3, 4)))


def scored(trainer: str, share: int | None, seed: int, hits: list[float]) -> Scored:
    record = {
        "cpu_seconds": 100.0 if trainer == "gensim" else 10.0, "words_a_cpu_second": 1, "others_cpu_seconds": 0,
        "recipe": {"core": f"core {seed % 2}"},
    }  # fmt: skip
    return Scored(quality_runs.Run(trainer, "ns", share, seed), record, {"CA8 semantic": np.array(hits)}, loss=2.0)


def test_a_row_has_a_verdict_only_once_all_seeds_are_there() -> None:
    tests = {"CA8 semantic": QUESTIONS}
    both = [scored("gensim", None, seed, [1, 1, 1, 0]) for seed in (1, 2, 3)]
    both += [scored("native", 4, seed, [1, 1, 1, 0]) for seed in (1, 2)]
    assert "not_inferior" not in make_rows(both, tests)[1]["sets"]["CA8 semantic"]
    gensim, native = make_rows([*both, scored("native", 4, 3, [1, 1, 1, 0])], tests)
    assert native["sets"]["CA8 semantic"]["not_inferior"] is True
    assert native["times_gensim"] == 10
    assert (gensim["cores"], native["cores"]) == ([], ["core 0", "core 1"])
    assert (gensim["sets"]["CA8 semantic"]["mean"], gensim["sets"]["CA8 semantic"]["mean_of_asked"]) == (0.75, 0.375)
    line = markdown([native]).splitlines()[2]
    assert line.startswith("| kernel | negative sampling | 4 context words | 3 | 75.00 ± 0.00 ✓ | 2.0000 ± 0.0000 ✓ |")


def test_a_run_that_is_done_is_known_until_its_recipe_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_corpus(tmp_path)
    run = quality_runs.Run("gensim", "hs", None, seed=1)
    assert not quality_runs.is_done(run, made, tmp_path)
    quality_runs.train_run(run, made, tmp_path)
    assert quality_runs.is_done(run, made, tmp_path)
    matrices = quality_runs.load(run, tmp_path)
    assert matrices.vectors.shape == (60, 256)
    assert np.abs(matrices.output).max() > 0
    monkeypatch.setitem(quality_runs.SETTINGS, "epochs", 4)
    assert not quality_runs.is_done(run, made, tmp_path)


@pytest.mark.skipif(not native.is_there(), reason="the native core was not built")
@pytest.mark.parametrize(("objective", "layer"), [("ns", "syn1neg"), ("hs", "syn1")])
def test_the_kernel_trains_gensims_model_in_place(tmp_path: Path, objective: str, layer: str) -> None:
    made = make_corpus(tmp_path)
    model = make_model(made, objective, seed=2)
    first = model.wv.vectors.copy()
    quality_native.train_native(made, model, share=4)
    assert np.isfinite(model.wv.vectors).all()
    assert np.abs(model.wv.vectors - first).max() > 0.001
    assert np.abs(getattr(model, layer)).max() > 0.001
    again = make_model(made, objective, seed=2)
    assert np.array_equal(again.wv.vectors, first)  # it began with gensim's own
    quality_native.train_native(made, again, share=4)
    assert np.array_equal(again.wv.vectors, model.wv.vectors)


def test_an_article_is_trained_on_or_held_out_and_a_duplicate_is_neither(tmp_path: Path) -> None:
    texts = [f"第{number}条。" for number in range(4_000)]  # article number so-and-so
    (tmp_path / "corpora").mkdir()
    with zstd.open(tmp_path / "corpora" / "laws.jsonl.zst", "wt", encoding="utf-8") as file:
        for number, text in enumerate([*texts, *texts]):
            file.write(json.dumps({"id": str(number), "title": "", "text": text}) + "\n")
    written = quality_corpus.write_sources(tmp_path, tmp_path / "sources", part=500)
    found = {}
    for name in written:
        lines = (tmp_path / "sources" / name / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        found[name] = [json.loads(line)["text"] for line in lines]
        assert len(lines) == len(set(found[name])) == written[name]
    assert not set(found["train"]) & set(found["heldout"])
    assert 1_800 < written["train"] < 2_200
    assert 0 < written["heldout"] < 15
