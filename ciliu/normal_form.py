"""The normal form of a text: made here, once, and nowhere else.

A text goes through the rules in the order of ``RULES``, and again while a rule that may make work for another one
changed it: so the form of a form is itself. ``docs/stages/articles.md`` has the table with an example for each rule.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from html.entities import html5

LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
SPACES = re.compile("[\t\x1f\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
KEPT_FULL_WIDTH = "！（），：；？～．"  # Chinese is written with it; ．ends sentences in many texts
FULL_WIDTH = re.compile(
    "[" + "".join(chr(code) for code in range(0xFF01, 0xFF5F) if chr(code) not in KEPT_FULL_WIDTH) + "]"
    "|(?<=[0-9A-Za-z０-９Ａ-Ｚａ-ｚ])．(?=[0-9A-Za-z０-９Ａ-Ｚａ-ｚ])"
)
CONTROLS = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]"
)
# A character of the first kind, and what follows of others: no form of Unicode joins two such pieces.
PIECES = re.compile(r"[\0-\u02ff\u3400-\u9fff]?[^\0-\u02ff\u3400-\u9fff]+")
# Pages that were escaped ten times over are real, so ``&amp;amp;amp;lt;`` is one entity.
ENTITIES = re.compile(
    "&((?:(?:amp|#38|#[xX]26);)*)(?:#([0-9]{1,7})|#[xX]([0-9A-Fa-f]{1,6})|([A-Za-z][0-9A-Za-z]{1,31}));"
)
PRIVATE_USE = re.compile("[\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]")
URLS = re.compile(
    r"(?:(?:https?|ftp)://|(?<![0-9A-Za-z])www\.)[\w.~:/?#\[\]@!$&'()*+,;=%-]*[\w/~=&#%+-]", re.ASCII | re.IGNORECASE
)
EMAILS = re.compile(
    r"(?<![\w.%+-])[\w.%+-]{1,64}@(?:[0-9A-Za-z-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![0-9A-Za-z-])", re.ASCII
)
# Unicode's Emoji_Presentation; a flag, key cap, skin tone or sequence is some of these, one behind the other.
EMOJI = re.compile(
    "[⌚⌛⏩-⏬⏰⏳◽◾☔☕♈-♓♿⚓⚡⚪⚫⚽⚾⛄⛅⛎⛔⛪⛲⛳⛵⛺⛽✅✊✋✨❌❎❓-❕❗➕-➗➰➿⬛⬜⭐⭕\U0001f004\U0001f0cf\U0001f18e\U0001f191-\U0001f19a"
    "\U0001f1e6-\U0001f1ff\U0001f201\U0001f21a\U0001f22f\U0001f232-\U0001f236\U0001f238-\U0001f23a\U0001f250\U0001f251"
    "\U0001f300-\U0001f64f\U0001f680-\U0001f6ff\U0001f7e0-\U0001f7f0\U0001f900-\U0001f9ff\U0001fa70-\U0001faff"
    "\U000e0020-\U000e007f]|[0-9#*]\ufe0f?\u20e3|[©®‼⁉™ℹ\u2190-\u2bff〰〽㊗㊙\U0001f000-\U0001faff]?\ufe0f"
)
REPEATS = re.compile(r"([！？。，、；：～·!?,;~])\1+|([…—])\2{2,}|(\.)\3{3,}")
WRAPPED = 20  # characters of a line, at least: a shorter one may be a heading, or a line of a poem
HAN = "㐀-䶿一-鿿"
BEFORE_WRAP, AFTER_WRAP = re.compile(f"[{HAN}，、0-9A-Za-z,]"), re.compile(f"[{HAN}0-9A-Za-z]")

ROUNDS = 8  # real text takes at most three; entities that make entities could go on for millions

Changed = tuple[str, int]  # a text, and how often it was changed
CHANGES = ("normal_form", "removed", "added")  # how often each rule changed something; characters it removed, and added
Changes = dict[str, Counter[str]]  # of these what there is


def _sub(pattern: re.Pattern[str], to: str | Callable[[re.Match[str]], str]) -> Callable[[str], Changed]:
    return lambda text: pattern.subn(to, text)


def _compose(text: str) -> Changed:
    if unicodedata.is_normalized("NFC", text):
        return text, 0
    pieces = sum(not unicodedata.is_normalized("NFC", piece) for piece in PIECES.findall(text))
    return unicodedata.normalize("NFC", text), pieces


def _character(entity: re.Match[str]) -> str:
    """What an entity of HTML stands for; itself where that is nothing that may stand in a text."""
    ampersands, decimal, hexadecimal, name = entity.groups()
    itself = "&" + entity[0][len(ampersands) + 1 :]
    if name:
        return html5.get(f"{name};", itself)
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(code) if 0 < code < 0xD800 or 0xDFFF < code <= 0x10FFFF else itself


def _resolve(text: str) -> Changed:
    if "&" not in text:
        return text, 0
    times = sum(_character(match) != match[0] for match in ENTITIES.finditer(text))
    return (ENTITIES.sub(_character, text) if times else text), times


def _unwrap(text: str) -> Changed:
    """Lines of one paragraph as one line; letters and digits of two lines stay parted."""
    lines = text.split("\n")
    parts = [lines[0]]
    length = len(lines[0])  # of the line so far, with what was joined to it
    for line in lines[1:]:
        last, first = parts[-1][-1:], line[:1]
        if length >= WRAPPED and BEFORE_WRAP.match(last) and AFTER_WRAP.match(first):
            between = " " if last.isascii() and first.isascii() else ""
            length += len(between) + len(line)
        else:
            between, length = "\n", len(line)
        parts += [between, line]
    return "".join(parts), len(lines) - 1 - sum(part == "\n" for part in parts[1::2])


# In this order. Controls go first: what they part (a CR and its LF, a digit and its full stop) belongs together.
RULES: dict[str, Callable[[str], Changed]] = {
    "controls": _sub(CONTROLS, ""),
    "line_ends": _sub(LINE_ENDS, "\n"),
    "spaces": _sub(SPACES, " "),
    "full_width": _sub(FULL_WIDTH, lambda match: chr(ord(match[0]) - 0xFEE0)),
    "nfc": _compose,
    "entities": _resolve,
    "private_use": _sub(PRIVATE_USE, " "),
    "emails": _sub(EMAILS, " "),
    "urls": _sub(URLS, " "),
    "emoji": _sub(EMOJI, " "),
    "repeats": _sub(REPEATS, lambda match: {"…": "……", "—": "——", ".": "..."}.get(match[0][0], match[0][0])),
    "hard_wraps": _unwrap,
}
DEFAULT = ("controls", "line_ends", "spaces", "full_width", "nfc", "entities")
ONCE = frozenset({"controls", "line_ends", "spaces", "full_width"})  # what they make is no work for a rule before them


def choose(given: Iterable[str]) -> tuple[str, ...]:
    """The rules in their order: those of ``DEFAULT``, with the ``given`` ones, and without those named with a minus.

    Raises ``ValueError`` for a name that is no rule's.
    """
    chosen = set(DEFAULT)
    for name in given:
        rule = name.removeprefix("-")
        if rule not in RULES:
            raise ValueError(f"Articles.normal_form: {rule!r} is no rule; there is {', '.join(RULES)}")
        chosen = chosen - {rule} if name.startswith("-") else chosen | {rule}
    return tuple(rule for rule in RULES if rule in chosen)


def note(changes: Changes, rule: str, times: int, more: int) -> None:
    """Add to ``changes`` that ``rule`` changed a text so often, and that it has so many characters more now."""
    changes.setdefault("normal_form", Counter())[rule] += times
    if more:
        changes.setdefault("added" if more > 0 else "removed", Counter())[rule] += abs(more)


def apply(text: str, rules: Sequence[str] = DEFAULT) -> tuple[str, Changes]:
    """The normal form of ``text`` by ``rules``, and what each of them changed. Idempotent.

    Raises ``ValueError`` for a lone surrogate, which no encoding can write, and for entities nested too deep.
    """
    changes: Changes = {}
    if text.isascii() and text.isprintable() and "&" not in text and tuple(rules) == DEFAULT:
        return text, changes
    if re.search("[\ud800-\udfff]", text):
        raise ValueError("a lone surrogate, which is no character")
    for _ in range(ROUNDS):
        again = False
        for rule in rules:
            changed, times = RULES[rule](text)
            if times:
                note(changes, rule, times, len(changed) - len(text))
                text, again = changed, again or rule not in ONCE
        if not again:
            return text, changes
    raise ValueError(f"after {ROUNDS} rounds still not in normal form: entities within entities")


def normalize(text: str, rules: Sequence[str] = DEFAULT) -> tuple[str, dict[str, int]]:
    """``apply``, with how often each rule changed something alone."""
    normal, changes = apply(text, rules)
    return normal, dict(changes.get("normal_form", {}))
