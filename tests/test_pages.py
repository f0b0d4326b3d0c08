"""HTML pages and WARC: the main text comes out, in the page's encoding, and no page stops or hangs a run."""

import gzip
import io
import time
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from conftest import Front, examples
from hypothesis import given
from hypothesis import strategies as st

from pipeline.articles import packing, pages, readers
from pipeline.articles.records import Options, Rejected

pytest.importorskip("trafilatura")
warcwriter = pytest.importorskip("warcio.warcwriter")

SENTENCES = [
    "今天我们一家去了城北的公园。",  # 今天 today 我们 we 一家 family 去了 went 城北 north of town 公园 park
    "天气很好,湖边的花都开了。",  # 天气 weather 很好 fine 湖边 lakeside 花 flowers 都开了 all in bloom
    "孩子们在草地上放风筝,老人在树下下棋。",  # 孩子们 children 草地 lawn 风筝 kite 老人 the old 下棋 play chess
    "回家的路上,大家都说下个星期还要再来。",  # 回家 go home 路上 on the way 大家 all 下个星期 next week 再来 come again
]
TEXT = "\n".join(SENTENCES)


def page(charset: str = "utf-8", body: str = "", head: str = "") -> str:
    """A news page as sites write them: a menu, the article, a footer."""
    paragraphs = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)
    return (
        f'<!DOCTYPE html><html><head><meta charset="{charset}"><title>春天的公园</title>{head}</head><body>'
        '<ul id="nav"><li><a href="/">首页</a></li><li><a href="/n">新闻</a></li><li><a href="/s">体育</a></li></ul>'
        f'<div class="article"><h1>春天的公园</h1>{body or paragraphs}</div>'
        '<div class="footer">版权所有 请勿转载 <a href="/about">关于我们</a></div></body></html>'
    )


def read(path: Path, **options: str) -> list[Any]:
    return [record for _, _, record in readers.read(path, options=Options(**options))]


def put(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


# --- a page ---


def test_of_a_page_the_article_is_kept_and_menu_and_footer_are_not(tmp_path: Path) -> None:
    (record,) = read(put(tmp_path / "a.html", page().encode()))
    assert record == {"id": "", "title": "春天的公园", "text": TEXT}


def test_a_page_is_called_by_its_canonical_address_and_else_by_its_file(front: Front, tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    link = '<link rel="canonical" href="https://news.example.cn/1.html">'
    put(folder / "a.html", page(head=link).encode())
    put(folder / "b.htm", page(head='<link rel="canonical" href="/1.html">').encode())
    front.run(folder, "--only", "articles")
    (lines,) = [path.read_text(encoding="utf-8") for path in front.folder("articles").glob("0*.jsonl")]
    assert lines.startswith('{"id": "https://news.example.cn/1.html", "source": "pages/a.html", "title": "春天的公园"')
    assert '{"id": "pages/b.htm"' in lines
    assert {"trafilatura", "lxml"} <= set(front.manifest("articles")["versions"]), "another version may read otherwise"


@pytest.mark.parametrize(
    ("declared", "codec"),
    [("utf-8", "utf-8"), ("gb2312", "gb18030"), ("GBK", "gb18030"), ("big5", "big5hkscs"), ("x", "utf-16")],
)
@pytest.mark.parametrize("suffix", [".html", ".htm", ".xhtml"])
def test_a_page_is_read_in_the_encoding_that_it_declares_or_its_mark_says(
    tmp_path: Path, declared: str, codec: str, suffix: str
) -> None:
    """今天 today 的 of 天氣 weather 很 very 好 good; the menu is none of Big5's characters."""
    written = page(declared) if codec != "big5hkscs" else f'<meta charset="big5"><p>{"今天的天氣很好。" * 9}</p>'
    (record,) = read(put(tmp_path / f"a{suffix}", written.encode(codec)), encoding="big5")
    assert record["text"].startswith("今天")


def test_xhtml_is_read_in_the_encoding_of_its_first_line(tmp_path: Path) -> None:
    written = '<?xml version="1.0" encoding="gb2312"?>' + page("").replace('<meta charset="">', "")
    (record,) = read(put(tmp_path / "a.xhtml", written.encode("gb18030")))
    assert record["text"] == TEXT


def test_a_page_that_is_not_in_the_encoding_that_it_declares_is_rejected_and_not_guessed(tmp_path: Path) -> None:
    path = put(tmp_path / "a.html", page("utf-8").encode("gb18030"))
    (record,) = read(path)
    assert record.reason.startswith("not utf-8 at byte ")
    assert record.reason.endswith("which is its encoding by the page")
    assert read(put(path, page("shift_jis").encode())) == [
        Rejected("its encoding by the page is shift_jis, which is not read")
    ]


def test_a_page_that_declares_nothing_is_in_the_encoding_that_was_given(tmp_path: Path) -> None:
    path = put(tmp_path / "a.html", page().replace('<meta charset="utf-8">', "").encode("gb18030"))
    assert isinstance(read(path)[0], Rejected)
    assert read(path, encoding="gb18030")[0]["text"] == TEXT
    assert read(path, encoding="auto")[0]["text"] == TEXT


def test_bytes_that_are_no_character_are_replaced_and_counted_if_asked_for() -> None:
    raw, found = page().encode().replace("花".encode(), b"\xff\xfe"), Counter[str]()
    record = pages.page_of(raw, Options(errors="replace"), found)
    assert isinstance(record, dict)
    assert "湖边的\ufffd\ufffd都开了" in record["text"]
    assert found["replaced characters"] == 2


def test_pages_are_read_from_archives_and_packed(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.html", page().encode())
    put(tmp_path / "b.html.gz", gzip.compress(page().encode()))
    for name in ("a.zip", "b.html.gz"):
        assert [record["text"] for record in read(tmp_path / name)] == [TEXT]


def test_a_page_without_text_is_told(tmp_path: Path) -> None:
    assert read(put(tmp_path / "a.html", b"<html><head></head><body></body></html>")) == [
        Rejected("a page without a main text")
    ]


# --- pages that are meant to do harm ---

HARMFUL = {
    "nested without an end": ("<div>" * 100_000, "no HTML: Excessive depth"),
    "many elements": ("<a href=x>页</a>" * 100_000, "elements, more than 30,000"),
    "many attributes": ("<p " + " ".join(f"a{number}=1" for number in range(200_000)) + ">", "a tag of more than"),
    "tags that never end": ("<a" * 1_000_000, "a tag of more than"),
    "a long text": ("<p>" + "好" * 5_000_000, "no HTML: "),
}


@pytest.mark.parametrize("name", HARMFUL)
def test_a_harmful_page_is_rejected_at_once(tmp_path: Path, name: str) -> None:
    body, reason = HARMFUL[name]
    began = time.monotonic()
    (record,) = read(put(tmp_path / "a.html", page(body=body).encode()))
    assert reason in record.reason
    assert time.monotonic() - began < 20


def test_a_page_above_the_limit_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.articles.records.LIMIT", 1 << 10)
    (record,) = read(put(tmp_path / "a.html", page(body="好" * 2000).encode()))
    assert record.reason.startswith("a page of more than")


@given(st.binary(max_size=200), st.integers(0, 900), st.integers(0, 900))
@examples(150)
def test_no_damage_makes_a_traceback(noise: bytes, start: int, length: int) -> None:
    raw = page().encode()
    raw = raw[:start] + noise + raw[start + length :]
    record = pages.page_of(raw, Options(), Counter())
    assert isinstance(record, Rejected) or set(record) == {"id", "title", "text"}


# --- WARC ---


def response(writer: Any, address: str, body: bytes, kind: str = "text/html", status: str = "200 OK") -> None:
    from warcio.statusandheaders import StatusAndHeaders

    headers = StatusAndHeaders(status, [("Content-Type", kind)], protocol="HTTP/1.1")
    record = writer.create_warc_record(address, "response", payload=io.BytesIO(body), http_headers=headers)
    writer.write_record(record)


def crawl(number: int = 3, gzip: bool = False) -> bytes:
    """A crawl of ``number`` pages, with what else a crawler writes."""
    out = io.BytesIO()
    writer = warcwriter.WARCWriter(out, gzip=gzip)
    writer.write_record(writer.create_warcinfo_record("a.warc", {"software": "a test"}))
    for at in range(number):
        response(writer, f"https://news.example.cn/{at}.html", page().encode())
    response(writer, "https://news.example.cn/a.png", b"\x89PNG", "image/png")
    response(writer, "https://news.example.cn/b.html", page().encode(), status="404 Not Found")
    return out.getvalue()


@pytest.mark.parametrize("packed", [False, True])
def test_the_pages_of_a_crawl_are_read_with_their_addresses_and_what_is_none_is_counted(
    tmp_path: Path, packed: bool
) -> None:
    path, found = put(tmp_path / ("a.warc.gz" if packed else "a.warc"), crawl(gzip=packed)), Counter[str]()
    read_all = [(line, record) for _, line, _, record in readers.read_source(path, Options(), found)]
    assert read_all == [
        (at + 2, {"id": f"https://news.example.cn/{at}.html", "title": "春天的公园", "text": TEXT}) for at in range(3)
    ]
    assert found == {"skipped: warcinfo record": 1, "skipped: no HTML": 1, "skipped: an HTTP status other than 200": 1}


def test_what_http_says_of_the_encoding_goes_before_what_the_page_says(tmp_path: Path) -> None:
    out = io.BytesIO()
    response(
        warcwriter.WARCWriter(out, gzip=False),
        "https://news.example.cn/1.html",
        page("utf-8").encode("gbk"),
        "text/html; charset=GBK",
    )
    assert [record["text"] for record in read(put(tmp_path / "a.warc", out.getvalue()))] == [TEXT]


@pytest.mark.parametrize("packed", [False, True])
def test_a_crawl_that_ends_inside_a_record_gives_those_before_it_and_one_rejection(
    tmp_path: Path, packed: bool
) -> None:
    whole = crawl(gzip=packed)
    cut = whole[: whole.rindex(b"\x1f\x8b") - 9] if packed else whole[: whole.rindex(b"WARC/") - 9]
    records = read(put(tmp_path / ("a.warc.gz" if packed else "a.warc"), cut))
    assert len(records) == 4
    assert records[3] == Rejected("the file ends inside a record")


def test_a_flaw_spoils_one_record_and_not_those_behind_it(tmp_path: Path) -> None:
    parts = crawl().split(b"WARC/1.0")
    parts[3] = parts[3].replace(b"Content-Length", b"Content-Lengxx", 2)
    records = read(put(tmp_path / "a.warc", b"WARC/1.0".join(parts)))
    ids = [record["id"] for record in records if isinstance(record, dict)]
    assert ids == ["https://news.example.cn/0.html", "https://news.example.cn/2.html"]
    reasons = [record.reason for record in records if isinstance(record, Rejected)]
    assert reasons[0] == "a record without a Content-Length"


def test_an_answer_that_is_no_http_spoils_its_record_alone(tmp_path: Path) -> None:
    raw = crawl().replace(b"HTTP/1.1", b"HTDP/1.1", 1)
    first, *others = read(put(tmp_path / "a.warc", raw))
    assert first.reason.startswith("a damaged record: Expected Status Line")
    assert len(others) == 2


@given(st.binary(max_size=40), st.integers(0, 4000), st.integers(0, 400))
@examples(150)
def test_no_damage_to_a_crawl_makes_a_traceback(noise: bytes, start: int, length: int) -> None:
    raw = crawl(2)
    raw = raw[:start] + noise + raw[start + length :]
    from pipeline.articles import warc

    for _, _, record in warc.read_warc(io.BytesIO(raw), Options(), Counter()):
        assert isinstance(record, dict | Rejected)


def test_a_packed_page_in_a_crawl_is_unpacked_and_a_bomb_is_not(tmp_path: Path) -> None:
    from warcio.statusandheaders import StatusAndHeaders

    out = io.BytesIO()
    writer = warcwriter.WARCWriter(out, gzip=True)
    headers = [("Content-Type", "text/html"), ("Content-Encoding", "gzip")]
    for body in (page().encode(), b" " * (40 << 20)):
        http = StatusAndHeaders("200 OK", headers, protocol="HTTP/1.1")
        payload = io.BytesIO(gzip.compress(body))
        writer.write_record(
            writer.create_warc_record("https://news.example.cn/1.html", "response", payload=payload, http_headers=http)
        )
    first, second = read(put(tmp_path / "a.warc.gz", out.getvalue()))
    assert first["text"] == TEXT
    assert second == Rejected("a page of more than 16 MiB")


@pytest.mark.parametrize(("name", "library"), [("a.html", "trafilatura"), ("a.warc", "warcio.recordloader")])
def test_without_the_extra_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, library: str
) -> None:
    monkeypatch.setitem(__import__("sys").modules, library, None)
    path = put(tmp_path / name, crawl() if name.endswith("warc") else page().encode())
    with pytest.raises(ValueError, match=r'pip install "ciliu\[html\]"'):
        read(path)


def test_a_stream_of_a_crawl_is_read_by_blocks() -> None:
    """A record above the limit is skipped, not held."""
    from pipeline.articles import warc

    head = b"WARC/1.0\r\nWARC-Type: resource\r\nContent-Length: 104857600\r\n\r\n"
    stream = packing.from_blocks(iter([head, *[b"x" * (1 << 20)] * 100]), io.BytesIO())
    found = Counter[str]()
    assert list(warc.read_warc(stream, Options(), found)) == []
    assert found == {"skipped: resource record": 1}
