"""What is kept whole whatever the dictionary says: an option outside jieba's own rules, off unless a file is given.

A file has a line each: words as they stand (``迈克尔·乔丹``, ``iPhone 12``), patterns behind ``re: `` (of Python),
comments behind ``# ``. Earlier patterns go first, words before patterns, a longer word before a shorter one.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

Span = tuple[int, int]  # start and end, in code points


class Protect:
    """Finds what is kept whole.

    >>> Protect(["iPhone 12"], ["#[^#\\\\n]+#"]).spans("用iPhone 12看#新闻#")
    [(1, 10), (11, 15)]
    """

    def __init__(self, words: Iterable[str], patterns: Sequence[str] = ()) -> None:
        """Raises ``re.error`` for a pattern that is none."""
        trie = make_trie(words)
        parts = ([to_pattern(trie)] if trie else []) + [f"(?:{pattern})" for pattern in patterns]
        self._pattern = re.compile("|".join(parts)) if parts else None

    @classmethod
    def read(cls, paths: Sequence[str | Path]) -> "Protect":
        """From files, in order. Raises ``ValueError`` with file and line, ``OSError`` if one is not there."""
        return cls(*read_rules(paths))

    def spans(self, text: str) -> list[Span]:
        """Where the text is kept whole: ascending, apart from each other, none empty or across a line end."""
        if self._pattern is None:
            return []
        found = (match.span() for match in self._pattern.finditer(text))
        return [(start, end) for start, end in found if end > start and "\n" not in text[start:end]]


def read_rules(paths: Sequence[str | Path]) -> tuple[list[str], list[str]]:
    """The words and the patterns of files, in order. Raises as ``Protect.read``."""
    words: list[str] = []
    patterns: list[str] = []
    for path in map(Path, paths):
        for number, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), start=1):
            rule = line.strip()
            if rule.startswith("re:"):
                patterns.append(check_pattern(rule[3:].strip(), f"{path}, line {number}"))
            elif rule and not rule.startswith("# "):
                words.append(rule)
    return words, patterns


def check_pattern(pattern: str, place: str) -> str:
    """``pattern``, if it is one. Raises ``ValueError`` with its place."""
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{place}: {pattern!r} is no regular expression: {error}") from None
    return pattern


def make_trie(words: Iterable[str]) -> dict[str, Any]:
    """Words by their characters; the key "" ends one."""
    trie: dict[str, Any] = {}
    for word in words:
        node = trie
        for character in word:
            node = node.setdefault(character, {})
        node[""] = {}
    return trie


def to_pattern(trie: dict[str, Any], before: str = "") -> str:
    """A regular expression for the words of a trie: the longest first, without trying them one by one.

    Next to a Latin letter or digit a word does not end in one: ``iPhone 12`` is not in ``iPhone 128``.
    """
    choices = []
    for character in sorted(trie, reverse=True):  # "" comes last: the longer word first
        if character:
            start = r"(?<![A-Za-z0-9])" if not before and _is_latin(character) else ""
            choices.append(start + re.escape(character) + to_pattern(trie[character], character))
        else:
            choices.append(r"(?![A-Za-z0-9])" if _is_latin(before) else "")
    return choices[0] if len(choices) == 1 else f"(?:{'|'.join(choices)})"


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()
