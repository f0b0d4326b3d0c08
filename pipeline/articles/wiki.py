"""A Wikipedia dump (``*-pages-articles*.xml``) to records, a page each; the rules are in ``docs/wikipedia.md``.

The XML goes through expat as it comes, without a tree, so memory is bounded by one page. Entity bombs have no way in: a
document type, where entities are declared, is refused (and expat from 2.4.1 on protects by itself).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO
from xml.parsers import expat

from pipeline.articles import records, wiki_rules
from pipeline.articles.records import Options, Reading, Record, Rejected
from pipeline.articles.wiki_text import clean

BLOCK = 1 << 18


@dataclass
class Page:
    """A ``<page>`` as it stands in the dump."""

    line: int
    start: int
    end: int = 0
    redirect: bool = False
    fields: dict[str, list[str]] = field(default_factory=lambda: {"title": [], "ns": [], "id": [], "text": []})

    def get(self, name: str) -> str:
        return "".join(self.fields[name])


# Where a field stands below <mediawiki><page>; a revision and its author have an <id> too.
PLACES = {("title",): "title", ("ns",): "ns", ("id",): "id", ("revision", "text"): "text"}


class _Parser:
    """Expat's events to pages; ``pages`` are those that are whole."""

    def __init__(self) -> None:
        self.pages: list[Page] = []
        self.last = 0  # byte of the last event
        self._above: list[str] = []
        self._page: Page | None = None
        self._field: list[str] | None = None
        self._expat = expat.ParserCreate("utf-8")
        self._expat.buffer_text = True
        self._expat.buffer_size = 1 << 16
        self._expat.StartDoctypeDeclHandler = self._refuse_doctype
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = self._text

    def feed(self, block: bytes) -> None:
        """Raises ``expat.ExpatError`` where the XML is broken, or after the last block ends too early."""
        try:
            self._expat.Parse(block, not block)
        except expat.ExpatError as error:
            if block:
                raise
            raise expat.ExpatError(f"the XML ends in line {error.lineno}, before </mediawiki>") from error

    def _refuse_doctype(self, *_: object) -> None:
        raise expat.ExpatError("it declares a document type, which no dump does")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.last = self._expat.CurrentByteIndex
        if not self._above and name != "mediawiki":
            raise expat.ExpatError(f"it is no MediaWiki dump: it begins with <{name[:40]}>")
        self._above.append(name)
        if name == "page" and len(self._above) == 2:
            self._page = Page(self._expat.CurrentLineNumber, self.last)
        elif self._page:
            self._page.redirect |= name == "redirect"
            place = PLACES.get(tuple(self._above[2:])) if len(self._above) < 5 else None
            self._field = self._page.fields[place] if place else None
            if self._field:
                self._field.clear()  # of several revisions the last counts

    def _end(self, _: str) -> None:
        self.last = self._expat.CurrentByteIndex
        self._above.pop()
        self._field = None
        if self._page and len(self._above) == 1:
            self._page.end = self.last
            self.pages.append(self._page)
            self._page = None

    def _text(self, text: str) -> None:
        self.last = self._expat.CurrentByteIndex
        if self._field is not None and self._page and self.last - self._page.start <= records.LIMIT:
            self._field.append(text)


def read_dump(stream: IO[bytes], options: Options, found: Counter[str]) -> Iterator[Reading]:
    """The articles of a dump as (line in the XML, bytes of XML, ``{"id", "title", "text"}``); ``found`` counts the
    pages that are none, by their kind.

    Raises ``expat.ExpatError`` where the XML is broken or ends too early; the pages before that have been yielded.
    """
    parser, read, failure = _Parser(), 0, None
    while not failure:
        block = stream.read(BLOCK)
        read += len(block)
        try:
            parser.feed(block)
        except expat.ExpatError as error:
            failure = error
        for page in parser.pages:
            record = record_of(page, options)
            if isinstance(record, str):
                found[f"skipped: {record}"] += 1
            else:
                yield page.line, page.end, record
        parser.pages.clear()
        if not block:
            break
        if read - parser.last > records.LIMIT:
            failure = expat.ExpatError(f"a tag of more than {records.LIMIT >> 20} MiB")
    if failure:
        raise failure


def record_of(page: Page, options: Options) -> Record | Rejected | str:
    """The article that a page holds, or what the page is instead."""
    if page.get("ns").strip() != "0":
        return "another namespace"
    wikitext, title = page.get("text"), page.get("title")
    if page.redirect or wiki_rules.REDIRECT.match(wikitext):
        return "redirect"
    if page.end - page.start > records.LIMIT:
        return records.too_long("a page")
    kind = wiki_rules.kind_of_page(title, wikitext)
    if kind != "article" and not options.wiki_lists:
        return kind
    text = clean(wikitext, options.wiki_variant, options.wiki_tables)
    return {"id": page.get("id"), "title": title, "text": text} if text else "without text"
