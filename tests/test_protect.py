"""Protect: what is kept whole, whatever the dictionary says."""

import itertools
import json
import re
from pathlib import Path

import pytest
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

from ciliu import Protect, Segmenter
from ciliu.engine_native import import_native
from ciliu.normal_form import normalize
from pipeline.segment import segment_shard

ENGINES = ["jieba", "native"] if import_native() else ["jieba"]
DICTS = Path(__file__).parents[1] / "dicts"

many = examples(150)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("看https://ciliu.example/a?b=1。好", ["https://ciliu.example/a?b=1"]),  # 看 see, 好 good
        ("发到ab.c@d-e.cn，", ["ab.c@d-e.cn"]),  # 发到 send to
        ("#世界杯#开始了", ["#世界杯#"]),  # 世界杯 World Cup, 开始了 has begun
        ("迈克尔·乔丹打球", ["迈克尔·乔丹"]),  # Michael Jordan plays ball
        ("买iPhone 12和iPhone 128", ["iPhone 12", "iPhone 128"]),  # 买 buy, 和 and
        ("学C/C++和XC/C++", ["C/C++"]),  # 学 learn; XC/C++ is another word
        ("版本3.14.2到了", ["3.14.2"]),  # 版本 version, 到了 has come
    ],
)
def test_the_file_that_comes_with_ciliu(text: str, kept: list[str]) -> None:
    protect = Protect.read([DICTS / "protect.txt"])
    assert [text[start:end] for start, end in protect.spans(text)] == kept


def test_a_protected_word_comes_out_whole_and_the_rest_as_ever() -> None:
    protect = Protect(["迈克尔·乔丹", "iPhone 12"])  # Michael Jordan
    for engine in ENGINES:
        segmenter = Segmenter(engine=engine, protect=protect)
        text = "迈克尔·乔丹买了iPhone 12。"  # 买了 bought
        assert segmenter.lcut(text) == ["迈克尔·乔丹", "买", "了", "iPhone 12", "。"]
        assert [text[start:end] for _, start, end in segmenter.tokenize(text)] == segmenter.lcut(text)
        assert [word for word, _, _ in segmenter.tokenize(text, "search")] == segmenter.lcut_for_search(text)
        assert segmenter.cut_lines(f"{text}\n\n{text}".encode(), b"/").decode().split("\n")[1:] == [
            "",
            "迈克尔·乔丹/买/了/iPhone 12/。",
        ]


@many
@given(st.lists(st.text("ab北京 ·", min_size=1, max_size=4)), st.text("ab北京 ·1", max_size=12))
def test_spans_are_words_ascending_and_apart(words: list[str], text: str) -> None:
    spans = Protect(words).spans(text)
    assert all(text[start:end] in words for start, end in spans)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))


@many
@given(st.lists(st.text("ab北京·/", min_size=1, max_size=4), min_size=1), st.text("ab北京·/", max_size=12))
def test_of_two_words_at_one_place_the_longer_is_kept(words: list[str], text: str) -> None:
    at = dict(Protect(words).spans(text))
    for start, end in at.items():
        longer = [word for word in words if text.startswith(word, start) and len(word) > end - start]
        assert all(re.search(r"[ab]$", word) and re.match(r"[ab]", text[start + len(word) :]) for word in longer)


TEXT = st.lists(
    st.sampled_from(
        ["北京大学。", "他说", "3.14", "a.b", "iPhone 12", "C/C++", "…”", "！", ".", "\n", " ", "·", "迈克尔·乔丹"]
    ),
    max_size=20,
).map(lambda parts: normalize("".join(parts))[0])


@many
@given(st.lists(TEXT, min_size=1, max_size=3))
def test_both_engines_write_the_same_with_protected_words(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    folder = tmp_path_factory.getbasetemp() / "protected"  # the same each time, so that each engine is opened once
    folder.mkdir(exist_ok=True)
    (folder / "p.txt").write_text("北京大学。\niPhone 12\nC/C++\nre: [a-z]\\.[a-z]\n", encoding="utf-8")
    with (folder / "a.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps({"text": text}) + "\n" for text in texts)
    results = []
    for engine in ENGINES:
        protect = (str(folder / "p.txt"),)
        counts = segment_shard(folder, "0", str(folder / "a.jsonl"), str(COMPILED), engine, protect, False, False, ())
        results.append((counts, [(folder / f"0{suffix}").read_bytes() for suffix in (".ids", ".words")]))
    assert all(result == results[0] for result in results)
    joined = "".join(texts)
    assert counts["word_characters"] + counts["dropped_characters"] == len(joined.replace("\n", ""))
    listed = [line.split("\t") for line in results[0][1][1].decode().split("\n")[:-1]]
    words = [word for word, count in listed for _ in range(int(count))]
    alone = re.compile(r"(?<![A-Za-z0-9])iPhone 12(?![A-Za-z0-9])")
    assert words.count("iPhone_12") == sum(len(alone.findall(text)) for text in texts)  # no white space within a word
    assert "北京大学。" in words or "北京大学。" not in joined  # in a word that is kept, no sentence ends


@pytest.fixture(scope="module", autouse=True)
def _compile(tmp_path_factory: pytest.TempPathFactory) -> None:
    from pipeline import dictionary

    global COMPILED
    COMPILED = tmp_path_factory.mktemp("dictionary")
    dictionary.run([], COMPILED, frequencies="file")


COMPILED = Path()


def test_a_bad_pattern_is_named_with_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "p.txt"
    path.write_text("好\nre: (\n", encoding="utf-8")  # 好 good
    with pytest.raises(ValueError, match=r"p\.txt, line 2: '\(' is no regular expression"):
        Protect.read([path])
