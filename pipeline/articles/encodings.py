"""The encoding of a source: its mark (BOM), what the parameter says, or what ``auto`` decides."""

import codecs
from itertools import pairwise

NAMES = {"utf-8": "UTF-8", "gb18030": "GB18030", "big5": "Big5", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}
MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}

SAMPLE = 256 << 10  # bytes that ``auto`` looks at
CONFIDENCE = 0.9  # below it ``auto`` refuses
SHARE = 0.1  # of the characters beyond ASCII are to be frequent ones; in real Chinese it is about a half

# Chinese is recognised by its frequent characters, simplified and traditional, and its punctuation: in a wrong
# encoding the same bytes are rare characters.
FREQUENT = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所"
    "然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日者意无力它与长"
    "把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应向头文体政美相见被利什二等产或新己制身"
    "果加月话合回特代内信表化老给世位次度门任常先海通教原东提立及比员解水名真论处走义各入几口认条平系气题活更别打"
    "這個們來為國說時會對過發後裡種經麼學現當沒動還進樣開從實無與長機關點業將兩間問並應頭體見產話員論處義幾認條氣"
    "題別變總電數報結東聲書門兒達權張該萬領確傳師觀讓識帶導爭運於著裏，。、：；？！“”《》（）「」"
)


class UnclearError(ValueError):
    """``auto`` cannot say which encoding it is."""


def mark_of(head: bytes) -> str | None:
    """The encoding that a mark at the start says, or None where there is no mark."""
    return next((encoding for mark, encoding in MARKS.items() if head.startswith(mark)), None)


def byte_order(head: bytes) -> str:
    """UTF-16 without a mark: little-endian, unless its zero bytes (of ASCII characters) say otherwise."""
    return "utf-16-be" if head[::2].count(0) > head[1::2].count(0) else "utf-16-le"


def detect(head: bytes) -> tuple[str, float]:
    """The encoding of a text by its start, and with which confidence (0.5 to 1).

    Valid UTF-8 is UTF-8. Else that encoding in which the largest share of the characters is frequent; the confidence is
    its share of the two best shares. Raises ``UnclearError`` below ``CONFIDENCE``.
    """
    if b"\0" not in head and _is_utf_8(head):
        return "utf-8", 1.0
    shares = sorted(((_frequent(head, encoding), encoding) for encoding in NAMES), reverse=True)
    (best, encoding), (second, _) = next(pairwise(shares))
    confidence = best / (best + second) if best else 0.0
    if confidence < CONFIDENCE or best < SHARE:
        raise UnclearError(
            f"its encoding is not clear: {NAMES[encoding]} with confidence {confidence:.2f}, below {CONFIDENCE:g}; "
            "give Articles.encoding"
        )
    return encoding, confidence


def _is_utf_8(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # the last character may be cut
    except UnicodeDecodeError:
        return False
    return True


def _frequent(head: bytes, encoding: str) -> float:
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head)
    foreign = [character for character in text if character > "\x7f"]
    return sum(character in FREQUENT for character in foreign) / (len(foreign) or 1)
