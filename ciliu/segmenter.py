"""Text in, words out: jieba's algorithm over a dictionary that was fixed once.

The engine is jieba 0.42.1 itself. A compiled dictionary is a folder with ``dictionary.tsv`` (word, TAB, frequency) and
``dictionary.json`` (``total``, ``force_split``), as the stage Dictionary writes it.
"""

import json
import logging
import warnings
from collections.abc import Iterable
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


class Segmenter:
    """Cuts text as jieba does with a compiled dictionary.

    >>> Segmenter(folder).lcut("北京大学生前来应聘")   # doctest: +SKIP
    ['北京', '大学生', '前来', '应聘']
    """

    def __init__(self, dictionary: str | Path) -> None:
        """``dictionary`` is the folder of a compiled dictionary. Raises ``OSError`` if it is not there."""
        folder = Path(dictionary)
        facts = json.loads((folder / "dictionary.json").read_bytes())
        with (folder / "dictionary.tsv").open(encoding="utf-8", newline="\n") as file:
            words = [(word, int(frequency)) for word, frequency in (line.rstrip("\n").split("\t") for line in file)]
        self._tokenizer = make_tokenizer(words, facts["total"])
        self._force_split = set(facts["force_split"])
        self._finalseg = import_jieba().finalseg

    def lcut(self, text: str, HMM: bool = False) -> list[str]:
        """The words of ``text``; joined they give ``text`` again. ``HMM`` also guesses words of unknown characters."""
        before = self._finalseg.Force_Split_Words  # one set for the whole process, whatever the tokenizer
        self._finalseg.Force_Split_Words = self._force_split
        try:
            words: list[str] = self._tokenizer.lcut(text, HMM=HMM)
        finally:
            self._finalseg.Force_Split_Words = before
        return words
