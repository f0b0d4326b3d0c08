"""Dictionary: user dictionaries read strictly, compiled to what jieba makes of them, opened by ciliu.Segmenter."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from ciliu import Segmenter
from ciliu.engine_jieba import import_jieba
from pipeline import dictionary
from pipeline.dictionary.parse import Entry, find_warnings, read_entries, read_file
from pipeline.plain_text import guess_encoding, read_lines

SHARED = Path(__file__).parents[2] / "shared"

jieba = import_jieba()


def put(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def entries_of(path: Path) -> list[tuple[str, int | None]]:
    return [(entry.word, entry.frequency) for entry in read_entries(path)]


def shared_list(folder: str, name: str) -> Path:
    path = SHARED / "dicts" / folder / name
    if not path.exists():
        pytest.skip(f"there is no {path}: the shared dictionaries are not beside the repository")
    return path


# ---------------------------------------------------------------- lines that are read


@pytest.mark.parametrize(
    ("line", "entry"),
    [
        ("云计算 100 n", ("云计算", 100)),  # 云计算 cloud computing
        ("云计算 100", ("云计算", 100)),
        ("云计算", ("云计算", None)),
        ("云计算 n", ("云计算", None)),
        ("云计算 nz", ("云计算", None)),
        ("云计算\t100", ("云计算", 100)),
        ("云计算\t100\tn", ("云计算", 100)),
        (" 云计算 \t 100 ", ("云计算", 100)),  # as some lines of THUOCL are
        ("云计算\u3000100", ("云计算", 100)),
        ("云计算  100", ("云计算", 100)),
        ("云计算 0", ("云计算", 0)),
        ("云计算 007", ("云计算", 7)),
        ("C++ 3 n", ("C++", 3)),
        ("C++", ("C++", None)),
        (".NET 5", (".NET", 5)),
        ("5w-30 5", ("5w-30", 5)),
        ("#话题# 9", ("#话题#", 9)),  # 话题 topic
        ("#话题 9", ("#话题", 9)),
        ("T恤 20", ("T恤", 20)),  # T恤 T-shirt
        ("长" * 100, ("长" * 100, None)),  # 长 long
        ("的 60101967", ("的", 60_101_967)),  # 的 (the commonest word)
    ],
)
def test_a_line_is_word_frequency_tag_between_tabs_or_spaces(
    tmp_path: Path, line: str, entry: tuple[str, int | None]
) -> None:
    assert entries_of(put(tmp_path / "words.txt", f"大数据 5\n{line}\n")) == [("大数据", 5), entry]  # 大数据 big data


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_lines_may_end_in_three_ways_and_a_mark_at_the_start_is_dropped(tmp_path: Path, end: str, mark: str) -> None:
    content = mark + end.join(["云计算 100", "", "大数据", "云 5"])  # cloud computing, big data, cloud
    path = put(tmp_path / "words.txt", content)
    assert read_entries(path) == [
        Entry("云计算", 100, str(path), 1),
        Entry("大数据", None, str(path), 3),
        Entry("云", 5, str(path), 4),
    ]


def test_empty_lines_and_comments_are_no_words(tmp_path: Path) -> None:
    content = "# a comment 100\n#\n\n \t\n云计算 5\n  # 词 5\n"  # 云计算 cloud computing, 词 word
    assert entries_of(put(tmp_path / "words.txt", content)) == [("云计算", 5)]


def test_an_empty_file_has_no_entries(tmp_path: Path) -> None:
    assert read_entries(put(tmp_path / "words.txt", "")) == []


# ---------------------------------------------------------------- lines that are errors


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("云计算,100", "云计算,100"),  # 云计算 cloud computing
        ("云计算，100", "云计算，100"),
        ("云计算, 100", "云计算,"),
        ("云计算 -5", "-5"),
        ("云计算 1.5", "1.5"),
        ("云计算 1e5", "1e5"),
        ("云计算 1,000", "1,000"),
        ("云计算 １００", "１００"),
        ("云计算 +5", "+5"),
        ("云计算 " + "1" + "0" * 30, "1" + "0" * 30),
        ("的 999999999", "999999999"),  # 的 (the commonest word)
        ("的 60101968", "60101968"),
        ("New York 100", "York"),
        ("hello world", "world"),
        ("深度 学习", "学习"),  # 深度学习 deep learning
        ("深度 学习 100", "学习"),
        ("深度\u3000学习", "学习"),
        ("云计算 100 n n", "n n"),
        ("云计算 100 200", "200"),
        ("云计算 100 名词", "名词"),  # 名词 noun
        ("云\x00计算 100", "\\x00"),
        ("云\u200b计算 100", "\\u200b"),
        ("长" * 5_000, "5,000 characters"),  # 长 long
        ("长" * 101, "101 characters"),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_what_jieba_would_misread_is_an_error_with_file_line_and_value(tmp_path: Path, line: str, value: str) -> None:
    path = put(tmp_path / "words.txt", f"大数据 5\n\n{line}\n平台 5\n")  # 大数据 big data, 平台 platform
    with pytest.raises(ValueError, match=f"^{re.escape(str(path))}, line 3: .*{re.escape(value)}") as caught:
        read_entries(path)
    assert len(str(caught.value)) < 500 + len(str(path))


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "with a mark"])
def test_a_line_in_gbk_is_an_error_with_file_line_and_the_likely_encoding(tmp_path: Path, mark: bytes) -> None:
    lines = mark + "云 1\n".encode() + "云计算 100\n".encode("gbk")  # 云 cloud, 云计算 cloud computing
    path = put(tmp_path / "words.txt", lines)
    with pytest.raises(ValueError, match=rf"{re.escape(str(path))}, line 2: not UTF-8"):
        read_entries(path)


def test_a_file_in_gbk_is_an_error_with_file_line_and_the_likely_encoding(tmp_path: Path) -> None:
    path = put(tmp_path / "words.txt", "IT 5\r\nAI 5\r\n云计算 100\r\n".encode("gbk"))  # 云计算 cloud computing
    with pytest.raises(ValueError, match=rf"{re.escape(str(path))}, line 3: not UTF-8.*GBK"):
        read_entries(path)


# 云计算 cloud computing, 大数据 big data, 一 one (in UTF-16 one of its bytes is a NUL)
UTF_16 = "云计算 100{end}大数据{end}C++ 3{end}一{end}"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "with a mark"])
@pytest.mark.parametrize(("encoding", "name"), [("utf-16-le", "UTF-16 LE"), ("utf-16-be", "UTF-16 BE")])
def test_a_file_in_utf_16_is_read_and_the_encoding_is_told(
    tmp_path: Path, encoding: str, name: str, mark: str, end: str
) -> None:
    path = put(tmp_path / "words.txt", (mark + UTF_16.format(end=end)).encode(encoding))
    entries, (finding,) = read_file(path)
    found = [(entry.word, entry.frequency) for entry in entries]
    assert found == [("云计算", 100), ("大数据", None), ("C++", 3), ("一", None)]
    assert (finding["kind"], finding["line"]) == ("encoding", 1)
    assert name in str(finding["reason"])


@given(
    words=st.lists(st.text("一云计算大数据平台ABC#+丄㐀𠮷", min_size=1, max_size=5), min_size=1),
    codec=st.sampled_from(["utf-16-le", "utf-16-be", "utf-8"]),
    mark=st.booleans(),
)
def test_utf_16_and_utf_8_are_never_taken_for_one_another(words: list[str], codec: str, mark: bool) -> None:
    text = ("\ufeff" if mark else "") + "".join(f"{word}\n" for word in words)
    names = {"utf-16-le": "UTF-16 LE", "utf-16-be": "UTF-16 BE", "utf-8": "UTF-8"}
    assert guess_encoding(text.encode(codec)) == names[codec]


def test_utf_16_that_breaks_off_is_an_error_with_file_and_line(tmp_path: Path) -> None:
    path = put(tmp_path / "words.txt", "\ufeff云\n计".encode("utf-16-le") + b"\x12")  # 云 cloud, 计 count
    with pytest.raises(ValueError, match=rf"{re.escape(str(path))}, line 2: .*UTF-16 LE"):
        read_entries(path)


def test_a_stop_list_in_utf_16_is_an_error_with_file_and_encoding(tmp_path: Path) -> None:
    path = put(tmp_path / "stop.txt", "的\n了\n".encode("utf-16"))  # 的, 了: particles
    with pytest.raises(ValueError, match=rf"{re.escape(str(path))}, line 1: not UTF-8, but it looks like UTF-16"):
        read_lines(path)


@pytest.mark.parametrize(
    ("name", "words", "odd"),
    [
        ("THUOCL_IT.txt", 16_000, []),
        ("THUOCL_law.txt", 9_896, []),
        ("THUOCL_poem.txt", 13_703, []),
        # With a mark, lines end in CR only; 柴塔村 and 高棚子 (villages) have "3?" for a number
        ("THUOCL_diming.txt", 44_804, [(35_690, "柴塔村"), (35_724, "高棚子")]),
        ("THUOCL_food.txt", 8_974, [(39, "丁香")]),  # 丁香 clove has "125472s"
        ("THUOCL_animal.txt", 17_287, []),  # 佛兰德斯  狗, Flanders dog, has spaces inside, and a tab behind it
    ],
)
def test_shared_lists_are_read_to_the_last_word(name: str, words: int, odd: list[tuple[int, str]]) -> None:
    entries, findings = read_file(shared_list("THUOCL", name))
    assert len(entries) == words
    assert [(finding["line"], finding["word"]) for finding in findings] == odd
    assert all(finding["kind"] == "no frequency" for finding in findings)


@pytest.mark.parametrize(
    ("folder", "name", "problem"),
    [
        ("traps", "sogou_utf16le.txt", "line 1: 'bo2 ku4' is pinyin, no frequency"),  # as is each of its 39,936 lines
    ],
)
def test_shared_lists_with_a_flaw_are_refused_at_its_line(folder: str, name: str, problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"{name}, {problem}")):
        read_entries(shared_list(folder, name))


def test_the_digest_of_a_file_is_that_of_its_entries_in_order(tmp_path: Path) -> None:
    one = put(tmp_path / "1.txt", "云计算 5\n平台\n")  # 云计算 cloud computing, 平台 platform
    same = put(tmp_path / "2.txt", "\ufeff# my words\r\n云计算\t5 n\r\n\r\n平台")
    other_order = put(tmp_path / "3.txt", "平台\n云计算 5\n")
    other_number = put(tmp_path / "4.txt", "云计算 6\n平台\n")
    digests = [dictionary.entries_digest(path) for path in (one, same, other_order, other_number)]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


# ---------------------------------------------------------------- tables, and a flaw in a thousand lines


@pytest.mark.parametrize(
    ("line", "entry"),
    [
        ("佛兰德斯  狗\t16", ("佛兰德斯  狗", 16)),  # Flanders dog
        ("iPhone 12\t5", ("iPhone 12", 5)),
        ("New York\t100\tns", ("New York", 100)),
        ("诶，你好\t3", ("诶，你好", 3)),  # oh, hello
        ("iPhone 12\tn", ("iPhone", 12)),  # reads as jieba's own format: so it was, and so it stays
        ("云计算 100\tn", ("云计算", 100)),  # 云计算 cloud computing
    ],
)
def test_what_stands_before_a_tab_is_the_word_where_the_line_makes_no_sense_otherwise(
    tmp_path: Path, line: str, entry: tuple[str, int]
) -> None:
    assert entries_of(put(tmp_path / "words.txt", f"{line}\n")) == [entry]


def test_a_few_flaws_in_a_large_list_are_told_and_do_not_stop_the_run(tmp_path: Path) -> None:
    good = "".join(f"词{number}\t5\n" for number in range(3_000))  # 词 word
    flaws = "柴塔村\t3?\n云计算,5\n"  # 柴塔村 (a village): kept; the other line has no plain word
    entries, findings = read_file(put(tmp_path / "words.txt", good + flaws))
    assert len(entries) == 3_001
    assert (entries[-1].word, entries[-1].frequency) == ("柴塔村", None)
    found = [(finding["line"], finding["kind"]) for finding in findings]
    assert found == [(3_001, "no frequency"), (3_002, "unreadable")]


@pytest.mark.parametrize("before", [0, 10, 998])
def test_a_flaw_in_a_small_list_stops_the_run_with_file_line_and_value(tmp_path: Path, before: int) -> None:
    path = put(tmp_path / "words.txt", "".join(f"词{i}\t5\n" for i in range(before)) + "柴塔村\t3?\n")  # 词 word
    with pytest.raises(ValueError, match=rf"{re.escape(str(path))}, line {before + 1}: '3\?' is no frequency"):
        read_entries(path)


def test_a_table_in_the_wrong_order_is_refused_with_the_number_of_lines(tmp_path: Path) -> None:
    path = put(tmp_path / "words.txt", "5\t云计算\n" * 3_000)  # 云计算 cloud computing
    with pytest.raises(ValueError, match=r"line 1: '云计算' is no tag.*; so it is with 2,999 more lines"):
        read_entries(path)


def test_the_stage_tells_of_encoding_and_flaws_in_its_report(tmp_path: Path) -> None:
    text = "".join(f"词{number}\t5\n" for number in range(1_000)) + "柴塔村\t3?\n"  # 词 word, 柴塔村 (a village)
    path = put(tmp_path / "words.txt", text.encode("utf-16"))
    counts = dictionary.run([path], tmp_path, frequencies="file")
    assert counts["entries"] == 1_001
    assert counts["warnings"] == {"encoding": 1, "no frequency": 1}
    rows = [json.loads(line) for line in (tmp_path / "report" / "warnings.jsonl").read_bytes().splitlines()]
    assert [(row["line"], row["kind"]) for row in rows] == [(1, "encoding"), (1_001, "no frequency")]


# ---------------------------------------------------------------- words added, removed, given a frequency


def test_words_are_added_removed_and_given_a_frequency(tmp_path: Path) -> None:
    """云计算 cloud computing is new; 北京 Beijing is jieba's; 微信 WeChat gets the frequency of the file."""
    dictionary.run([put(tmp_path / "words.txt", "云计算\n北京 0\n微信 500\n")], tmp_path, frequencies="file")
    words = dict(line.split("\t") for line in (tmp_path / "dictionary.tsv").read_text(encoding="utf-8").splitlines())
    assert "云计算" in words
    assert "北京" not in words
    assert words["微信"] == "500"
    assert Segmenter(tmp_path).lcut("北京的云计算") == ["北", "京", "的", "云计算"]  # Beijing's cloud computing


# ---------------------------------------------------------------- warnings


def warnings_of(tmp_path: Path, content: str) -> list[tuple[Any, Any, str]]:
    """(line, word, kind and reason) of each warning."""
    found = find_warnings(read_entries(put(tmp_path / "words.txt", content)))
    return [(warning["line"], warning["word"], f"{warning['kind']}: {warning['reason']}") for warning in found]


def test_a_word_of_frequency_0_is_warned_of(tmp_path: Path) -> None:
    ((line, word, reason),) = warnings_of(tmp_path, "平台 5\n云计算 0\n")  # 平台 platform, 云计算 cloud computing
    assert (line, word) == (2, "云计算")
    assert "frequency 0" in reason


def test_a_word_that_stands_twice_is_warned_of_with_both_lines(tmp_path: Path) -> None:
    ((line, word, reason),) = warnings_of(tmp_path, "云计算 100\n平台\n云计算 7\n")  # cloud computing, platform
    assert (line, word) == (3, "云计算")
    assert f"{tmp_path / 'words.txt'}, line 1" in reason


def test_a_word_that_stands_twice_is_warned_of_whatever_its_first_frequency(tmp_path: Path) -> None:
    found = warnings_of(tmp_path, "云计算 0\n云计算 100\n")  # 云计算 cloud computing
    assert any(line == 2 and "line 1" in reason for line, _, reason in found)


def test_a_word_in_two_files_is_warned_of_with_both_places(tmp_path: Path) -> None:
    one, other = (put(tmp_path / name, "云计算 5\n") for name in ("1.txt", "2.txt"))  # 云计算 cloud computing
    (warning,) = find_warnings([*read_entries(one), *read_entries(other)])
    assert (warning["file"], warning["line"]) == (str(other), 1)
    assert f"{one}, line 1" in str(warning["reason"])


@pytest.mark.parametrize(
    ("word", "strange"),
    [
        ("弗里德里克·泰勒", "·"),  # Frederick Taylor
        ("γ射线", "γ"),  # gamma ray
        ("c/c++", "/"),
        ("微信/支付宝", "/"),  # WeChat, Alipay
        ("𠮷野家", "𠮷"),  # Yoshinoya
        ("ＩＴ", "full width; write 'IT'"),
        ("𠮷野家", "beyond the basic plane (U+20BB7)"),  # Yoshinoya
    ],
)
def test_a_word_that_jieba_can_never_cut_out_is_warned_of(tmp_path: Path, word: str, strange: str) -> None:
    ((_, warned, reason),) = warnings_of(tmp_path, f"{word} 5\n云计算 5\n")  # 云计算 cloud computing
    assert warned == word
    assert "never" in reason
    assert strange in reason


@pytest.mark.parametrize("word", ["云计算", "C#", ".NET", "AT&T", "Node.js", "5w-30", "T恤", "100%", "#话题#"])
def test_a_word_that_jieba_can_cut_out_is_not_warned_of(tmp_path: Path, word: str) -> None:
    assert warnings_of(tmp_path, f"{word} 5\n") == []


# ---------------------------------------------------------------- the same as jieba


@pytest.fixture(scope="module")
def plain_jieba(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """jieba's tokenizer with its own dictionary only, its cache file out of the way."""
    tokenizer = jieba.Tokenizer()
    tokenizer.tmp_dir = str(tmp_path_factory.mktemp("jieba"))
    tokenizer.initialize()
    return tokenizer


@contextmanager
def force_split(words: set[str]) -> Iterator[set[str]]:
    """jieba's set of words that the HMM must split, which is one for the process, as ``words`` for a while."""
    before, jieba.finalseg.Force_Split_Words = jieba.finalseg.Force_Split_Words, words
    try:
        yield words
    finally:
        jieba.finalseg.Force_Split_Words = before


def load_userdict(plain: Any, *paths: Path) -> tuple[Any, set[str]]:
    """jieba's own tokenizer after its own ``load_userdict``, and the words that the HMM must split."""
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total, tokenizer.initialized = dict(plain.FREQ), plain.total, True
    with force_split(set()) as split:
        for path in paths:
            tokenizer.load_userdict(str(path))
    return tokenizer, split


def nonzero(tokenizer: Any) -> dict[str, int]:
    return {word: frequency for word, frequency in tokenizer.FREQ.items() if frequency}


def compile_files(*paths: Path, suggest: bool = False) -> tuple[Any, list[str]]:
    return dictionary.compile_entries([entry for path in paths for entry in read_entries(path)], suggest=suggest)


# Words of jieba's own and new ones of the same characters: 北京大学生 "Peking University student", 云计算平台 "cloud
# computing platform", and Latin ones.
WORDS = st.one_of(
    st.text("北京大学生云计算平台", min_size=1, max_size=5),
    st.text("aC+#1.", min_size=1, max_size=3).filter(lambda word: word != "#"),
    st.sampled_from(["北京", "大学生", "云计算", "的", "C++", "研究生", "γ射线"]),
)
ENTRIES = st.lists(st.tuples(WORDS, st.one_of(st.none(), st.sampled_from([0, 1, 100, 10**6]))), max_size=40)


def write_entries(path: Path, entries: Sequence[tuple[str, int | None]]) -> Path:
    lines = (word if frequency is None else f"{word} {frequency} n" for word, frequency in entries)
    return put(path, "".join(f"{line}\n" for line in lines))


def test_without_user_dictionaries_the_dictionary_is_jiebas_own(plain_jieba: Any) -> None:
    tokenizer, split = compile_files()
    assert tokenizer.FREQ == plain_jieba.FREQ
    assert tokenizer.total == plain_jieba.total == 60_101_967
    assert split == []


@settings(deadline=None, max_examples=5)
@given(entries=ENTRIES)
def test_frequencies_and_total_are_those_of_load_userdict(
    tmp_path_factory: pytest.TempPathFactory, plain_jieba: Any, entries: list[tuple[str, int | None]]
) -> None:
    path = write_entries(tmp_path_factory.getbasetemp() / "words.txt", entries)
    reference, reference_split = load_userdict(plain_jieba, path)
    tokenizer, split = compile_files(path)
    assert nonzero(tokenizer) == nonzero(reference)
    assert tokenizer.total == reference.total
    assert split == sorted(reference_split)


def test_several_files_count_in_their_order(tmp_path: Path, plain_jieba: Any) -> None:
    one = put(tmp_path / "1.txt", "云计算 1000000\n北京大学生 9\n")  # cloud computing, Peking University student
    other = put(tmp_path / "2.txt", "云计算平台\n北京大学生\n")  # cloud computing platform
    for paths in ((one, other), (other, one)):
        reference, _ = load_userdict(plain_jieba, *paths)
        tokenizer, _ = compile_files(*paths)
        assert (nonzero(tokenizer), tokenizer.total) == (nonzero(reference), reference.total)


def test_the_order_of_the_lines_counts(tmp_path: Path, plain_jieba: Any) -> None:
    """What jieba suggests for 云计算平台 (cloud computing platform) depends on 云计算 (cloud computing)."""
    found = []
    for lines in (["云计算 1000000", "云计算平台"], ["云计算平台", "云计算 1000000"]):
        path = put(tmp_path / "words.txt", "\n".join(lines))
        reference, _ = load_userdict(plain_jieba, path)
        tokenizer, _ = compile_files(path)
        assert tokenizer.FREQ["云计算平台"] == reference.FREQ["云计算平台"]
        found.append(tokenizer.FREQ["云计算平台"])
    assert found[0] > found[1]


def test_suggest_ignores_the_numbers(tmp_path: Path) -> None:
    numbers = put(tmp_path / "1.txt", "云计算 1000000\n云计算平台 3\n北京 0\n")  # cloud computing (platform), Beijing
    none = put(tmp_path / "2.txt", "云计算\n云计算平台\n北京\n")
    suggested, split = compile_files(numbers, suggest=True)
    plain, _ = compile_files(none)
    assert (suggested.FREQ, suggested.total, split) == (plain.FREQ, plain.total, [])


def test_compiling_leaves_the_words_that_this_process_splits_as_they_were(tmp_path: Path) -> None:
    path = put(tmp_path / "words.txt", "研究生 0\n")  # 研究生 graduate student
    with force_split({"北京"}) as before:  # 北京 Beijing
        _, split = compile_files(path)
        assert split == ["研究生"]
        assert jieba.finalseg.Force_Split_Words is before
        assert before == {"北京"}


# ---------------------------------------------------------------- written, and opened by ciliu.Segmenter

USER_WORDS = """云计算平台
新冠 300 n
微信
C++ 3 n
北京大学生 50
研究生 0
杭研 0
"""  # cloud computing platform, Covid, WeChat, C++, Peking University student, graduate student, Hangzhou Research


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, plain_jieba: Any) -> tuple[Segmenter, Any, set[str]]:
    """ciliu's segmenter on the written dictionary; jieba's tokenizer and split words from the same file."""
    folder = tmp_path_factory.mktemp("dictionary")
    path = put(tmp_path_factory.mktemp("user") / "words.txt", USER_WORDS)
    dictionary.run([path], folder, frequencies="file")
    return Segmenter(folder), *load_userdict(plain_jieba, path)


# Characters of words and of names, some that the HMM does not know (丄), some outside jieba's blocks (〇𠮷·), Latin,
# digits, punctuation, white space.
TEXT = st.lists(
    st.one_of(
        st.sampled_from([*"北京大学生前来应聘研究生命起源云计算平台微信新冠的了是在他她小明硕士毕业于杭研丄乣〇𠮷·"]),
        st.sampled_from(["C++", "iPhone", "3.14", "100%", "opensource.com", "---", "B超", "\r\n", "杭研", "网易"]),
        st.sampled_from([*"aZ09+#&._%-，。！？“” \n\u3000/@"]),
    ),
    max_size=40,
).map("".join)


@pytest.mark.parametrize("HMM", [False, True])
@examples(250)
@given(text=TEXT)
def test_a_written_dictionary_cuts_as_jieba_with_load_userdict(
    opened: tuple[Segmenter, Any, set[str]], text: str, HMM: bool
) -> None:
    segmenter, reference, split = opened
    with force_split(split):
        expected = reference.lcut(text, HMM=HMM)
    with force_split(set()):
        found = segmenter.lcut(text, HMM=HMM)
    assert found == expected
    assert "".join(found) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("北京大学生前来应聘", ["北京大学生", "前来", "应聘"]),  # Peking University student, come, apply for a job
        ("他用微信", ["他", "用", "微信"]),  # he, use, WeChat
        ("云计算平台很好", ["云计算平台", "很", "好"]),  # cloud computing platform, very, good
        ("他学C++和C", ["他", "学", "C++", "和", "C"]),  # he, learn, C++, and, C
    ],
)
def test_words_of_the_user_come_out_whole(opened: tuple[Segmenter, Any, set[str]], text: str, words: list[str]) -> None:
    assert opened[0].lcut(text) == words


def test_a_word_of_frequency_0_is_not_cut_out_with_hmm_either(opened: tuple[Segmenter, Any, set[str]]) -> None:
    text = "他来到了网易杭研大厦"  # 他 he, 来到 come to, 了 (done), 网易 NetEase, 杭研 Hangzhou Research, 大厦 tower
    assert "杭研" not in opened[0].lcut(text, HMM=True)
    with force_split(set()):
        assert "杭研" in jieba.Tokenizer.lcut(opened[1], text, HMM=True)  # which jieba's HMM finds by itself


def test_cutting_leaves_the_words_that_this_process_splits_as_they_were(
    opened: tuple[Segmenter, Any, set[str]],
) -> None:
    with force_split({"北京"}):  # 北京 Beijing; as a program that uses jieba too may have set it
        opened[0].lcut("他来到了网易杭研大厦", HMM=True)  # he came to the tower of NetEase Hangzhou Research
        assert jieba.finalseg.Force_Split_Words == {"北京"}


def test_the_stage_writes_words_total_split_words_and_warnings(tmp_path: Path) -> None:
    path = put(
        tmp_path / "words.txt", "云计算平台 7\n云计算平台 9\n杭研 0\n"
    )  # cloud computing platform, Hangzhou Research
    output = tmp_path / "out"
    output.mkdir()
    counts = dictionary.run([path], output, frequencies="file")
    words = dict(line.split("\t") for line in (output / "dictionary.tsv").read_text(encoding="utf-8").splitlines())
    facts = json.loads((output / "dictionary.json").read_bytes())
    warnings = [json.loads(line) for line in (output / "report" / "warnings.jsonl").read_bytes().splitlines()]
    assert words["云计算平台"] == "9"
    assert "杭研" not in words
    assert "0" not in words.values()
    assert facts == {"total": 60_101_967 + 7 + 9, "force_split": ["杭研"]}
    assert [(warning["line"], warning["word"], warning["kind"]) for warning in warnings] == [
        (2, "云计算平台", "stands twice"),
        (3, "杭研", "frequency 0"),
    ]
    assert (counts["entries"], counts["words"], counts["total"]) == (3, len(words), facts["total"])
    assert counts["warnings"] == {"stands twice": 1, "frequency 0": 1}


def test_no_cache_of_jieba_is_written_or_read(tmp_path: Path) -> None:
    """A planted jieba.cache would change every cut; none is looked at, and none is left behind."""
    script = """
import sys, tempfile
from pathlib import Path
from ciliu import Segmenter
from pipeline import dictionary
folder = Path(sys.argv[1])
assert tempfile.gettempdir() == sys.argv[2], tempfile.gettempdir()
dictionary.run([folder / "words.txt"], folder, frequencies="file")
segmenter = Segmenter(folder)
assert segmenter.lcut("云计算平台") == ["云计算平台"]
segmenter.lcut("北京大学生前来应聘", HMM=True)
"""
    put(tmp_path / "words.txt", "云计算平台\n")  # cloud computing platform
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    arguments = [sys.executable, "-X", "utf8", "-c", script.encode(), str(tmp_path), str(temporary)]
    done = subprocess.run(
        arguments, env={**os.environ, "TMPDIR": str(temporary)}, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert list(temporary.iterdir()) == []
