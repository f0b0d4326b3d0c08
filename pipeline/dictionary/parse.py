"""User dictionaries, read strictly: what jieba would misread in silence is an error with file, line and value.

A line is ``word [frequency [tag]]``, parted by tabs or spaces; ``# `` at its start makes it a comment (``#话题`` is a
word). UTF-8 with or without a mark; lines end with LF, CR LF or CR.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from pipeline.plain_text import read_lines

LONGEST = 100  # characters; jieba keeps every prefix of a word
LARGEST = (
    60_101_967  # the total of jieba's own dictionary: one word cannot be more frequent than all its words together
)

# What jieba takes for a run in which words exist (jieba 0.42.1, re_han_default).
MATCHABLE = re.compile(r"[\u4E00-\u9FD5a-zA-Z0-9+#&._%-]+")


@dataclass(frozen=True)
class Entry:
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
    entries = (parse_line(line, str(path), number) for number, line in enumerate(read_lines(path), start=1))
    return [entry for entry in entries if entry]


def parse_line(line: str, file: str, number: int) -> Entry | None:
    """The entry of a line; None for an empty line or a comment. Raises ``ValueError``."""
    fields = line.split()
    if not fields or fields[0] == "#":
        return None
    problem = find_problem(fields)
    if problem:
        raise ValueError(f"{file}, line {number}: {problem} (the line is {line!r:.100})")
    frequency = int(fields[1]) if len(fields) > 1 and fields[1].isdigit() else None
    return Entry(fields[0], frequency, file, number)


def find_problem(fields: list[str]) -> str | None:
    """Why the fields of a line are no entry, or None."""
    word, *rest = fields
    if len(word) > LONGEST:
        return f"a word of {len(word):,} characters; {LONGEST} is the limit"
    if "," in word or "，" in word or not word.isprintable():
        return f"{word!r} is no word: fields are parted by tabs or spaces, and a word has no comma or control in it"
    if not rest:
        return None
    if re.fullmatch("[0-9]{1,18}", rest[0]):
        if int(rest[0]) > LARGEST:
            return f"the frequency {rest[0]} is above {LARGEST:,}, the total of jieba's own dictionary"
        rest = rest[1:]
    elif re.search(r"\d", rest[0]):
        return f"{rest[0]!r} is no frequency: a whole number from 0"
    elif word.isascii():
        return f"is {rest[0]!r} a tag, or part of the word? A word has no space in it; write a frequency before a tag"
    if len(rest) > 1 or (rest and not re.fullmatch("[A-Za-z]{1,8}", rest[0])):
        return f"{' '.join(rest)!r} is no tag: up to 8 Latin letters; a word has no space in it"
    return None


def find_warnings(entries: list[Entry], *, suggest: bool = False) -> list[dict[str, object]]:
    """Entries that are kept but will not do what their author expects: file, line, word and why.

    ``suggest``: the numbers are not taken, so a frequency of 0 does no harm.
    """
    seen: dict[str, Entry] = {}
    warnings: list[dict[str, object]] = []
    for entry in entries:
        first = seen.setdefault(entry.word, entry)
        if not MATCHABLE.fullmatch(entry.word):
            strange = "".join(sorted({character for character in entry.word if not MATCHABLE.match(character)}))
            kind, reason = "never matches", f"jieba never joins {strange!r} with other characters"
        elif first is not entry:
            kind, reason = "stands twice", f"also {first.place}; the later one counts"
        elif entry.frequency == 0 and not suggest:
            kind, reason = "frequency 0", "the word is never cut out"
        else:
            continue
        warnings.append({"file": entry.file, "line": entry.line, "word": entry.word, "kind": kind, "reason": reason})
    return warnings
