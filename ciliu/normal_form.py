"""The normal form of a text: made here, once, and nowhere else.

| rule | what | example |
|---|---|---|
| line_ends | CR LF, CR, VT, FF, FS, GS, RS, NEL, U+2028, U+2029 become LF | ``一\\r\\n二`` -> ``一\\n二`` |
| spaces | TAB, NBSP, U+3000 and every other Unicode space become a space | ``\\u3000\\u3000本文`` -> ``  本文`` |
| full_width | full-width ASCII becomes ASCII, but for ！（），：；？～ and ． | ``Ｂ７３７－７００`` -> ``B737-700`` |
| controls | other controls, zero-width and direction marks, BOM are removed | ``微\\u200b信`` -> ``微信`` |

The punctuation that stays is the one Chinese is written with; ``．`` stays because in many texts it ends sentences,
except between two digits or Latin letters, where it becomes ``.`` (``３．１４`` -> ``3.14``).
"""

import re
from collections.abc import Callable

LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
SPACES = re.compile("[\t\x1f\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
KEPT_FULL_WIDTH = "！（），：；？～．"
FULL_WIDTH = re.compile(
    "[" + "".join(chr(code) for code in range(0xFF01, 0xFF5F) if chr(code) not in KEPT_FULL_WIDTH) + "]"
    "|(?<=[0-9A-Za-z０-９Ａ-Ｚａ-ｚ])．(?=[0-9A-Za-z０-９Ａ-Ｚａ-ｚ])"
)
CONTROLS = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]"
)

Rule = tuple[str, re.Pattern[str], str | Callable[[re.Match[str]], str]]

# Controls go first: what they part (a CR and its LF, a digit and its full stop) belongs together.
RULES: tuple[Rule, ...] = (
    ("controls", CONTROLS, ""),
    ("line_ends", LINE_ENDS, "\n"),
    ("spaces", SPACES, " "),
    ("full_width", FULL_WIDTH, lambda match: chr(ord(match[0]) - 0xFEE0)),
)


def normalize(text: str) -> tuple[str, dict[str, int]]:
    """The normal form of ``text``, and for each rule how often it changed something. Idempotent.

    Raises ``ValueError`` for a lone surrogate, which no encoding can write.
    """
    if text.isascii() and text.isprintable():
        return text, {}
    if re.search("[\ud800-\udfff]", text):
        raise ValueError("a lone surrogate, which is no character")
    changed = {}
    for name, pattern, replacement in RULES:
        text, times = pattern.subn(replacement, text)
        if times:
            changed[name] = times
    return text, changed
