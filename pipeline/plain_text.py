"""Small text files that people write (dictionaries, stop lists), read strictly."""

import codecs
import re
from pathlib import Path

LINE_END = re.compile("\r\n|\r|\n")


def read_lines(path: Path) -> list[str]:
    """The lines of a UTF-8 file, without white space around them; LF, CR LF and CR end a line, a mark is dropped.

    Raises ``ValueError`` with file and line where it is not UTF-8, and the encoding that it looks like.
    """
    raw = path.read_bytes().removeprefix(codecs.BOM_UTF8)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = len(LINE_END.split(raw[: error.start].decode("latin-1")))
        raise ValueError(f"{path}, line {line}: not UTF-8{_guess(raw)}; save it as UTF-8") from None
    return [line.strip() for line in LINE_END.split(text)]


def _guess(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ", but it looks like UTF-16"
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    return ", but it may be GB18030 (GBK)"
