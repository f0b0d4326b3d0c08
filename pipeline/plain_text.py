"""Small text files that people write (dictionaries, stop lists), read strictly."""

import codecs
import re
from pathlib import Path

LINE_END = re.compile("\r\n|\r|\n")

# What a byte order mark says; UTF-32 begins as UTF-16 does, and then has NULs, which no word has.
MARKS = {codecs.BOM_UTF8: "UTF-8", codecs.BOM_UTF16_LE: "UTF-16 LE", codecs.BOM_UTF16_BE: "UTF-16 BE"}
CODECS = {"UTF-8": "utf-8", "UTF-16 LE": "utf-16-le", "UTF-16 BE": "utf-16-be"}


def read_lines(path: Path) -> list[str]:
    """The lines of a UTF-8 file, without white space around them; LF, CR LF and CR end a line, a mark is dropped.

    Raises ``ValueError`` with file and line where it is not UTF-8, and the encoding that it looks like.
    """
    lines, encoding = read_encoded(path)
    if encoding != "UTF-8":
        raise ValueError(f"{path}, line 1: not UTF-8, but it looks like {encoding}; save it as UTF-8")
    return lines


def read_encoded(path: Path) -> tuple[list[str], str]:
    """``read_lines`` of a file in UTF-8 or in UTF-16, with a mark or plainly recognisable, and which of the two it is.

    The second value is a key of ``CODECS``. Raises ``ValueError`` with file and line for any other encoding.
    """
    raw = path.read_bytes()
    encoding = guess_encoding(raw)
    mark = next((mark for mark in MARKS if raw.startswith(mark)), b"")
    raw = raw.removeprefix(mark)
    try:
        text = raw.decode(CODECS[encoding])
    except UnicodeDecodeError as error:
        line = len(LINE_END.split(raw[: error.start].decode(CODECS[encoding] if encoding != "UTF-8" else "latin-1")))
        advice = _advise(raw) if encoding == "UTF-8" else f", though it begins as {encoding}; save it as UTF-8"
        raise ValueError(f"{path}, line {line}: not UTF-8{advice}") from None
    return [line.strip() for line in LINE_END.split(text)], encoding


def guess_encoding(raw: bytes) -> str:
    """The encoding that the mark at the start names; without one UTF-16 if it reads as lines of text, else UTF-8."""
    for mark, encoding in MARKS.items():
        if raw.startswith(mark):
            return encoding
    if b"\0" not in raw or len(raw) % 2:
        return "UTF-8"
    readable = {name: count for name in ("UTF-16 LE", "UTF-16 BE") if (count := _count_ascii(raw, CODECS[name]))}
    return max(readable, key=lambda name: readable[name], default="UTF-8")


def _count_ascii(raw: bytes, codec: str) -> int:
    """How many characters are ASCII; 0 if the bytes are no lines of text in ``codec``.

    Read the wrong way round, a line end is U+0A00 or U+0D00, and a Latin letter is Han.
    """
    try:
        text = raw.decode(codec)
    except UnicodeDecodeError:
        return 0
    if not LINE_END.search(text) or not "".join(text.split()).isprintable():
        return 0
    return len(text.encode("ascii", "ignore"))


def _advise(raw: bytes) -> str:
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return "; save it as UTF-8"
    return ", but it may be GB18030 (GBK); save it as UTF-8"
