"""Articles: the normal form, the readers, the files that sources name, how they are cut into shards, the stage."""

import bz2
import gzip
import json
import lzma
import os
import random
import re
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import xxhash
from backports import zstd
from conftest import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from ciliu import normal_form
from ciliu.normal_form import normalize
from pipeline import articles, shard_files, shards
from pipeline.articles import readers, records, spans
from pipeline.articles.records import Rejected
from pipeline.articles.sources import Source, cut, find, measure_spans, read_state
from pipeline.fingerprints import Fingerprints

few = settings(deadline=None, max_examples=20)
many = examples(200)


# ---------------------------------------------------------------- the normal form

FULL_WIDTH = [chr(code) for code in range(0xFF01, 0xFF5F)]
CONTROLS = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), 0xAD, 0x200B, 0x200E, 0x202E, 0x2060, 0xFEFF)]
SPACES = [*"\u00a0\u1680\u2000\u2009\u200a\u202f\u205f\u3000\u2028\u2029"]
STRANGE = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]), st.sampled_from([*FULL_WIDTH, *CONTROLS, *SPACES, *"0aZ文\r\n．"])
    )
)
ORDINARY = st.text(
    st.one_of(
        st.sampled_from(" \n"),
        st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zs", "Zl", "Zp"], exclude_characters="".join(FULL_WIDTH)),
    )
).filter(lambda text: unicodedata.is_normalized("NFC", text) and not re.search("&.+;", text))


@many
@given(STRANGE)
def test_the_normal_form_of_a_normal_form_is_itself(text: str) -> None:
    once, _ = normalize(text)
    assert normalize(once) == (once, {})


@many
@given(ORDINARY)
def test_what_no_rule_names_stays_as_it_is(text: str) -> None:
    assert normalize(text) == (text, {})


@many
@given(STRANGE)
def test_the_only_white_space_left_is_the_space_and_the_line_end(text: str) -> None:
    normal, _ = normalize(text)
    assert {character for character in normal if character.isspace()} <= {" ", "\n"}


@many
@given(STRANGE)
def test_without_a_count_nothing_changed(text: str) -> None:
    normal, changed = normalize(text)
    assert bool(changed) == (normal != text)
    assert set(changed) <= set(normal_form.DEFAULT)
    assert all(times > 0 for times in changed.values())


@pytest.mark.parametrize("end", ["\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"])
def test_every_line_end_becomes_a_line_feed(end: str) -> None:
    assert normalize(f"一{end}二") == ("一\n二", {"line_ends": 1})  # 一 one, 二 two


def test_a_line_feed_is_no_change() -> None:
    assert normalize("一\n\n二") == ("一\n\n二", {})


@pytest.mark.parametrize("space", ["\t", "\x1f", "\u00a0", "\u1680", "\u2003", "\u202f", "\u205f", "\u3000"])
def test_every_space_becomes_a_plain_one(space: str) -> None:
    assert normalize(f"本{space}文") == ("本 文", {"spaces": 1})  # 本文 this article


def test_the_indent_of_a_chinese_paragraph_becomes_two_spaces() -> None:
    assert normalize("\u3000\u3000本文") == ("  本文", {"spaces": 2})  # 本文 this article


@pytest.mark.parametrize(
    ("text", "normal", "times"),
    [
        ("Ｂ７３７－７００客机", "B737-700客机", 8),  # 客机 airliner
        ("ＩＢＭ　与ＡＴ＆Ｔ", "IBM 与AT&T", 7),  # 与 and
        ("百分之５０％", "百分之50%", 3),  # 百分之 per cent, literally "of a hundred parts"
        ("圆周率３．１４１５９", "圆周率3.14159", 7),  # 圆周率 pi
        ("版本ｖ２．ｘ", "版本v2.x", 4),  # 版本 version
        ("｛［“＂＇｀］｝", "{[“\"'`]}", 7),
    ],
)
def test_full_width_ascii_becomes_ascii(text: str, normal: str, times: int) -> None:
    result, changed = normalize(text)
    assert (result, changed["full_width"]) == (normal, times)


@pytest.mark.parametrize("character", [character for character in FULL_WIDTH if character not in "！（），：；？～．"])
def test_a_full_width_character_becomes_its_ascii_twin(character: str) -> None:
    assert normalize(character) == (chr(ord(character) - 0xFEE0), {"full_width": 1})


@pytest.mark.parametrize("mark", [*"，。、；：？！“”‘’（）《》〈〉【】〔〕「」『』…—～·．￥"])
def test_chinese_punctuation_stays(mark: str) -> None:
    text = f"他说{mark}好"  # 他 he, 说 says, 好 good
    assert normalize(text) == (text, {})


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("我来了．你呢", "我来了．你呢"),  # 我 I, 来 come, 了 (done), 你 you, 呢 and you?
        ("共３．", "共3．"),  # 共 in all; a full stop at the end ends the sentence
        ("３．１４", "3.14"),
        ("3．14", "3.14"),
        ("１．２．３", "1.2.3"),
        ("ｗｗｗ．ｃｎ", "www.cn"),
        ("3\u200b．\u200b14", "3.14"),  # what is removed does not stand between digit and stop
    ],
)
def test_a_full_width_stop_becomes_a_point_only_between_digits_and_latin_letters(text: str, normal: str) -> None:
    assert normalize(text)[0] == normal


@pytest.mark.parametrize("control", ["\x00", "\x07", "\x1b", "\x7f", "\x80", "\x9f", "\u00ad", "\u200b", "\ufeff"])
def test_controls_and_zero_width_characters_are_removed(control: str) -> None:
    assert normalize(f"微{control}信") == ("微信", {"controls": 1})  # 微信 WeChat


# Unicode's property Bidi_Control, whole.
@pytest.mark.parametrize("mark", [*"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"])
def test_direction_marks_are_removed(mark: str) -> None:
    assert normalize(f"微{mark}信") == ("微信", {"controls": 1})  # 微信 WeChat


def test_a_control_between_carriage_return_and_line_feed_does_not_make_two_line_ends() -> None:
    assert normalize("一\r\x00\n二") == ("一\n二", {"controls": 1, "line_ends": 1})  # 一 one, 二 two


def test_each_rule_says_how_often_it_changed_something() -> None:
    normal, changed = normalize("\ufeff\u3000\u3000微\u200b信\r\n\tＡＰＰ\x85")  # 微信 WeChat
    assert normal == "  微信\n APP\n"
    assert changed == {"controls": 2, "line_ends": 2, "spaces": 3, "full_width": 3}


@pytest.mark.parametrize("text", ["\ud800", "微\udfff信", "abc\ud83d\ude00"])
def test_a_lone_surrogate_is_an_error_and_no_character(text: str) -> None:
    with pytest.raises(ValueError, match="lone surrogate"):
        normalize(text)


# ---------------------------------------------------------------- readers


def line_of(**record: object) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode() + b"\n"


GOOD = line_of(text="好")  # 好 good


def put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def read_all(path: Path) -> list[tuple[int, Any]]:
    """(line, text or the Rejected) of each record."""
    return [
        (line, record if isinstance(record, Rejected) else record["text"]) for line, _, record in readers.read(path)
    ]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b'{"text": "\xe5\xa5\xbd"', "no JSON"),
        (b'{"text": "\xe5\xa5\xbd"} {}', "no JSON"),
        (b"\xe5\xa5\xbd", "no JSON"),
        (b'{"text": "' + "好".encode() + b'\xff"}', "not UTF-8 at byte 14 of the line"),
        ('{"text": "好"}'.encode("gb18030"), "not UTF-8 at byte 11 of the line"),
        (b'{"title": "no text here"}', "no text"),
        (b'{"text": 5}', "text is no string"),
        (b'{"text": null}', "text is no string"),
        (b'{"text": ["a", "b"]}', "text is no string"),
        (b'{"text": "a", "text": "b"}', "a key stands twice"),
        (b'{"text": "a", "id": 1, "id": 2}', "a key stands twice"),
        (b'["text"]', "no JSON object"),
        (b'{"text": "a", "id": [1]}', "id is no string"),
        (b'{"text": "a", "title": {}}', "title is no string"),
        (b'{"text": NaN}', ""),
        (b'{"text": "a", "id": NaN}', ""),  # NaN is no JSON; as an id it would be one name for many articles
        (b'{"text": "a", "label": -Infinity}', ""),
        (b'{"text": "a", "n": ' + b"9" * 5_000 + b"}", "no JSON"),
        (b'{"text": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "no JSON"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_bad_record_is_told_with_line_and_reason_and_the_others_are_read(
    tmp_path: Path, raw: bytes, reason: str
) -> None:
    (first, bad, last) = read_all(put(tmp_path / "a.jsonl", GOOD + raw + b"\n" + GOOD))
    assert (first, last) == ((1, "好"), (3, "好"))
    assert bad[0] == 2
    assert isinstance(bad[1], Rejected)
    assert reason in bad[1].reason


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"  "], ids=["a mark", "blanks"])
def test_a_bad_byte_is_counted_from_the_start_of_the_line(tmp_path: Path, before: bytes) -> None:
    raw = before + b'{"text": "'
    ((_, rejected),) = read_all(put(tmp_path / "a.jsonl", raw + b'\xff"}\n'))
    assert rejected == Rejected(f"not UTF-8 at byte {len(raw) + 1} of the line")


def test_a_line_longer_than_the_limit_is_skipped_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "LIMIT", 100)
    content = GOOD + line_of(text="x" * 3_000_000) + GOOD + line_of(text="x" * 200).rstrip()
    first, long, last, unended = read_all(put(tmp_path / "a.jsonl", content))
    assert (first, last) == ((1, "好"), (3, "好"))
    assert [(line, "a line of more than" in rejected.reason) for line, rejected in (long, unended)] == [
        (2, True),
        (4, True),
    ]


@pytest.mark.parametrize("end", [b"\n", b""])
def test_a_line_of_exactly_the_limit_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: bytes) -> None:
    line = line_of(text="x" * 100).rstrip()
    monkeypatch.setattr(records, "LIMIT", len(line))
    assert read_all(put(tmp_path / "a.jsonl", line + end)) == [(1, "x" * 100)]


def test_a_text_file_longer_than_the_limit_is_rejected_and_one_of_the_limit_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "LIMIT", 100)
    assert read_all(put(tmp_path / "a.txt", b"x" * 100)) == [(1, "x" * 100)]
    ((line, rejected),) = read_all(put(tmp_path / "b.txt", b"x" * 101))
    assert line == 1
    assert "an article of more than" in rejected.reason


def test_a_byte_order_mark_before_the_first_line_is_no_part_of_it(tmp_path: Path) -> None:
    assert read_all(put(tmp_path / "a.jsonl", b"\xef\xbb\xbf" + GOOD + GOOD)) == [(1, "好"), (2, "好")]


def test_a_byte_order_mark_alone_is_no_record(tmp_path: Path) -> None:
    assert read_all(put(tmp_path / "a.jsonl", b"\xef\xbb\xbf")) == []
    assert read_all(put(tmp_path / "b.jsonl", b"\xef\xbb\xbf\r\n" + GOOD)) == [(2, "好")]


def test_windows_line_ends_and_blank_lines_are_no_records_and_lines_are_counted_on(tmp_path: Path) -> None:
    content = b"\r\n" + GOOD.replace(b"\n", b"\r\n") + b"\n   \n" + GOOD.rstrip()
    assert read_all(put(tmp_path / "a.jsonl", content)) == [(2, "好"), (5, "好")]


@pytest.mark.parametrize("inside", ["\u2028", "\u2029", "\x85", "\x0c", "\x1c"])
def test_a_line_separator_inside_a_text_ends_no_record(tmp_path: Path, inside: str) -> None:
    text = f"上{inside}下"  # 上 above, 下 below
    raw = f'{{"text": "{text}"}}\n' if inside > "\x1f" else json.dumps({"text": text}) + "\n"
    assert read_all(put(tmp_path / "a.jsonl", raw.encode() + GOOD)) == [(1, text), (2, "好")]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_rejected_and_never_guessed(tmp_path: Path, encoding: str) -> None:
    found = read_all(put(tmp_path / "a.jsonl", GOOD.decode().encode(encoding)))
    assert found
    assert all(isinstance(record, Rejected) for _, record in found)


def test_a_text_file_is_one_article_whole(tmp_path: Path) -> None:
    content = "第一段\r\n\r\n第二段\n"  # 第一 first, 第二 second, 段 paragraph
    assert read_all(put(tmp_path / "a.txt", content.encode())) == [(1, content)]


def test_a_mark_at_the_start_of_a_text_file_is_dropped(tmp_path: Path) -> None:
    assert read_all(put(tmp_path / "a.txt", "好".encode("utf-8-sig"))) == [(1, "好")]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "with a mark"])
def test_a_text_file_that_is_not_utf_8_is_told_with_line_and_byte(tmp_path: Path, mark: bytes) -> None:
    before = mark + "好\n".encode()
    ((line, rejected),) = read_all(put(tmp_path / "a.txt", before + b"\xff"))
    assert (line, rejected) == (2, Rejected(f"not UTF-8 at byte {len(before) + 1} of the file"))


# Text that hardly packs, as real text; a .jsonl file of it.
_choose = random.Random(0).choices
LETTERS = [chr(code) for code in range(0x4E00, 0x9000)]
TEXTS = ["".join(_choose(LETTERS, k=100)) + f"\n第{number}篇" for number in range(100)]  # 第 no., 篇 (of articles)
ARTICLES = b"".join(line_of(id=number, text=text) for number, text in enumerate(TEXTS))

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": lambda raw: gzip.compress(raw, 1, mtime=0),
    ".zst": lambda raw: zstd.compress(raw),
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("kind", [".jsonl", ".txt"])
def test_a_compressed_file_reads_as_the_plain_one(tmp_path: Path, kind: str, suffix: str) -> None:
    plain = put(tmp_path / f"a{kind}", ARTICLES)
    packed = put(tmp_path / f"b{kind}{suffix}", PACKERS[suffix](ARTICLES))
    assert list(readers.read(packed)) == list(readers.read(plain))


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_compressed_file_of_several_parts_is_read_to_the_last(tmp_path: Path, suffix: str) -> None:
    plain = put(tmp_path / "a.jsonl", ARTICLES + GOOD + ARTICLES)
    packed = put(tmp_path / f"b.jsonl{suffix}", b"".join(map(PACKERS[suffix], (ARTICLES, GOOD, ARTICLES))))
    assert list(readers.read(packed)) == list(readers.read(plain))


@pytest.mark.parametrize("suffix", PACKERS)
@few
@given(data=st.data())
def test_a_truncated_compressed_file_is_an_error_that_names_it(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, data: st.DataObject
) -> None:
    whole = PACKERS[suffix](ARTICLES)
    length = data.draw(st.one_of(st.integers(0, 20), st.integers(0, len(whole) - 1), st.just(len(whole) - 1)))
    path = put(tmp_path_factory.mktemp("cut") / f"a.jsonl{suffix}", whole[:length])
    with pytest.raises(ValueError, match=f"{re.escape(str(path))} cannot be read to its end"):
        read_all(path)


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_truncated_second_part_is_an_error_too(tmp_path: Path, suffix: str) -> None:
    part = PACKERS[suffix](ARTICLES)
    path = put(tmp_path / f"a.jsonl{suffix}", part + part[:-9])
    with pytest.raises(ValueError, match="cannot be read to its end"):
        read_all(path)


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.txt.gz", "a.jsonl.zst", "a.txt.zst", "a.csv.bz2", "a.json.xz"])
def test_a_compressed_file_of_no_bytes_is_an_error_that_names_it(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} cannot be read.*0 bytes"):
        read_all(put(tmp_path / name, b""))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl.gz", gzip.compress(GOOD)[:-8] + b"\0" * 8),  # its checksum is another
        ("b.jsonl.gz", gzip.compress(GOOD) + b"garbage behind"),
        ("c.jsonl.gz", GOOD),  # not compressed at all
        ("d.jsonl.zst", GOOD),
        ("e.jsonl.zst", zstd.compress(GOOD) + b"garbage behind"),
        ("f.jsonl.bz2", GOOD),
        ("g.jsonl.bz2", bz2.compress(GOOD) + b"garbage behind"),  # Python's own BZ2File reads that without a word
        ("h.jsonl.xz", GOOD),
        ("i.jsonl.xz", lzma.compress(GOOD) + b"garbage behind"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_damaged_compressed_file_is_an_error_that_names_it(tmp_path: Path, name: str, content: bytes) -> None:
    with pytest.raises(ValueError, match=f"{name} cannot be read to its end"):
        read_all(put(tmp_path / name, content))


# ---------------------------------------------------------------- which files


def names(*sources: object) -> list[str]:
    return [name for name, _ in find([str(source) for source in sources])[0]]


def test_files_come_by_name_within_a_folder(tmp_path: Path) -> None:
    for name in ("b.jsonl", "c/1.txt", "c/10.txt", "c/2.txt.gz", "a.txt", "d.jsonl.zst", "c/sub/0.txt"):
        put(tmp_path / "corpora" / name, b"")
    expected = ["a.txt", "b.jsonl", "c/1.txt", "c/10.txt", "c/2.txt.gz", "c/sub/0.txt", "d.jsonl.zst"]
    assert names(tmp_path / "corpora") == [f"corpora/{name}" for name in expected]


def test_sources_come_in_the_order_they_are_given(tmp_path: Path) -> None:
    late, early = put(tmp_path / "z" / "a.txt", b""), put(tmp_path / "a" / "z.txt", b"")
    assert names(late, early) == ["z/a.txt", "a/z.txt"]
    assert names(early.parent, late.parent) == ["a/z.txt", "z/a.txt"]


def test_a_file_has_one_name_however_it_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = put(tmp_path / "corpora" / "news.jsonl", GOOD)
    monkeypatch.chdir(file.parent)
    for given_as in (file, file.parent, f"{file.parent}/", ".", "./news.jsonl", "../corpora", "news.jsonl"):
        assert names(given_as) == ["corpora/news.jsonl"]


def test_what_is_not_read_is_reported_as_left_out(tmp_path: Path) -> None:
    put(tmp_path / "a.jsonl", GOOD)
    others = [".hidden.jsonl", ".git/x.jsonl", "notes.md", "table.xls", "a.zip.gz", "a.gz", "jsonl", "sub/x.pdf"]
    for name in others:
        put(tmp_path / name, b"")
    (tmp_path / "gone.jsonl").symlink_to(tmp_path / "nowhere")
    found, left_out = find([str(tmp_path)])
    assert [path.name for _, path in found] == ["a.jsonl"]
    expected = [".hidden.jsonl", ".git", "notes.md", "table.xls", "a.zip.gz", "a.gz", "jsonl", "sub/x.pdf"]
    assert sorted(left_out) == sorted(str(tmp_path / name) for name in [*expected, "gone.jsonl"])


def test_a_loop_of_links_is_walked_once_and_reported(tmp_path: Path) -> None:
    put(tmp_path / "a" / "x.txt", b"")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "b").symlink_to(tmp_path / "a")
    found, left_out = find([str(tmp_path / "a")])
    assert [path.relative_to(tmp_path).as_posix() for _, path in found].count("a/x.txt") == 1
    assert len(found) < 5
    assert any("loop of links" in name for name in left_out)


def test_a_link_to_itself_is_reported_as_left_out(tmp_path: Path) -> None:
    put(tmp_path / "a.txt", b"")
    (tmp_path / "self.txt").symlink_to(tmp_path / "self.txt")
    found, left_out = find([str(tmp_path)])
    assert [path.name for _, path in found] == ["a.txt"]
    assert any("self.txt" in name for name in left_out)


def test_a_pipe_is_never_opened(tmp_path: Path) -> None:
    put(tmp_path / "a.txt", b"")
    os.mkfifo(tmp_path / "pipe.txt")
    found, left_out = find([str(tmp_path)])
    assert [path.name for _, path in found] == ["a.txt"]
    assert left_out == [str(tmp_path / "pipe.txt")]
    with pytest.raises(ValueError, match=r"pipe\.txt is no regular file"):
        read_state(find([str(tmp_path / "pipe.txt")])[0], Fingerprints(tmp_path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every folder")
def test_a_folder_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    closed = put(tmp_path / "closed" / "a.txt", b"").parent
    closed.chmod(0)
    try:
        with pytest.raises(OSError, match="closed"):
            find([str(tmp_path)])
    finally:
        closed.chmod(0o700)


@pytest.mark.parametrize("name", ["a.xls", "a.zip.xz", "a.parquet.gz", "a.gz", "a"])
def test_a_file_of_an_unknown_kind_is_an_error_when_it_is_given_by_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} is of a kind that is not read"):
        find([str(put(tmp_path / name, GOOD))])


def test_a_source_that_is_not_there_is_an_error_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"there is no source .*nowhere\.jsonl"):
        find([str(tmp_path / "nowhere.jsonl")])


def test_the_same_name_twice_is_an_error_with_both_paths(tmp_path: Path) -> None:
    one, other = put(tmp_path / "1" / "x" / "a.txt", b""), put(tmp_path / "2" / "x" / "a.txt", b"")
    with pytest.raises(ValueError, match=r"two sources are called x/a\.txt") as caught:
        find([str(one), str(other)])
    assert str(one) in str(caught.value)
    assert str(other) in str(caught.value)
    with pytest.raises(ValueError, match="is named twice among the sources"):
        find([str(one), str(one.parent)])


def test_a_folder_without_any_article_file_is_an_error(tmp_path: Path) -> None:
    put(tmp_path / "a.xls", b"")
    with pytest.raises(ValueError, match=rf"no file that is read .*{re.escape(str(tmp_path))}"):
        find([str(tmp_path)])
    with pytest.raises(ValueError, match="no file that is read"):
        find([])


# ---------------------------------------------------------------- how they are cut

LINES = st.lists(st.integers(0, 200), max_size=30)  # lengths of lines
TINY = 64


def text_of(lengths: Sequence[int], ended: bool = True) -> bytes:
    raw = b"".join(b"x" * length + b"\n" for length in lengths)
    return raw if ended else raw.removesuffix(b"\n")


def spans_of(folder: Path, content: bytes) -> list[list[int | str]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "SIZE", TINY)
        patch.setattr(spans, "BLOCK", TINY // 3)
        return measure_spans(put(folder / "a.jsonl", content))


@many
@given(lengths=LINES, ended=st.booleans())
def test_spans_cover_a_file_without_gap_or_overlap_and_end_at_the_first_line_end_past_each_size(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int], ended: bool
) -> None:
    content = text_of(lengths, ended)
    expected: list[list[int | str]] = []
    start = 0
    while start < len(content):
        past = (start // TINY + 1) * TINY
        end = content.find(b"\n", past - 1) + 1 or len(content)
        digest = xxhash.xxh3_128_hexdigest(content[start:end])
        expected.append([start, end, content.count(b"\n", 0, start), digest])
        start = end
    assert spans_of(tmp_path_factory.getbasetemp(), content) == expected


@many
@given(lengths=LINES, more=LINES, ended=st.booleans())
def test_lines_added_to_a_file_leave_all_its_spans_but_the_last_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int], more: list[int], ended: bool
) -> None:
    content = text_of(lengths, ended)
    before = spans_of(tmp_path_factory.getbasetemp(), content)
    after = spans_of(tmp_path_factory.getbasetemp(), content + text_of(more))
    kept = before[:-1]
    assert after[: len(kept)] == kept


def small(name: str, size: int) -> Source:
    return Source(name, Path(name), size, 0, f"digest of {name}", ())


FILES = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=6), st.integers(0, shards.SIZE * 2), max_size=40)


def cut_files(files: dict[str, int]) -> list[Any]:
    return cut([small(name, size) for name, size in sorted(files.items())])


@many
@given(FILES)
def test_the_shards_hold_every_file_once_and_in_order(files: dict[str, int]) -> None:
    work = cut_files(files)
    assert [piece.name for shard in work for piece in shard.arguments[0]] == sorted(files)
    assert [shard.name for shard in work] == [f"{number:05d}" for number in range(len(work))]
    assert all(shard.size <= 2 * shards.SIZE for shard in work)  # a shard's size, and the file that goes over it


@many
@given(FILES, st.text("abcdefgh", min_size=1, max_size=6), st.integers(0, shards.SIZE * 2))
def test_one_more_file_changes_the_group_that_it_falls_into_and_those_that_its_size_ended(
    files: dict[str, int], name: str, size: int
) -> None:
    files.pop(name, None)
    full = sum(shard.size >= shards.SIZE for shard in cut_files(files))
    before = [json.dumps(shard.content) for shard in cut_files(files)]
    after = [json.dumps(shard.content) for shard in cut_files({**files, name: size})]
    assert len(set(before) - set(after)) <= 1 + full


def test_the_content_of_a_shard_names_no_path_of_this_machine(tmp_path: Path) -> None:
    put(tmp_path / "news" / "a.jsonl", GOOD)
    put(tmp_path / "news" / "b.txt", GOOD)
    work = cut(read_state(find([str(tmp_path / "news")])[0], Fingerprints(tmp_path)))
    assert str(tmp_path) not in json.dumps([shard.content for shard in work])


# ---------------------------------------------------------------- the stage


def make(output: Path, *sources: Path, max_rejected: float = 1.0, processes: int = 1) -> dict[str, Any]:
    """The stage's counts; its files lie in ``output``."""
    output.mkdir(parents=True)
    state = read_state(find([str(source) for source in sources])[0], Fingerprints(output))
    return articles.run(state, output, max_rejected=max_rejected, processes=processes)


def read_output(output: Path) -> list[dict[str, str]]:
    return [article for file in shard_files.files(output, ".jsonl") for article in shard_files.read_articles(file.path)]


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def contents(output: Path) -> dict[str, bytes]:
    """The bytes of an output's files; not the notes on its shards."""
    return {path.name: path.read_bytes() for path in sorted(output.iterdir()) if path.is_file()}


RECORDS = [GOOD, line_of(text=" \u3000"), line_of(id=5), b"{\n", b"\n", line_of(text="\ufeff"), line_of(text="ＡＢ")]


@few
@given(st.lists(st.sampled_from(RECORDS), max_size=12), st.lists(st.sampled_from(RECORDS), max_size=12))
def test_every_record_becomes_an_article_or_a_rejection(
    tmp_path_factory: pytest.TempPathFactory, one: list[bytes], other: list[bytes]
) -> None:
    folder = tmp_path_factory.mktemp("records")
    sources = [put(folder / "a" / "a.jsonl", b"".join([*one, GOOD])), put(folder / "a" / "b.jsonl", b"".join(other))]
    counts = make(folder / "out", *sources)
    assert counts["records"] == sum(record != b"\n" for record in [*one, *other]) + 1
    assert counts["records"] == counts["articles"] + counts["rejected"]
    found = read_output(folder / "out")
    assert counts["articles"] == len(found)
    assert counts["characters"] == sum(len(article["text"]) for article in found)
    assert counts["rejected"] == len(rows(folder / "out" / "rejected.jsonl"))


def test_a_rejection_has_file_line_and_reason(tmp_path: Path) -> None:
    put(tmp_path / "news" / "a.jsonl", b"\n" + GOOD + b"{\n" + line_of(text="\t"))
    put(tmp_path / "news" / "b.jsonl", GOOD + b'{"text": "\\ud800"}\n')
    put(tmp_path / "news" / "c.txt", b"")
    make(tmp_path / "out", tmp_path / "news")
    found = rows(tmp_path / "out" / "rejected.jsonl")
    assert all(set(row) - {"id", "text"} == {"file", "line", "rule", "reason"} for row in found)
    assert [(row["file"], row["line"]) for row in found] == [
        ("news/a.jsonl", 3),
        ("news/a.jsonl", 4),
        ("news/b.jsonl", 2),
        ("news/c.txt", 1),
    ]
    assert found[0]["reason"].startswith("no JSON")
    assert [row["reason"] for row in found[1:]] == [
        "an empty text",
        "a lone surrogate, which is no character",
        "an empty text",
    ]


def test_too_many_rejections_stop_with_the_first_file_and_line(tmp_path: Path) -> None:
    put(tmp_path / "news" / "a.jsonl", GOOD * 2)
    put(tmp_path / "news" / "b.jsonl", GOOD + b"[]\n" + b"{}\n")
    expected = r"2 of 5 records .*max_rejected = 0\.39 .*news/b\.jsonl, line 2: no JSON object"
    with pytest.raises(ValueError, match=expected):
        make(tmp_path / "out", tmp_path / "news", max_rejected=0.39)


def test_as_many_rejections_as_allowed_do_not_stop(tmp_path: Path) -> None:
    file = put(tmp_path / "news" / "a.jsonl", GOOD * 3 + b"[]\n")
    assert make(tmp_path / "out", file, max_rejected=0.25)["rejected"] == 1


@pytest.mark.parametrize("content", [b"", b"\n\n", b"[]\n", line_of(text="")])
def test_sources_without_any_article_are_an_error(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ValueError, match="hold no article"):
        make(tmp_path / "out", put(tmp_path / "a.jsonl", content), max_rejected=1.0)


def test_a_damaged_source_stops_the_stage_with_its_name(tmp_path: Path) -> None:
    file = put(tmp_path / "a.jsonl.gz", gzip.compress(ARTICLES)[:-20])
    with pytest.raises(ValueError, match=r"a\.jsonl\.gz cannot be read to its end"):
        make(tmp_path / "out", file)


def test_a_source_that_changed_since_it_was_looked_at_is_an_error(tmp_path: Path) -> None:
    file = put(tmp_path / "a.jsonl", GOOD)
    state = read_state(find([str(file)])[0], Fingerprints(tmp_path))
    put(file, GOOD + GOOD)
    (tmp_path / "out").mkdir()
    with pytest.raises(ValueError, match=r"a\.jsonl changed while it was read"):
        articles.run(state, tmp_path / "out", max_rejected=1.0)


def test_ids_titles_and_labels_are_kept(tmp_path: Path) -> None:
    content = line_of(id="x1", title="早报", label="新闻", text="好")  # 早报 morning paper, 新闻 news, 好 good
    content += line_of(id=7, title=None, label=3, text="坏", url="dropped")  # 坏 bad
    content += line_of(id=0, text="零")  # 零 zero
    assert make(tmp_path / "out", put(tmp_path / "news" / "a.jsonl", content))["articles"] == 3
    assert read_output(tmp_path / "out") == [
        {"id": "x1", "source": "news/a.jsonl", "title": "早报", "label": "新闻", "text": "好"},
        {"id": "7", "source": "news/a.jsonl", "title": "", "label": "3", "text": "坏"},
        {"id": "0", "source": "news/a.jsonl", "title": "", "label": "", "text": "零"},
    ]


def test_an_article_without_an_id_is_called_by_its_file_and_line(tmp_path: Path) -> None:
    put(tmp_path / "news" / "a.jsonl", b"\n" + GOOD + line_of(id="", text="坏"))  # 坏 bad
    put(tmp_path / "news" / "b.txt.gz", gzip.compress("好".encode()))
    make(tmp_path / "out", tmp_path / "news")
    assert [article["id"] for article in read_output(tmp_path / "out")] == [
        "news/a.jsonl:2",
        "news/a.jsonl:3",
        "news/b.txt.gz",
    ]


def test_texts_come_out_in_normal_form_and_the_changes_are_counted(tmp_path: Path) -> None:
    raw = line_of(text="\u3000ＡＢ\r\n微\u200b信", title="\u3000早")  # 微信 WeChat, 早 early
    counts = make(tmp_path / "out", put(tmp_path / "a.jsonl", raw))
    (article,) = read_output(tmp_path / "out")
    assert (article["text"], article["title"]) == (" AB\n微信", " 早")
    assert counts["normal_form"] == {"spaces": 1, "full_width": 2, "line_ends": 1, "controls": 1}
    assert (counts["characters_in"], counts["characters"]) == (8, 6)


def test_a_file_name_that_is_no_utf_8_is_read_and_written_escaped(tmp_path: Path) -> None:
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / os.fsdecode(b"\xb1\xa8.jsonl")).write_bytes(GOOD + b"[]\n")  # 报 newspaper, in GBK
    make(tmp_path / "out", folder)
    assert read_output(tmp_path / "out")[0]["source"] == r"news/\xb1\xa8.jsonl"
    assert rows(tmp_path / "out" / "rejected.jsonl")[0]["file"] == r"news/\xb1\xa8.jsonl"


def said(output: Path) -> list[tuple[str, str]]:
    return [(article["id"], article["text"]) for article in read_output(output)]


@pytest.mark.parametrize("size", [4_000, shards.SIZE])
def test_the_articles_are_the_same_whatever_the_packing_and_the_size_of_a_shard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(shards, "SIZE", size)
    expected = [(str(number), text) for number, text in enumerate(TEXTS)]
    for suffix, pack in {"": bytes, **PACKERS}.items():
        make(tmp_path / f"out{suffix}", put(tmp_path / f"a.jsonl{suffix}", pack(ARTICLES)))
        assert said(tmp_path / f"out{suffix}") == expected


def test_large_files_come_in_several_shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "SIZE", 4_000)
    for suffix, pack in {"": bytes, **PACKERS}.items():
        make(tmp_path / f"out{suffix}", put(tmp_path / f"a.jsonl{suffix}", pack(ARTICLES)))
        assert len(shard_files.files(tmp_path / f"out{suffix}", ".jsonl")) > 5


@pytest.mark.parametrize("suffix", ["", *PACKERS])
def test_lines_added_to_a_large_file_leave_all_its_shards_but_the_last_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setattr(shards, "SIZE", 4_000)
    pack = {"": bytes, **PACKERS}[suffix]
    file = tmp_path / f"a.jsonl{suffix}"
    make(tmp_path / "before", put(file, pack(ARTICLES)))
    make(tmp_path / "after", put(file, pack(ARTICLES + GOOD * 300)))
    before, after = contents(tmp_path / "before"), contents(tmp_path / "after")
    numbered = [name for name in before if name[0].isdigit()]
    assert [after[name] for name in numbered[:-1]] == [before[name] for name in numbered[:-1]]
    assert said(tmp_path / "after")[: len(said(tmp_path / "before"))] == said(tmp_path / "before")


def test_an_article_of_a_large_file_is_called_by_its_line_in_the_whole_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "SIZE", 256)
    content = b"".join(line_of(text=f"行{number}") for number in range(1, 101)) + b"[]\n"  # 行 line
    for suffix, pack in {"": bytes, **PACKERS}.items():
        make(tmp_path / f"out{suffix}", put(tmp_path / f"a.jsonl{suffix}", pack(content)))
        found = [(article["id"].rsplit(":")[-1], article["text"]) for article in read_output(tmp_path / f"out{suffix}")]
        assert found == [(str(number), f"行{number}") for number in range(1, 101)]
        assert rows(tmp_path / f"out{suffix}" / "rejected.jsonl")[0]["line"] == 101


def test_two_processes_write_the_same_bytes_as_one(tmp_path: Path) -> None:
    """With shards of the real size: a plain file of two spans, a compressed one that is cut, small files behind."""
    lines = [line_of(id=number, text="".join(_choose(LETTERS, k=3_000))) for number in range(250)]
    large = b"".join(lines) * 8 + b"[]\n"
    put(tmp_path / "news" / "a.jsonl", large)
    put(tmp_path / "news" / "b.jsonl.gz", PACKERS[".gz"](large))
    for number in range(3):
        put(tmp_path / "news" / f"c{number}.jsonl", GOOD + b"{}\n")
    counts = [make(tmp_path / f"out{number}", tmp_path / "news", processes=number) for number in (1, 2)]
    assert counts[0] == counts[1]
    one, two = contents(tmp_path / "out1"), contents(tmp_path / "out2")
    assert one == two
    assert sum(name.endswith(".jsonl") for name in one) >= 5
