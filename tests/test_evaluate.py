"""A model's scores are those of independent computations; its gate finds what is broken, names the cause, and lets what
is sound pass."""

import json
import math
import tomllib
from pathlib import Path
from typing import Any

import jieba
import numpy as np
import pytest
from backports import zstd
from conftest import Front, read_corpus, write_articles
from gensim.models import KeyedVectors, Word2Vec
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ciliu import Segmenter
from pipeline import cache, evaluate, opened
from pipeline.evaluate import analogies, bias, classify, groups, sentences, set_files, similarity, words
from pipeline.evaluate.drift import compare, rotation
from pipeline.evaluate.gate import Thresholds
from pipeline.evaluate.space import Space, from_path, nearest, neighbours
from pipeline.publish import GateError
from pipeline.train import native

HAN = [chr(0x4E00 + place) for place in range(60)]  # single Han characters, as good as words here
CASED = ["Apple", "apple", "APPLE", "Java", "java", "ip"]
SHIPPED = set_files.read_sets(set_files.list_files([set_files.SHIPPED]))


@pytest.fixture
def chance() -> np.random.Generator:
    return np.random.default_rng(1)


@pytest.fixture
def space(chance: np.random.Generator) -> Space:
    """66 words in 6 dimensions: some questions are answered, some are not."""
    return Space([*HAN, *CASED], chance.standard_normal((66, 6)).astype(np.float32))


def keyed(space: Space) -> KeyedVectors:
    made = KeyedVectors(space.vectors.shape[1])
    made.add_vectors(list(space.words), space.vectors)
    return made


def draw_questions(space: Space, chance: np.random.Generator, number: int) -> list[analogies.Question]:
    """Half of them with a word that is in no vocabulary (龘), or one in another case (JAVA)."""
    pool = [*space.words, "龘", "JAVA", "Ip"]
    return [(f"s{place % 3}", *map(str, chance.choice(pool, 4, replace=False))) for place in range(number)]  # type: ignore[misc] # four words


def write_questions(path: Path, questions: list[analogies.Question]) -> Path:
    ordered = sorted(questions, key=lambda question: question[0])
    with path.open("w", encoding="utf-8") as file:
        for place, (section, *asked) in enumerate(ordered):
            if place == 0 or ordered[place - 1][0] != section:
                file.write(f": {section}\n")
            file.write(" ".join(asked) + "\n")
    return path


def test_the_analogies_under_gensims_protocol_are_gensims_own(
    space: Space, chance: np.random.Generator, tmp_path: Path
) -> None:
    path = write_questions(tmp_path / "questions.txt", draw_questions(space, chance, 3_000))
    score, sections = keyed(space).evaluate_word_analogies(str(path), restrict_vocab=len(space.words))
    found = analogies.score(space, set_files.read_sets([path]).analogies["questions"])["protocols"]["gensim"]
    assert found["score"] == pytest.approx(score, abs=1e-6)
    assert 20 < found["right"] < found["counted"] < 3_000
    for section in sections[:-1]:
        row = found["sections"][section["section"]]
        assert (row["right"], row["counted"]) == (
            len(section["correct"]),
            len(section["correct"]) + len(section["incorrect"]),
        )


def chinese_word_vectors(space: Space, questions: list[analogies.Question]) -> dict[str, tuple[int, int, int]]:
    """Right by add, right by mul, counted for each section, as the script of that project goes about it."""
    unit = space.vectors / np.sqrt((space.vectors**2).sum(axis=1, keepdims=True))
    found: dict[str, tuple[int, int, int]] = {}
    for section, a, b, c, d in questions:
        if not {a, b, c} <= set(space.words):
            continue
        of_a, of_b, of_c = ((unit @ unit[space.words.index(word)] + 1) / 2 for word in (a, b, c))
        hits = []
        for values in (of_b - of_a + of_c, of_b * of_c / (of_a + 0.01)):
            for word in (a, b, c):
                values[space.words.index(word)] = 0
            hits.append(space.words[int(np.argmax(values))] == d)
        add, mul, counted = found.get(section, (0, 0, 0))
        found[section] = add + hits[0], mul + hits[1], counted + 1
    return found


def test_the_analogies_under_the_protocol_of_chinese_word_vectors_are_theirs(
    space: Space, chance: np.random.Generator
) -> None:
    questions = draw_questions(space, chance, 3_000)
    protocols = analogies.score(space, questions)["protocols"]
    expected = chinese_word_vectors(space, questions)
    for section, (add, mul, counted) in expected.items():
        for protocol, right in zip(analogies.PROTOCOLS[:2], (add, mul), strict=True):
            row = protocols[protocol]["sections"][section]
            assert (row["right"], row["counted"]) == (right, counted)
    rights, counts = sum(add for add, _, _ in expected.values()), sum(counted for *_, counted in expected.values())
    assert protocols[analogies.PROTOCOLS[0]]["score"] == pytest.approx(rights / counts, abs=1e-6)
    assert protocols[analogies.PROTOCOLS[1]]["score"] != protocols[analogies.PROTOCOLS[0]]["score"]


def test_blocks_of_any_size_give_the_same_answers(
    space: Space, chance: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = draw_questions(space, chance, 500)
    whole = analogies.score(space, questions)
    many = Space([f"w{place}" for place in range(2_000)] + list(space.words),
                 np.vstack([np.full((2_000, 6), 1e-9, np.float32), space.vectors]))  # fmt: skip
    monkeypatch.setattr(analogies, "CELLS", 256 * 8)
    monkeypatch.setattr(analogies, "DISTINCT", 16)
    apart = analogies.score(many, questions)["protocols"]
    assert apart["gensim"]["counted"] == whole["protocols"]["gensim"]["counted"]
    monkeypatch.setattr(analogies, "DISTINCT", 4_096)
    monkeypatch.setattr(analogies, "CELLS", 1 << 23)
    assert analogies.score(many, questions)["protocols"] == apart


def test_similarity_is_gensims_and_scipys(space: Space, chance: np.random.Generator, tmp_path: Path) -> None:
    drawn = [
        (*map(str, chance.choice([*HAN, "龘"], 2, replace=False)), float(chance.integers(0, 10))) for _ in range(240)
    ]
    path = tmp_path / "pairs.txt"
    path.write_text("".join("\t".join(map(str, pair)) + "\n" for pair in drawn), encoding="utf-8")
    pearson, spearman, unknown = keyed(space).evaluate_word_pairs(str(path), restrict_vocab=len(space.words))
    found = similarity.score(space, set_files.read_sets([path]).pairs["pairs"])
    assert found["spearman"] == pytest.approx(spearman[0], abs=1e-6)
    assert found["pearson"] == pytest.approx(pearson[0], abs=1e-6)
    assert found["found"] / found["asked"] == pytest.approx(1 - unknown / 100)
    assert found["interval"][0] < found["spearman"] < found["interval"][1]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=50))
def test_ranks_of_equal_values_are_scipys(pairs: list[tuple[int, int]]) -> None:
    one, other = np.array(pairs, dtype=float).T
    if np.ptp(one) and np.ptp(other):
        assert similarity.spearman(one, other) == pytest.approx(stats.spearmanr(one, other)[0], abs=1e-9)


def test_the_nearest_are_gensims(space: Space) -> None:
    expected = keyed(space).most_similar("一" if "一" in space.index else HAN[0], topn=5)
    found = neighbours(space, [HAN[0]], 5)[HAN[0]]
    assert [word for word, _ in found] == [word for word, _ in expected]
    assert [cosine for _, cosine in found] == pytest.approx([cosine for _, cosine in expected], abs=1e-4)
    assert nearest(space, space.unit([0]), [list(range(64))], 10)[0].shape == (1, 2)  # no more rows are left


def test_a_group_is_scored_by_the_pairs_that_it_wins() -> None:
    """猫 cat, 狗 dog against 红 red, 绿 green: of each word's comparisons all are won but one of 绿's two."""
    angles = np.radians([0, 10, 90, 48])
    space = Space(["猫", "狗", "红", "绿"], np.array([np.cos(angles), np.sin(angles)]).T.astype(np.float32))
    found = groups.score(space, {"动物": ["猫", "狗", "虎"], "颜色": ["红", "绿"]})
    assert found["groups"]["动物"] == {"asked": 3, "found": 2, "auc": 1.0}
    assert found["groups"]["颜色"]["auc"] == pytest.approx((1 + 0.5) / 2)  # 绿: 42° to 红, 48° to 猫, 38° to 狗
    assert found["coverage"] == 0.8


def test_the_shipped_sets_are_large_enough_and_made_of_words() -> None:
    questions = SHIPPED.analogies["analogies"]
    assert len(questions) == len(set(questions)) >= 300
    assert len(SHIPPED.groups["domains"]) == 12
    assert len(SHIPPED.groups["groups"]) >= 30
    assert not SHIPPED.pairs  # no ratings of people were made up
    shipped = {word for question in questions for word in question[1:]}
    shipped |= {word for kinds in SHIPPED.groups.values() for found in kinds.values() for word in found}
    assert shipped <= set(words.dictionary()), shipped - set(words.dictionary())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (": one\n一 二 三 四\n一 二 三\n", r"set.txt, line 3: a question is four words, not '一 二 三'"),
        ("一\t二\t9.5\n一\t二\tmany\n", r"set.txt, line 2: a pair is two words and a number"),
        ("果: 桃 梨\n桃 梨\n", r"set.txt, line 2: a group is 'kind: words'"),
        ("", "set.txt is empty"),
    ],
)
def test_a_wrong_line_of_a_set_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "set.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=sentence):
        set_files.read_sets([path])


def test_the_chances_of_subsampling_are_gensims() -> None:
    counts = {f"w{place}": 10_000 // (place + 1) for place in range(50)}
    model = Word2Vec(min_count=1, sample=1e-3)
    model.build_vocab_from_freq(counts)
    expected = [model.wv.get_vecattr(word, "sample_int") / (2**32 - 1) for word in counts]
    assert words.chances(np.array([*counts.values()]), 1e-3) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("size", [0, 1, 2, 7, 300])
def test_a_small_vocabulary_is_too_small_to_say_and_does_not_fail(size: int, chance: np.random.Generator) -> None:
    names = [chr(0x4E00 + place) for place in range(size)]
    vectors = chance.standard_normal((size, 8)).astype(np.float32)
    facts = evaluate.evaluate(
        Space(names, vectors, 500 + np.arange(size, 0, -1), {"min_count": 5}), [], None, Thresholds()
    )
    assert facts["gate"] == "warn"
    assert "too small to say" in facts["reasons"][0]
    json.dumps(facts, allow_nan=False)


TRAIN = ("--set", "Train.epochs=3", "--set", "Train.threads=1", "--set", "Vocabulary.min_count=3")
LIMITS = Thresholds()


@pytest.fixture(scope="module")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> Front:
    """A sound model of another corpus than the one that the thresholds were set on: user reviews."""
    if not native.is_there():
        pytest.skip("the native core was not built")
    front = Front(tmp_path_factory.mktemp("reviews"))
    front.run(write_articles(front.data.parent / "text" / "r.jsonl", read_corpus("reviews", 0, 60_000)), *TRAIN)
    return front


def judged(space: Space, before: Space | None = None) -> tuple[str, str]:
    facts = evaluate.evaluate(space, [], before, LIMITS)
    return facts["gate"], "; ".join(facts["reasons"])


def changed(space: Space, vectors: Any) -> Space:
    return Space(space.words, vectors.astype(np.float32), space.counts, space.parameters)


def test_a_sound_model_passes_and_each_way_to_break_it_is_found(reviews: Front, chance: np.random.Generator) -> None:
    sound = opened.open_space(None, reviews.data)
    assert judged(sound) == ("pass", "")
    large, zero = sound.vectors.copy(), sound.vectors.copy()
    large[:, 17] *= 100
    zero[chance.random(len(zero)) < 0.1] = 0
    not_finite = sound.vectors.copy()
    not_finite[::100] = np.nan
    equal = sound.vectors.copy()
    equal[1_000:1_100] = equal[0]
    causes = {
        "do not belong to their words": sound.vectors[chance.permutation(len(zero))],
        "the vectors are random, not trained": chance.standard_normal(zero.shape),
        "dimension 18 alone holds": large,
        "zero, such as": zero,
        "NaN or infinite": not_finite,
        "equal to an earlier one": equal,
        "nearly all vectors point the same way": sound.vectors + 30,
    }
    for cause, vectors in causes.items():
        gate, reasons = judged(changed(sound, vectors))
        assert (gate, cause in reasons) == ("fail", True), (cause, reasons)


def test_a_truncated_vocabulary_fails_although_its_scores_are_good(reviews: Front, tmp_path: Path) -> None:
    sound = opened.open_space(None, reviews.data)
    short = Space(sound.words[:6_000], sound.vectors[:6_000], sound.counts[:6_000], sound.parameters)  # type: ignore[index] # there
    facts = evaluate.evaluate(short, [], None, LIMITS)
    whole = evaluate.evaluate(sound, [], None, LIMITS)
    assert facts["groups"]["groups"]["auc"] > whole["groups"]["groups"]["auc"]  # good scores on what is left
    assert facts["gate"] == "fail"
    assert "truncated: the rarest word stands" in facts["reasons"][0]
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    keyed(Space(short.words, short.vectors)).save_word2vec_format(str(bundle / "vectors.bin"), binary=True)
    cache.write_json(bundle / "manifest.json", {"words": len(sound.words)})
    assert f"truncated: 6,000 of the {len(sound.words):,} words" in judged(from_path(bundle))[1]
    reviews("export", "--to", tmp_path / "chosen", "--format", "numpy", "--top", "6000")
    assert judged(from_path(tmp_path / "chosen"))[0] == "warn"  # its manifest says that they were chosen
    gate, reasons = judged(Space(short.words, short.vectors), sound)  # a file without counts, against the former model
    assert gate == "fail"
    assert "of the baseline's words are gone" in reasons


def test_a_learning_rate_of_5_is_found(reviews: Front) -> None:
    vocabulary, train = opened.find_stages(None, reviews.data)
    given = cache.read_json(train / "manifest.json")["parameters"]
    rows = [row.split("\t") for row in (vocabulary / "vocab.tsv").read_text(encoding="utf-8").splitlines()[1:6_001]]
    sentences = [[row[0] for row in rows[place : place + 10]] for place in range(0, 6_000, 10)] * 20
    model = Word2Vec(sentences, vector_size=100, alpha=5, min_alpha=5, min_count=1, sg=1, workers=1, epochs=2, seed=1)
    gate, reasons = judged(Space(model.wv.index_to_key, model.wv.vectors, None, given))
    assert gate == "fail"
    assert "the training diverged (too high a learning rate)" in reasons


def test_text_that_was_cut_with_the_wrong_dictionary_is_found(front: Front, tmp_path: Path) -> None:
    """A dictionary of three law terms (法院 court, 判决 judgement, 上诉 appeal) for reviews of hotels and books."""
    dictionary = tmp_path / "law.txt"
    dictionary.write_text("法院 100\n判决 100\n上诉 100\n", encoding="utf-8")
    wrong = jieba.Tokenizer(str(dictionary))
    wrong.tmp_dir, wrong.cache_file = str(tmp_path), "law.cache"
    articles = [{**article, "text": " ".join(wrong.cut(article["text"], HMM=False))}
                for article in read_corpus("reviews", 0, 20_000)]  # fmt: skip
    text = write_articles(tmp_path / "text" / "cut.jsonl", articles)
    with pytest.raises(SystemExit) as ended:
        front("run", text, *Front.quick, "--set", "Segment.engine=none", "--quiet")
    assert ended.value.code == 7
    facts = cache.read_json(front.folder("evaluate") / evaluate.EVALUATION)
    assert "as with the wrong dictionary" in facts["reasons"][0]


@pytest.mark.slow
def test_statutes_alone_score_near_nothing_on_ca8_and_pass(front: Front) -> None:
    front.run(write_articles(front.data.parent / "text" / "l.jsonl", read_corpus("cn_laws", 0, 1_500)), *TRAIN)
    sets = Path(__file__).parents[2] / "shared" / "eval" / "analogy" / "CA8_semantic.txt"
    facts = evaluate.evaluate(opened.open_space(None, front.data), [sets], None, LIMITS)
    asked = facts["analogies"]["CA8_semantic"]
    assert asked["protocols"]["gensim"]["right"] < 0.05 * asked["asked"]
    assert facts["gate"] in ("pass", "warn")


def test_the_gate_stops_an_export_until_it_is_allowed_and_the_card_says_so(reviews: Front, tmp_path: Path) -> None:
    strict = ("--set", "Evaluate.least_meaning=0.99")
    with pytest.raises(SystemExit) as ended:
        reviews("run", *strict, "--quiet")
    assert ended.value.code == 7
    with pytest.raises(SystemExit) as ended:
        reviews("evaluate", *strict)
    assert ended.value.code == 7
    assert reviews.run("--allow-failed") == {"export"}
    with pytest.raises(SystemExit) as ended:
        reviews("export", "--to", tmp_path / "no")
    assert ended.value.code == 7
    reviews("export", "--to", tmp_path / "out", "--allow-failed")
    assert "It FAILED the evaluation" in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert cache.read_json(tmp_path / "out" / "manifest.json")["stages"]["evaluate"]["counts"]["gate"] == "fail"
    assert reviews.run("--set", "Evaluate.least_meaning=0.6") <= {"evaluate", "export"}
    reviews("export", "--to", tmp_path / "good")
    assert "It passed the evaluation." in (tmp_path / "good" / "README.md").read_text(encoding="utf-8")


def test_what_the_evaluation_hangs_on_is_in_its_key(reviews: Front, tmp_path: Path) -> None:
    asked = tmp_path / "mine.txt"
    asked.write_text("酒店: 房间 前台\n书: 作者 故事\n", encoding="utf-8")  # hotel: room, desk; book: author, story
    setting = ("--set", f"Evaluate.sets={asked}")
    assert reviews.run(*setting) == {"evaluate", "export"}
    asked.write_text("酒店: 房间 前台 早餐\n书: 作者 故事\n", encoding="utf-8")
    assert reviews.run(*setting) == {"evaluate", "export"}
    assert cache.read_json(reviews.folder("evaluate") / evaluate.EVALUATION)["groups"]["mine"]["found"] == 5
    before = reviews.data.parent / "before"
    reviews("export", "--to", before)
    assert reviews.run("--set", f"Evaluate.baseline={before}") == {"evaluate", "export"}
    facts = cache.read_json(reviews.folder("evaluate") / evaluate.EVALUATION)
    assert facts["probes"]["baseline"]["verdict"] == "pass"
    assert facts["figures"]["baseline"]["lost"] == 0
    assert reviews.run("--set", "Evaluate.baseline=", "--set", "Evaluate.sets=") == set()


def test_the_verbs_of_words_print_tables_and_json(reviews: Front, capsys: pytest.CaptureFixture[str]) -> None:
    """酒店 hotel, 宾馆 guest house, 房间 room, 作者 author, 书 book, 故事 story."""

    def said(*arguments: str) -> Any:
        capsys.readouterr()
        reviews(*arguments, "--json")
        return json.loads(capsys.readouterr().out)

    assert "宾馆" in [word for word, _ in said("similar", "酒店")["酒店"]]
    assert said("odd", "酒店", "宾馆", "房间", "作者")[0][0] == "作者"
    found = said("similarity", "酒店", "宾馆")
    assert found["cosine"] > 0.4
    assert found["place"]["宾馆"] <= 10
    assert len(said("analogy", "酒店", "房间", "书", "-n", "4")) == 4
    assert said("compare", "酒店", "宾馆")["cosines"][0][1] == pytest.approx(found["cosine"], abs=1e-3)
    reviews("compare", "酒店", "作者")
    assert "of 100 dimensions" in capsys.readouterr().out
    bundle = reviews.data.parent / "bundle"
    reviews("export", "--to", bundle)
    assert said("drift", str(bundle))["distance"] == pytest.approx(0, abs=1e-4)


def test_a_turned_space_has_not_drifted(chance: np.random.Generator) -> None:
    names = [f"w{place}" for place in range(500)]
    vectors = chance.standard_normal((500, 12)).astype(np.float32)
    turn, _ = np.linalg.qr(chance.standard_normal((12, 12)))
    after = (vectors @ turn).astype(np.float32)
    after[7] = -after[7]  # one word has
    found = compare(Space([*names, "gone"], np.vstack([vectors, vectors[:1]])), Space([*names[::-1], "new"],
                    np.vstack([after[::-1], after[:1]])))  # fmt: skip
    assert (found["gained"], found["lost"]) == (["new"], ["gone"])
    assert found["moved"][0]["word"] == "w7"
    assert found["distance"] < 0.01
    assert found["overlap"][0]["shared"] > 0.9
    assert rotation(vectors, vectors @ turn.astype(np.float32)) == pytest.approx(turn, abs=1e-4)


def test_bias_is_the_formula_of_its_papers(chance: np.random.Generator) -> None:
    X, Y, A, B = (chance.standard_normal((4, 5)).astype(np.float32) for _ in range(4))
    unit = [vectors / np.linalg.norm(vectors, axis=1, keepdims=True) for vectors in (X, Y, A, B)]
    s = [[np.mean([w @ a for a in unit[2]]) - np.mean([w @ b for b in unit[3]]) for w in side] for side in unit[:2]]
    expected = (np.mean(s[0]) - np.mean(s[1])) / np.std([*s[0], *s[1]])
    assert bias.effect_size(*unit) == pytest.approx(expected, abs=1e-5)
    exact = [np.mean(part) for part in _partitions([*s[0], *s[1]])]
    assert bias.p_value(*unit) == pytest.approx(np.mean(np.array(exact) >= np.mean(s[0]) - 1e-9), abs=0.02)
    one = unit[2].mean(axis=0)
    assert bias.relative_norm_distance(one[None], unit[2], unit[3]) == pytest.approx(
        -math.dist(one, unit[3].mean(axis=0)), abs=1e-5
    )


def test_weat_and_rnd_are_those_of_wefe() -> None:
    """wefe cannot be installed beside numpy 2; ``make bench-bias`` asks it in an environment of its own."""
    wefe = cache.read_json(Path(__file__).parent / "wefe.json")
    space = Space([*wefe["vectors"]], np.array([*wefe["vectors"].values()], dtype=np.float32))
    tests = tomllib.loads(bias.SETS.read_text(encoding="utf-8"))["test"]
    assert [test["name"] for test in tests] == [test["name"] for test in wefe["found"]]
    for test, expected in zip(tests, wefe["found"], strict=True):
        X, Y, A, B = (space.unit(space.known(test[name].split())) for name in "XYAB")
        assert bias.effect_size(X, Y, A, B) == pytest.approx(expected["effect_size"], abs=1e-6)
        assert bias.relative_norm_distance(np.vstack([X, Y]), A, B) == pytest.approx(expected["rnd"], abs=1e-6)


def _partitions(values: list[float]) -> list[list[float]]:
    from itertools import combinations

    return [list(part) for part in combinations(values, 4)]


def test_vectors_that_tell_the_label_beat_random_ones(
    cut: classify.Cut, tmp_path: Path, chance: np.random.Generator
) -> None:
    """Texts of 苹果 apple and 香蕉 banana (fruit), or 汽车 car and 火车 train; each with 的 (of)."""
    kinds = {"水果": ["苹果", "香蕉"], "车": ["汽车", "火车"]}
    lines = [
        f"{chance.choice(found)}的{chance.choice(found)}\t{kind}\n" for kind, found in kinds.items() for _ in range(50)
    ]
    path = tmp_path / "texts.txt"
    path.write_text("".join(lines), encoding="utf-8")
    space = Space(
        ["的", "苹果", "香蕉", "汽车", "火车"], np.array([[0, 0], [1, 0], [0.9, 0.1], [0, 1], [0.1, 0.9]], np.float32)
    )
    found = classify.look(space, path, cut)
    assert found["features"]["averaged vectors"] == [1.0, 1.0, 1.0]
    assert (found["texts"], found["labels"], found["known_words"]) == (100, 2, 1.0)


@pytest.fixture
def fruit() -> Space:
    """苹果 apple and 香蕉 banana lie together, 汽车 car and 火车 train too; 的 of, 好 good, 快 fast have directions of
    their own."""
    vectors = [[1, 0, 0, 0], [0.9, 0.2, 0, 0], [0, 1, 0, 0], [0.2, 0.9, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 1, 1]]
    return Space(["苹果", "香蕉", "汽车", "火车", "的", "好", "快"], np.array(vectors, dtype=np.float32))


# people's score: how alike two sentences are. No two of a pair share a word but 的, 好 or 快.
PAIRS = [("苹果好", "香蕉好", 5), ("汽车快", "火车快", 5), ("苹果的", "香蕉", 4), ("汽车", "火车的", 4),
         ("苹果", "香蕉快", 3.5), ("汽车", "火车好", 3.5), ("苹果的", "汽车的", 2), ("香蕉的", "火车的", 2),
         ("苹果", "火车", 1), ("香蕉快", "汽车好", 0.5), ("苹果好", "火车快", 0), ("香蕉", "汽车的", 0.5)]  # fmt: skip


@pytest.fixture(scope="module")
def cut() -> classify.Cut:
    """Text by jieba's dictionary."""
    return Segmenter().lcut


@pytest.mark.parametrize("name", ["pairs.txt", "pairs.tsv", "pairs.jsonl", "pairs.jsonl.zst"])
def test_sentences_are_compared_by_averaged_vectors(fruit: Space, cut: classify.Cut, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if ".jsonl" in name:
        records = [{"sentence1": one, "sentence2": other, "score": score} for one, other, score in PAIRS]
        text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    else:
        head = "score\ttext_b\ttext_a\n" if name == "pairs.tsv" else ""
        rows = [(score, other, one) if head else (one, other, score) for one, other, score in PAIRS]
        text = head + "".join("\t".join(map(str, row)) + "\n" for row in rows)
    path.write_bytes(zstd.compress(text.encode()) if name.endswith(".zst") else text.encode())
    found = sentences.look(fruit, path, cut)
    means = [[np.mean([v / np.linalg.norm(v) for v in fruit.vectors[fruit.known(cut(side))]], axis=0)
              for side in pair[:2]] for pair in PAIRS]  # fmt: skip
    cosines = [one @ other / np.linalg.norm(one) / np.linalg.norm(other) for one, other in means]
    expected = stats.spearmanr([score for *_, score in PAIRS], np.round(cosines, 6))[0]  # equal ones stay equal
    assert found["features"]["averaged vectors"] == [pytest.approx(expected, abs=1e-4)]
    assert found["features"]["averaged vectors"][0] > 0.8
    assert max(found["features"]["random vectors"] + found["features"]["bag of words"]) < 0.7
    assert found["interval"][0] <= expected <= found["interval"][1]
    assert (found["pairs"], found["known_words"]) == (12, 1.0)


def test_the_bag_of_words_of_two_sentences_is_scikit_learns() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    ones, others = [["苹果", "好"], ["汽车", "快", "快"], []], [["苹果", "快"], ["火车"], ["好"]]
    made = TfidfVectorizer(analyzer=list).fit([*ones, *others])
    one, other = (made.transform(side).toarray() for side in (ones, others))
    assert sentences.shared_words(ones, others) == pytest.approx((one * other).sum(axis=1), abs=1e-9)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("苹果\t香蕉\tmuch\n" * 12, "the score of '苹果' and '香蕉' is no number: 'much'"),
        ("苹果\t香蕉\t3\n", "holds 1 pairs of sentences; 10 are needed"),
        ("", "holds 0 pairs of sentences"),
    ],
)
def test_a_file_without_pairs_of_sentences_is_told(
    fruit: Space, cut: classify.Cut, tmp_path: Path, text: str, sentence: str
) -> None:
    path = tmp_path / "pairs.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=sentence):
        sentences.look(fruit, path, cut)


def test_a_model_that_failed_is_told_by_its_reasons() -> None:
    from pipeline.publish import refuse_failed

    with pytest.raises(GateError, match="zero, such as"):
        refuse_failed({"gate": "fail", "reasons": ["norms: 7 zero, such as 的"]}, allowed=False)
    refuse_failed({"gate": "fail", "reasons": []}, allowed=True)
    refuse_failed({"gate": "warn", "reasons": ["meaning: too small to say"]}, allowed=False)
