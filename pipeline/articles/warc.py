"""WARC (``.warc``, ``.warc.gz``): the pages of a crawl, by warcio, which comes with the extra ``[html]``.

Where one record ends and the next begins is looked at here, so that a flaw spoils one record and not those behind it;
what is in a record (HTTP's headers, chunks, compression) is warcio's work.
"""

import io
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from typing import IO, Any

from pipeline.articles import packing, pages, records
from pipeline.articles.records import Options, Reading, Record, Rejected

MISSING = 'WARC is read by warcio: pip install "ciliu[html]"'
PAGES = ("text/html", "application/xhtml+xml")
HEADERS = 1 << 16  # bytes of a record's headers
LENGTH = re.compile(rb"^Content-Length:[ \t]*(\d{1,15})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
FLAWS = (ValueError, AttributeError, *packing.DAMAGED)  # what warcio lets through; the second for a missing header
ENCODED = ("", "identity", "gzip", "x-gzip", "deflate")


def read_warc(stream: IO[bytes], options: Options, found: Counter[str]) -> Iterator[Reading]:
    """The pages of a crawl as (number of the record, bytes read so far, ``{"id", "title", "text"}``): HTTP responses
    with status 200 and HTML; ``found`` counts the other records by their kind."""
    number = offset = 0
    for offset, head, block, length in _frames(stream):
        number += 1
        if isinstance(head, Rejected):
            yield number, offset, head
            continue
        record = _page_of(head, block, length, options, found)
        if record is not None:
            yield number, offset, record


def _frames(stream: IO[bytes]) -> Iterator[tuple[int, bytes | Rejected, bytes, int]]:
    """(bytes read so far, headers or what is wrong, the start of the block up to the limit, its length) of records."""
    offset, lost = 0, 0
    try:
        while line := stream.readline(HEADERS):
            offset += len(line)
            if not line.startswith(b"WARC/"):
                lost += bool(line.strip())  # the end of a record whose length is wrong, or no WARC at all
                continue
            if lost:
                yield offset, Rejected(f"{lost:,} lines that belong to no record stand before this one"), b"", 0
                lost = 0
            head = line
            while len(head) < HEADERS and (line := stream.readline(HEADERS)).strip():
                head += line
            match = LENGTH.search(head)
            length = int(match[1]) if match else 0
            block = stream.read(min(length, records.LIMIT + HEADERS))
            skipped = _skip(stream, length - len(block))
            offset += len(head) + len(block) + skipped
            if not match:
                yield offset, Rejected("a record without a Content-Length"), b"", 0
            elif len(block) + skipped < length:
                yield offset, Rejected("the file ends inside a record"), b"", 0
            else:
                yield offset, head, block, length
    except EOFError:
        yield offset, Rejected("the file ends inside a record"), b"", 0
        return
    if lost:
        yield offset, Rejected(f"{lost:,} lines that belong to no record"), b"", 0


def _skip(stream: IO[bytes], length: int) -> int:
    skipped = 0
    while skipped < length and (block := stream.read(min(length - skipped, packing.BLOCK))):
        skipped += len(block)
    return skipped


def _page_of(head: bytes, block: bytes, length: int, options: Options, found: Counter[str]) -> Record | Rejected | None:
    """The page of a record; None for one that holds none."""
    try:
        from warcio.exceptions import ArchiveLoadFailed
        from warcio.recordloader import ArcWarcRecordLoader
        from warcio.statusandheaders import StatusAndHeadersParserException
    except ImportError:
        raise ValueError(MISSING) from None
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):  # where warcio complains
            record = ArcWarcRecordLoader().parse_record_stream(io.BytesIO(head + b"\r\n" + block), known_format="warc")
            skipped = _no_page(record)
            raw = b"" if skipped else record.content_stream().read(records.LIMIT + 1)
    except (ArchiveLoadFailed, StatusAndHeadersParserException, *FLAWS) as error:
        return Rejected(f"a damaged record: {error}")
    if skipped:
        found[f"skipped: {skipped}"] += 1
        return None
    if length > len(block):
        return records.too_long("a page")
    encoding = (record.http_headers.get_header("Content-Encoding") or "").strip().lower()
    if encoding not in ENCODED:
        return Rejected(f"a page compressed by {encoding[:40]}, which is not read")
    charset = CHARSET.search(record.http_headers.get_header("Content-Type"))
    page = pages.page_of(raw, options, found, charset[1] if charset else "")
    address = (record.rec_headers.get_header("WARC-Target-URI") or "").strip("<>")
    return page if isinstance(page, Rejected) else {**page, "id": address or page["id"]}


def _no_page(record: Any) -> str | None:
    """What a record is instead of a page."""
    if record.rec_type != "response" or record.http_headers is None:
        return f"{record.rec_type or 'no'} record"
    if record.http_headers.get_statuscode() != "200":
        return "an HTTP status other than 200"
    kind = (record.http_headers.get_header("Content-Type") or "").partition(";")[0].strip().lower()
    return None if kind in PAGES else "no HTML"
