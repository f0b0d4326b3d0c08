"""Dedup.near: texts that are nearly the same, once; the first in source order."""

import itertools
import json
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Front, examples, write_articles
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import cache, dedup, shard_files
from pipeline.build import build
from pipeline.cli import request
from pipeline.cli.duplicates import show_differences
from pipeline.dedup import candidates, grams, near_duplicates, signatures
from pipeline.dedup.groups import Groups
from pipeline.task import StageTask

pytest.importorskip("rensa", reason="needs Ciliu's extra [near]")

few = settings(deadline=None, max_examples=10)
many = examples(150)

# ---------------------------------------------------------------- texts as 3-grams

# 京 capital, 沪 Shanghai, 晴 fair, 雨 rain; digits, Latin letters, punctuation, white space
TEXT = st.text("京沪晴雨12ab，。 \n", max_size=60)


def sets_of(text: str) -> set[str]:
    """The 3-grams, the plain way."""
    letters = "".join(character for character in text if character.isalnum())
    return {letters[start : start + 3] for start in range(len(letters) - 2)}


@many
@given(TEXT, TEXT)
def test_the_similarity_is_the_jaccard_of_the_3_grams_of_letters_and_digits(one: str, other: str) -> None:
    ours, theirs = sets_of(one), sets_of(other)
    expected = len(ours & theirs) / max(1, len(ours | theirs))
    assert grams.similarity(grams.cut(one), grams.cut(other)) == expected


@many
@given(st.lists(st.text("京沪晴雨12ab，。 ", max_size=200), max_size=8))
def test_many_texts_are_cut_as_each_alone_would_be(texts: list[str]) -> None:
    packed, starts, long = grams.cut_many(texts)
    assert long.tolist() == [sum(map(str.isalnum, text)) >= grams.SHORT for text in texts]
    parts = [packed[int(start) : int(end)] for start, end in itertools.pairwise(starts)]
    cut = [grams.cut(text) for text, is_long in zip(texts, long, strict=True) if is_long]
    assert [set(part.tolist()) for part in parts] == [{*one.plain.tolist(), *one.digits.tolist()} for one in cut]


def weather(city: str, day: int, low: int, high: int) -> str:
    """A template: 天气预报 weather forecast, 日 day, 最低/最高气温 lowest/highest temperature, 度 degrees, 晴 fair,
    风力 wind force, 级 (of a scale), 出行 going out, 注意 mind, 安全 safety, 空气质量 air quality, 良好 good."""
    return (
        f"{city}天气预报：{day}日晴，最低气温{low}度，最高气温{high}度，风力3级。"
        "空气质量良好，适合户外活动，早晚温差较大，市民出行请注意增减衣物，驾车出行请注意交通安全。"
    )


def test_a_template_with_other_numbers_is_no_near_duplicate() -> None:
    one, other = weather("北京", 11, 12, 26), weather("北京", 27, 19, 33)  # 北京 Beijing
    cut = [grams.cut(text) for text in (one, other)]
    assert grams.similarity(*cut) > 0.5
    assert grams.differ_in_numbers(*cut)
    assert near_duplicates.judge(*cut, 0.5) == near_duplicates.NUMBERS


def test_numbers_that_only_one_of_two_texts_has_do_not_keep_it_apart() -> None:
    one = weather("北京", 11, 12, 26)  # 北京 Beijing
    other = f"2024 {one} 1024"  # a year before it, and how often it was read behind
    assert near_duplicates.judge(grams.cut(one), grams.cut(other), 0.5) == near_duplicates.ALIKE


def test_a_template_stays_one_where_some_words_differ_too() -> None:
    one, other = weather("北京", 11, 12, 26), weather("北京", 27, 19, 33)  # 北京 Beijing
    edited = other.replace("驾车出行", "夜间出行")  # going by car; going out at night
    cut = [grams.cut(text) for text in (one, edited)]
    words = [grams.Grams(plain, plain[:0]) for plain, _ in cut]
    assert grams.similarity(*words) < grams.SAME_WORDS
    assert near_duplicates.judge(*cut, 0.5) == near_duplicates.NUMBERS


def test_an_edit_that_took_the_only_number_does_not_keep_a_copy_apart() -> None:
    rest = "本市空气质量良好，适合户外活动，早晚温差较大，市民出行请注意增减衣物，驾车出行请注意交通安全。"
    one, other = f"气温最高12度。{rest}", f"今天天气十分不错。{rest}"  # at most 12 degrees; fine weather today
    assert near_duplicates.judge(grams.cut(one), grams.cut(other), 0.5) == near_duplicates.ALIKE


# ---------------------------------------------------------------- signatures and bands


def draw_text(chance: random.Random, length: int) -> str:
    return "".join(chr(chance.randrange(0x4E00, 0x5E00)) for _ in range(length))


def edit(text: str, chance: random.Random, share: float) -> str:
    """A run of ``share`` of the text replaced."""
    length = round(len(text) * share)
    start = chance.randrange(len(text) - length)
    return text[:start] + draw_text(chance, length) + text[start + length :]


def test_signatures_estimate_the_jaccard() -> None:
    chance = random.Random(5)
    errors = []
    for number in range(300):
        one = draw_text(chance, 600)
        other = edit(one, chance, number / 300)
        (first, second), _ = signatures.sign([one, other], 128)
        errors.append((first == second).mean() - grams.similarity(grams.cut(one), grams.cut(other)))
    assert abs(np.mean(errors)) < 0.01
    assert np.sqrt(np.mean(np.square(errors))) < 0.045  # theory: .044 at .5, less elsewhere


@few
@given(st.lists(st.text("京沪晴雨一二三四五六七八九十", min_size=45, max_size=90), min_size=1, max_size=9), st.data())
def test_a_signature_does_not_depend_on_the_texts_beside_it(texts: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(texts)))
    together, long = signatures.sign(texts, 64)
    apart = [signatures.sign(part, 64) for part in (texts[:at], texts[at:]) if part]
    assert np.array_equal(together, np.concatenate([part[0] for part in apart]))
    assert long.tolist() == [is_long for part in apart for is_long in part[1].tolist()]


def test_texts_that_are_too_short_share_no_band() -> None:
    signed, long = signatures.sign(["好" * 49, "好" * 49, "好" * 50, "好" * 50], 16)  # 好 good
    keys = signatures.band_keys(signed, long, 4)
    assert long.tolist() == [False, False, True, True]
    assert not keys[:, :2].any()
    assert (keys[:, 2] == keys[:, 3]).all()
    assert keys[:, 2].all()


@pytest.mark.parametrize(
    ("values", "threshold", "rows"), [(128, 0.5, 4), (256, 0.5, 5), (128, 0.8, 9), (128, 1.0, 128), (128, 0.0, 1)]
)
def test_bands_are_as_wide_as_the_threshold_allows(values: int, threshold: float, rows: int) -> None:
    assert signatures.band_rows(values, threshold) == rows


@many
@given(st.lists(st.integers(0, 4), max_size=30))
def test_neighbours_connect_all_that_share_a_key_by_few_pairs(keys: list[int]) -> None:
    one, other = candidates.neighbours(np.array(keys, dtype=np.uint64))
    pairs = set(zip(one.tolist(), other.tolist(), strict=True))
    assert len(pairs) == len(one) <= 2 * len(keys)
    assert all(low < high and keys[low] == keys[high] != 0 for low, high in pairs)
    for low, high in itertools.combinations(range(len(keys)), 2):
        between = [number for number in range(low + 1, high) if keys[number] == keys[low]]
        first = keys.index(keys[low]) == low
        if keys[low] == keys[high] != 0 and (first or not between):
            assert (low, high) in pairs


# ---------------------------------------------------------------- groups

PAIRS = st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)).filter(lambda pair: pair[0] < pair[1]), max_size=30)


def reachable(pairs: Sequence[tuple[int, int]], start: int) -> set[int]:
    """All that ``start`` is connected with, by going on until nothing is new."""
    found = {start}
    while more := {end for pair in pairs if found & set(pair) for end in pair} - found:
        found |= more
    return found


@many
@given(PAIRS)
def test_groups_are_the_connected_articles_and_the_first_stands_for_each(pairs: list[tuple[int, int]]) -> None:
    groups = Groups(20)
    joined = sum(groups.join(*pair) for pair in pairs)
    firsts = groups.firsts().tolist()
    assert firsts == [min(reachable(pairs, article)) for article in range(20)]
    assert joined == sum(first != article for article, first in enumerate(firsts))


# ---------------------------------------------------------------- the stage


def article(number: int, text: str) -> dict[str, str]:
    return {"id": f"n{number}", "source": "news/a.jsonl", "title": "", "label": "", "text": text}


def write(folder: Path, *parts: Sequence[dict[str, str]]) -> Path:
    """An output of Articles with a shard for each part."""
    folder.mkdir(parents=True)
    for number, part in enumerate(parts):
        lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in part)
        (folder / f"{number:05d}.jsonl").write_text(lines, encoding="utf-8", newline="\n")
    return folder


def make(articles: Path, output: Path, processes: int = 1, **parameters: Any) -> dict[str, Any]:
    output.mkdir(parents=True)
    return dedup.run(articles, output, near=True, processes=processes, **parameters)


def kept(output: Path) -> list[str]:
    files = shard_files.files(output, ".jsonl")
    return [one["id"] for file in files for one in shard_files.read_articles(file.path)]


def duplicates(output: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (output / "duplicates.jsonl").read_text(encoding="utf-8").splitlines()]


def contents(output: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(output.iterdir()) if path.is_file()}


def draw_corpus(seed: int, size: int) -> list[dict[str, str]]:
    """Texts, some of them edits of an earlier one: little, much, or white space alone."""
    chance = random.Random(seed)
    texts = [draw_text(chance, 120)]
    while len(texts) < size:
        fresh = chance.random() < 0.5
        share = chance.choice((0, 0.1, 0.5))
        texts.append(draw_text(chance, 120) if fresh else edit(chance.choice(texts), chance, share))
        if chance.random() < 0.2:
            texts[-1] = texts[-1][:60] + "\n" + texts[-1][60:]
    return [article(number, text) for number, text in enumerate(texts)]


@few
@given(st.integers(0, 10**6))
def test_nothing_is_lost_the_first_stays_and_pairs_say_how_alike_they_are(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("near")
    corpus = draw_corpus(seed, 40)
    counts = make(write(folder / "articles", corpus[:15], [], corpus[15:]), folder / "out")
    stay, rows = kept(folder / "out"), duplicates(folder / "out")
    order = {one["id"]: number for number, one in enumerate(corpus)}
    assert sorted([*stay, *(row["id"] for row in rows)], key=order.__getitem__) == list(order)
    texts = {one["id"]: one["text"] for one in corpus}
    for row in rows:
        assert order[row["repeats"]["id"]] < order[row["id"]]
        ours, theirs = sets_of(texts[row["id"]]), sets_of(texts[row["repeats"]["id"]])
        if "similarity" in row:
            assert row["repeats"]["id"] in stay
            assert row["similarity"] == round(len(ours & theirs) / len(ours | theirs), 3)
        else:
            assert ours == theirs
    near = sum("similarity" in row for row in rows)
    assert (counts["near_duplicates"], counts["duplicates"]) == (near, len(rows) - near)
    assert counts["articles"] == len(stay) == counts["articles_in"] - len(rows)
    assert counts["characters"] == sum(len(texts[name]) for name in stay)


@few
@given(st.integers(0, 10**6), st.integers(1, 39))
def test_the_result_does_not_depend_on_the_shards(
    tmp_path_factory: pytest.TempPathFactory, seed: int, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("shards")
    corpus = draw_corpus(seed, 40)
    for name, parts in (("one", [corpus]), ("two", [corpus[:cut], corpus[cut:]])):
        make(write(folder / name, *parts), folder / f"{name}-out")
    assert kept(folder / "one-out") == kept(folder / "two-out")


def test_one_two_and_three_processes_write_the_same_bytes(tmp_path: Path) -> None:
    corpus = draw_corpus(3, 200)
    articles = write(tmp_path / "articles", corpus[:50], corpus[50:90], corpus[90:150], corpus[150:])
    counts = [make(articles, tmp_path / f"out{number}", number) for number in (1, 2, 3)]
    assert counts[0] == counts[1] == counts[2]
    assert counts[0]["near_duplicates"] > 20
    assert contents(tmp_path / "out1") == contents(tmp_path / "out2") == contents(tmp_path / "out3")


def test_a_text_with_a_new_header_goes_and_its_row_says_where_the_texts_are(tmp_path: Path) -> None:
    one = article(1, weather("北京", 11, 12, 26))  # 北京 Beijing
    other = article(2, f"来源：北京晚报\n{one['text']}")  # 来源 source, 北京晚报 an evening paper
    articles = write(tmp_path / "articles", [article(0, "短文")], [one, other])  # 短文 a short text
    counts = make(articles, tmp_path / "out")
    assert kept(tmp_path / "out") == ["n0", "n1"]
    (row,) = duplicates(tmp_path / "out")
    shares = {file.digest: file.path for file in shard_files.files(articles, ".jsonl")}
    found = [shard_files.read_article(shares[digest], offset)["id"] for digest, offset in row["at"]]
    assert found == ["n2", "n1"]
    assert row["repeats"] == {"id": "n1", "source": "news/a.jsonl"}
    assert 0.8 < row["similarity"] < 1
    assert (counts["near_duplicates"], counts["kept_apart_by_numbers"], counts["too_short"]) == (1, 0, 1)


def test_templates_stay_and_are_counted(tmp_path: Path) -> None:
    texts = [weather("北京", day, day - 5, day + 8) for day in (11, 22, 33)]  # 北京 Beijing
    counts = make(write(tmp_path / "articles", [article(*one) for one in enumerate(texts)]), tmp_path / "out")
    assert (counts["near_duplicates"], counts["kept_apart_by_numbers"]) == (0, 2)
    assert counts["articles"] == 3


def test_short_texts_stay_and_exact_duplicates_among_them_go(tmp_path: Path) -> None:
    texts = ["房间很干净，服务也好。", "房间很干净，服务很好。", "房间很干净， 服务很好。"]  # rooms clean, service good
    counts = make(write(tmp_path / "articles", [article(*one) for one in enumerate(texts)]), tmp_path / "out")
    assert kept(tmp_path / "out") == ["n0", "n1"]
    assert (counts["duplicates"], counts["near_duplicates"], counts["too_short"]) == (1, 0, 2)


def test_an_exact_duplicate_names_the_article_that_says_the_same(tmp_path: Path) -> None:
    one = draw_text(random.Random(1), 200)
    nearly = edit(one, random.Random(2), 0.1)
    texts = [one, nearly, f" {nearly}"]
    make(write(tmp_path / "articles", [article(*each) for each in enumerate(texts)]), tmp_path / "out")
    rows = duplicates(tmp_path / "out")
    assert [(row["id"], row["repeats"]["id"], "similarity" in row) for row in rows] == [
        ("n1", "n0", True),
        ("n2", "n1", False),
    ]


def test_the_threshold_decides(tmp_path: Path) -> None:
    one = draw_text(random.Random(1), 300)
    other = edit(one, random.Random(2), 0.2)  # a Jaccard of about .66
    articles = write(tmp_path / "articles", [article(1, one), article(2, other)])
    found = {
        threshold: make(articles, tmp_path / str(threshold), near_threshold=threshold)["near_duplicates"]
        for threshold in (0.5, 0.6, 0.7, 0.9)
    }
    assert found == {0.5: 1, 0.6: 1, 0.7: 0, 0.9: 0}


# ---------------------------------------------------------------- in the pipeline

NEAR = "Dedup.near=true"


@pytest.fixture
def text(tmp_path: Path, many_shards: None) -> Path:
    """Two files, the second with an edited article of the first."""
    corpus = draw_corpus(8, 300)
    edited = article(300, edit(corpus[0]["text"], random.Random(4), 0.1))
    for name, part in (("m", corpus), ("n", [edited])):
        write_articles(tmp_path / "text" / f"{name}.jsonl", part)
    return tmp_path / "text"


def make_dedup(text: Path, *assignments: str) -> StageTask:
    """The task, made as ``ciliu run`` would make it on the way to a model."""
    asked = {"sources": [str(text)], "preset": None, "set": assignments}
    task = request.make_end(asked, text.parent / "data", processes=1, only="dedup")
    build([task])
    return task


def manifest_of(task: StageTask) -> cache.Json:
    return cache.read_manifest(task.folder) or {}


def test_without_near_the_key_the_files_and_the_counts_are_what_they_were(text: Path) -> None:
    task = make_dedup(text)
    recipe, manifest = task.recipe(), manifest_of(task)
    assert (recipe["version"], recipe["versions"], recipe["parameters"]) == (dedup.VERSION, {}, {})
    assert {Path(name).suffix for name in manifest["files"]} == {".jsonl", ".digests", ".duplicates"}
    assert not any("similarity" in row for row in duplicates(task.folder))
    assert set(manifest["counts"]) == {
        "articles_in",
        "characters_in",
        "duplicates",
        "articles",
        "characters",
        "dropped_characters",
    }
    assert make_dedup(text, "Dedup.near_threshold=0.9").key == task.key


def test_near_takes_its_parameters_and_versions_into_the_key(text: Path) -> None:
    made = [make_dedup(text), make_dedup(text, NEAR), make_dedup(text, NEAR, "Dedup.near_values=64")]
    assert len({task.key for task in made}) == 3
    assert set(made[1].recipe()["versions"]) == {"rensa", "unicode"}
    assert manifest_of(made[1])["counts"]["near_duplicates"] > 0


def test_more_articles_take_over_the_signatures_that_are_there(text: Path) -> None:
    def signatures_of(task: StageTask) -> set[int]:
        return {path.stat().st_ino for path in task.folder.glob("*.signatures")}

    first = make_dedup(text, NEAR)
    write_articles(text / "z_new.jsonl", [article(1000, draw_text(random.Random(9), 200))])
    second = make_dedup(text, NEAR)
    assert len(signatures_of(second) - signatures_of(first)) == 1
    assert manifest_of(second)["shards_made"] == 4  # the shard that it fell into: digests, signatures, pairs, articles
    counts = [manifest_of(task)["counts"]["near_duplicates"] for task in (first, second)]
    assert counts[0] == counts[1]


def test_without_rensa_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_duplicates, "find_spec", lambda name: None)
    assert dedup.versions(near=False) == ()
    with pytest.raises(ValueError, match=r"Dedup.near needs rensa, which is not installed: pip install rensa"):
        dedup.versions(near=True)


# ---------------------------------------------------------------- ciliu duplicates


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    """A weather report, the same with a source before it, an edited one, and it once more."""
    one = weather("北京", 11, 12, 26)  # 北京 Beijing
    edited = one.replace("交通安全", "安全，遵守法规")  # safety, keep to the rules
    texts = [one, f"来源：晚报\n{one}", edited, f" {one}"]  # 来源 source, 晚报 evening paper
    return write_articles(
        tmp_path / "text" / "a.jsonl", [{"id": f"n{n}", "text": text} for n, text in enumerate(texts)]
    )


def test_pairs_are_shown_with_their_similarity_and_where_they_differ(
    copies: Path, front: Front, capsys: pytest.CaptureFixture[str]
) -> None:
    front.run(copies, "--set", NEAR, "--only", "dedup")
    capsys.readouterr()
    front("duplicates")
    first, differs, second, *_ = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"0\.\d{3}  n1 \(text/a.jsonl\) repeats n0 \(text/a.jsonl\)", first)
    assert differs.strip() == "{+来源：晚报⏎+}北京天气预报：1"
    assert re.fullmatch(r"0\.\d{3}  n2 .* repeats n0 .*", second)
    front("duplicates", "--lowest", "-n", "1")
    assert len(re.findall("repeats", capsys.readouterr().out)) == 1
    front("duplicates", "--exact")
    assert capsys.readouterr().out == "n3 (text/a.jsonl) repeats n0 (text/a.jsonl)\n"


def test_a_run_that_did_not_look_for_near_duplicates_says_how_to(
    copies: Path, front: Front, capsys: pytest.CaptureFixture[str]
) -> None:
    front.run(copies, "--only", "dedup")
    with pytest.raises(SystemExit) as status:
        front("duplicates")
    assert status.value.code == 3
    assert "dropped no near-duplicates; near-duplicates are looked for with --set Dedup.near=true" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("one", "other", "shown"),
    [
        ("今天下雨。", "今天下雪。", "今天下[-雨-]{+雪+}。"),  # 今天 today, 下雨 it rains, 下雪 it snows
        ("今天下雨", "今天下雨了", "今天下雨{+了+}"),  # 了 (it has begun)
        ("昨天" + "好" * 5_000 + "雨", "昨天" + "好" * 5_000 + "雪", "好好好好好好好好[-雨-]{+雪+}"),
        ("天" + "雨" * 90, "天", "天[-" + "雨" * 20 + "…" + "雨" * 20 + "-]"),
    ],
    ids=["a letter", "the end", "far behind", "much"],
)
def test_a_difference_is_shown_with_what_stands_around_it(one: str, other: str, shown: str) -> None:
    assert list(show_differences(one, other)) == [shown]
