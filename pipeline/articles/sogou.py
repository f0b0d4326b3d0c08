"""The news of Sogou (SogouCA, SogouCS; ``.dat``): ``<doc>`` after ``<doc>``, which looks like XML and is none."""

import re
from collections.abc import Iterator

from pipeline.articles import records
from pipeline.articles.records import Reading, Record, Rejected
from pipeline.articles.text import Text

FIELD = re.compile(r"<(url|docno|contenttitle|content)>(.*?)</\1>", re.DOTALL)
FRAME = ("", "<doclist>", "</doclist>")
UNCLOSED = Rejected("a <doc> that is not closed")


def read_sogou(text: Text, end: int | None) -> Iterator[Reading]:
    """An article a ``<doc>``, whose tags stand on lines of their own. No entity is resolved: there is none."""
    doc: list[str | Rejected] | None = None
    first = size = offset = 0
    for line, offset, content in text.lines(end):
        tag = content.strip(" \t\r\n\ufeff") if isinstance(content, str) else "?"
        if tag == "<doc>":
            if doc is not None:
                yield first, offset, UNCLOSED
            doc, first, size = [], line, 0
        elif doc is None:
            if tag not in FRAME:
                yield line, offset, content if isinstance(content, Rejected) else Rejected("it stands in no <doc>")
        elif tag == "</doc>":
            yield first, offset, _record(doc, text)
            doc = None
        else:
            size += len(content) if isinstance(content, str) else 0
            part = records.too_long("a <doc>") if size > records.LIMIT else content
            if isinstance(part, Rejected):
                doc.clear()  # of a flawed one the flaw alone is kept
            doc.append(part)
    if doc is not None:
        yield first, offset, UNCLOSED


def _record(doc: list[str | Rejected], text: Text) -> Record | Rejected:
    bad = next((line for line in doc if isinstance(line, Rejected)), None)
    return bad or text.fields.pick(dict(FIELD.findall("".join(map(str, doc)))))
