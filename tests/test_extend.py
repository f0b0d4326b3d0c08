"""ciliu extend: new words in an old model's space, the old rows to the bit as they were."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Front, read_corpus, write_articles
from gensim.models import KeyedVectors, Word2Vec
from hypothesis import given
from hypothesis import strategies as st

from pipeline import cache
from pipeline.extend.pairs import Text, count_before, find_pairs
from pipeline.extend.report import nearest
from pipeline.extend.rows import Layer, step

# --- a worked example, over text that is cut already ---

DRINKS, FRUIT = ["茶", "咖啡", "牛奶"], ["苹果", "香蕉", "葡萄"]  # tea, coffee, milk; apple, banana, grape
OLD = [
    *(
        f"我 {verb} 一杯 热 {drink}" for drink in DRINKS for verb in ("喝", "倒", "端")
    ),  # I drink, pour, carry a cup of hot
    *(f"他 {verb} 一个 甜 {fruit}" for fruit in FRUIT for verb in ("吃", "买", "摘")),  # he eats, buys, picks a sweet
] * 20
NEW = [  # 奶茶 milk tea, 芒果 mango: new words; 孤单 lonely: alone in its sentences
    *(f"我 {verb} 一杯 热 奶茶" for verb in ("喝", "倒", "端")),
    *(f"他 {verb} 一个 甜 芒果" for verb in ("吃", "买", "摘")),
    "孤单",
] * 20


def train_gensim(path: Path, **parameters: Any) -> Path:
    """A model of ``OLD`` by gensim itself."""
    given = {"sg": 1, "vector_size": 16, "min_count": 1, "sample": 0, "seed": 1, "epochs": 20, **parameters}
    Word2Vec([line.split() for line in OLD], workers=1, **given).save(str(path))
    return path


def write_lines(path: Path, lines: Sequence[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


CUT = ("--set", "Segment.engine=none", "--processes", "1")


def refuse(front: Front, capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """The sentence that ``ciliu extend`` ends with, at exit status 3."""
    with pytest.raises(SystemExit) as ended:
        front("extend", *arguments, *CUT, "--quiet")
    assert ended.value.code == 3
    return capsys.readouterr().err


def test_new_words_land_beside_the_old_words_that_are_used_like_them(
    front: Front, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, text = train_gensim(tmp_path / "model"), write_lines(tmp_path / "new.txt", NEW)
    front("extend", model, text, "--to", tmp_path / "made", *CUT, "--json")
    facts = json.loads(capsys.readouterr().out)
    found = {word["word"]: [old for old, _ in word["nearest"][:3]] for word in facts["new_words"]}
    assert found.keys() == {"奶茶", "芒果"}
    assert set(found["奶茶"]) == set(DRINKS)
    assert set(found["芒果"]) == set(FRUIT)
    assert facts["without_contexts"] == ["孤单"]
    assert facts["words"] == {"new": 2, "known": 12, "too_rare": 0}
    assert facts == cache.read_json(tmp_path / "made" / "extend.json")
    assert str(tmp_path) not in (tmp_path / "made" / "extend.json").read_text(encoding="utf-8")


def test_the_command_proves_that_the_old_rows_are_the_old_ones(
    front: Front, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, text = train_gensim(tmp_path / "model"), write_lines(tmp_path / "new.txt", NEW)
    front("extend", model, text, "--to", tmp_path / "made", *CUT)
    out = capsys.readouterr().out
    old, made = Word2Vec.load(str(model)), Word2Vec.load(str(tmp_path / "made" / "model.gensim"))
    number = len(old.wv)
    for name, before, after in (
        ("vectors", old.wv.vectors, made.wv.vectors), ("syn1neg", old.syn1neg, made.syn1neg),
    ):  # fmt: skip
        digest = cache.xxhash.xxh3_128_hexdigest(before.tobytes())
        assert after[:number].tobytes() == before.tobytes()
        assert f"old rows    the same: {name}[:{number}] before {digest}, after {digest}" in out
    assert "left out    1 that stand near no known word: 孤单" in out


def test_a_known_word_is_a_context_however_rare_it_is_in_the_sources(front: Front, tmp_path: Path) -> None:
    """喝 drink, 倒 pour, 端 carry stand once each, below the minimum count of 3."""
    model, text = train_gensim(tmp_path / "model"), write_lines(tmp_path / "new.txt", ["喝 奶茶", "倒 奶茶", "端 奶茶"])
    front("extend", model, text, "--to", tmp_path / "made", *CUT, "--quiet", "--set", "Vocabulary.min_count=3",
          "--set", "Articles.max_rejected=1", "--epochs", "4")  # fmt: skip
    facts = cache.read_json(tmp_path / "made" / "extend.json")
    assert [word["word"] for word in facts["new_words"]] == ["奶茶"]
    assert 0 < facts["new_words"][0]["contexts"] <= 3 * 4


def test_hierarchical_softmax_is_refused_with_the_reason_and_the_way_out(
    front: Front, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = write_lines(tmp_path / "new.txt", NEW)
    for negative in (0, 5):
        model = train_gensim(tmp_path / f"model-{negative}", hs=1, negative=negative)
        sentence = refuse(front, capsys, model, text, "--to", tmp_path / "made")
        assert "with every new word the Huffman tree is another one" in sentence
        assert "train anew on all text, or train the model by negative sampling (Train.hs=0)" in sentence
    assert not (tmp_path / "made").exists()


def test_what_cannot_be_extended_is_refused_in_one_sentence(
    front: Front, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, text = train_gensim(tmp_path / "model"), write_lines(tmp_path / "new.txt", NEW)
    vectors = Word2Vec.load(str(model)).wv
    vectors.save(str(tmp_path / "vectors"))
    vectors.save_word2vec_format(str(tmp_path / "vectors.txt"))
    known = write_lines(tmp_path / "known.txt", OLD)
    rare = write_lines(tmp_path / "rare.txt", [*OLD, "喝 豆浆", "喝 豆浆"])  # 豆浆 soy milk
    alone = write_lines(tmp_path / "alone.txt", ["孤单"] * 9)
    full = write_lines(tmp_path / "full" / "mine.txt", ["mine"]).parent
    for given_model, source, to, sentence in (
        (tmp_path / "vectors", text, "made", "vectors but no output layer (syn1neg)"),
        (tmp_path / "vectors.txt", text, "made", "vectors but no output layer (syn1neg)"),
        (train_gensim(tmp_path / "cbow", sg=0), text, "made", "trained by CBOW (sg=0)"),
        (model, known, "made", "no new word: the model has all 18 of theirs"),
        (model, rare, "made", "豆浆 stands most often, 2 times: --set Vocabulary.min_count=2"),
        (model, alone, "made", "none of the 1 new words stands near a word that the model has"),
        (model, text, full.name, "is there already and not empty"),
    ):
        assert sentence in refuse(front, capsys, given_model, source, "--to", tmp_path / to), sentence
    assert not (tmp_path / "made").exists()


def test_a_note_tells_that_the_sources_are_cut_otherwise_than_the_model_was(
    front: Front, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, text = write_lines(tmp_path / "old.txt", OLD), write_lines(tmp_path / "new.txt", NEW)
    front.run(old, *front.quick, *CUT)
    bundle = front.folder("export") / "bundle"
    for hmm in ("false", "true"):
        capsys.readouterr()
        front("extend", bundle, text, "--to", tmp_path / hmm, *CUT, "--set", f"Segment.HMM={hmm}", "--quiet")
        note = "note: the model's text was cut with Segment.HMM=False, the sources are cut with Segment.HMM=True"
        assert (note in capsys.readouterr().err) == (hmm == "true")


def test_it_is_no_run_and_the_next_run_goes_on_from_the_last_one(front: Front, tmp_path: Path) -> None:
    model, text = train_gensim(tmp_path / "model"), write_lines(tmp_path / "new.txt", NEW)
    front("extend", model, text, "--to", tmp_path / "made", *CUT, "--quiet")
    assert not (front.data / "runs").exists()


# --- a real model ---


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tuple[Front, Path, Path]:
    """A bundle of 400 articles of news, other articles, and the model with their new words."""
    folder = tmp_path_factory.mktemp("real")
    write_articles(folder / "old.jsonl", read_corpus("xwlb", 0, 400))
    new = write_articles(folder / "new.jsonl", read_corpus("xwlb", 4_000, 400))
    front = Front(folder)
    front.run(folder / "old.jsonl", "--set", "Train.threads=1", "--set", "Train.vector_size=32")
    bundle = front.folder("export") / "bundle"
    front("extend", bundle, new, "--to", folder / "made", "--quiet")
    return front, bundle, new


def test_the_old_rows_of_a_real_model_keep_their_bytes_and_their_order(real: tuple[Front, Path, Path]) -> None:
    front, bundle, _ = real
    old, made = Word2Vec.load(str(bundle / "model.gensim")), front.data.parent / "made"
    number, vectors = len(old.wv), np.load(made / "vectors.npy")
    rows = [line.split("\t") for line in (made / "vocab.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    facts = cache.read_json(made / "extend.json")
    assert vectors.shape == (number + facts["words"]["new"], 32)
    assert facts["words"]["new"] > 100
    assert vectors[:number].tobytes() == old.wv.vectors.tobytes()
    assert np.load(made / "model.gensim.syn1neg.npy")[:number].tobytes() == old.syn1neg.tobytes()
    assert [row[0] for row in rows[:number]] == old.wv.index_to_key
    assert [row[0] for row in rows[number:]] == [word["word"] for word in facts["new_words"]]
    assert [int(row[1]) for row in rows[:number]] == [old.wv.get_vecattr(word, "count") for word in old.wv.index_to_key]
    assert [int(row[2]) for row in rows] == list(range(len(rows)))


def test_new_rows_are_as_long_as_those_of_old_words_that_stand_as_often(real: tuple[Front, Path, Path]) -> None:
    front, bundle, _ = real
    made = Word2Vec.load(str(front.data.parent / "made" / "model.gensim"))
    number = len(Word2Vec.load(str(bundle / "model.gensim")).wv)
    counts = made.wv.expandos["count"]
    alike = (counts >= 10) & (counts < 40)
    for matrix in (made.wv.vectors, made.syn1neg):
        lengths = np.linalg.norm(matrix, axis=1)
        assert 0.5 < lengths[number:][alike[number:]].mean() / lengths[:number][alike[:number]].mean() < 2


def test_the_same_sources_give_the_same_bytes_and_another_seed_others(
    real: tuple[Front, Path, Path], tmp_path: Path
) -> None:
    front, bundle, new = real
    made = front.data.parent / "made"
    front("extend", bundle, new, "--to", tmp_path / "again", "--quiet")
    front("extend", bundle, new, "--to", tmp_path / "other", "--quiet", "--seed", "2")
    for path in made.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes(), path.name
    assert (tmp_path / "other" / "vectors.npy").read_bytes() != (made / "vectors.npy").read_bytes()


def test_gensim_alone_loads_it_finds_neighbours_and_trains_on(real: tuple[Front, Path, Path]) -> None:
    front, _, _ = real
    made = front.data.parent / "made"
    model = Word2Vec.load(str(made / "model.gensim"))
    news = [word["word"] for word in cache.read_json(made / "extend.json")["new_words"]]
    assert len(model.wv) == len(model.syn1neg) == len(model.cum_table) == len(model.wv.expandos["sample_int"])
    assert all(len(model.wv.most_similar(word)) == 10 for word in news[:5])
    before = model.wv.vectors.copy()
    model.train([[news[0], "中国", news[1], "经济"]] * 20, total_examples=20, epochs=2)  # 中国 China, 经济 economy
    moved = (model.wv.vectors != before).any(axis=1)
    assert moved[[model.wv.key_to_index[word] for word in (news[0], news[1], "经济")]].all()
    assert np.isfinite(model.wv.vectors).all()
    assert (made / "vectors.npy").read_bytes() == (made / "model.gensim.wv.vectors.npy").read_bytes()


def test_an_extended_model_can_be_extended_again(real: tuple[Front, Path, Path], tmp_path: Path) -> None:
    front, _, _ = real
    made = front.data.parent / "made"
    third = write_articles(tmp_path / "third.jsonl", read_corpus("tech", 0, 50))
    front("extend", made, third, "--to", tmp_path / "twice", "--quiet")
    old, twice = np.load(made / "vectors.npy"), np.load(tmp_path / "twice" / "vectors.npy")
    assert twice[: len(old)].tobytes() == old.tobytes()
    assert len(twice) > len(old)


# --- the rules ---


@given(st.lists(st.integers(0, 5), max_size=40))
def test_count_before_counts_as_a_loop_does(rows: list[int]) -> None:
    assert count_before(np.array(rows, dtype=np.int32)).tolist() == [
        rows[:place].count(row) for place, row in enumerate(rows)
    ]


@given(st.data(), st.integers(1, 4), st.booleans())
def test_pairs_are_those_that_two_loops_find(data: st.DataObject, window: int, new_is_centre: bool) -> None:
    """Rows from 3 on are new words; every turn has each of them once at most."""
    number = data.draw(st.integers(1, 30))
    row, sentence, reach = (
        data.draw(st.lists(st.integers(low, high), min_size=number, max_size=number))
        for low, high in ((0, 5), (0, 2), (1, window))
    )
    sentence.sort()
    text = Text(
        *(np.array(column, dtype=np.int32) for column in (row, sentence)), np.arange(number, dtype=np.float32), 1.0
    )
    pairs = find_pairs(text, 3, np.array(reach, dtype=np.int32), window, new_is_centre=new_is_centre)
    wanted = [
        (new, row[new], row[known])
        for new in range(number)
        for known in range(number)
        if row[new] >= 3 > row[known]
        and sentence[new] == sentence[known]
        and abs(new - known) <= reach[new if new_is_centre else known]
    ]
    found = list(zip(pairs.place.astype(int).tolist(), pairs.new.tolist(), pairs.known.tolist(), strict=True))
    assert sorted(found) == sorted(wanted)
    batches = [range(len(found))[batch] for batch in pairs.batches(3)]
    assert [place for batch in batches for place in batch] == list(range(len(found)))
    assert all(len(batch) <= 3 and len(set(pairs.turn[batch].tolist())) == 1 for batch in batches)
    for turn in set(pairs.turn.tolist()):
        places: dict[int, set[int]] = {}
        for place, new, _ in np.array(found)[pairs.turn == turn].tolist():
            places.setdefault(new, set()).add(place)
        assert all(len(where) == 1 for where in places.values())


def test_a_step_is_the_gradient_of_negative_sampling() -> None:
    """Against loops in double precision: gensim's formula, pair by pair, from the rows as they were."""
    random = np.random.default_rng(1)
    new, frozen = (random.normal(size=(rows, 6)).astype(np.float32) for rows in (4, 9))
    frozen[8] *= 50  # beyond the largest exponent: trained no further
    row = np.array([0, 0, 1, 3, 3, 3], dtype=np.int32)
    known = np.array([2, 5, 8, 1, 0, 7], dtype=np.int32)
    samples = random.integers(0, 9, (6, 5)).astype(np.int32)
    samples[0, 1] = known[0]  # drawn although it is the word itself: passed over
    alpha = np.linspace(0.025, 0.02, 6).astype(np.float32)
    wanted = new.astype(np.float64)
    for pair, (one, other) in enumerate(zip(row, known, strict=True)):
        for label, target in [(1, other), *((0, sample) for sample in samples[pair] if sample != other)]:
            dot = float(new[one].astype(np.float64) @ frozen[target])
            if abs(dot) < 6:
                wanted[one] += alpha[pair] * (label - 1 / (1 + np.exp(-dot))) * frozen[target]
    step(Layer(new, frozen, new_is_centre=False), row, known, samples, alpha)
    np.testing.assert_allclose(new, wanted, atol=1e-6)


def test_the_nearest_are_gensims_most_similar() -> None:
    matrix = np.random.default_rng(1).normal(size=(200, 8)).astype(np.float32)
    keyed = KeyedVectors(8)
    keyed.add_vectors([str(row) for row in range(150)], matrix[:150])
    for row, found in zip(range(150, 200), nearest(matrix[:150], matrix[150:]), strict=True):
        assert [str(old) for old, _ in found] == [word for word, _ in keyed.similar_by_vector(matrix[row])]
