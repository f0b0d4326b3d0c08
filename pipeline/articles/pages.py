"""HTML and XHTML (``.html``, ``.htm``, ``.xhtml``): the main text of a page by trafilatura, the extra ``[html]``.

The encoding is that of the page's mark, else what HTTP said, else what the page declares, else the parameter; strictly.
"""

import logging
import re
from collections import Counter
from collections.abc import Iterator
from typing import IO, Any

from pipeline.articles import encodings, records
from pipeline.articles.records import Options, Reading, Record, Rejected
from pipeline.articles.text import BAD

MISSING = 'pages are read by trafilatura: pip install "ciliu[html]"'

# What makes libxml2 and trafilatura slow. At the limits a page takes up to 5 s: libxml2 needs time by the square of the
# attributes of a tag, trafilatura by the elements and their depth.
TAG = 20_000  # bytes of a tag without its quoted values
ELEMENTS = 30_000

# Characters below which trafilatura takes all text of a page, its menu too. Its own 250 stand for English, where a word
# takes 6 with its space; in Chinese it takes 1.6.
SHORT = 60

HEAD = 4096  # bytes in which a page declares its encoding; a browser looks at 1,024, and many pages say it later
DECLARED = re.compile(
    rb"""<\?xml[^>]{1,200}?encoding\s*=\s*["']([\w.:-]+)|<meta[^>]{1,400}?charset\s*=\s*["']?\s*([\w.:-]+)""",
    re.IGNORECASE,
)
# Python's name for the encoding that a browser takes for a label (whatwg.org, Encoding): GBK for gb2312, and so on.
LABELS = {
    "utf-8": "utf-8", "utf8": "utf-8", "utf-16": "utf-8", "utf-16le": "utf-8", "us-ascii": "utf-8", "ascii": "utf-8",
    "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "x-gbk": "gb18030", "gb_2312-80": "gb18030",
    "big5": "big5hkscs", "big5-hkscs": "big5hkscs", "x-x-big5": "big5hkscs", "cn-big5": "big5hkscs",
}  # fmt: skip
OPENED = re.compile(rb"""<[A-Za-z](?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+')|=)*+""")
VALUE = re.compile(rb"""=\s*+(?:"[^"]*+"|'[^']*+')""")


def read_html(stream: IO[bytes], options: Options, found: Counter[str]) -> Iterator[Reading]:
    """A file that is one page."""
    raw = stream.read(records.LIMIT + 1)
    yield 1, len(raw), page_of(raw, options, found)


def page_of(raw: bytes, options: Options, found: Counter[str], charset: str = "") -> Record | Rejected:
    """``{"id", "title", "text"}`` of a page: the id is its canonical address, if it names one. ``charset`` is what HTTP
    said."""
    if len(raw) > records.LIMIT:
        return records.too_long("a page")
    text = _decode(raw, options, found, charset)
    return text if isinstance(text, Rejected) else extract(text)


def _decode(raw: bytes, options: Options, found: Counter[str], charset: str) -> str | Rejected:
    try:
        codec, note = _encoding(raw, options, charset)
    except ValueError as error:  # UnclearError is one
        return Rejected(str(error))
    if note and codec != "utf-8":
        found[f"{codec} {note}"] += 1
    try:
        return raw.decode(codec)
    except UnicodeDecodeError as error:
        if options.errors == "strict":
            return Rejected(f"not {codec} at byte {error.start + 1} of the page, which is its encoding {note}".rstrip())
    marked = raw.decode(codec, "ciliu")
    found["replaced characters"] += marked.count(BAD)
    return marked.replace(BAD, "\ufffd")


def _encoding(raw: bytes, options: Options, charset: str) -> tuple[str, str]:
    """Which codec, and who said so. Raises ``ValueError`` for an encoding that is not read, or is not clear."""
    if mark := encodings.mark_of(raw):
        return mark, "by its mark"
    match = DECLARED.search(raw[:HEAD])
    declared = (match[1] or match[2]).decode("ascii", "replace") if match else ""
    for label, note in ((charset, "by HTTP"), (declared, "by the page")):
        if label and label.lower() not in LABELS:
            raise ValueError(f"its encoding {note} is {label[:40]}, which is not read")
        if label:
            return LABELS[label.lower()], note
    if options.encoding == "auto":
        codec, _ = encodings.detect(raw[: encodings.SAMPLE])
        return codec, f"with confidence {encodings.CONFIDENCE:g} or more"
    return encodings.byte_order(raw) if options.encoding == "utf-16" else options.encoding, ""


def extract(text: str) -> Record | Rejected:
    """The main text of a page. Raises ``ValueError`` where trafilatura is not installed."""
    try:
        import trafilatura
        from lxml import etree, html
    except ImportError:
        raise ValueError(MISSING) from None
    for library in ("trafilatura", "htmldate", "courlan"):
        logging.getLogger(library).setLevel(logging.CRITICAL)  # they would complain on standard error
    raw = text.encode("utf-8", "replace")
    if any(len(VALUE.sub(b"", tag)) > TAG for tag in OPENED.findall(raw) if len(tag) > TAG):
        return Rejected(f"a tag of more than {TAG:,} bytes")
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
    try:
        tree = html.document_fromstring(raw, parser=parser)
        problem = _problem(tree, parser)
        if problem:
            return Rejected(problem)
        address = _address(tree)
        config = trafilatura.settings.use_config()
        config.set("DEFAULT", "MIN_EXTRACTED_SIZE", str(SHORT))
        page: Any = trafilatura.bare_extraction(tree, include_comments=False, with_metadata=True, config=config)
    except (etree.LxmlError, ValueError, RecursionError) as error:
        return Rejected(f"no HTML: {error}")
    if page is None or not page.text:
        return Rejected("a page without a main text")
    return {"id": address, "title": page.title, "text": page.text}


def _problem(tree: Any, parser: Any) -> str | None:
    """Why a page is not read: where libxml2 stops, what stands behind would be lost without a word."""
    for entry in parser.error_log:
        if entry.level_name == "FATAL":
            return f"no HTML: {entry.message.partition(', ')[0]}"
    number = sum(1 for _ in tree.iter())
    return f"a page of {number:,} elements, more than {ELEMENTS:,}" if number > ELEMENTS else None


def _address(tree: Any) -> str:
    links = tree.xpath('//link[@rel="canonical"]/@href')
    return next((str(link) for link in links if link.startswith(("http://", "https://"))), "")
