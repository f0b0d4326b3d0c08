"""The engine ``jieba``: jieba 0.42.1 itself, over frequencies that were fixed once.

The reference in tests, and what cuts where the native core was not built."""

import logging
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any


def import_jieba() -> Any:
    """jieba, without the SyntaxWarnings of its source on Python 3.12 and its DEBUG lines on standard error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba
        import jieba.finalseg
    jieba.setLogLevel(logging.WARNING)
    return jieba


def make_tokenizer(words: Iterable[tuple[str, int]], total: int) -> Any:
    """A ``jieba.Tokenizer`` with exactly these frequencies, and no cache in the temporary directory.

    jieba keeps every prefix of a word with frequency 0; ``total`` is given because jieba counts an overwritten
    word twice.
    """
    tokenizer = import_jieba().Tokenizer()
    frequencies = dict(words)
    for word in list(frequencies):
        for end in range(1, len(word)):
            frequencies.setdefault(word[:end], 0)
    tokenizer.FREQ, tokenizer.total, tokenizer.initialized = frequencies, total, True
    return tokenizer


def read_jieba_dictionary() -> tuple[list[tuple[str, int]], int]:
    """Words and frequencies of jieba's ``dict.txt``, and the total as jieba counts it: a repeated word twice."""
    from importlib.metadata import distribution  # a tenth of the time that ``import ciliu`` would take

    words = {}
    total = 0
    path = Path(str(distribution("jieba").locate_file("jieba/dict.txt")))
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            word, frequency = line.split(" ")[:2]
            words[word] = int(frequency)
            total += int(frequency)
    return list(words.items()), total


class JiebaEngine:
    """``jieba.Tokenizer`` behind the methods that the native core has too."""

    name = "jieba"

    def __init__(self, words: Iterable[tuple[str, int]], total: int, force_split: Iterable[str]) -> None:
        """``force_split``: the words that jieba's ``add_word`` was given with frequency 0."""
        self.tokenizer = make_tokenizer(words, max(total, 1))  # jieba takes the logarithm; an empty dictionary has 0
        self._force_split = set(force_split)
        self._finalseg = import_jieba().finalseg

    def lcut(self, text: str, HMM: bool) -> list[str]:
        """jieba's ``lcut``."""
        return self._with_force_split(self.tokenizer.lcut, text, HMM=HMM)

    def lcut_all(self, text: str) -> list[str]:
        """jieba's ``lcut(text, cut_all=True)``."""
        return self._with_force_split(self.tokenizer.lcut, text, cut_all=True)

    def lcut_for_search(self, text: str, HMM: bool) -> list[str]:
        """jieba's ``lcut_for_search``."""
        return self._with_force_split(self.tokenizer.lcut_for_search, text, HMM=HMM)

    def has(self, word: str) -> bool:
        """Whether the dictionary has ``word``, with a frequency above 0."""
        return bool(self.tokenizer.FREQ.get(word))

    def cut_lines(self, data: bytes, separator: bytes, HMM: bool) -> bytes:
        """The lines of ``data`` (LF ends one), the words of each with ``separator`` between them."""
        lines = data.decode("utf-8").split("\n")
        between = separator.decode("utf-8")
        return "\n".join(between.join(self.lcut(line, HMM)) for line in lines).encode("utf-8")

    def _with_force_split(self, method: Callable[..., list[str]], *arguments: Any, **options: Any) -> list[str]:
        before = self._finalseg.Force_Split_Words  # one set for the whole process, whatever the tokenizer
        self._finalseg.Force_Split_Words = self._force_split
        try:
            return method(*arguments, **options)
        finally:
            self._finalseg.Force_Split_Words = before
