"""NewWords: what the corpus has and the dictionary has not."""

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import SHARED, Front, examples, read_corpus, write_articles
from hypothesis import given
from hypothesis import strategies as st
from planted_words import PLANTED, plant

from ciliu import Segmenter
from ciliu.engine_native import import_native
from pipeline.estimate import estimate_new_words
from pipeline.newwords import grams, kinds, look, runs, score
from pipeline.newwords.votes import bands

NATIVE: Any = import_native()
needs_native = pytest.mark.skipif(NATIVE is None, reason="the native core was not built")
CORES = [pytest.param(grams.PythonCore, id="python"), pytest.param(NATIVE, id="native", marks=needs_native)]

TEXTS = st.text(alphabet="的一是在人T5gm，。 é𠀀\n一丁龥鿕", max_size=60)


def read(front: Front) -> list[dict[str, Any]]:
    lines = (front.folder("newwords") / "candidates.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def load(core: Any, folder: Path, paths: list[bytes], order: int, least: int, limit: int) -> Any:
    """The n-grams of runs that stand often enough."""
    core.keep_grams(paths, order, least, limit, bytes(folder / "kept"))
    return core.Grams(bytes(folder / "kept"))


def count_directly(texts: list[str], order: int) -> Counter[str]:
    """All n-grams, by counting them."""
    found: Counter[str] = Counter()
    for text in texts:
        for line in runs.UNITS.findall(text):
            for n in range(1, order + 1):
                found.update(line[i : i + n] for i in range(len(line) - n + 1))
    return found


@pytest.mark.parametrize("core", CORES)
@given(texts=st.lists(TEXTS, min_size=1, max_size=4), order=st.integers(2, 8), least=st.integers(1, 3))
@examples(60)
def test_merged_runs_say_how_often_each_ngram_stands(
    core: Any, tmp_path_factory: pytest.TempPathFactory, texts: list[str], order: int, least: int
) -> None:
    folder = tmp_path_factory.mktemp("runs")
    paths = []
    for number, text in enumerate(texts):
        path = folder / str(number)
        path.write_bytes(core.count_grams(text.encode("utf-8"), order))
        paths.append(bytes(path))
    both = folder / "both"
    core.merge_runs(paths[:2], bytes(both))
    direct = count_directly(texts, order)
    for chosen in (paths, [bytes(both), *paths[2:]]):
        found = load(core, folder, chosen, order, least, 10**6)
        total = sum(count for gram, count in direct.items() if len(gram) == 1)
        assert found.facts() == (total, least, sum(count >= least for count in direct.values()))
        for gram, count in direct.items():
            assert found.get(gram)[0] == (count if count >= least else 0)


@needs_native
@given(texts=st.lists(TEXTS, min_size=1, max_size=3), order=st.integers(2, 8), limit=st.integers(3, 40))
@examples(60)
def test_the_native_core_and_python_give_the_same(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], order: int, limit: int
) -> None:
    folder = tmp_path_factory.mktemp("runs")
    joined = "\n".join(texts).encode("utf-8")
    runs_of = [core.count_grams(joined, order) for core in (NATIVE, grams.PythonCore)]
    assert runs_of[0] == runs_of[1]
    path = folder / "run"
    path.write_bytes(runs_of[0])
    native, python = (load(core, folder, [bytes(path)], order, 1, limit) for core in (NATIVE, grams.PythonCore))
    assert native.facts() == python.facts()
    for gram in count_directly(texts, order):
        assert native.get(gram) == python.get(gram)
    thresholds = tuple(0.5 * n for n in range(order - 1))
    votes = NATIVE.vote(native.cohesive(thresholds), order, joined)
    assert votes == grams.PythonCore.vote(python.cohesive(thresholds), order, joined)
    words = [line.split("\t")[0] for line in votes.decode("utf-8").splitlines()]
    listed = "".join(f"{word}\n" for word in words if len(word) > 1).encode("utf-8")
    assert NATIVE.find_words(listed, joined) == grams.PythonCore.find_words(listed, joined)


@pytest.mark.parametrize("core", CORES)
def test_where_too_many_ngrams_stand_often_enough_the_minimum_rises_and_what_stays_is_complete(
    core: Any, tmp_path: Path
) -> None:
    text = "".join(f"{word}，" * times for word, times in {"微信": 9, "抖音": 7, "网红": 5, "新冠": 3}.items())
    path = tmp_path / "run"
    path.write_bytes(core.count_grams(text.encode("utf-8"), 2))
    found = load(core, tmp_path, [bytes(path)], 2, 2, 8)
    total, least, kept = found.facts()
    assert (total, kept) == (48, sum(count >= least for count in count_directly([text], 2).values()))
    assert least > 3
    assert found.get("微信")[0] == 9
    assert found.get("新冠") == (0, 0.0)


@pytest.mark.parametrize("core", CORES)
def test_a_damaged_run_is_refused(core: Any, tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.write_bytes(core.count_grams("微信好".encode(), 4)[:-3])
    with pytest.raises(ValueError, match="damaged"):
        load(core, tmp_path, [bytes(path)], 4, 1, 100)


@pytest.mark.parametrize("core", CORES)
def test_cohesion_is_the_logarithm_of_count_over_chance_at_the_worst_split(core: Any, tmp_path: Path) -> None:
    text = "网约车，网约车，网红，约车"  # 网 3, 约车 3, 网约 2, 车 3, of 11
    path = tmp_path / "run"
    path.write_bytes(core.count_grams(text.encode("utf-8"), 3))
    count, cohesion = load(core, tmp_path, [bytes(path)], 3, 1, 100).get("网约车")
    assert count == 2
    assert cohesion == pytest.approx(math.log(10 * 2 / (3 * 3)))


@pytest.mark.parametrize("core", CORES)
def test_pieces_end_where_no_ngram_reaches_across(core: Any, tmp_path: Path) -> None:
    """word-discovery's own rule: what overlapping n-grams cover is one piece, unless a part of it does not hold."""
    text = "网约车来了，网约车走了，我网约车。iPhone手机"
    chosen = frozenset({"网约", "约车", "网约车"})
    assert list(grams.cut("我网约车来", 3, chosen)) == ["我", "网约车", "来"]
    assert list(grams.cut("用iPhone打", 3, chosen)) == ["用", "iPhone", "打"]  # no Latin word is parted
    assert not grams.holds("网约车", 3, frozenset({"网约", "约车"}))
    path = tmp_path / "run"
    path.write_bytes(core.count_grams(text.encode("utf-8"), 3))
    found = load(core, tmp_path, [bytes(path)], 3, 3, 100)
    votes = core.vote(found.cohesive((0.0, 0.0)), 3, text.encode("utf-8")).decode("utf-8").splitlines()
    assert "网约车\t3" in votes


@pytest.mark.parametrize("core", CORES)
def test_a_word_is_found_with_its_neighbours_but_within_no_latin_word(core: Any) -> None:
    text = "买5G手机吧，5G手机。A5G手机"
    places = [tuple(place) for place in look_up(core, ["5G手机"], text)]
    assert places == [(0, 3, ord("买"), ord("吧")), (0, 17, 0, 0)]


def look_up(core: Any, words: list[str], text: str) -> Any:
    listed = "".join(f"{word}\n" for word in words).encode("utf-8")
    return np.frombuffer(core.find_words(listed, text.encode("utf-8")), dtype=grams.PLACE).tolist()


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    """jieba's own dictionary."""
    return Segmenter()


def judge_by_chance(segmenter: Segmenter, core: Any, folder: Path, text: str, words: list[str]) -> dict[str, bool]:
    """Of each word, whether it is a mere sequence of the dictionary's words in a text."""
    path = folder / "run"
    path.write_bytes(core.count_grams(text.encode("utf-8"), 6))
    counted = load(core, folder, [bytes(path)], 6, 1, 10**6)
    kept = {piece.word for piece in score.choose([f"{word}\t1" for word in words], segmenter, counted, 6)}
    return {word: word not in kept for word in words}


@pytest.mark.parametrize("core", CORES)
def test_what_is_only_a_sequence_of_the_dictionarys_words_by_chance_is_left_out(
    core: Any, tmp_path: Path, segmenter: Segmenter
) -> None:
    """Both are two words of the dictionary. 共享 to share, 单车 bicycle: 共享单车, a shared bicycle, is one thing.
    公司 company, 表示 to say: 公司表示, the company says, is two words that met. 减贫, to reduce poverty, has words
    of a single character: it stays."""
    alone = "共享，单车，" * 2 + "公司，表示，" * 300 + "减，贫，" * 300
    text = alone + "共享单车，" * 30 + "公司表示，" * 30 + "减贫，" * 3 + "天气很好，" * 2_000  # the weather is fine
    words = ["共享单车", "公司表示", "减贫"]
    assert [segmenter.lcut(word) for word in words] == [["共享", "单车"], ["公司", "表示"], ["减", "贫"]]
    left_out = judge_by_chance(segmenter, core, tmp_path, text, words)
    assert left_out == {"共享单车": False, "公司表示": True, "减贫": False}
    # eight characters, longer than the n-grams: nothing tells that it is more than its words (shared bicycle, company)
    longer = judge_by_chance(segmenter, core, tmp_path, "共享单车公司表示，" * 30, ["共享单车公司表示"])
    assert longer == {"共享单车公司表示": True}


@given(
    together=st.integers(1, 50), alone=st.tuples(st.integers(0, 500), st.integers(0, 500)), rest=st.integers(0, 5_000)
)
@examples(60)
def test_chance_is_the_whole_against_the_product_of_its_words(together: int, alone: tuple[int, int], rest: int) -> None:
    """公司表示: the company says."""
    counts = {"公司表示": together, "公司": together + alone[0], "表示": together + alone[1]}
    total = 4 * together + 2 * sum(alone) + rest

    class Counted(grams.PythonGrams):
        def __init__(self) -> None:
            self.total, self.min_count, self.counts = total, 1, counts

        def get(self, word: str) -> tuple[int, float]:
            return self.counts[word], 0.0

    piece = score.Piece("公司表示", together, 0.0, ["公司", "表示"])
    lift = math.log(together) + math.log(total) - math.log(counts["公司"]) - math.log(counts["表示"])
    assert score.is_sequence(piece, Counted(), lift + 1e-6)
    assert not score.is_sequence(piece, Counted(), lift - 1e-6)


@given(
    votes=st.lists(st.dictionaries(st.text("一丁T5", min_size=1, max_size=3), st.integers(1, 99)), max_size=4),
    size=st.integers(1, 60),
)
@examples(100)
def test_votes_added_up_in_bands_are_those_added_up_at_once(
    tmp_path_factory: pytest.TempPathFactory, votes: list[dict[str, int]], size: int
) -> None:
    folder = tmp_path_factory.mktemp("votes")
    paths = [folder / str(number) for number in range(len(votes))]
    for path, counts in zip(paths, votes, strict=True):
        path.write_bytes(b"".join(sorted(f"{word}\t{count}\n".encode() for word, count in counts.items())))
    added = [line for parts in bands(paths, size) for line in grams.add_votes(parts, 2)]
    assert sorted(added) == sorted(grams.add_votes((path.read_bytes() for path in paths), 2))


def test_neighbours_looked_at_in_bands_give_the_same_entropies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(7)
    paths = [tmp_path / str(number) for number in range(3)]
    for path in paths:
        pairs = np.unique(draw.integers(0, 40, 300) << 16 | draw.integers(0, 30, 300))
        look.rows(look.SIDE, pairs >> 16, pairs & 0xFFFF, draw.integers(1, 9, len(pairs))).tofile(path)
    whole = look.entropies(paths, 40)
    monkeypatch.setattr(look, "AT_ONCE", 50)
    banded = look.entropies(paths, 40)
    assert whole.entropy.tobytes() == banded.entropy.tobytes()
    assert whole.ends.tobytes() == banded.ends.tobytes()
    rows = look.add_sides([np.fromfile(path, dtype=look.SIDE) for path in paths])
    mine = rows[rows["word"] == 5]
    share = mine["count"][mine["unit"] > 0] / mine["count"][mine["unit"] > 0].sum()
    assert whole.entropy[5] == pytest.approx(-(share * np.log(share)).sum())


@needs_native
def test_kept_ngrams_that_are_cut_short_are_refused(tmp_path: Path) -> None:
    run, kept = tmp_path / "run", tmp_path / "kept"
    run.write_bytes(NATIVE.count_grams("微信好".encode(), 4))  # WeChat is good
    NATIVE.keep_grams([bytes(run)], 4, 1, 100, bytes(kept))
    whole = kept.read_bytes()
    for size in (0, 31, 40, len(whole) - 1):
        kept.write_bytes(whole[:size])
        with pytest.raises(ValueError, match="damaged"):
            NATIVE.Grams(bytes(kept))


def test_numbers_with_what_they_count_and_latin_alone_are_no_candidates() -> None:
    for word in (
        "2019年",
        "三百多",
        "第二十三条",
        "12月",
        "iPhone",
        "人",
    ):  # year, 300-odd, article 23, December, person
        assert not score.is_possible(word), word
    for word in ("5G手机", "A股", "三亚", "九寨沟", "T恤"):  # 5G phone, A-share, two places, T-shirt
        assert score.is_possible(word), word


def test_kinds_are_guessed_by_cues_that_are_told() -> None:
    assert kinds.guess("李佳琦", ["李", "佳", "琦"], ["记者李佳琦表示"])[0] == "person"
    assert kinds.guess("腾讯公司", ["腾讯", "公司"], [])[0] == "organisation"  # Tencent company
    assert kinds.guess("九寨沟县", ["九寨沟", "县"], [])[0] == "place"  # a county
    assert kinds.guess("5G手机", ["5G", "手机"], []) == ("product", "Latin letters or digits in it")
    assert kinds.guess("共享单车", ["共享", "单车"], [])[0] == "phrase"  # shared bicycles
    assert kinds.guess("缇萦", ["缇", "萦"], []) == ("term", "no other cue")  # Tiying, without a cue


def test_the_sentence_around_a_place() -> None:
    text = "天气好。他用微信付款！走了".encode()
    assert look.sentence(text, text.index("微信".encode()), 6, 40) == "他用微信付款！"
    assert look.sentence(text, text.index("微信".encode()), 6, 1) == "…用微信付…"


def test_planted_words_are_found_and_little_else(front: Front, tmp_path: Path) -> None:
    front.run(plant(tmp_path / "text.jsonl"), "--only", "newwords")
    found = read(front)
    words = [one["word"] for one in found]
    assert set(PLANTED) <= set(words)
    assert set(words[:10]) == set(PLANTED)
    metaverse = next(one for one in found if one["word"] == "元宇宙")
    assert metaverse["articles"] == 120
    assert metaverse["marked"] == 120  # 《元宇宙》
    assert metaverse["titles"] == 12
    assert metaverse["today"] == ["元", "宇宙"]
    assert all(len(one["contexts"]) == 3 and all(one["word"] in text for text in one["contexts"]) for one in found)
    table = (front.folder("newwords") / "candidates.tsv").read_text(encoding="utf-8").splitlines()
    assert [line.split("\t")[0] for line in table[1:]] == words


def test_what_the_dictionary_has_is_no_candidate(front: Front, tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("微信 500\n抖音 500\n", encoding="utf-8")
    front.run(plant(tmp_path / "text.jsonl"), "--only", "newwords", "--set", f"Dictionary.files={words}")
    assert not {"微信", "抖音"} & {one["word"] for one in read(front)}


def test_one_and_three_processes_and_another_number_of_shards_give_the_same(
    front: Front, tmp_path: Path, many_shards: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = plant(tmp_path / "text.jsonl", 300)
    digests = []
    for processes, size in ((1, 16 << 10), (3, 16 << 10), (2, 1 << 20)):
        monkeypatch.setattr("pipeline.shards.SIZE", size)
        other = Front(tmp_path / f"{processes}-{size}")
        other("run", text, "--only", "newwords", "--processes", str(processes), "--quiet")
        folder = other.folder("newwords")
        digests.append([(folder / name).read_bytes() for name in ("candidates.jsonl", "candidates.tsv")])
    assert digests[0] == digests[1] == digests[2]


def test_without_the_native_core_the_same_candidates_come_out(
    front: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = plant(tmp_path / "text.jsonl", 60)
    front.run(text, "--only", "newwords")
    first = read(front)
    monkeypatch.setattr(grams, "import_native", lambda: None)
    front.run(text, "--only", "newwords")
    assert read(front) == first


def test_more_articles_count_their_own_ngrams_and_a_dictionary_none(
    front: Front, tmp_path: Path, many_shards: None
) -> None:
    plant(tmp_path / "text" / "a.jsonl", 100)
    front("words", "find", tmp_path / "text", "--quiet")
    before = [note for note in front.manifest("newwords")["shards"] if note["work"] == "count_shard"]
    plant(tmp_path / "text" / "b.jsonl", 10, seed=8)
    front("words", "find", tmp_path / "text", "--quiet")
    manifest = front.manifest("newwords")
    assert len(before) <= manifest["shards_taken"] < len(manifest["shards"])
    words = tmp_path / "words.txt"
    words.write_text("微信 500\n", encoding="utf-8")
    front("words", "find", "--quiet", "--set", f"Dictionary.files={words}")
    again = front.manifest("newwords")
    assert again["shards_taken"] == sum(note["work"] in ("count_shard", "vote_shard") for note in again["shards"])


def test_the_plan_says_why_it_would_run_and_a_run_of_the_model_needs_it_not(
    front: Front, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = plant(tmp_path / "text.jsonl", 30)
    assert "newwords" not in front.run(text, "--until", "segment")
    front("run", "--only", "newwords", "--quiet")
    capsys.readouterr()
    front("plan", "--until", "newwords", "--set", "NewWords.min_count=20")
    assert "Newwords.min_count 10 → 20" in capsys.readouterr().out


def test_the_plan_says_what_the_search_takes_as_the_benchmark_measured_it(
    front: Front, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = plant(tmp_path / "text.jsonl", 30)
    needed = []
    for end in ("dedup", "newwords"):
        capsys.readouterr()
        front("plan", text, "--until", end)
        needed.append(capsys.readouterr().out.splitlines()[-1])
    assert needed[0] != needed[1]
    result = Path(__file__).parents[1] / "benchmarks" / "results" / "new_words_size.json"
    large = json.loads(result.read_text(encoding="utf-8"))["large"]
    search = estimate_new_words(large["text_bytes"], 4, 2)
    assert search["seconds"] == pytest.approx(large["seconds"], rel=0.2)
    assert search["disk_bytes"] == pytest.approx(large["output_bytes"], rel=0.2)
    assert large["peak_bytes"] <= search["memory_bytes"] <= 1.5 * large["peak_bytes"]


def test_word_discoverys_own_setting_ranks_by_votes(front: Front, tmp_path: Path) -> None:
    front.run(plant(tmp_path / "text.jsonl"), "--only", "newwords", "--set", "NewWords.method=word-discovery")
    found = read(front)
    assert [one["score"] for one in found] == sorted((one["votes"] for one in found), reverse=True)
    assert front.manifest("newwords")["parameters"]["order"] == 4
    assert front.manifest("newwords")["parameters"]["min_count"] == 32


def test_an_empty_corpus_and_one_without_words_give_no_candidates(front: Front, tmp_path: Path) -> None:
    front.run(write_articles(tmp_path / "text.jsonl", [{"text": "，。！" * 20}]), "--only", "newwords")
    assert read(front) == []


def test_real_news_gives_names_that_jieba_does_not_know(front: Front, tmp_path: Path) -> None:
    if not SHARED.exists():
        pytest.skip("needs ../shared")
    front.run(write_articles(tmp_path / "news.jsonl", read_corpus("xwlb", 0, 1_500)), "--only", "newwords")
    words = [one["word"] for one in read(front)]
    assert {"赋能", "非遗"} <= set(words[:40])  # to empower; intangible heritage, for short
