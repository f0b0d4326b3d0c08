"""What is wrong with user dictionaries, line by line: entries without effect, and lines that jieba reads otherwise."""

import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ciliu import Segmenter
from ciliu.engine_jieba import read_jieba_dictionary
from pipeline.dictionary import compile_entries, write
from pipeline.dictionary.parse import MATCHABLE, Entry, Finding, find_warnings, parse_file
from pipeline.plain_text import guess_encoding

# What makes a dictionary do something else than its author expects; what is good to know.
WARNINGS = ("unreadable", "no frequency", "never matches", "never wins", "stands twice", "frequency too large")
NOTES = ("encoding", "frequency 0", "already there", "jieba misreads")

COMMONEST = 883_634  # frequency of 了, jieba's most frequent word

USER_LINE = re.compile("^(.+?)( [0-9]+)?( [a-z]+)?$")  # jieba 0.42.1, re_userdict


def lint(files: Sequence[Path], *, suggest: bool) -> tuple[list[Finding], int]:
    """What there is to say of ``files`` in their order, compiled together as the stage Dictionary does; file by file
    and line by line. Beside it the number of entries.

    A finding has ``file``, ``line``, ``word``, ``kind`` (of ``WARNINGS`` or ``NOTES``), ``level`` (``warning``,
    ``note``) and ``reason``; one of ``never wins`` also ``frequency``, ``cut`` and ``needed``, one of ``already
    there`` also ``frequency`` and ``jieba``.

    ``suggest``: the numbers in the files are not taken. Raises ``ValueError`` for a file that is no text.
    """
    parsed = {path: parse_file(path) for path in files}
    entries = [entry for found, _ in parsed.values() for entry in found]
    findings = [finding for _, odd in parsed.values() for finding in odd]
    findings += find_warnings(entries, suggest=suggest)
    findings += find_known(entries, suggest=suggest)
    if not suggest:
        findings += find_too_large(entries)
    findings += find_losers(entries, suggest=suggest)
    for path, (found, _) in parsed.items():
        findings += find_misread(path, found)
    place = {str(path): number for number, path in enumerate(files)}
    findings.sort(key=lambda finding: (place[str(finding["file"])], finding["line"]))
    _set_levels(findings)
    return findings, len(entries)


def _set_levels(findings: Sequence[Finding]) -> None:
    removing = {(finding["file"], finding["line"]) for finding in findings if finding["kind"] == "already there"}
    for finding in findings:
        kind = finding["kind"]
        if kind == "frequency 0" and (finding["file"], finding["line"]) not in removing:
            finding["reason"] = f"{finding['reason']}, and no dictionary had it: is 0 a count of something else?"
            finding["level"] = "warning"
        else:
            finding["level"] = "warning" if kind in WARNINGS else "note"


def _finding(entry: Entry, kind: str, reason: str, **more: object) -> Finding:
    return {"file": entry.file, "line": entry.line, "word": entry.word, "kind": kind, "reason": reason, **more}


def find_known(entries: Sequence[Entry], *, suggest: bool) -> Iterator[Finding]:
    """Words that jieba's own dictionary has."""
    known = dict(read_jieba_dictionary()[0])
    for entry in entries:
        count = known.get(entry.word, 0)
        if count:
            given = None if suggest else entry.frequency
            now = "removed" if given == 0 else "jieba's suggestion here" if given is None else f"{given:,} here"
            reason = f"frequency {count:,} in jieba's own dictionary, {now}"
            yield _finding(entry, "already there", reason, frequency=given, jieba=count)


def find_too_large(entries: Sequence[Entry]) -> Iterator[Finding]:
    """Words made more frequent than any of jieba's."""
    for entry in entries:
        if (entry.frequency or 0) > COMMONEST and MATCHABLE.fullmatch(entry.word):
            reason = f"{entry.frequency:,} is above {COMMONEST:,} (了, jieba's commonest word): it breaks up words"
            yield _finding(entry, "frequency too large", reason, frequency=entry.frequency)


def find_losers(entries: Sequence[Entry], *, suggest: bool) -> Iterator[Finding]:
    """Words that do not come out whole even alone, HMM off, when all entries are compiled."""
    tokenizer, force_split = compile_entries(entries, suggest=suggest)
    frequencies = tokenizer.FREQ
    last = {entry.word: entry for entry in entries if frequencies.get(entry.word)}
    for entry, line in zip(last.values(), _cut_alone(list(last), tokenizer, force_split), strict=True):
        if " " in line and MATCHABLE.fullmatch(entry.word):
            frequency, needed = frequencies[entry.word], tokenizer.suggest_freq(entry.word)
            reason = f"frequency {frequency:,} is too small: alone it is cut {line.replace(' ', ' / ')}"
            reason += f"; {needed:,} would keep it whole" if needed > frequency else ""
            yield _finding(entry, "never wins", reason, frequency=frequency, cut=line.split(" "), needed=needed)


def _cut_alone(words: list[str], tokenizer: Any, force_split: Sequence[str]) -> list[str]:
    """Each of ``words`` cut by itself, a space between the pieces: all in one call, a call a word takes long."""
    if not words:
        return []
    with tempfile.TemporaryDirectory() as folder:
        counts = [(word, count) for word, count in tokenizer.FREQ.items() if count]
        write(Path(folder), counts, tokenizer.total, force_split)
        return Segmenter(folder).cut_lines("\n".join(words).encode("utf-8")).decode("utf-8").split("\n")


def find_misread(path: Path, entries: Sequence[Entry]) -> Iterator[Finding]:
    """Lines of which jieba's own ``load_userdict`` makes another word or frequency than Ciliu, or none."""
    raw = path.read_bytes()
    if guess_encoding(raw) != "UTF-8":
        return  # it can read none of them; the finding ``encoding`` tells
    ours = {entry.line: entry for entry in entries}
    if b"\r" in raw.replace(b"\r\n", b""):
        several = "a CR alone ends no line for jieba: it takes several lines for one word"
        yield _finding(Entry("", None, str(path), 1), "jieba misreads", several)
        return
    comments: list[int] = []
    for number, line in enumerate(raw.split(b"\n"), start=1):
        text = line.strip().decode("utf-8").lstrip("\ufeff")
        entry = ours.get(number)
        if not entry and text.split()[:1] == ["#"]:
            comments.append(number)
        elif text and not _is_plain(text, entry) and (reason := _compare(text, entry)):
            yield _finding(entry or Entry("", None, str(path), number), "jieba misreads", reason)
    if comments:
        more = f", and of {len(comments) - 1:,} more" if len(comments) > 1 else ""
        reason = f"jieba has no comments: it makes a word of this one{more}"
        yield _finding(Entry("", None, str(path), comments[0]), "jieba misreads", reason)


def _is_plain(line: str, entry: Entry | None) -> bool:
    """Whether a line is just ``word`` or ``word frequency``: nearly all are, and jieba reads those as we do."""
    return entry is not None and line == (entry.word if entry.frequency is None else f"{entry.word} {entry.frequency}")


def _compare(line: str, entry: Entry | None) -> str | None:
    """What jieba makes of a line, where that is not what the entry says."""
    match = USER_LINE.match(line)
    if not match:
        return None
    word, frequency = match[1], match[2]
    number = int(frequency) if frequency else None
    if entry and (word, number) == (entry.word, entry.frequency):
        return None
    return f"jieba makes of it the word {word!r}" + (f" with frequency {number:,}" if frequency else "")
