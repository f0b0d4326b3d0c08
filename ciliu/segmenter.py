"""Text in, words out: jieba's algorithm over a dictionary that was fixed once.

A compiled dictionary is a folder, as the stage Dictionary writes it: ``dictionary.tsv`` (word, TAB, frequency) and
``dictionary.json`` (``total``, ``force_split``) for people and for jieba, ``dictionary.bin`` for the native core.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from ciliu.engine_jieba import JiebaEngine, read_jieba_dictionary
from ciliu.engine_native import NativeEngine, compile_dictionary, import_native, map_dictionary
from ciliu.protect import Protect

ENGINES = ("auto", "native", "jieba")
TABLE = "dictionary.bin"  # made where there is a native core; without it, one is compiled in memory (0.3 s)


def choose_engine(engine: str = "auto") -> str:
    """``native`` or ``jieba``: what ``auto`` stands for here. Raises ``ValueError`` if it is not to be had."""
    if engine not in ENGINES:
        raise ValueError(f"engine {engine!r}: one of {', '.join(ENGINES)}")
    there = import_native() is not None
    if engine == "native" and not there:
        raise ValueError("engine native: the native core was not built; install a C compiler and install Ciliu again")
    return "native" if there and engine != "jieba" else "jieba"


class Segmenter:
    """Cuts text as jieba does with a compiled dictionary; the methods are those of ``jieba.Tokenizer``.

    One may be used by several threads; only ``cut_lines`` lets others run meanwhile.

    >>> Segmenter().lcut("北京大学生前来应聘")
    ['北京', '大学生', '前来', '应聘']
    """

    def __init__(
        self, dictionary: str | Path | None = None, engine: str = "auto", protect: Protect | None = None
    ) -> None:
        """``dictionary`` is the folder of a compiled dictionary; None: jieba's own. ``protect``: what is kept whole.

        ``engine``: ``native``, ``jieba`` (the same words, slower), or ``auto``: native where it was built.
        Raises ``OSError`` if the folder is not there, ``ValueError`` for a damaged or foreign file.
        """
        self._engine: NativeEngine | JiebaEngine
        self.protect = protect
        native = import_native() if choose_engine(engine) == "native" else None
        folder = None if dictionary is None else Path(dictionary)
        self._engine = _open_native(native, folder) if native else JiebaEngine(*read_words(folder))

    @property
    def engine(self) -> str:
        """``native`` or ``jieba``."""
        return self._engine.name

    @property
    def native(self) -> Any:
        """The native core's module. Raises ``AttributeError`` with the engine jieba."""
        return self._engine.native  # type: ignore[union-attr] # as it says

    @property
    def table(self) -> Any:
        """The native core's dictionary. Raises ``AttributeError`` with the engine jieba."""
        return self._engine.table  # type: ignore[union-attr] # as it says

    def lcut(self, text: str, cut_all: bool = False, HMM: bool = False) -> list[str]:
        """The words of ``text``; joined they give ``text`` again. ``HMM`` also guesses words of unknown characters
        (off, unlike jieba); ``cut_all`` gives every word of the dictionary, overlapping ones too."""
        if cut_all:
            return self._pieces(text, self._engine.lcut_all)
        return self._pieces(text, lambda piece: self._engine.lcut(piece, HMM))

    def engine_lcut(self, text: str, HMM: bool) -> list[str]:
        """``lcut`` by the engine alone, without ``protect``."""
        return self._engine.lcut(text, HMM)

    def _pieces(self, text: str, cut: Callable[[str], list[str]]) -> list[str]:
        """What is protected, each as one word, and the words between."""
        if self.protect is None:
            return cut(text)
        words, at = [], 0
        for start, end in self.protect.spans(text):
            words += [*cut(text[at:start]), text[start:end]] if start > at else [text[start:end]]
            at = end
        return words + cut(text[at:]) if at < len(text) or not words else words

    def cut(self, text: str, cut_all: bool = False, HMM: bool = False) -> Iterator[str]:
        """``lcut``, as an iterator."""
        return iter(self.lcut(text, cut_all, HMM))

    def lcut_for_search(self, text: str, HMM: bool = False) -> list[str]:
        """``lcut``, with the words of two and three characters within a longer word before it."""
        return self._pieces(text, lambda piece: self._engine.lcut_for_search(piece, HMM))

    def cut_for_search(self, text: str, HMM: bool = False) -> Iterator[str]:
        """``lcut_for_search``, as an iterator."""
        return iter(self.lcut_for_search(text, HMM))

    def batches(self, texts: Iterable[str], HMM: bool = False) -> Iterator[list[str]]:
        """The words of each text, in order."""
        return (self.lcut(text, HMM=HMM) for text in texts)

    def tokenize(self, text: str, mode: str = "default", HMM: bool = False) -> Iterator[tuple[str, int, int]]:
        """(word, start, end) in code points of ``text``; ``mode="search"`` as ``lcut_for_search``.

        Raises ``ValueError`` for another mode.
        """
        if mode not in ("default", "search"):
            raise ValueError(f"mode {mode!r}: default or search")
        start = 0
        whole = dict(self.protect.spans(text)) if self.protect else {}
        for word in self.lcut(text, HMM=HMM):
            if mode == "search" and len(word) > 2 and start not in whole:
                yield from self._grams(word, start)
            yield word, start, start + len(word)
            start += len(word)

    def _grams(self, word: str, start: int) -> Iterator[tuple[str, int, int]]:
        """The words of two, then of three characters within a longer one."""
        for size in range(2, min(4, len(word))):
            for at in range(len(word) - size + 1):
                gram = word[at : at + size]
                if self._engine.has(gram):
                    yield gram, start + at, start + at + size

    def __contains__(self, word: str) -> bool:
        """Whether the dictionary has ``word``, with a frequency above 0."""
        return self._engine.has(word)

    def cut_lines(self, data: bytes, separator: bytes = b" ", HMM: bool = False) -> bytes:
        """UTF-8 in, UTF-8 out: the lines of ``data`` (only LF ends one) with ``separator`` between the words of each.

        The fastest way, and other threads run meanwhile; with ``protect`` a line at a time. Raises
        ``UnicodeDecodeError`` with the offset of bytes that are not UTF-8, ``ValueError`` for a separator of more than
        8 bytes.
        """
        if len(separator) > 8:
            raise ValueError("a separator has at most 8 bytes")
        if self.protect is None:
            return self._engine.cut_lines(data, separator, HMM)
        lines = data.decode("utf-8").split("\n")
        return "\n".join(separator.decode("utf-8").join(self.lcut(line, HMM=HMM)) for line in lines).encode("utf-8")


def _open_native(native: ModuleType, folder: Path | None) -> NativeEngine:
    path = folder / TABLE if folder else None
    if path and path.exists():
        return NativeEngine(native, map_dictionary(path), str(path))
    words, total, force_split = read_words(folder)
    lines = "".join(f"{word}\t{frequency}\n" for word, frequency in words).encode("utf-8")
    return NativeEngine(native, compile_dictionary(lines, total, force_split), str(folder))


def read_words(folder: Path | None) -> tuple[list[tuple[str, int]], int, list[str]]:
    """Words with frequencies, total and the words that the HMM must split, of a compiled dictionary or jieba's own."""
    if folder is None:
        return *read_jieba_dictionary(), []
    facts = json.loads((folder / "dictionary.json").read_bytes())
    with (folder / "dictionary.tsv").open(encoding="utf-8", newline="\n") as file:
        words = [(word, int(frequency)) for word, frequency in (line.rstrip("\n").split("\t") for line in file)]
    return words, facts["total"], facts["force_split"]
