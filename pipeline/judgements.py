"""Judgements: what people said of words, one a line in a plain file that version control merges line by line.

    word TAB verdict TAB frequency TAB kind TAB reason TAB date TAB corpus TAB times

Sorted by word. ``verdict``: accept, reject or later; ``frequency``: a whole number, or - (jieba suggests one);
``corpus``: the first 12 digits of Dedup's key; ``times``: how often the word stood there. Lines that begin with # are
comments. Where two people judged a word, both lines may stay: the later date counts, and of one date the last line.
"""

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.dictionary.parse import LARGEST, MATCHABLE
from pipeline.plain_text import read_lines
from pipeline.publish import write_file

VERDICTS = ("accept", "reject", "later")
GROWTH = 10  # a rejected word is proposed again once it stands so many times as often
FILE = "judgements.tsv"
HEAD = "# word\tverdict\tfrequency\tkind\treason\tdate\tcorpus\ttimes   (docs/words.md)"
NONE = "-"


class Judgement(NamedTuple):
    """A line of the file."""

    word: str
    verdict: str
    frequency: int | None = None
    kind: str = ""
    reason: str = ""
    date: str = ""
    corpus: str = ""
    times: int = 0


Judgements = dict[str, Judgement]


def read(path: Path) -> Judgements:
    """The judgements by word; none where there is no file. Raises ``ValueError`` with file, line and value."""
    found: Judgements = {}
    for number, line in enumerate(read_lines(path) if path.exists() else [], start=1):
        if line and not line.startswith("#"):
            try:
                judgement = parse(line.split("\t"))
            except ValueError as error:
                raise ValueError(f"{path}, line {number}: {error}") from None
            earlier = found.get(judgement.word)
            if earlier is None or earlier.date <= judgement.date:
                found[judgement.word] = judgement
    return found


def parse(fields: list[str]) -> Judgement:
    """A judgement out of its fields; those from the third on may be missing. Raises ``ValueError`` with the value."""
    if not 2 <= len(fields) <= len(Judgement._fields):
        raise ValueError(f"{len(fields)} fields, parted by tabs; there are {', '.join(Judgement._fields)}")
    word, verdict, frequency, kind, reason, date, corpus, times = (
        field.strip() for field in [*fields, *[""] * (len(Judgement._fields) - len(fields))]
    )
    return check(Judgement(word, verdict, _number(frequency), kind, reason, date, corpus, _number(times) or 0))


def _number(text: str) -> int | None:
    if text in ("", NONE):
        return None
    if not re.fullmatch("[0-9]{1,18}", text):
        raise ValueError(f"{text!r} is no whole number")
    return int(text)


def check(judgement: Judgement) -> Judgement:
    """The judgement itself. Raises ``ValueError`` for one that no dictionary could hold."""
    if judgement.verdict not in VERDICTS:
        raise ValueError(f"verdict {judgement.verdict!r}: one of {', '.join(VERDICTS)}")
    if not MATCHABLE.fullmatch(judgement.word):
        raise ValueError(f"{judgement.word!r} is no word that jieba can cut out")
    if judgement.frequency is not None and not 0 < judgement.frequency <= LARGEST:
        raise ValueError(f"frequency {judgement.frequency}: from 1 to {LARGEST:,}, or {NONE}")
    if judgement.date and not re.fullmatch(r"\d{4}-\d\d-\d\d", judgement.date):
        raise ValueError(f"date {judgement.date!r}: as 2024-05-31")
    for text in (judgement.kind, judgement.reason, judgement.corpus):
        if not text.isprintable():
            raise ValueError(f"{text!r} has a tab or a line end in it")
    return judgement


def write(path: Path, judgements: Mapping[str, Judgement]) -> None:
    """Replace the file by the judgements, sorted; comments at its head stay."""
    head = [HEAD]
    if path.exists():
        lines = read_lines(path)
        head = lines[: next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))] or head
    lines = ["\t".join(_fields(judgements[word])) for word in sorted(judgements)]
    write_file(path, "".join(f"{line}\n" for line in [*head, *lines]).encode("utf-8"))


def _fields(judgement: Judgement) -> list[str]:
    return [NONE if value is None else str(value) for value in judgement]


def judge(judgements: Judgements, new: Iterable[Judgement]) -> Judgements:
    """The judgements with ``new`` ones, dated today where they are not. Raises ``ValueError`` for a bad one."""
    today = datetime.date.today().isoformat()
    return judgements | {one.word: check(one._replace(date=one.date or today)) for one in new}


def is_open(judgement: Judgement | None, times: int) -> bool:
    """Whether a word that stands ``times`` times is to be judged: it was not, or put off, or it was rejected when it
    stood a tenth as often or less."""
    if judgement is None or judgement.verdict == "later":
        return True
    return judgement.verdict == "reject" and grew(judgement, times)


def grew(judgement: Judgement, times: int) -> bool:
    """Whether a judged word stands ``GROWTH`` times as often now."""
    return 0 < judgement.times * GROWTH <= times


def dictionary_lines(judgements: Mapping[str, Judgement]) -> str:
    """The accepted words as a user dictionary, sorted: nothing of the rest shows, so a date or a rejection changes no
    byte."""
    accepted = [judgements[word] for word in sorted(judgements) if judgements[word].verdict == "accept"]
    return "".join(f"{one.word}{f' {one.frequency}' if one.frequency else ''}\n" for one in accepted)


def propose(candidates: Iterable[dict[str, Any]], judgements: Mapping[str, Judgement]) -> Iterator[dict[str, Any]]:
    """The candidates that are to be judged, in their order; ``again`` says why one that was judged is among them."""
    for candidate in candidates:
        judgement = judgements.get(candidate["word"])
        if is_open(judgement, candidate["count"]):
            yield {**candidate, "again": explain_again(judgement, candidate["count"])}


def explain_again(judgement: Judgement | None, times: int) -> str:
    """Why a judged word is proposed again; empty for one that was not judged."""
    if judgement is None:
        return ""
    reason = f": {judgement.reason}" if judgement.reason else ""
    if judgement.verdict == "later":
        return f"put off on {judgement.date}{reason}"
    return (
        f"rejected on {judgement.date}, when it stood {judgement.times:,} times{reason}; now it stands {times:,} times"
    )
