"""What the characters of a text say about it: their shares, and signs of likely trouble."""

import re
from collections import Counter
from functools import cache

from pipeline.articles.encodings import FREQUENT

CLASSES = {
    "Han": re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"),
    "Latin": re.compile("[A-Za-zＡ-Ｚａ-ｚ\u00c0-\u024f]"),
    "digits": re.compile("[0-9０-９]"),
    "white space": re.compile(r"\s"),
    "controls": re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"),
    "private use": re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]"),
}
HTML = re.compile(
    r"</?(?:p|div|br|span|a|img|table|tr|td|li|ul|script|style|h[1-6])\b[^<>]{0,300}>|&(?:nbsp|lt|gt|quot);", re.I
)
REPLACED = re.compile("\ufffd|锟斤拷|烫烫烫|屯屯屯")  # what other programs put where bytes were no character

START = 2_000  # characters in which mojibake is looked for
# (read as, was): UTF-8 and GB18030 read as each other or as a Western encoding.
MISREAD = (("gb18030", "utf-8"), ("latin-1", "utf-8"), ("cp1252", "utf-8"), ("latin-1", "gb18030"), ("big5", "gb18030"))


def shares(texts: list[str]) -> dict[str, float]:
    """The share of each class among the characters; ``traditional`` is a share of Han."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts["all"] += len(text)
        counts.update({name: len(pattern.findall(text)) for name, pattern in CLASSES.items()})
        counts["traditional"] += sum(times for sign, times in Counter(text).items() if _is_traditional(sign))
    found = {name: counts[name] / (counts["all"] or 1) for name in CLASSES}
    return {**found, "traditional": counts["traditional"] / (counts["Han"] or 1)}


@cache
def _is_traditional(character: str) -> bool:
    """Whether Big5 has it and GB2312, the set of simplified characters, has not."""
    return bool(CLASSES["Han"].match(character)) and _has("big5", character) and not _has("gb2312", character)


def _has(encoding: str, character: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def trouble(text: str) -> list[str]:
    """What is likely wrong with a text; empty: nothing."""
    found = []
    if misread := mojibake(text):
        found.append(f"mojibake: {misread}")
    if REPLACED.search(text):
        found.append("replacement characters")
    if len(HTML.findall(text)) > 1:
        found.append("HTML in the text")
    if CLASSES["private use"].search(text):
        found.append("private-use characters")
    if len(CLASSES["controls"].findall(text)) > len(text) / 1000:
        found.append("control or zero-width characters")
    return found


def mojibake(text: str) -> str | None:
    """``"utf-8 read as gb18030"`` where the text's characters, written in the one and read in the other, are frequent
    Chinese ones four times as often as they are now."""
    start = text[:START]
    now = _frequent(start)
    for wrong, right in MISREAD:
        share = _frequent(start.encode(wrong, "ignore").decode(right, "ignore"))
        if share > 0.2 and share > 4 * now:
            return f"{right} read as {wrong}"
    return None


def _frequent(text: str) -> float:
    foreign = [character for character in text if character > "\x7f"]
    return sum(character in FREQUENT for character in foreign) / len(foreign) if len(foreign) > 9 else 0.0
