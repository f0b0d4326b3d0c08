"""Trainer: the native core's skip-gram computes what ``oracle.py`` does, and trains as well as gensim."""

import io
import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import oracle
import pytest
from conftest import read_corpus
from gensim.models import Word2Vec
from hypothesis import given, settings
from hypothesis import strategies as st

from ciliu import Segmenter
from ciliu.engine_native import import_native
from pipeline.segment.lexicon import make_lexicon

native: Any = import_native()
pytestmark = pytest.mark.skipif(native is None, reason="needs the native core, which needs a C compiler")

TARGETS = native.targets() if native else ["none"]
ALWAYS = (1 << 32) - 1  # sample_int of a word that is never dropped
Floats = npt.NDArray[np.float32]
Sentences = Sequence[Sequence[int]]


class Case:
    """Small random matrices, Huffman paths and sentences over ``words`` words, for a Trainer and for the oracle."""

    def __init__(
        self, sentences: Sentences, words: int = 60, d: int = 20, *, seed: int = 7, hs: bool = False, path: int = 14
    ) -> None:
        chance = np.random.default_rng(seed)
        self.sentences, self.words, self.d, self.seed = sentences, words, d, seed
        self.counts = np.maximum(1, np.bincount([w for s in sentences for w in s], minlength=words)).astype(np.int64)
        self.sample_int = np.full(words, 3 << 30, dtype=np.uint32)
        self.syn0, self.syn1neg, self.syn1 = ((chance.random((words, d), np.float32) - 0.5) / 2 for _ in range(3))
        lengths = chance.integers(1, min(path, words), words)
        self.paths = [
            (chance.choice(words, n, replace=False).astype(np.int32), chance.integers(0, 2, n).astype(np.uint8))
            for n in lengths
        ]
        self.tree: dict[str, Any] = {}
        if hs:
            self.tree = {
                "syn1": self.syn1,
                "offsets": np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
                "points": np.concatenate([points for points, _ in self.paths]),
                "codes": np.concatenate([codes for _, codes in self.paths]),
            }

    def trainer(self, **others: Any) -> Any:
        """A Trainer over one shard, two epochs."""
        given = {
            "shards": [encode(self.sentences, self.words)],
            "counts": self.counts,
            "sample_int": self.sample_int,
            "vector_size": self.d,
            "window": 5,
            "negative": 5,
            "ns_exponent": 0.75,
            "alpha": 0.025,
            "min_alpha": 0.0001,
            "epochs": 2,
            "seed": self.seed,
            "syn0": self.syn0,
            **self.tree,
            **others,
        }
        if given["negative"] and "syn1neg" not in given:
            given["syn1neg"] = self.syn1neg
        return native.Trainer(**given)

    def oracle(self, window: int = 5, negative: int = 5, share: int = 0) -> oracle.Oracle:
        """The same for NumPy."""
        return oracle.Oracle(
            self.counts.tolist(), self.sample_int.tolist(), self.syn0.astype(float),
            self.syn1neg.astype(float) if negative else None, self.syn1.astype(float) if self.tree else None,
            window, negative, share, self.seed, self.paths,
        )  # fmt: skip


def encode(sentences: Sentences, words: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """A shard: ids, and a map that is the identity."""
    ids = np.array([word for sentence in sentences for word in [*sentence, -1]], dtype=np.int32)
    return ids, np.arange(words, dtype=np.int32)


def draw_sentences(number: int, words: int = 60, longest: int = 25, seed: int = 1) -> list[list[int]]:
    """Random sentences, empty ones among them."""
    chance = np.random.default_rng(seed)
    return [chance.integers(0, words, chance.integers(0, longest)).tolist() for _ in range(number)]


def read(trainer: Any, name: str, case: Case) -> Floats:
    """A matrix of a trainer."""
    rows = np.empty((case.words, case.d), dtype=np.float32)
    trainer.get(name, rows)
    return rows


def follow(case: Case, trainer: Any, reference: oracle.Oracle) -> tuple[int, int]:
    """Train both over all epochs; (words read, words trained) by the trainer."""
    read_words = trained = 0
    for epoch in range(2):
        for number, chunk in enumerate(oracle.chunks(case.sentences)):
            random, alpha = oracle.start(case.seed, epoch, number), trainer.alpha
            counts = trainer.run(1)
            read_words, trained = read_words + counts[0], trained + counts[1]
            for sentence in chunk:
                reference.run(sentence, random, alpha)
    return read_words, trained


def assert_same(case: Case, trainer: Any, reference: oracle.Oracle) -> None:
    """All matrices agree to 1e-5, and moved far more than that."""
    for name in ("syn0", "syn1neg", "syn1"):
        wanted = getattr(reference, name)
        if wanted is not None:
            assert abs(read(trainer, name, case) - wanted).max() < 1e-5, name
            assert abs(wanted - getattr(case, name)).max() > 0.01, name


# ---------------------------------------------------------------- the oracle itself


def test_the_oracles_step_is_the_gradient_of_the_loss() -> None:
    chance = np.random.default_rng(1)
    x, y = chance.normal(size=(3, 4)), chance.normal(size=(5, 4))
    x_weight, y_weight, label = np.array([1, 2, 1]), np.array([1, 1, 3, 1, 1]), np.array([1, 0, 0, 1, 0])
    new_x, new_y = x.copy(), y.copy()
    oracle.step(new_x, new_y, x_weight, y_weight, label, 1.0)
    for rows, moved in ((x, x - new_x), (y, y - new_y)):
        for place in np.ndindex(rows.shape):
            before = rows[place]
            losses = []
            for rows[place] in (before - 1e-5, before + 1e-5):
                losses.append(oracle.loss(x, y, x_weight, y_weight, label))
            rows[place] = before
            assert (losses[1] - losses[0]) / 2e-5 == pytest.approx(moved[place], abs=1e-8)


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=40), st.sampled_from([0.75, 1.0, 0.0, -0.5]))
@settings(deadline=None)
def test_the_alias_table_has_the_probabilities_of_the_counts(counts: list[int], exponent: float) -> None:
    drawn = np.zeros(len(counts))
    for place, (threshold, other) in enumerate(oracle.build_alias(counts, exponent)):
        drawn[place] += threshold / 2**32
        drawn[other] += 1 - threshold / 2**32
    wanted = np.array(counts, dtype=float) ** exponent
    assert drawn / len(counts) == pytest.approx(wanted / wanted.sum(), abs=1e-8)


# ---------------------------------------------------------------- the kernel follows the oracle


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("negative", "hs"), [(5, False), (0, True), (5, True)], ids=["ns", "hs", "both"])
@pytest.mark.parametrize("d", [1, 7, 50, 100, 256, 300])
def test_the_kernel_follows_the_oracle(target: str, negative: int, hs: bool, d: int) -> None:
    case = Case(draw_sentences(20), d=d, hs=hs)
    for share in (0, 1, 2, 3, 8):
        trainer = case.trainer(negative=negative, share=share, target=target)
        assert trainer.target == target
        reference = case.oracle(negative=negative, share=share)
        assert follow(case, trainer, reference)[1] == reference.trained
        assert_same(case, trainer, reference)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("words", "window", "negative", "longest", "path"),
    [(2, 5, 5, 25, 14), (60, 50, 5, 25, 14), (400, 50, 5, 150, 14), (60, 1, 1, 10, 14), (200, 10, 30, 25, 60)],
    ids=["two words", "a window wider than the text", "more than a block of contexts", "window 1", "many targets"],
)
def test_it_follows_to_the_edges(target: str, words: int, window: int, negative: int, longest: int, path: int) -> None:
    case = Case(draw_sentences(300 // longest, words, longest), words, hs=True, path=path)
    for share in (0, 1, 4):
        trainer = case.trainer(window=window, negative=negative, share=share, target=target)
        reference = case.oracle(window, negative, share)
        follow(case, trainer, reference)
        assert_same(case, trainer, reference)


def test_a_product_of_six_changes_nothing() -> None:
    case = Case([[0, 1]] * 50, words=2, d=4)
    case.sample_int[:] = ALWAYS
    case.syn0[:] = case.syn1neg[:] = 1.5  # 4 × 1.5² = 9
    trainer = case.trainer(syn1neg=case.syn1neg)
    trainer.run(trainer.chunks)
    assert np.array_equal(read(trainer, "syn0", case), case.syn0)
    case.syn1neg[:] = 0.9  # 4 × 1.5 × 0.9 = 5.4
    trainer = case.trainer(syn1neg=case.syn1neg)
    trainer.run(trainer.chunks)
    assert not np.array_equal(read(trainer, "syn0", case), case.syn0)


@pytest.mark.parametrize("target", TARGETS)
def test_the_loss_is_the_oracles(target: str) -> None:
    case = Case(draw_sentences(30), hs=True)
    trainer, reference = case.trainer(target=target), case.oracle()
    shard = encode(case.sentences, case.words)
    random = oracle.start(case.seed, (1 << 64) - 1, 0)
    for sentence in case.sentences:
        reference.run(sentence, random, 0.0)
    loss, pairs = trainer.loss(*shard)
    assert loss == pytest.approx(reference.losses, rel=1e-6)
    assert pairs > 0
    assert trainer.loss(*shard) == (loss, pairs)
    trainer.run(100)
    assert trainer.loss(*shard)[0] < loss


# ---------------------------------------------------------------- chunks, cuts, threads


def test_chunks_hold_all_words_and_end_with_sentences() -> None:
    sentences = [*draw_sentences(3_000, longest=60), [1] * 25_000, *draw_sentences(50)]
    case = Case(sentences)
    shards = [encode(sentences, 60), encode([], 60), encode(sentences[:1_500], 60), encode([[]], 60)]
    trainer = case.trainer(shards=shards)
    wanted = [sum(map(len, chunk)) for part in (sentences, sentences[:1_500]) for chunk in oracle.chunks(part)]
    assert trainer.chunks == len(wanted)
    assert trainer.words == sum(wanted) == sum(int((ids >= 0).sum()) for ids, _ in shards)
    alphas = [trainer.alpha]
    for _ in range(2):
        for words in wanted:
            assert trainer.run(1)[0] == words
            alphas.append(trainer.alpha)
    assert alphas[0] == 0.025
    assert alphas[-1] == 0.0001
    falls = [before - after for before, after in pairwise(alphas)]
    assert falls == pytest.approx([0.0249 * words / (2 * trainer.words) for words in wanted * 2])
    assert trainer.done == 2 * trainer.chunks
    assert trainer.run(5) == (0, 0)


def test_the_last_sentence_needs_no_end() -> None:
    case = Case([[0, 1, 2], [3, 4]])
    ids, ranks = encode(case.sentences, 60)
    whole, open_ended = case.trainer(), case.trainer(shards=[(ids[:-1], ranks)])
    assert whole.run(9) == open_ended.run(9)
    assert np.array_equal(read(whole, "syn0", case), read(open_ended, "syn0", case))


LONG = Case(draw_sentences(2_000, longest=50), hs=True)  # five chunks an epoch


@given(st.lists(st.integers(0, 4), max_size=9))
@settings(deadline=None, max_examples=25)
def test_one_thread_gives_the_same_bytes_however_the_run_is_cut(cuts: list[int]) -> None:
    whole, cut = LONG.trainer(share=2), LONG.trainer(share=2)
    whole.run(100)
    for chunks in [*cuts, 100]:
        cut.run(chunks)
    for name in ("syn0", "syn1neg", "syn1"):
        assert np.array_equal(read(whole, name, LONG), read(cut, name, LONG))


def test_a_run_goes_on_from_its_matrices_and_its_count_of_chunks() -> None:
    whole, first = LONG.trainer(), LONG.trainer()
    whole.run(100)
    first.run(7)
    second = LONG.trainer(syn0=None, syn1neg=None, syn1=None)
    for name in ("syn0", "syn1neg", "syn1"):
        rows = read(first, name, LONG)
        second.set(name, rows[:13])
        second.set(name, rows[13:], 13)
    second.seek(first.done)
    assert second.alpha == first.alpha
    second.run(100)
    assert np.array_equal(read(whole, "syn0", LONG), read(second, "syn0", LONG))


def test_two_threads_read_each_word_once_and_learn_as_much() -> None:
    one, two = LONG.trainer(), LONG.trainer()
    assert one.run(100) == two.run(100, 2)
    shard = encode(LONG.sentences, LONG.words)
    assert two.loss(*shard)[0] == pytest.approx(one.loss(*shard)[0], rel=0.02)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("words", [9, 60])
def test_a_threads_copies_of_the_upper_nodes_hold_what_the_rows_would(target: str, words: int) -> None:
    case = Case([[i * k % words for i in range(30)] for k in range(1, 40)], words=words, hs=True)
    one, two = (case.trainer(negative=0, share=4, target=target) for _ in range(2))
    assert one.chunks == 1  # so that of two threads one does all the work, with nobody to wait for
    for _ in range(2):
        assert one.run(1) == two.run(1, 2)
    for name in ("syn0", "syn1"):
        np.testing.assert_allclose(read(two, name, case), read(one, name, case), rtol=0, atol=2e-5)


def test_two_threads_learn_as_much_of_a_tree() -> None:
    case = Case(LONG.sentences, words=LONG.words, d=LONG.d, hs=True)
    one, two = (case.trainer(negative=0, share=4) for _ in range(2))
    assert one.run(100) == two.run(100, 2)
    shard = encode(case.sentences, case.words)
    assert two.loss(*shard)[0] == pytest.approx(one.loss(*shard)[0], rel=0.02)


# ---------------------------------------------------------------- beside gensim


def gensim_model(counts: dict[str, int], sentences: int, **others: Any) -> Any:
    """A gensim model with its vocabulary, not trained."""
    model = Word2Vec(sg=1, workers=1, min_count=1, sorted_vocab=0, seed=1, epochs=1, **others)
    model.build_vocab_from_freq(counts, corpus_count=sentences)
    return model


def parameters(model: Any) -> dict[str, Any]:
    """What a Trainer needs of a gensim model."""
    words = len(model.wv)
    column = {name: [model.wv.get_vecattr(i, name) for i in range(words)] for name in ("count", "sample_int")}
    given = {
        "counts": np.array(column["count"], dtype=np.int64),
        "sample_int": np.array(column["sample_int"], dtype=np.uint32),
        "vector_size": model.vector_size, "window": model.window, "negative": model.negative, "ns_exponent": 0.75,
        "alpha": model.alpha, "min_alpha": model.min_alpha, "epochs": 1, "seed": 1, "syn0": model.wv.vectors,
    }  # fmt: skip
    if model.hs:
        points, codes = ([model.wv.get_vecattr(i, name) for i in range(words)] for name in ("point", "code"))
        given["offsets"] = np.concatenate([[0], np.cumsum([len(point) for point in points])]).astype(np.int64)
        given["points"] = np.concatenate(points).astype(np.int32)
        given["codes"] = np.concatenate(codes).astype(np.uint8)
    return given


def test_subsampling_keeps_the_share_that_gensims_sample_int_says() -> None:
    words = np.random.default_rng(1).zipf(1.3, 400_000) % 500
    counts = np.bincount(words, minlength=500)
    ranked = np.argsort(-counts)
    model = gensim_model({str(i): int(counts[word]) for i, word in enumerate(ranked)}, 1, sample=1e-3, vector_size=1)
    ranks = np.argsort(ranked).astype(np.int32)
    ids = words.astype(np.int32)
    trainer = native.Trainer(shards=[(ids, ranks)], **parameters(model))
    kept = parameters(model)["sample_int"] / 2**32 * counts[ranked]
    spread = math.sqrt(sum(kept * (1 - parameters(model)["sample_int"] / 2**32)))
    assert kept.sum() < 300_000
    assert abs(trainer.run(10**6)[1] - kept.sum()) < 5 * spread


@pytest.mark.parametrize(("negative", "hs"), [(5, 0), (0, 1)], ids=["ns", "hs"])
def test_it_learns_what_gensim_learns(tmp_path: Path, negative: int, hs: int) -> None:
    lexicon = make_lexicon(Segmenter(), True, False, ())
    for article in read_corpus("xwlb", 0, 800):
        lexicon.encode(article["text"])
    file = io.BytesIO()
    lexicon.flush(file)
    ids = np.frombuffer(file.getvalue(), dtype=np.int32)
    listed = [line.split("\t") for line in lexicon.words().decode().split("\n")[:-1]]
    order = sorted(range(len(listed)), key=lambda i: (-int(listed[i][1]), listed[i][0]))
    ranks = np.argsort(order).astype(np.int32)
    text = "".join("\n" if number < 0 else listed[number][0] + " " for number in ids.tolist())
    (tmp_path / "text").write_text(text, encoding="utf-8", newline="\n")
    model = gensim_model(
        {listed[i][0]: int(listed[i][1]) for i in order}, text.count("\n"), vector_size=50, negative=negative, hs=hs
    )
    given = parameters(model)
    trainer, judge = (native.Trainer(shards=[(ids, ranks)], share=1, **given) for _ in range(2))
    start = judge.loss(ids, ranks)[0]
    trainer.run(10**6)
    words = int((ids >= 0).sum())
    model.train(corpus_file=str(tmp_path / "text"), total_words=words, total_examples=model.corpus_count, epochs=1)
    judge.set("syn0", model.wv.vectors)
    judge.set("syn1" if hs else "syn1neg", model.syn1 if hs else model.syn1neg)
    theirs, ours = judge.loss(ids, ranks)[0], trainer.loss(ids, ranks)[0]
    assert theirs < 0.95 * start
    assert ours == pytest.approx(theirs, rel=0.005)
    assert trainer.norms()[0] == pytest.approx(judge.norms()[0], rel=0.05)


# ---------------------------------------------------------------- little and wrong input


def test_no_text_is_trained_at_once() -> None:
    case = Case([[0, 1]])
    for shards in ([], [encode([], 60)], [encode([[], [], []], 60)]):
        trainer = case.trainer(shards=shards)
        assert (trainer.chunks, trainer.words, trainer.run(1)) == (0, 0, (0, 0))
        assert trainer.alpha == 0.0001
    out = (np.array([0, 1, -1], dtype=np.int32), np.array([-1, -1], dtype=np.int32))
    trainer = case.trainer(shards=[out])  # no word of it is in the vocabulary
    assert (trainer.words, trainer.run(9)) == (2, (4, 0))


def test_norms_are_those_of_syn0_and_show_what_is_no_number() -> None:
    case = Case([[0, 1]])
    trainer = case.trainer()
    norms = np.linalg.norm(case.syn0, axis=1)
    assert trainer.norms() == pytest.approx((norms.mean(), norms.max()))
    case.syn0[5, 5] = np.nan
    trainer.set("syn0", case.syn0)
    assert all(map(math.isnan, trainer.norms()))


def ids_of(*ids: int) -> npt.NDArray[np.int32]:
    return np.array(ids, dtype=np.int32)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"shards": [(ids_of(0, 60), ids_of(0))]}, "shard 0: id 60 at place 1, and the map has 1 words"),
        ({"shards": [(ids_of(0, -2), ids_of(0))]}, "shard 0: id -2 at place 1"),
        ({"shards": [(ids_of(0), ids_of(60))]}, "shard 0: the map gives word 0 the rank 60, and there are 60 words"),
        ({"shards": [(ids_of(0), ids_of(-2))]}, "the rank -2"),
        ({"shards": [(np.zeros(3), ids_of(0))]}, "ids: items of int32"),
        ({"shards": [(np.zeros((4, 4), np.int32).T[:2], ids_of(0))]}, "ids: not a C-contiguous array"),
        ({"sample_int": np.zeros(59, np.uint32)}, "sample_int: 59 items, not 60"),
        ({"syn0": np.zeros((60, 19), np.float32)}, "syn0: not 60 rows of 20"),
        ({"counts": np.zeros(60, np.int64)}, "counts: word 0 has 0"),
        ({"counts": np.zeros(0, np.int64)}, "counts: a word at least"),
        ({"negative": 0}, "nothing to train by"),
        ({"vector_size": 0}, "vector_size"),
        ({"window": 0}, "window"),
        ({"epochs": 0}, "epochs"),
        ({"alpha": math.nan}, "alpha"),
        ({"target": "abacus"}, "target abacus"),
        ({"offsets": np.zeros(60, np.int64)}, "offsets: 60 items, not 61"),
        ({"offsets": np.zeros(61, np.int64), "points": ids_of(1), "codes": ids_of()}, "points: 1 items, not 0"),
    ],
)
def test_wrong_input_gets_a_sentence(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Case([[0, 1]]).trainer(**wrong)


def test_paths_are_looked_at() -> None:
    case = Case([[0, 1]], hs=True)
    for name, value in (("points", 60), ("points", -1), ("codes", 2), ("offsets", 99)):
        wrong = case.tree[name].copy()
        wrong[3] = value
        with pytest.raises(ValueError, match=r"points|offsets"):
            case.trainer(**{name: wrong})


def test_rows_and_chunks_out_of_reach_are_refused() -> None:
    trainer = Case([[0, 1]]).trainer()
    rows = np.zeros((2, 20), np.float32)
    for call in (
        lambda: trainer.get("syn0", rows, 59),
        lambda: trainer.set("syn0", rows[:, :19].copy()),
        lambda: trainer.get("syn1", rows),
        lambda: trainer.seek(3),
        lambda: trainer.run(1, 0),
    ):
        with pytest.raises(ValueError, match=r"rows|matrix|chunks|threads"):
            call()
