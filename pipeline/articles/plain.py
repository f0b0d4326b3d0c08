"""Plain text (``.txt``): an article a file, a line, or a paragraph."""

from collections.abc import Iterator

from pipeline.articles import records
from pipeline.articles.records import Reading, Record, Rejected
from pipeline.articles.text import Text


def read_txt(text: Text, end: int | None) -> Iterator[Reading]:
    """The articles of a plain text, as ``Articles.txt`` says."""
    layout = {"file": _read_file, "line": _read_lines, "paragraph": _read_paragraphs}
    return layout[text.options.txt](text, end)


def _read_file(text: Text, end: int | None) -> Iterator[Reading]:
    raw = text.stream.read(records.LIMIT + 1)
    if len(raw) > records.LIMIT:
        yield 1, len(raw), records.too_long("an article")
        return
    content = text.decode(raw, "file")
    if isinstance(content, Rejected):
        yield _line_of_error(raw, text.codec), len(raw), content
    else:
        yield 1, len(raw), {"text": content.removeprefix("\ufeff")}


def _line_of_error(raw: bytes, codec: str) -> int:
    try:
        raw.decode(codec)
    except UnicodeDecodeError as error:
        return raw.count(b"\n", 0, error.start) + 1
    return 1


def _read_lines(text: Text, end: int | None) -> Iterator[Reading]:
    for line, offset, content in text.lines(end):
        if isinstance(content, Rejected):
            yield line, offset, content
        elif not _blank(content):
            yield line, offset, {"text": content.removeprefix("\ufeff").rstrip("\r\n")}


def _blank(content: str) -> bool:
    return not content.removeprefix("\ufeff").strip()


def _read_paragraphs(text: Text, end: int | None) -> Iterator[Reading]:
    """Lines up to a blank one."""
    paragraph: list[str | Rejected] = []
    first = size = offset = 0
    for line, offset, content in text.lines(end):
        if isinstance(content, str) and _blank(content):
            if paragraph:
                yield first, offset, _join(paragraph)
            paragraph, size = [], 0
            continue
        first = first if paragraph else line
        size += len(content) if isinstance(content, str) else 0
        if size > records.LIMIT:
            paragraph = [records.too_long("a paragraph")]
        elif isinstance(content, Rejected):
            paragraph = [content]
        else:
            paragraph.append(content)
    if paragraph:
        yield first, offset, _join(paragraph)


def _join(paragraph: list[str | Rejected]) -> Record | Rejected:
    """Of a paragraph with a bad line nothing is an article."""
    bad = next((line for line in paragraph if isinstance(line, Rejected)), None)
    return bad or {"text": "".join(map(str, paragraph)).removeprefix("\ufeff").rstrip("\r\n")}
