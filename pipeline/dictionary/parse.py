"""User dictionaries, read strictly: what jieba would misread in silence is an error with file, line and value.

A line is ``word [frequency [tag]]``, parted by tabs or spaces; ``# `` at its start makes it a comment (``#话题`` is a
word). UTF-8 with or without a mark, or UTF-16; lines end with LF, CR LF or CR. Where a line is no such thing but has a
tab, what stands before the tab is the word.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.plain_text import read_encoded

LONGEST = 100  # characters; jieba keeps every prefix of a word
LARGEST = (
    60_101_967  # the total of jieba's own dictionary: one word cannot be more frequent than all its words together
)

# A large list may have a flaw in a line of so many; a small one, which a person can mend, none.
LINES_A_FLAW = 1_000

# What jieba takes for a run in which words exist (jieba 0.42.1, re_han_default).
MATCHABLE = re.compile(r"[\u4E00-\u9FD5a-zA-Z0-9+#&._%-]+")

# Nearly all lines of large lists; they need no closer look.
PLAIN_LINE = re.compile(f"([^\\s,，#][^\\s,，]{{0,{LONGEST - 1}}})(?:[ \\t]([0-9]{{1,7}}))?").fullmatch

# file, line, word, kind, reason: what is said of a line, for people and for ``report/warnings.jsonl``.
Finding = dict[str, object]


class Entry(NamedTuple):
    """One word of a dictionary: its frequency if the line has one, and where it stands."""

    word: str
    frequency: int | None
    file: str
    line: int

    @property
    def place(self) -> str:
        return f"{self.file}, line {self.line}"


def read_entries(path: Path) -> list[Entry]:
    """The entries of a file, in order. Raises ``ValueError`` with file, line and value for what is none."""
    return read_file(path)[0]


def read_file(path: Path) -> tuple[list[Entry], list[Finding]]:
    """The entries of a file in order, and what was odd: its encoding, a few lines of a large list.

    Raises ``ValueError`` for the first flawed line, unless the file has ``LINES_A_FLAW`` good ones for each.
    """
    entries, findings = parse_file(path)
    flaws = [finding for finding in findings if finding["kind"] != "encoding"]
    if len(flaws) * LINES_A_FLAW > len(entries):
        more = f"; so it is with {len(flaws) - 1:,} more lines" if len(flaws) > 1 else ""
        raise ValueError(f"{path}, line {flaws[0]['line']}: {flaws[0]['reason']}{more}")
    return entries, findings


def parse_file(path: Path) -> tuple[list[Entry], list[Finding]]:
    """``read_file`` that gives back all flaws. Raises ``ValueError`` for a file in another encoding alone.

    Kinds: ``encoding``; ``unreadable``, a line without an entry; ``no frequency``, a word whose number is none.
    """
    lines, encoding = read_encoded(path)
    file = str(path)
    entries: list[Entry] = []
    findings: list[Finding] = []
    if encoding != "UTF-8":
        findings.append(_finding(file, 1, "", "encoding", f"read as {encoding}; jieba itself reads UTF-8 alone"))
    for number, line in enumerate(lines, start=1):
        entry, problem = parse_line(line, file, number)
        if entry:
            entries.append(entry)
        if problem:
            kind, word = ("no frequency", entry.word) if entry else ("unreadable", "")
            findings.append(_finding(file, number, word, kind, f"{problem} (the line is {line!r:.100})"))
    return entries, findings


def _finding(file: str, line: int, word: str, kind: str, reason: str) -> Finding:
    return {"file": file, "line": line, "word": word, "kind": kind, "reason": reason}


def parse_line(line: str, file: str, number: int) -> tuple[Entry | None, str | None]:
    """The entry of a line, and what is wrong with it. Neither for an empty line or a comment.

    Both where a tab says which part is the word and only the rest makes no sense: the entry has no frequency then.
    """
    plain = PLAIN_LINE(line)
    if plain and plain[1].isprintable():
        return Entry(plain[1], int(plain[2]) if plain[2] else None, file, number), None
    word, *rest = line.split() or ["#"]
    if word == "#":
        return None, None
    problem = find_word_problem(word, table=False) or find_rest_problem(word, rest)
    if problem and "\t" in line:
        word, *rest = (part.strip() for part in line.split("\t", 1))
        rest = rest[0].split()
        if wrong := find_word_problem(word, table=True):
            return None, wrong
        problem = find_rest_problem(word, rest, table=True)
        if problem:
            return Entry(word, None, file, number), problem
    if problem:
        return None, problem
    frequency = int(rest[0]) if rest and rest[0].isdigit() else None
    return Entry(word, frequency, file, number), None


def find_word_problem(word: str, *, table: bool) -> str | None:
    """Why this is no word, or None. ``table``: a tab parts it from what follows, so a comma is not taken for one."""
    if len(word) > LONGEST:
        return f"a word of {len(word):,} characters; {LONGEST} is the limit"
    if not word.isprintable() or (not table and ("," in word or "，" in word)):
        return f"{word!r} is no word: fields are parted by tabs or spaces, and a word has no comma or control in it"
    return None


def find_rest_problem(word: str, rest: Sequence[str], *, table: bool = False) -> str | None:
    """Why the fields behind the word are no frequency and tag, or None."""
    if not rest:
        return None
    if re.fullmatch("[0-9]{1,18}", rest[0]):
        if int(rest[0]) > LARGEST:
            return f"the frequency {rest[0]} is above {LARGEST:,}, the total of jieba's own dictionary"
        rest = rest[1:]
    elif all(re.fullmatch("[a-zü:]{1,7}[0-5]", field) for field in rest):
        return f"{' '.join(rest)!r} is pinyin, no frequency; a dictionary has the words alone"
    elif re.search(r"\d", rest[0]):
        return f"{rest[0]!r} is no frequency: a whole number from 0"
    elif word.isascii() and not table:
        return f"is {rest[0]!r} a tag, or part of the word? A word has no space in it; write a frequency before a tag"
    if len(rest) > 1 or (rest and not re.fullmatch("[A-Za-z]{1,8}", rest[0])):
        return f"{' '.join(rest)!r} is no tag: up to 8 Latin letters; a word has no space in it"
    return None


def find_warnings(entries: Sequence[Entry], *, suggest: bool = False) -> list[Finding]:
    """Entries that are kept but will not do what their author expects: file, line, word and why.

    ``suggest``: the numbers are not taken, so a frequency of 0 does no harm.
    """
    seen: dict[str, Entry] = {}
    warnings: list[Finding] = []
    for entry in entries:
        first = seen.setdefault(entry.word, entry)
        if not MATCHABLE.fullmatch(entry.word):
            kind, reason = "never matches", explain_mismatch(entry.word)
        elif first is not entry:
            kind, reason = "stands twice", f"also {first.place}; the later one counts"
        elif entry.frequency == 0 and not suggest:
            kind, reason = "frequency 0", "the word is never cut out"
        else:
            continue
        warnings.append(_finding(entry.file, entry.line, entry.word, kind, reason))
    return warnings


def explain_mismatch(word: str) -> str:
    """Why jieba can never cut out a word that ``MATCHABLE`` does not match whole."""
    strange = "".join(sorted({character for character in word if not MATCHABLE.match(character)}))
    reason = f"jieba never joins {strange!r} with other characters"
    half_width = "".join(chr(ord(character) - 0xFEE0) if "！" <= character <= "～" else character for character in word)
    if half_width != word and MATCHABLE.fullmatch(half_width):
        return f"{reason}: full width; write {half_width!r}, as the articles have it"
    if " " in strange:
        return f"{reason}: a space parts words"
    if max(strange) > "\uffff":
        return f"{reason}: beyond the basic plane (U+{ord(max(strange)):X})"
    return reason
