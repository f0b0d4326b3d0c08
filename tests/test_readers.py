"""Sources of every format, encoding and packing: the same articles come out, and no flaw is passed over in silence."""

import bz2
import csv
import gzip
import io
import json
import lzma
import random
import re
import sys
import tarfile
import tracemalloc
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from backports import zstd
from conftest import SHARED, Front, read_corpus
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import articles
from pipeline.articles import archives, readers, records
from pipeline.articles.records import LeftOut, Options, Rejected
from pipeline.articles.sources import find, read_state
from pipeline.cli.texts import read_lines_of
from pipeline.fingerprints import Fingerprints

some = settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
many = settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])

Articles = Sequence[dict[str, str]]


def put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def read(path: Path, found: Counter[str] | None = None, **options: str) -> list[Any]:
    """The records, rejections and left-out members of a file."""
    counter: Counter[str] = Counter() if found is None else found
    return [record for *_, record in readers.read_source(path, Options(**options), counter)]


def reasons(path: Path, **options: str) -> list[tuple[int, str]]:
    """(line, reason) of each rejection."""
    reading = readers.read_source(path, Options(**options), Counter())
    return [(line, record.reason) for _, line, _, record in reading if isinstance(record, Rejected)]


# ---------------------------------------------------------------- the same articles, whatever they are packed in


def as_jsonl(given: Articles) -> str:
    return "".join(json.dumps(article, ensure_ascii=False) + "\n" for article in given)


def as_json(given: Articles) -> str:
    return json.dumps(given, ensure_ascii=False, indent=2)


def as_objects(given: Articles) -> str:
    return " ".join(json.dumps(article, ensure_ascii=False) for article in given)


def as_table(given: Articles, delimiter: str) -> str:
    file = io.StringIO()
    writer = csv.DictWriter(file, ["title", "text", "label", "id"], delimiter=delimiter)
    writer.writeheader()
    writer.writerows(given)
    return file.getvalue()


WRITERS: dict[str, tuple[str, Callable[[Articles], str]]] = {
    "jsonl": ("jsonl", as_jsonl),
    "array": ("json", as_json),
    "objects": ("json", as_objects),
    "csv": ("csv", lambda given: as_table(given, ",")),
    "tsv": ("tsv", lambda given: as_table(given, "\t")),
}
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".zst": zstd.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}
# (encoder, Articles.encoding): a mark counts for more than the parameter.
ENCODINGS = [
    ("utf-8", "utf-8"),
    ("utf-8-sig", "gb18030"),
    ("gb18030", "gb18030"),
    ("big5", "big5"),
    ("utf-16", "utf-8"),
    ("utf-16-le", "utf-16"),
]
BIG5 = [bytes([high, low]) for high in range(0xA4, 0xC7) for low in (*range(0x40, 0x7F), *range(0xA1, 0xFF))]
BIG5_CHARACTERS = [*"".join(code.decode("big5", "ignore") for code in BIG5)]  # with \ | " as second bytes
SYNTAX = [*" \t\n\r\",;\\{}[]|:'"]


def texts(encoding: str) -> st.SearchStrategy[str]:
    strange = st.characters(exclude_categories=["Cs", "Co", "Cn"], exclude_characters="\ufeff")
    characters = st.sampled_from(BIG5_CHARACTERS) if encoding == "big5" else strange
    return st.text(st.one_of(characters, st.sampled_from(SYNTAX), st.sampled_from("文章")), max_size=60)


def some_articles(encoding: str) -> st.SearchStrategy[list[dict[str, str]]]:
    text = texts(encoding)
    return st.lists(st.fixed_dictionaries({"id": text, "title": text, "label": text, "text": text}), max_size=6)


@pytest.mark.parametrize("encoder", ENCODINGS, ids=" ".join)
@pytest.mark.parametrize("kind", WRITERS)
@some
@given(data=st.data())
def test_articles_come_back_from_every_format_in_every_encoding(
    tmp_path: Path, kind: str, encoder: tuple[str, str], data: st.DataObject
) -> None:
    written = data.draw(some_articles(encoder[0]))
    packing = data.draw(st.sampled_from([*PACKERS]))
    suffix, write = WRITERS[kind]
    content = PACKERS[packing](write(written).encode(encoder[0]))
    assert read(put(tmp_path / f"a.{suffix}{packing}", content), encoding=encoder[1]) == written


LINES = st.text(
    st.one_of(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), st.sampled_from("一二 ")), min_size=1
)
VISIBLE = LINES.filter(lambda line: line.strip("\ufeff").strip() != "" and "\ufeff" not in line)


@many
@given(written=st.lists(VISIBLE, max_size=8), end=st.sampled_from(["\n", "\r\n", "\n\n"]))
def test_an_article_a_line_comes_back(tmp_path: Path, written: list[str], end: str) -> None:
    path = put(tmp_path / "a.txt", end.join([*written, ""]).encode())
    assert [record["text"] for record in read(path, txt="line")] == written


@many
@given(written=st.lists(st.lists(VISIBLE, min_size=1, max_size=3), max_size=5), gap=st.sampled_from(["\n", "\n \n\n"]))
def test_an_article_a_paragraph_comes_back(tmp_path: Path, written: list[list[str]], gap: str) -> None:
    paragraphs = ["\n".join(lines) for lines in written]
    path = put(tmp_path / "a.txt", "".join(f"{paragraph}\n{gap}" for paragraph in paragraphs).encode())
    assert [record["text"] for record in read(path, txt="paragraph")] == paragraphs


def test_lines_and_paragraphs_are_called_by_the_line_where_they_begin(tmp_path: Path) -> None:
    path = put(tmp_path / "a.txt", "\n一\n二\n\n\n三".encode())  # one, two, three
    for txt, expected in {"line": [(2, "一"), (3, "二"), (6, "三")], "paragraph": [(2, "一\n二"), (6, "三")]}.items():
        reading = readers.read(path, options=Options(txt=txt))
        assert [(line, record["text"]) for line, _, record in reading if isinstance(record, dict)] == expected


# ---------------------------------------------------------------- JSON and tables


@many
@given(
    written=some_articles("utf-8"), flaws=st.lists(st.sampled_from(["", "5", "[1]", "nul", '{"text": 5}']), max_size=4)
)
def test_a_flaw_in_an_array_spoils_that_element_alone(tmp_path: Path, written: Articles, flaws: list[str]) -> None:
    elements = [json.dumps(article) for article in written]
    for number, flaw in enumerate(flaws):
        elements.insert(number * 2, flaw)
    found = read(put(tmp_path / "a.json", f"[{','.join(elements)}]".encode()))
    assert [record for record in found if isinstance(record, dict)] == written
    only_blank = elements == [""]
    assert sum(isinstance(record, Rejected) for record in found) == (0 if only_blank else len(flaws))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("[]", []),
        ("  ", []),
        ('{"text": "好"}', [(1, "好")]),  # 好 good
        ('[\n{"text": "好"},\n\n{"text": "坏"}\n]\n', [(2, "好"), (4, "坏")]),  # 坏 bad
        ('{"text": "好"}\n{"text": "坏"}\n', [(1, "好"), (2, "坏")]),  # JSON lines under a wrong name
        ('[{"text": "好"},]', [(1, "好"), (1, "no JSON: Expecting value at character 1 of the article")]),
        ('[{"text": "好"}] x', [(1, "好"), (1, "no JSON: Expecting value at character 1 of the article")]),
        ('[{"text": "好", "tags": ["a", {"b": "]}"}]}]', [(1, "好")]),
        ('["\\"", {"text": "好"}]', [(1, "no JSON object"), (1, "好")]),
    ],
)
def test_a_json_file_is_an_array_an_object_or_objects_in_a_row(
    tmp_path: Path, content: str, expected: list[tuple[int, str]]
) -> None:
    reading = readers.read(put(tmp_path / "a.json", content.encode()))
    found = [(line, record["text"] if isinstance(record, dict) else record.reason) for line, _, record in reading]
    assert found == expected


@pytest.mark.parametrize("content", ['[{"text": "好"}', '[{"text": "好"}, {"te', '{"text": "好', "[", '{"text": "\\'])
def test_a_json_file_that_ends_too_early_is_an_error_with_its_line(tmp_path: Path, content: str) -> None:
    with pytest.raises(ValueError, match=r"a\.json cannot be read to its end: line 1: a bracket or quote"):
        read(put(tmp_path / "a.json", content.encode()))


HEADER = "text,title\n"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("好,a\n坏,b\n", ["好", "坏"]),  # 好 good, 坏 bad
        ("\n好,a\r\n\n坏,b", ["好", "坏"]),
        ('"好,""很""\n好",a\n', ['好,"很"\n好']),  # 很 very
        ("好\n坏,b\n", [(2, "1 fields where the header has 2"), "坏"]),
        ("好,a,c\n坏,b\n", [(2, "3 fields where the header has 2"), "坏"]),
        ('"好"x,a\n坏,b\n', [(2, "no row: ',' expected after '\"'"), "坏"]),
        ("NA,null\n", ["NA"]),  # pandas would make NaN of it
    ],
)
def test_a_table_is_read_row_by_row(tmp_path: Path, rows: str, expected: list[str | tuple[int, str]]) -> None:
    reading = readers.read(put(tmp_path / "a.csv", (HEADER + rows).encode()))
    found = [record["text"] if isinstance(record, dict) else (line, record.reason) for line, _, record in reading]
    assert found == expected


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("titel,txt\na,b\n", "no text among the columns titel, txt"),
        ("text,text\na,b\n", "a column stands twice in the header"),
    ],
)
def test_a_header_without_a_text_rejects_every_row(tmp_path: Path, content: str, reason: str) -> None:
    assert reasons(put(tmp_path / "a.csv", content.encode())) == [(2, reason)]


@pytest.mark.parametrize("rows", ['好,a\n"坏,b\n好,c\n', '好,a\n"坏'])
def test_a_quote_that_is_not_closed_stops_the_file_with_its_line(tmp_path: Path, rows: str) -> None:
    """It swallows all rows behind it: one rejection would not say so."""
    with pytest.raises(ValueError, match=r"a\.csv cannot be read to its end: line 3: a quote that is not closed"):
        read(put(tmp_path / "a.csv", (HEADER + rows).encode()))


def test_a_bad_byte_in_a_row_rejects_that_row_alone_and_leaves_the_rows_whole(tmp_path: Path) -> None:
    content = b'text,title\n"\xff\n",a\n"b\nc",d\n'
    path = put(tmp_path / "a.csv", content)
    assert read(path) == [Rejected("not UTF-8 at character 1 of the field text"), {"text": "b\nc", "title": "d"}]
    assert read(path, errors="replace")[0] == {"text": "\ufffd\n", "title": "a"}


# ---------------------------------------------------------------- which field is what


@pytest.mark.parametrize(
    ("record", "options", "expected", "said"),
    [
        ({"text": "甲", "title": "乙"}, {}, {"text": "甲", "title": "乙"}, []),
        ({"正文": "甲", "标题": "乙", "编号": 5, "类别": "丙"}, {},
         {"text": "甲", "title": "乙", "id": 5, "label": "丙"},
         ["text from 正文", "id from 编号", "title from 标题", "label from 类别"]),
        ({"content": "甲", "text": "乙"}, {}, {"text": "乙"}, ["text from text, not content"]),
        ({"body": "甲", "content": "乙"}, {}, {"text": "乙"}, ["text from content, not body"]),
        ({"url": "u", "text": "甲"}, {}, {"text": "甲", "id": "u"}, ["id from url"]),
        ({"url": "u", "id": "i", "text": "甲"}, {}, {"text": "甲", "id": "i"}, ["id from id, not url"]),
        ({"文": "甲", "text": "乙"}, {"text_field": "文"}, {"text": "甲"}, []),
    ],
)  # fmt: skip
def test_fields_are_found_by_their_usual_names_and_what_was_found_is_said(
    tmp_path: Path, record: dict[str, object], options: dict[str, str], expected: dict[str, object], said: list[str]
) -> None:
    found: Counter[str] = Counter()
    path = put(tmp_path / "a.jsonl", json.dumps(record).encode())
    assert (read(path, found, **options), dict(found)) == ([expected], dict.fromkeys(said, 1))


def test_a_field_that_was_asked_for_and_is_not_there_is_named(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jsonl", json.dumps({"text": "甲"}).encode())
    assert read(path, text_field="文") == [Rejected("no 文")]


# ---------------------------------------------------------------- encodings

PROSE = "微信是一个为智能终端提供即时通讯服务的应用程序，它的用户可以通过网络发送语音、图片和文字。"
OLD_PROSE = "臺灣的天氣在夏天很熱，我們都喜歡到海邊去游泳，這是一個很好的地方，大家都來了。"


@pytest.mark.parametrize("encoding", ["gb18030", "big5", "utf-16-le", "utf-16-be", "utf-8", "utf-16", "utf-8-sig"])
def test_auto_finds_the_encoding_and_says_with_which_confidence(tmp_path: Path, encoding: str) -> None:
    prose = OLD_PROSE if encoding == "big5" else PROSE
    found: Counter[str] = Counter()
    assert read(put(tmp_path / "a.txt", prose.encode(encoding)), found, encoding="auto") == [{"text": prose}]
    (note,) = found
    assert " with confidence " in note or " by its mark" in note


@pytest.mark.parametrize("content", [b"\x81\x81\xff\xfe\xff" * 20, bytes(range(128, 256)), "龘龖鱻".encode("gb18030")])
def test_auto_refuses_what_is_not_clear(tmp_path: Path, content: bytes) -> None:
    (rejected,) = read(put(tmp_path / "a.txt", content), encoding="auto")
    assert "its encoding is not clear" in rejected.reason
    with pytest.raises(ValueError, match=r"a\.jsonl cannot be read to its end: its encoding is not clear"):
        read(put(tmp_path / "a.jsonl", content), encoding="auto")


def test_nothing_is_guessed_unless_asked_for(tmp_path: Path) -> None:
    (rejected,) = read(put(tmp_path / "a.txt", PROSE.encode("gb18030")))
    assert rejected.reason.startswith("not UTF-8 at byte ")


@pytest.mark.parametrize(
    ("encoding", "raw", "reason", "replaced"),
    [
        ("utf-8", "好".encode() + b"\xff\xfe" + "坏".encode(), "not UTF-8 at byte 4 of the line", 2),
        ("gb18030", "好".encode("gb18030") + b"\xff" + "坏".encode("gb18030"), "not GB18030 at byte 3 of the line", 1),
        ("big5", "好".encode("big5") + b"\xff" + "坏".encode("big5"), "not Big5 at byte 3 of the line", 1),
        ("utf-16", "好".encode("utf-16") + b"\x00\xd8" + "坏".encode("utf-16-le"), "not UTF-16 at character 2", 1),
        ("utf-16", "好坏".encode("utf-16") + b"\x00", "not UTF-16 at character 3", 1),
    ],
)  # 好 good, 坏 bad
def test_strict_rejects_and_replace_counts(
    tmp_path: Path, encoding: str, raw: bytes, reason: str, replaced: int
) -> None:
    path = put(tmp_path / "a.txt", raw)
    (rejected,) = read(path, encoding=encoding, txt="line")
    assert rejected.reason.startswith(reason)
    found: Counter[str] = Counter()
    (record,) = read(path, found, encoding=encoding, txt="line", errors="replace")
    assert record["text"].count("\ufffd") == replaced == found["replaced characters"]
    assert record["text"].replace("\ufffd", "") == "好坏"


def test_a_replacement_character_of_the_text_itself_is_not_counted(tmp_path: Path) -> None:
    found: Counter[str] = Counter()
    (record,) = read(put(tmp_path / "a.txt", "好\ufffd".encode() + b"\xff"), found, errors="replace")
    assert (record["text"], found["replaced characters"]) == ("好\ufffd\ufffd", 1)


def test_a_large_gb18030_file_is_cut_at_line_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.shards.SIZE", 4_000)
    written = [{"id": str(number), "title": "", "label": "", "text": PROSE + "\\丂|亅"} for number in range(100)]
    source = put(tmp_path / "news" / "a.jsonl", as_jsonl(written).encode("gb18030"))
    counts = make(tmp_path / "out", source, encoding="gb18030")
    assert counts["articles"] == 100
    assert len(list((tmp_path / "out").glob("0*.jsonl"))) > 3
    assert [article["id"] for article in output(tmp_path / "out")] == [article["id"] for article in written]


# ---------------------------------------------------------------- archives


def make(folder: Path, *sources: Path, max_rejected: float = 1.0, **options: str) -> dict[str, Any]:
    """The stage's counts; its files lie in ``folder``."""
    folder.mkdir(parents=True)
    files, _ = find([str(source) for source in sources], Options(**options))
    state = read_state(files, Fingerprints(folder), Options(**options))
    return articles.run(state, folder, max_rejected=max_rejected, **options)


def output(folder: Path) -> list[dict[str, str]]:
    lines = [line for path in sorted(folder.glob("0*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines()]
    return [json.loads(line) for line in lines]


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def tar_of(members: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form, encoding="utf-8", errors="surrogateescape") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


def zip_of(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


ARCHIVERS: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "a.tar": tar_of,
    "b.tar": lambda members: tar_of(members, tarfile.GNU_FORMAT),
    "a.tgz": lambda members: gzip.compress(tar_of(members)),
    **{f"a.tar{suffix}": lambda members, pack=pack: pack(tar_of(members)) for suffix, pack in PACKERS.items()},
    "a.zip": zip_of,
    "b.zip": lambda members: zip_of(members, zipfile.ZIP_STORED),
    "c.zip": lambda members: zip_of(members, zipfile.ZIP_BZIP2),
}


@pytest.mark.parametrize("archive", ARCHIVERS)
@some
@given(data=st.data())
def test_the_members_of_an_archive_are_read_like_files_in_its_order(
    tmp_path: Path, archive: str, data: st.DataObject
) -> None:
    members, expected = {}, []
    for number in data.draw(st.permutations(range(data.draw(st.integers(0, 5))))):
        written = data.draw(some_articles("utf-8"))
        kind, packing = data.draw(st.sampled_from([*WRITERS])), data.draw(st.sampled_from([*PACKERS]))
        suffix, write = WRITERS[kind]
        members[f"新闻/{number}.{suffix}{packing}"] = PACKERS[packing](write(written).encode())  # 新闻 news
        expected += [(f"新闻/{number}.{suffix}{packing}", article) for article in written]
    path = put(tmp_path / archive, ARCHIVERS[archive](members))
    assert members_of(path) == expected


def members_of(path: Path) -> list[tuple[str, Any]]:
    """(name of the member, record) of an archive."""
    return [(name, record) for name, _, _, record in readers.read_source(path, Options(), Counter())]


_choose = random.Random(0).choices  # text that hardly packs, as real text
LETTERS = [chr(code) for code in range(0x4E00, 0x9000)]
LARGE = [{"id": str(n), "title": "", "label": "", "text": "".join(_choose(LETTERS, k=100))} for n in range(600)]


@pytest.mark.parametrize(
    "name",
    ["a.jsonl", "a.json", "a.csv", "a.tsv.xz", "a.json.bz2", "a.tar", "a.tar.zst", "a.zip", "a.parquet", "a.dat"],
)
def test_a_large_source_of_any_format_comes_in_several_files_for_the_later_stages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("pipeline.shards.SIZE", 16_000)
    if name == "a.parquet":
        path = parquet_of(tmp_path, {field: [article[field] for article in LARGE] for field in LARGE[0]})
    elif name == "a.dat":
        docs = [f"<doc>\n<docno>{one['id']}</docno>\n<content>{one['text']}</content>\n</doc>\n" for one in LARGE]
        path = put(tmp_path / name, "".join(docs).encode())
    elif name in ARCHIVERS:
        members = {f"{number}.jsonl": as_jsonl(LARGE[number : number + 150]).encode() for number in range(0, 600, 150)}
        path = put(tmp_path / name, ARCHIVERS[name](members))
    else:
        suffix, _, packing = name.removeprefix("a.").partition(".")
        write = as_json if suffix == "json" else WRITERS[suffix][1]
        path = put(tmp_path / name, PACKERS[f".{packing}" if packing else ""](write(LARGE).encode()))
    make(tmp_path / "out", path)
    assert [(article["id"], article["text"]) for article in output(tmp_path / "out")] == [
        (article["id"], article["text"]) for article in LARGE
    ]
    assert len(list((tmp_path / "out").glob("0*.jsonl"))) >= (2 if ".json" in name else 4)  # .json: blocks of 64 KiB


def test_dict_diff_and_compare_read_every_kind_too(tmp_path: Path) -> None:
    put(tmp_path / "news" / "a.csv", as_table(LARGE[:2], ",").encode())
    put(tmp_path / "news" / "b.zip", zip_of({"x.json": as_json(LARGE[2:4]).encode(), "y.jpg": b"y"}))
    lines = [article["text"].strip() for article in LARGE[:4]]
    assert list(read_lines_of(str(tmp_path / "news"))) == lines


@pytest.mark.parametrize("archive", ["a.tar.gz", "a.zip"])
def test_what_is_not_read_in_an_archive_is_told_and_counts_as_no_record(tmp_path: Path, archive: str) -> None:
    members = {
        "x/a.txt": "好".encode(),  # 好 good
        "../b.txt": b"b",
        "/c.txt": b"c",
        "x/../../d.txt": b"d",
        "x/photo.jpg": b"\xff",
        "x/inner.tar.gz": b"",
        "x/inner.zip": b"",
        "__MACOSX/x/._a.txt": b"",
    }
    counts = make(tmp_path / "out", put(tmp_path / archive, ARCHIVERS[archive](members)))
    assert (counts["records"], counts["articles"], counts["left_out"]) == (1, 1, 7)
    left_out = {row["file"].split(archive + "/", 1)[1]: row["reason"] for row in rows(tmp_path / "out/left_out.jsonl")}
    assert left_out == {
        "../b.txt": "its name leads out of the archive",
        "/c.txt": "its name leads out of the archive",
        "x/../../d.txt": "its name leads out of the archive",
        "x/photo.jpg": "of a kind that is not read",
        "x/inner.tar.gz": "an archive in an archive",
        "x/inner.zip": "an archive in an archive",
        "__MACOSX/x/._a.txt": "hidden",
    }
    assert "left out 7 members of archives" in articles.summary({"sources": 1, **counts})


def test_links_and_special_members_are_told(tmp_path: Path) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, kind in {"a.txt": tarfile.SYMTYPE, "b.txt": tarfile.LNKTYPE, "c.txt": tarfile.FIFOTYPE}.items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
        folder = tarfile.TarInfo("folder.txt")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
    assert read(put(tmp_path / "a.tar", file.getvalue())) == [*[LeftOut("a link")] * 2, LeftOut("no regular file")]
    link = zipfile.ZipInfo("a.txt")
    link.external_attr = 0o120777 << 16
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as pack:
        pack.writestr(link, "/etc/passwd")
    assert read(put(tmp_path / "a.zip", zipped.getvalue())) == [LeftOut("a link")]


def test_an_encrypted_member_is_rejected(tmp_path: Path) -> None:
    content = bytearray(zip_of({"a.txt": b"a"}, zipfile.ZIP_STORED))
    content[6] |= 1  # the flags of the member, and those in the list at the end
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert read(put(tmp_path / "a.zip", bytes(content))) == [Rejected("it is encrypted")]


def test_names_in_a_zip_from_a_chinese_windows_are_read_as_gb18030(tmp_path: Path) -> None:
    name = "体育/一.txt".encode("gb18030").decode("cp437")  # 体育 sports
    content = zip_of({"x" * len(name): "好".encode()}).replace(b"x" * len(name), name.encode("cp437"))
    counts = make(tmp_path / "out", put(tmp_path / "a.zip", content), label="folder")
    (article,) = output(tmp_path / "out")
    assert (article["label"], article["id"].split("/", 1)[1]) == ("体育", "a.zip/体育/一.txt")
    assert counts["found"] == {"names of members in GB18030": 1}


def test_the_folder_is_the_label_if_asked_for(tmp_path: Path) -> None:
    put(tmp_path / "THUCNews" / "体育" / "1.txt", "好".encode())
    put(tmp_path / "THUCNews" / "财经" / "2.txt", "坏".encode())  # 财经 finance
    make(tmp_path / "out", tmp_path / "THUCNews", label="folder")
    assert [article["label"] for article in output(tmp_path / "out")] == ["体育", "财经"]


# ---------------------------------------------------------------- damage and bombs

WRITTEN = [{"id": str(number), "title": "题", "label": "", "text": f"{number}：{PROSE}\n"} for number in range(40)]
DAMAGEABLE = {
    **{f"a.{suffix}": write(WRITTEN).encode() for suffix, write in WRITERS.values()},
    **{f"a.jsonl{suffix}": pack(as_jsonl(WRITTEN).encode()) for suffix, pack in PACKERS.items()},
    **{name: pack({"a.jsonl": as_jsonl(WRITTEN).encode(), "b.txt": b"b"}) for name, pack in ARCHIVERS.items()},
    "a.dat": "".join(f"<doc>\n<content>{article['text']}</content>\n</doc>\n" for article in WRITTEN).encode(),
}


def ends_in_peace(path: Path, **options: str) -> list[Any] | None:
    """The records, or None after one sentence that names the file. Anything else is a traceback for a user."""
    try:
        return read(path, **options)
    except ValueError as error:
        sentence = str(error)
    assert sentence.startswith(f"{path} cannot be read to its end: ")
    return None


@pytest.mark.parametrize("name", DAMAGEABLE)
@many
@given(data=st.data())
def test_no_damage_makes_a_traceback(tmp_path: Path, name: str, data: st.DataObject) -> None:
    content = bytearray(DAMAGEABLE[name])
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    encoding = data.draw(st.sampled_from(["utf-8", "gb18030", "big5", "utf-16", "auto"]))
    ends_in_peace(put(tmp_path / name, bytes(content)), encoding=encoding)


@pytest.mark.parametrize(
    "name", [name for name in DAMAGEABLE if name.startswith(("a.jsonl.", "b.", "c.")) or ".t" in name]
)
@many
@given(data=st.data())
def test_a_truncated_archive_or_packed_file_never_passes_for_a_whole_one(
    tmp_path: Path, name: str, data: st.DataObject
) -> None:
    content = DAMAGEABLE[name]
    length = data.draw(st.integers(0, len(content) - 1))
    found = ends_in_peace(put(tmp_path / name, content[:length]))
    if found is not None:  # only padding behind the end mark of a .tar is missing
        assert name.endswith((".tar", ".tsv"))
        assert name.endswith(".tsv") or (len(found) == 41 and not content[length:].strip(b"\0"))


def test_a_damaged_header_inside_a_tar_does_not_pass_for_its_end(tmp_path: Path) -> None:
    content = bytearray(tar_of({"a.txt": b"a", "b.txt": b"b", "c.txt": b"c"}))
    content[content.index(b"b.txt")] ^= 1  # tarfile itself would end here without a word
    with pytest.raises(ValueError, match=r"a\.tar cannot be read to its end: a\.txt: bad checksum where a member"):
        read(put(tmp_path / "a.tar", bytes(content)))


def test_a_tar_behind_a_tar_is_an_error_and_not_lost(tmp_path: Path) -> None:
    one = tar_of({"a.txt": b"a"})
    with pytest.raises(ValueError, match="something stands behind the end of the archive"):
        read(put(tmp_path / "a.tar", one + one))


def test_a_name_of_many_megabytes_in_a_tar_is_refused(tmp_path: Path) -> None:
    content = gzip.compress(tar_of({"x" * (4 << 20) + ".txt": b"a"}, tarfile.GNU_FORMAT))
    with pytest.raises(ValueError, match="a member's name or attributes of"):
        read(put(tmp_path / "a.tar.gz", content))


BOMB = 48 << 20
BOMBS = {
    "a.jsonl.xz": b" " * BOMB,
    "a.json.bz2": b"[" + b" " * BOMB,
    "b.json.gz": b'["' + b"x" * BOMB,
    "a.csv.gz": b'text\n"' + (b"x" * 1023 + b"\n") * (BOMB >> 10),
    "b.csv.zst": b"text\n" + b"x" * BOMB,
    "a.txt.gz": b"x" * BOMB,
    "a.dat.gz": b"<doc>\n" + (b"x" * 1023 + b"\n") * (BOMB >> 10),
    "a.tar.gz": b"",
    "a.zip": b"",
}


@pytest.mark.parametrize(
    ("name", "options"),
    [
        *((name, {}) for name in BOMBS),
        ("a.txt.gz", {"txt": "paragraph"}),
        ("b.csv.zst", {"encoding": "utf-16"}),
        ("a.txt.gz", {"encoding": "auto"}),
    ],
    ids=str,
)
def test_a_bomb_takes_bounded_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, options: dict[str, str]
) -> None:
    monkeypatch.setattr(records, "LIMIT", 1 << 20)
    inner = {"a.txt": b"x" * BOMB, "b.jsonl": b" " * BOMB}
    content = ARCHIVERS[name](inner) if name in ARCHIVERS else PACKERS[Path(name).suffix](BOMBS[name])
    path = put(tmp_path / name, content)
    tracemalloc.start()
    found = ends_in_peace(path, **options)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not any(isinstance(record, dict) for record in found or [])
    assert peak < 32 << 20  # of 48; an .xz alone asks for 8


# ---------------------------------------------------------------- Parquet


def parquet_of(folder: Path, columns: dict[str, list[Any]], **options: Any) -> Path:
    pyarrow = pytest.importorskip("pyarrow", reason="needs pyarrow, the extra [parquet]")
    from pyarrow import parquet

    path = folder / "a.parquet"
    parquet.write_table(pyarrow.table(columns), path, **options)
    return path


@some
@given(written=some_articles("utf-8"))
def test_articles_come_back_from_parquet(tmp_path: Path, written: Articles) -> None:
    columns = {name: [article[name] for article in written] for name in ("id", "title", "label", "text")}
    if written:
        assert read(parquet_of(tmp_path, {**columns, "image": [b"x"] * len(written)}, row_group_size=2)) == written


def test_a_parquet_file_has_its_text_by_name_and_what_is_no_text_is_rejected(tmp_path: Path) -> None:
    path = parquet_of(tmp_path, {"内容": ["好", None], "url": ["u", "v"]})
    found: Counter[str] = Counter()
    assert read(path, found) == [{"text": "好", "id": "u"}, Rejected("text is no string")]
    assert set(found) == {"text from 内容", "id from url"}
    with pytest.raises(ValueError, match="no 文 among the columns 内容, url"):
        read(path, text_field="文")


@pytest.mark.parametrize("archive", ["a.tar.gz", "a.zip"])
def test_a_parquet_file_in_an_archive_is_read_as_alone(tmp_path: Path, archive: str) -> None:
    inner = parquet_of(tmp_path, {"id": ["1", "2"], "text": ["好", PROSE]}, row_group_size=1).read_bytes()  # 好 good
    members = {"x/a.parquet": inner, "x/b.txt": "好".encode()}
    found = [
        (name, record["text"]) for name, record in members_of(put(tmp_path / archive, ARCHIVERS[archive](members)))
    ]
    assert found == [("x/a.parquet", "好"), ("x/a.parquet", PROSE), ("x/b.txt", "好")]
    members["x/a.parquet"] = inner[:-20]
    with pytest.raises(ValueError, match=rf"{archive} cannot be read to its end: x/a\.parquet: "):
        members_of(put(tmp_path / archive, ARCHIVERS[archive](members)))
    assert "pyarrow" in readers.libraries([tmp_path / archive], Options())


def test_a_parquet_file_that_is_damaged_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = parquet_of(tmp_path, {"text": [PROSE] * 100}, write_page_checksum=True, compression="none")
    content = path.read_bytes()
    flipped = bytearray(content)
    flipped[content.index(PROSE.encode()) + 5] ^= 1
    for damaged in (bytes(flipped), content[:-9], content[: len(content) // 2], b"", b"PAR1"):
        with pytest.raises(ValueError, match=r"a\.parquet cannot be read to its end: "):
            read(put(path, damaged))


def test_a_text_in_parquet_that_is_not_utf_8_is_rejected_alone(tmp_path: Path) -> None:
    path = parquet_of(
        tmp_path, {"text": ["甲乙", "丙丁"]}, compression="none", use_dictionary=False, write_statistics=False
    )
    path.write_bytes(path.read_bytes().replace("丙丁".encode(), b"\xff" * 6))
    assert read(path) == [{"text": "甲乙"}, Rejected("not UTF-8")]


def test_without_pyarrow_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ValueError, match=r'pip install "ciliu\[parquet\]"'):
        read(put(tmp_path / "a.parquet", b""))


# ---------------------------------------------------------------- corpora as they are passed around


def shared(name: str) -> Path:
    path = SHARED / "corpora" / name
    if not path.exists():
        pytest.skip("needs the corpora in ../shared")
    return path


def test_sogous_news_are_read_whole(tmp_path: Path) -> None:
    path = shared("sogou_news_tensite_xml.smarty.gb18030.dat")
    docs = path.read_bytes().split(b"</doc>")[:-1]
    expected = [
        {name: doc.split(f"<{tag}>".encode())[1].split(f"</{tag}>".encode())[0].decode("gb18030")
         for name, tag in {"text": "content", "id": "docno", "title": "contenttitle"}.items()}
        for doc in docs
    ]  # fmt: skip
    assert read(path, encoding="gb18030") == read(path, encoding="auto") == expected
    counts = make(tmp_path / "out", path, encoding="gb18030")
    assert counts["records"] == len(expected) == 200
    assert counts["rejected"] == sum(not article["text"].strip() for article in expected)
    assert reasons(path)[0][1].startswith("not UTF-8")  # nothing is guessed


def test_a_doc_that_is_not_closed_is_told(tmp_path: Path) -> None:
    content = "<doc>\n<content>一</content>\n<doc>\n<content>二\n三</content>\n</doc>\nx\n<doc>\n"
    found = read(put(tmp_path / "a.dat", content.encode()))
    unclosed = Rejected("a <doc> that is not closed")
    assert found == [unclosed, {"text": "二\n三"}, Rejected("it stands in no <doc>"), unclosed]


def test_fudans_archive_is_read_whole_and_what_is_broken_is_told(tmp_path: Path) -> None:
    path = shared("fudan_gb18030_files.tar.gz")
    good, broken = {}, set()
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file:
                raw = file.read()
                try:
                    good[member.name] = raw.decode("gb18030")
                except UnicodeDecodeError:
                    broken.add(member.name)
    reading = [*readers.read_source(path, Options(encoding="gb18030"), Counter())]
    assert {name: record["text"] for name, _, _, record in reading if isinstance(record, dict)} == good
    assert {name for name, _, _, record in reading if isinstance(record, Rejected)} == broken
    counts = make(tmp_path / "out", path, encoding="gb18030", label="folder")
    assert (counts["records"], counts["rejected"]) == (len(good) + len(broken), len(broken))
    assert {article["label"] for article in output(tmp_path / "out")} == {name.split("/")[-2] for name in good}
    found: Counter[str] = Counter()
    replaced = read(path, found, encoding="gb18030", errors="replace")
    assert sum(isinstance(record, dict) for record in replaced) == len(good) + len(broken)
    assert found["replaced characters"] >= len(broken)


def test_each_kind_of_source_has_a_page_with_a_command() -> None:
    docs = Path(readers.__file__).parents[2] / "docs"
    rows = [line for line in (docs / "sources.md").read_text(encoding="utf-8").splitlines() if line.startswith("| [")]
    for kind in (*readers.KNOWN, *archives.ARCHIVES, "*-pages-articles*.xml"):
        (page,) = {re.findall(r"\]\((.+?\.md)\)", row)[0] for row in rows if f"`{kind}`" in row.split(" | ")[0]}
        assert re.search(r"^(\$ )?ciliu run ", (docs / page).read_text(encoding="utf-8"), re.MULTILINE), page


def test_auto_is_never_wrong_about_real_articles(tmp_path: Path) -> None:
    """It may refuse: a short text, a table of figures. Text in ASCII alone is the same in each."""
    for corpus in ("fudan", "xwlb", "reviews"):
        for article in read_corpus(corpus, 0, 60):
            text = article["text"][:300]
            for encoding in ("gb18030", "utf-16-le", "utf-8"):
                raw = text.encode(encoding)
                (record,) = read(put(tmp_path / "a.txt", raw), encoding="auto")
                assert isinstance(record, Rejected) or record["text"] == text


def test_the_front_door_takes_the_parameters_and_says_what_it_found(
    front: Front, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path / "news" / "a.csv", "标题,正文\n早报,今天天气很好\n".encode("gb18030"))  # 早报 morning paper
    put(tmp_path / "news" / "b.log", "晚报\n".encode("gb18030"))  # 晚报 evening paper
    settings = ("--set", "Articles.encoding=gb18030", "--set", "Articles.text_field=正文", "--only", "articles")
    assert front.run(tmp_path / "news", *settings) == {"articles"}
    said = capsys.readouterr().err
    assert "title from 标题 (1)" in said
    assert "left out (hidden, or of another kind): 1:" in said
    with pytest.raises(SystemExit) as stopped:
        front.run(tmp_path / "news", "--only", "articles")
    assert stopped.value.code == 3
    assert "its header cannot be read" in capsys.readouterr().err
    assert front.run(tmp_path / "news" / "b.log", *settings[:2], "--set", "Articles.format=txt", *settings[-2:])
