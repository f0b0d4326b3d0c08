"""JSON: an object a line (``.jsonl``), or a file of one array, one object, or objects in a row (``.json``)."""

import json
import re
from collections.abc import Iterator
from typing import Any

from pipeline.articles import records
from pipeline.articles.records import Reading, Record, Rejected
from pipeline.articles.text import Text

BLANK = " \t\r\n\x0b\x0c"  # as bytes.strip has it
SPACE = BLANK + "\ufeff"
TOKEN = re.compile(r'\\.?|["\[\]{},]', re.DOTALL)


def read_jsonl(text: Text, end: int | None) -> Iterator[Reading]:
    """One JSON object a line. Stops at byte ``end``. Where ``Options.whole_lines`` asks for them, blocks of lines."""
    if text.whole_lines:
        yield from text.line_blocks(end)
        return
    for line, offset, raw in text.lines(end):
        record = parse_line(raw, text)
        if record is not None:
            yield line, offset, record


def parse_line(raw: str | Rejected, text: Text) -> Record | Rejected | None:
    """The record of a line; None for a blank one."""
    if isinstance(raw, Rejected):
        return raw
    return parse_json(raw, "line", text) if raw.removeprefix("\ufeff").strip(BLANK) else None


def parse_json(raw: str, of: str, text: Text) -> Record | Rejected:
    """The fields of an object, or why it is none; ``of`` is what positions are counted in."""
    try:
        record = json.loads(raw.removeprefix("\ufeff"), object_pairs_hook=_unique, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        return Rejected(f"no JSON: {error.msg.removesuffix(' at')} at character {error.pos + 1} of the {of}")
    except (ValueError, RecursionError) as error:
        return Rejected(f"no JSON: {error}")
    return text.fields.pick(record) if isinstance(record, dict) else Rejected("no JSON object")


def _unique(pairs: list[tuple[str, Any]]) -> Record:
    record = dict(pairs)
    if len(record) < len(pairs):
        raise ValueError("a key stands twice")  # json.loads would keep the last in silence
    return record


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def read_json(text: Text, end: int | None) -> Iterator[Reading]:
    """The objects of a file. Raises ``EOFError`` if it ends inside one, or holds one above the limit."""
    for line, offset, raw in _Splitter(text).split():
        checked = text.check(raw, "article")
        yield line, offset, checked if isinstance(checked, Rejected) else parse_json(checked, "article", text)


class _Splitter:
    """Cuts a text where an element ends, by brackets and quotes alone: a flaw inside one spoils that one only."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.buffer = ""  # from the end of the last element
        self.scanned = 0  # of the buffer
        self.line = 1  # where the buffer begins
        self.depth = 0
        self.quoted = False
        self.array = False  # inside one, elements lie at depth 1
        self.comma = False  # was the last cut; so an element must follow

    def split(self) -> Iterator[tuple[int, int, str]]:
        """(line, bytes read so far, text) of each element. Raises ``EOFError``."""
        offset = 0
        for offset, block in self.text.blocks():
            self.buffer += block
            done = 0
            for end, after, needed in self._cuts():
                yield from self._element(self.buffer[done:end], offset, needed)
                done = after
            self.buffer, self.scanned = self.buffer[done:], self.scanned - done
            if len(self.buffer) > records.LIMIT:
                raise EOFError(f"line {self.line}: more than {records.LIMIT >> 20} MiB without the end of an article")
        if self.depth or self.quoted:
            raise EOFError(f"line {self.line}: a bracket or quote that is not closed")
        yield from self._element(self.buffer, offset, needed=False)

    def _element(self, raw: str, offset: int, needed: bool) -> Iterator[tuple[int, int, str]]:
        element = raw.lstrip(SPACE)
        line = self.line + raw.count("\n", 0, len(raw) - len(element))
        self.line += raw.count("\n")
        if element or needed:
            yield line, offset, element.rstrip(SPACE)

    def _cuts(self) -> Iterator[tuple[int, int, bool]]:
        """Where an element ends, where the next one begins, and whether there must be one."""
        for match in TOKEN.finditer(self.buffer, self.scanned):
            self.scanned = match.end()
            token = match[0]
            if token == "\\":  # what it escapes is in the next block
                self.scanned = match.start()
                return
            if token == '"':
                self.quoted = not self.quoted
            elif not self.quoted and len(token) == 1:
                yield from self._bracket(token, match.start(), match.end())
        self.scanned = len(self.buffer)

    def _bracket(self, token: str, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
        needed, before = self.comma, self.depth
        if token == ",":
            if before == 1 and self.array:
                self.comma = True
                yield start, end, True
            return
        self.depth = max(0, before + (1 if token in "[{" else -1))
        if (token == "[" and before == 0) or (self.array and before == 1 and self.depth == 0):
            self.array, self.comma = token == "[", False
            yield start, end, needed
        elif before == 1 and self.depth == 0:
            yield end, end, False
