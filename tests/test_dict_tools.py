"""``ciliu dict``: what is wrong with a dictionary, what it changes, and why a text is cut as it is."""

import itertools
import json
import math
import random
import re
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import call_ciliu, examples, read_corpus, write_articles
from hypothesis import given, settings
from hypothesis import strategies as st

from ciliu import Segmenter
from ciliu.engine_jieba import import_jieba, make_tokenizer
from ciliu.segmenter import read_words
from pipeline import dictionary
from pipeline.dictionary.diff import compare, find_changes
from pipeline.dictionary.explain import Candidate, explain
from pipeline.dictionary.lint import COMMONEST, NOTES, WARNINGS, lint
from pipeline.dictionary.picture import draw, stack

ROOT = Path(__file__).parents[1]


def put(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def ciliu(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return call_ciliu("dict", *arguments, cwd=cwd)


def compiled(folder: Path, content: str) -> Path:
    folder.mkdir()
    dictionary.run([put(folder / "words.txt", content)], folder, frequencies="file")
    return folder


# ---------------------------------------------------------------- lint


def linted(tmp_path: Path, content: str | bytes, *, suggest: bool = False) -> dict[tuple[int, str], dict[str, Any]]:
    """The findings of one file by line and kind."""
    findings, _ = lint([put(tmp_path / "words.txt", content)], suggest=suggest)
    found = {(int(str(finding["line"])), str(finding["kind"])): finding for finding in findings}
    assert len(found) == len(findings)
    return found


def test_a_clean_dictionary_has_no_finding(tmp_path: Path) -> None:
    assert linted(tmp_path, "云计算\n微信 500 n\nNode.js 3\n") == {}  # 云计算 cloud computing, 微信 WeChat


def test_the_example_that_is_shipped_has_no_warning() -> None:
    findings, entries = lint([ROOT / "dicts" / "example.txt"], suggest=False)
    assert entries > 30
    assert [finding for finding in findings if finding["level"] == "warning"] == []


def test_entries_that_can_never_match_are_told_with_the_character(tmp_path: Path) -> None:
    words = {
        "iPhone 12\t5": "jieba never joins ' ' with other characters: a space",
        "迈克尔·乔丹": "'·'",  # Michael Jordan
        "@me": "'@'",
        "C/C++": "'/'",
        "ＩＴ业": "full width; write 'IT业'",  # the IT business
        "𠮷野家": "U+20BB7",  # Yoshinoya
        "β细胞": "'β'",  # beta cell
    }
    found = linted(tmp_path, "".join(f"{word}\n" for word in words))
    for line, reason in enumerate(words.values(), start=1):
        assert reason in found[line, "never matches"]["reason"]
        assert found[line, "never matches"]["level"] == "warning"


def test_a_word_that_loses_at_its_frequency_is_told_with_its_pieces_and_what_it_needs(tmp_path: Path) -> None:
    finding = linted(tmp_path, "云计算平台 3\n我们的 1\n")[2, "never wins"]  # cloud computing platform, ours
    assert (finding["cut"], finding["frequency"]) == (["我们", "的"], 1)  # we, of
    needed = finding["needed"]
    assert f"cut 我们 / 的; {needed:,} would keep it whole" in finding["reason"]
    folder = compiled(tmp_path / "d", "云计算平台 3\n我们的 1\n")
    words, total, _ = read_words(folder)
    assert needed == make_tokenizer(words, total).suggest_freq("我们的") > 1  # jieba's own suggestion
    assert linted(tmp_path, f"云计算平台 3\n我们的 {needed}\n") == {}


@settings(deadline=None, max_examples=3)
@given(
    words=st.lists(st.text("北京大学生云计算平台的了", min_size=1, max_size=5), max_size=200), number=st.integers(1, 9)
)
def test_never_wins_says_exactly_which_words_do_not_come_out_whole(
    tmp_path_factory: pytest.TempPathFactory, words: list[str], number: int
) -> None:
    content = "".join(f"{word} {number}\n" for word in words)
    folder = tmp_path_factory.mktemp("lint")
    findings, _ = lint([put(folder / "words.txt", content)], suggest=False)
    dictionary.run([folder / "words.txt"], folder, frequencies="file")
    cut = Segmenter(folder, engine="jieba").lcut
    lost = {str(finding["word"]) for finding in findings if finding["kind"] == "never wins"}
    assert lost == {word for word in words if cut(word) != [word]}


def test_a_duplicate_is_told_with_both_places_across_files(tmp_path: Path) -> None:
    one, other = put(tmp_path / "1.txt", "平台商 5\n"), put(tmp_path / "2.txt", "云计算\n平台商 5\n")  # platform firm
    findings, entries = lint([one, other], suggest=False)
    (finding,) = (finding for finding in findings if finding["kind"] == "stands twice")
    assert (finding["file"], finding["line"]) == (str(other), 2)
    assert f"{one}, line 1" in str(finding["reason"])
    assert entries == 3


def test_a_word_of_jiebas_own_is_a_note_with_its_frequency(tmp_path: Path) -> None:
    finding = linted(tmp_path, "北京 500\n")[1, "already there"]  # 北京 Beijing
    assert (finding["jieba"], finding["frequency"], finding["level"]) == (34_488, 500, "note")
    assert "34,488" in finding["reason"]


def test_frequency_0_is_a_note_where_it_removes_a_word_and_a_warning_where_there_is_none(tmp_path: Path) -> None:
    found = linted(tmp_path, "北京 0\n斑腔海胆 0\n")  # Beijing; a sea urchin, as THUOCL counts it
    assert found[1, "frequency 0"]["level"] == "note"
    assert found[2, "frequency 0"]["level"] == "warning"
    assert set(linted(tmp_path, "斑腔海胆 0\n", suggest=True)) == set()


def test_frequencies_out_of_range_are_told(tmp_path: Path) -> None:
    found = linted(tmp_path, f"云计算 {COMMONEST + 1}\n大数据 {COMMONEST}\n的 99999999\n")  # cloud computing, big data
    assert found[1, "frequency too large"]["level"] == "warning"
    assert "above 60,101,967" in found[3, "unreadable"]["reason"]
    assert (2, "frequency too large") not in found
    commonest = max(count for _, count in read_words(None)[0])
    assert commonest == COMMONEST


def test_what_jieba_itself_would_make_of_a_line_is_a_note(tmp_path: Path) -> None:
    readings: dict[str, tuple[str, int | None]] = {
        "云计算\t500\tn": ("云计算\t500\tn", None),  # 云计算 cloud computing
        "云计算\t500": ("云计算\t500", None),
        "云计算 500 N": ("云计算 500 N", None),
        "云计算 1.5": ("云计算 1.5", None),
        "云计算\u3000500": ("云计算\u3000500", None),
        "New York 100": ("New York", 100),
        "云计算  500": ("云计算 ", 500),
    }
    found = linted(tmp_path, "".join(f"{line}\n" for line in readings))
    for number, (word, frequency) in enumerate(readings.values(), start=1):
        finding = found[number, "jieba misreads"]
        assert finding["level"] == "note"
        assert finding["reason"].endswith(f"the word {word!r}" + (f" with frequency {frequency}" if frequency else ""))


LINES = st.lists(
    st.lists(
        st.sampled_from(["云计算", "C++", "5", "007", "1.5", "n", "NR", " ", " ", "\t", "\u3000", "#", "，"]),
        max_size=6,
    ).map("".join),
    max_size=8,
)


@settings(deadline=None, max_examples=30)
@given(lines=LINES)
def test_a_line_without_that_note_is_read_by_jieba_as_by_ciliu(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    from pipeline.dictionary.lint import find_misread
    from pipeline.dictionary.parse import parse_file

    path = put(tmp_path_factory.getbasetemp() / "words.txt", "\n".join(lines))
    entries, _ = parse_file(path)
    told = {finding["line"] for finding in find_misread(path, entries)}
    ours = {entry.line: (entry.word, entry.frequency) for entry in entries}
    for number, line in enumerate(lines, start=1):
        calls = add_word_calls(put(path.with_name("one.txt"), line))
        if number not in told and line.split()[:1] != ["#"]:
            assert calls == ([ours[number]] if number in ours else []), line


def add_word_calls(path: Path) -> list[tuple[str, int | None]]:
    """What jieba's own load_userdict adds."""
    calls = []

    class Tokenizer(import_jieba().Tokenizer):  # type: ignore[misc] # jieba ships no types
        def add_word(self, word: str, freq: str | None = None, tag: str | None = None) -> None:
            calls.append((word, int(freq) if freq else None))

    tokenizer = Tokenizer()
    tokenizer.initialized = True  # without its own dictionary
    tokenizer.load_userdict(str(path))
    return calls


def test_comments_are_one_note_a_file(tmp_path: Path) -> None:
    found = linted(tmp_path, "# company\n云计算\n# places\n")  # 云计算 cloud computing
    assert list(found) == [(1, "jieba misreads")]
    assert "1 more" in found[1, "jieba misreads"]["reason"]


def test_a_file_with_cr_alone_is_one_word_for_jieba(tmp_path: Path) -> None:
    found = linted(tmp_path, "云计算\r大数据\r")  # cloud computing, big data
    assert list(found) == [(1, "jieba misreads")]


@pytest.mark.parametrize("content", ["云计算\n", "\ufeff云计"])
def test_utf_16_is_a_note(tmp_path: Path, content: str) -> None:
    assert list(linted(tmp_path, content.encode("utf-16-le"))) == [(1, "encoding")]  # 云计算 cloud computing


def test_findings_come_file_by_file_and_line_by_line_and_each_kind_has_a_level(tmp_path: Path) -> None:
    one = put(tmp_path / "b.txt", "北京\n云计算,5\n微信/支付宝\n")  # Beijing, cloud computing, WeChat, Alipay
    other = put(tmp_path / "a.txt", "北京\n云计算\n")
    findings, _ = lint([one, other], suggest=False)
    places = [(finding["file"], finding["line"]) for finding in findings]
    assert places == sorted(places, key=lambda place: (place[0] != str(one), place[1]))
    assert {finding["kind"] for finding in findings} <= {*WARNINGS, *NOTES}


@pytest.mark.parametrize(
    ("content", "options", "status"),
    [
        ("云计算\n", [], 0),  # cloud computing
        ("北京 500\n", [], 0),  # Beijing: jieba has it
        ("北京 500\n", ["--strict"], 6),
        ("C/C++\n", [], 6),
        ("云计算,5\n", [], 6),
        ("云计算 5\n".encode("gbk"), [], 3),
        (None, [], 3),
        ("云计算\n", ["--frequencies", "none"], 2),
    ],
)
def test_the_exit_status_of_lint_is_for_use_in_ci(
    tmp_path: Path, content: str | bytes | None, options: list[str], status: int
) -> None:
    if content is not None:
        put(tmp_path / "words.txt", content)
    done = ciliu("lint", "words.txt", *options, cwd=tmp_path)
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    assert bool(done.stderr) == (status in (2, 3))


def test_lint_prints_file_and_line_and_a_summary_by_kind(tmp_path: Path) -> None:
    put(tmp_path / "words.txt", "".join(f"C/{number}\n" for number in range(30)) + "北京\n")  # Beijing
    lines = ciliu("lint", "words.txt", "-n", "3", cwd=tmp_path).stdout.splitlines()
    assert lines[0].startswith("words.txt:1: never matches: C/0: jieba never joins '/'")
    assert lines[3].startswith("words.txt:31: note: already there: 北京")
    assert lines[4] == "… and 27 × never matches (-n 0 shows all)"
    assert lines[5] == "31 entries in 1 file; warnings: 30 × never matches; notes: 1 × already there"


def test_lint_as_json_is_one_object_a_finding(tmp_path: Path) -> None:
    put(tmp_path / "words.txt", "我们的 1\n" + "C/1\n" * 30)  # 我们的 ours
    done = ciliu("lint", "words.txt", "--json", cwd=tmp_path)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) == 31
    assert rows[0]["cut"] == ["我们", "的"]
    assert all({"file", "line", "word", "kind", "level", "reason"} <= set(row) for row in rows)


# ---------------------------------------------------------------- diff


@pytest.fixture(scope="module")
def segmenters(tmp_path_factory: pytest.TempPathFactory) -> tuple[Segmenter, Segmenter]:
    """jieba's own dictionary; the same with 微信 WeChat, 公众号 (public account), 大学生活 (student life)."""
    folder = compiled(tmp_path_factory.mktemp("diff") / "b", "微信\n公众号\n大学生活 9000\n")
    return Segmenter(), Segmenter(folder)


def test_changes_are_pairs_of_differing_spans(segmenters: tuple[Segmenter, Segmenter]) -> None:
    lines = [
        "他每天用微信和朋友聊天",  # he, every day, use, WeChat, and, friends, chat
        "北京的大学生活很好",  # Beijing, of, student life, very, good
        "今天天气很好",  # today, weather, very, good
        "我用微信，也看公众号。",  # I, use, WeChat, also, read, public accounts
    ]
    found = compare(*segmenters, lines)
    assert (found.lines, found.changed) == (4, 3)
    assert found.changes.most_common(1) == [((("微", "信"), ("微信",)), 2)]
    assert found.changes[("大学", "生活"), ("大学生活",)] == 1
    assert found.gained(1) == [("微信", 2)]
    assert dict(found.lost(0)) == {"微": 2, "信": 2, "大学": 1, "生活": 1, "公众": 1, "号": 1}
    assert found.examples[("微", "信"), ("微信",)] == (
        ("他", "每天", "用", "微", "信", "和", "朋友", "聊天"),
        ("他", "每天", "用", "微信", "和", "朋友", "聊天"),
    )


def test_a_dictionary_changes_nothing_against_itself(segmenters: tuple[Segmenter, Segmenter]) -> None:
    found = compare(segmenters[1], segmenters[1], ["他用微信", "大学生活", ""])  # he uses WeChat, student life
    assert (found.lines, found.changed, found.changes.total()) == (3, 0, 0)


CUTS = st.lists(st.tuples(st.text("ab", min_size=1, max_size=1), st.booleans(), st.booleans()), max_size=30)


def cut_at(characters: Sequence[tuple[str, bool, bool]], which: int) -> list[str]:
    """Words out of characters, each of which says whether a word of either segmentation ends behind it."""
    words = [""]
    for place in characters:
        words[-1] += place[0]
        if place[which]:
            words.append("")
    return [word for word in words if word]


@given(characters=CUTS)
def test_the_spans_cover_all_that_differs_and_nothing_else(characters: list[tuple[str, bool, bool]]) -> None:
    a, b = cut_at(characters, 1), cut_at(characters, 2)
    changes = list(find_changes(a, b))
    same_a, same_b = list(a), list(b)
    for i, j in reversed(changes):
        assert "".join(a[i]) == "".join(b[j])
        ends = [set(itertools.accumulate(len(word) for word in words[:-1])) for words in (a[i], b[j])]
        assert not ends[0] & ends[1]  # no boundary within is shared: the span is the smallest
        assert a[i] != b[j]
        same_a[i] = same_b[j] = ["|"]
    assert same_a == same_b


@examples(60)
@given(lines=st.lists(st.text("他用微信公众号北京的大学生活很好，aZ9+ \0\u3000", max_size=12), max_size=6))
def test_the_counts_are_those_of_cutting_each_line(segmenters: tuple[Segmenter, Segmenter], lines: list[str]) -> None:
    found = compare(*segmenters, lines)
    cuts = [[segmenter.lcut(line) for line in lines] for segmenter in segmenters]
    assert found.lines == len(lines)
    assert found.changed == sum(a != b for a, b in zip(*cuts, strict=True))
    assert (found.words_a, found.words_b) == tuple(sum(map(len, cut)) for cut in cuts)
    net = {word: times for word, times in found.words.items() if times}
    assert sum(net.values()) == found.words_b - found.words_a


def test_batches_do_not_show(segmenters: tuple[Segmenter, Segmenter], monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["他用微信", "很好", "北京的大学生活"] * 7  # he uses WeChat, very good, student life of Beijing
    whole = compare(*segmenters, lines)
    monkeypatch.setattr("pipeline.dictionary.diff.BATCH", 10)
    assert compare(*segmenters, lines) == whole


def test_diff_reads_folders_and_compressed_files_as_articles_does(tmp_path: Path) -> None:
    import gzip

    folder = tmp_path / "text"
    write_articles(
        folder / "a.jsonl", [{"text": "他用微信\n\n很好"}, {"text": "微\u200b信ＡＢ"}]
    )  # he uses WeChat; good
    put(folder / "b.txt", "\ufeff微信很好\r\n微信\n")  # WeChat is very good; WeChat
    with (folder / "c.txt.gz").open("wb") as file:
        file.write(gzip.compress("微信".encode()))
    put(tmp_path / "words.txt", "微信\n")
    done = ciliu("diff", "-", "words.txt", "--on", "text", "--json", cwd=tmp_path)
    found = json.loads(done.stdout)
    assert (found["lines"], found["changed"]) == (6, 5)
    assert found["most_frequent"][0]["a"] == ["微", "信"]
    assert found["gained"] == {"微信": 5}
    assert found["lost"] == {"微": 5, "信": 5}


def test_diff_shows_shares_and_examples_side_by_side(tmp_path: Path) -> None:
    put(tmp_path / "text.txt", "他用微信聊天\n今天很好\n")  # he chats with WeChat; today is good
    put(tmp_path / "1.txt", "微信\n")
    put(tmp_path / "2.txt", "公众号\n")
    done = ciliu("diff", "-", "1.txt,2.txt", "--on", "text.txt", cwd=tmp_path)
    assert done.stdout.splitlines()[0] == "2 lines, 1 changed (50.00%); 8 words with A, 7 with B"
    assert "1  微 / 信 → 微信\n   A  他 / 用 / 微 / 信 / 聊天\n   B  他 / 用 / 微信 / 聊天\n" in done.stdout
    assert re.search(r"gained +times +lost +times\n微信 +1 +信 +1\n +微 +1\n", done.stdout)
    assert "0 changed (0.00%)" in ciliu("diff", "1.txt", "2.txt,1.txt", "--on", "text.txt", cwd=tmp_path).stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["-", "no.txt", "--on", "text.txt"], "there is no file no.txt"),
        (["-", "-", "--on", "nowhere"], "there is no source nowhere"),
        (["-", "-", "--on", "gbk.txt"], "gbk.txt, line 1: not UTF-8"),
        (["-", "-", "--on", "broken.txt.gz"], "broken.txt.gz cannot be read to its end"),
        (["-", "words.txt", "--on", "text.txt"], "words.txt, line 2: '1.5' is no frequency"),
    ],
)
def test_bad_input_of_diff_gets_one_sentence(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    put(tmp_path / "text.txt", "很好\n")  # very good
    put(tmp_path / "gbk.txt", "很好\n".encode("gbk"))
    put(tmp_path / "broken.txt.gz", b"\x1f\x8b\x08\x00")
    put(tmp_path / "words.txt", "微信\n云计算 1.5\n")  # WeChat, cloud computing
    done = ciliu("diff", *arguments, cwd=tmp_path)
    assert (done.returncode, sentence in done.stderr) == (3, True), done.stderr
    assert "Traceback" not in done.stderr


# ---------------------------------------------------------------- explain

Known = tuple[Segmenter, dict[str, int], int, list[str]]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Known:
    """A dictionary with new words, removed ones and one that ties, as segmenter and as frequencies."""
    content = "云计算平台\n微信\nC++ 3\n北京大学生 5\n研究生 0\n杭研 0\n大学 0\n丄乣 1\n"
    folder = compiled(tmp_path_factory.mktemp("explain") / "d", content)
    words, total, force_split = read_words(folder)
    return Segmenter(folder), make_tokenizer(words, total).FREQ, total, force_split


TEXT = st.lists(
    st.one_of(
        st.sampled_from([*"北京大学生前来应聘研究生命起源云计算平台微信新冠的了是在他她小明硕士毕业于杭研丄乣〇𠮷·"]),
        st.sampled_from(["C++", "iPhone", "3.14", "100%", "opensource.com", "---", "B超", "\r\n", "杭研", "网易"]),
        st.sampled_from([*"aZ09+#&._%-，。！？“” \n\r\u3000/@"]),
    ),
    max_size=40,
).map("".join)


@pytest.mark.parametrize("HMM", [False, True])
@examples(300)
@given(text=TEXT)
def test_the_explained_words_are_those_of_the_segmenter(known: Known, text: str, HMM: bool) -> None:
    segmenter, frequencies, total, force_split = known
    found = explain(text, frequencies, total, force_split=force_split, HMM=HMM)
    assert [word.text for word in found.words] == segmenter.lcut(text, HMM=HMM)
    for word in found.words:
        assert text[word.start : word.start + len(word.text)] == word.text


def all_paths(candidates: Sequence[Candidate], start: int, end: int) -> list[tuple[list[str], float]]:
    """Every way through the lattice from ``start``, with the sum of its weights."""
    if start == end:
        return [([], 0.0)]
    here = [candidate for candidate in candidates if candidate.start == start]
    return [
        ([candidate.word, *words], candidate.weight + score)
        for candidate in here
        for words, score in all_paths(candidates, candidate.end, end)
    ]


def place(words: Sequence[str]) -> set[tuple[int, str]]:
    """Each word with its start."""
    return set(zip(itertools.accumulate(map(len, words), initial=0), words, strict=False))


@examples(100)
@given(text=st.text("北京大学生前来应聘云计算平台的丄", min_size=1, max_size=9))
def test_the_paths_are_the_best_of_all_and_behind_is_what_each_word_loses(known: Known, text: str) -> None:
    _, frequencies, total, _ = known
    (block,) = explain(text, frequencies, total, paths=5).blocks
    ways = all_paths(block.candidates, 0, len(text))
    scores = sorted((score for _, score in ways), reverse=True)
    assert [path.score for path in block.paths] == pytest.approx(scores[:5])
    assert len({path.words for path in block.paths}) == len(block.paths) == min(5, len(ways))
    for candidate in block.candidates:
        through = max(score for words, score in ways if (candidate.start, candidate.word) in place(words))
        assert candidate.behind == pytest.approx(scores[0] - through, abs=1e-9)


def test_a_worked_example_of_beijing_students() -> None:
    """北京 Beijing, 大学生 student, 北京大学 Peking University, 生 be born: jieba's own dictionary."""
    words, total, _ = read_words(None)
    (block,) = explain("北京大学生", make_tokenizer(words, total).FREQ, total).blocks
    assert block.paths[0].words == ("北京", "大学生")
    assert block.paths[0].score == pytest.approx(math.log(34_488 / total) + math.log(3_879 / total))
    by_word = {candidate.word: candidate for candidate in block.candidates}
    assert by_word["北京大学"].frequency == 2_053
    assert by_word["北京大学"].behind == pytest.approx(block.paths[0].score - math.log(2_053 / total * 22_579 / total))
    assert [word for word, candidate in by_word.items() if candidate.chosen] == ["北京", "大学生"]


def test_on_a_tie_the_longer_word_wins_and_the_tie_is_told(tmp_path: Path) -> None:
    frequencies = {"甲": 10, "甲乙": 10, "乙": 0, "乙丙": 10, "丙": 10}  # first, second, third of the ten stems
    (block,) = explain("甲乙丙", frequencies, 100).blocks
    assert [path.words for path in block.paths[:2]] == [("甲乙", "丙"), ("甲", "乙丙")]
    assert block.paths[0].score == block.paths[1].score


def test_a_character_that_is_no_word_counts_as_1(known: Known) -> None:
    _, frequencies, total, _ = known
    (block,) = explain("丄", frequencies, total).blocks  # a rare character, first half of an entry
    assert [(candidate.frequency, candidate.weight) for candidate in block.candidates] == [(None, -math.log(total))]


def test_what_the_hmm_made_is_told_apart(known: Known) -> None:
    _, frequencies, total, _ = known
    text = "他来到了网易杭州厦"  # he, come to, (done), NetEase, Hangzhou, mansion
    origins = {word.text: word.origin for word in explain("他说仨字龘龘B2C有", frequencies, total, HMM=True).words}
    assert "HMM" in origins.values()
    assert {word.origin for word in explain(text, frequencies, total).words} == {"dictionary", "character"}
    joined = [word.text for word in explain("有B2C和3.14。", frequencies, total).words if word.origin == "joined"]
    assert joined == ["B2C", "14"]


def test_explain_prints_lattice_paths_and_origins(tmp_path: Path) -> None:
    done = ciliu("explain", "北京大学生前来应聘，B2C", cwd=tmp_path)  # Peking University students come to apply; B2C
    lines = done.stdout.splitlines()
    assert lines[0] == "北京 / 大学生 / 前来 / 应聘 / ， / B2C"
    assert lines[1] == "dictionary: jieba's own; total 60,101,967; HMM off"
    assert re.search(r"^ *0 +\* +北京 +34,488 +-7\.46$", done.stdout, re.MULTILINE)
    assert re.search(r"^ *0 +北京大学 +2,053 +-10\.28 +0\.32$", done.stdout, re.MULTILINE)
    assert re.search(r"^chosen +北京 / 大学生 / 前来 / 应聘 +-38\.19$", done.stdout, re.MULTILINE)
    assert re.search(
        r"^2\. +北京大学 / 生前 / 来 / 应聘 +-38\.51 +0\.32 behind: 1\.37 × less likely$", done.stdout, re.M
    )
    assert lines[-1] == "B2C: joined: Latin, digits"


def test_explain_takes_dictionaries_and_the_hmm(tmp_path: Path) -> None:
    put(tmp_path / "words.txt", "北京大学生\n")  # Peking University student
    assert ciliu("explain", "北京大学生", "--dict", "words.txt", cwd=tmp_path).stdout.startswith("北京大学生\n")
    assert "杭研: guessed by the HMM" in ciliu("explain", "网易杭研大厦", "--hmm", cwd=tmp_path).stdout


@pytest.mark.parametrize("text", ["", "长" * 1_001])  # 长 long
def test_a_text_that_is_empty_or_too_long_to_explain_is_refused(tmp_path: Path, text: str) -> None:
    done = ciliu("explain", text, cwd=tmp_path)
    assert (done.returncode, f"the text has {len(text):,} characters" in done.stderr) == (3, True)


# ---------------------------------------------------------------- the picture


@examples(100)
@given(text=TEXT)
def test_the_picture_is_xml_with_each_chosen_word_and_each_longer_candidate(known: Known, text: str) -> None:
    _, frequencies, total, force_split = known
    found = explain(text, frequencies, total, force_split=force_split, HMM=True)
    titles = [node.text or "" for node in ElementTree.fromstring(draw(found)).iter("{http://www.w3.org/2000/svg}title")]
    shown = [title.split(":")[0] for title in titles]
    expected = [c.word for block in found.blocks for c in block.candidates if c.chosen or len(c.word) > 1]
    assert sorted(shown) == sorted(expected)


@given(spans=st.lists(st.tuples(st.integers(0, 20), st.integers(1, 6)), max_size=25))
def test_no_bar_covers_another(spans: list[tuple[int, int]]) -> None:
    candidates = [
        Candidate(start, start + size, "字" * size, 1, 0.0, 0.0, False) for start, size in spans
    ]  # 字 character
    placed = list(zip(candidates, stack(candidates), strict=True))
    for (one, level), (other, level_of_other) in itertools.combinations(placed, 2):
        assert level != level_of_other or one.end <= other.start or other.end <= one.start


def test_the_picture_needs_nothing_from_elsewhere_and_knows_dark(tmp_path: Path) -> None:
    assert ciliu("explain", "北京大学生<&", "--svg", "why.svg", cwd=tmp_path).returncode == 0
    svg = (tmp_path / "why.svg").read_text(encoding="utf-8")
    assert "prefers-color-scheme: dark" in svg
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|url\(|<script", svg)


# ---------------------------------------------------------------- real text


def test_explained_words_of_real_lines_are_those_of_the_segmenter() -> None:
    articles = read_corpus("xwlb", 0, 30)
    lines = [line for article in articles for line in article["text"].split("\n") if line]
    words, total, _ = read_words(None)
    frequencies, segmenter = make_tokenizer(words, total).FREQ, Segmenter()
    for line in random.Random(1).sample(lines, min(60, len(lines))):
        for HMM in (False, True):
            found = explain(line, frequencies, total, HMM=HMM)
            assert [word.text for word in found.words] == segmenter.lcut(line, HMM=HMM)
