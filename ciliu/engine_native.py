"""The engine ``native``: jieba's algorithm in C over a compiled dictionary, one file that all processes map.

The format is that of ``native/table.h``: a head of 256 bytes with magic, version, byte order, size and the xxh3_128 of
what follows, then a double-array trie with finished weights, and the emissions of jieba's HMM.
"""

import array
import importlib
import mmap
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import xxhash

from ciliu.engine_jieba import import_jieba

SUM = slice(24, 40)  # where the head keeps the xxh3_128 of all bytes behind it
STATES = "BEMS"
HAN = range(0x4E00, 0x9FD6)
NEVER = -3.14e100  # finalseg's MIN_FLOAT

HMM_ON, SEARCH, ALL = 1, 2, 4  # modes of Table.lcut


def import_native() -> ModuleType | None:
    """The native core; None where it was not built."""
    try:
        return importlib.import_module("ciliu._native")
    except ImportError:
        return None


def compile_dictionary(words: bytes, total: int, force_split: Iterable[str]) -> bytes:
    """A compiled dictionary out of ``words`` (word, TAB, frequency, LF; UTF-8).

    Raises ``ValueError`` for what is no such list, and for words of more than 65,535 characters.
    """
    native = import_native()
    if native is None:
        raise RuntimeError("the native core of Ciliu was not built")
    forced = "\n".join(force_split).encode("utf-8", "surrogatepass")
    table = bytearray(native.build(words, total, forced, read_hmm()))
    table[SUM] = xxhash.xxh3_128_digest(memoryview(table)[SUM.stop :])
    return bytes(table)


def read_hmm() -> bytes:
    """jieba's HMM as doubles, states in the order B E M S: start (4), transition (4 × 4), emission (20,950 × 4)."""
    finalseg = import_jieba().finalseg
    values = array.array("d", (finalseg.start_P[state] for state in STATES))
    values.extend(finalseg.trans_P[before].get(state, NEVER) for before in STATES for state in STATES)
    emissions = [finalseg.emit_P[state] for state in STATES]
    values.extend(emission.get(chr(point), NEVER) for point in HAN for emission in emissions)
    return values.tobytes()


def map_dictionary(path: Path) -> Any:
    """The bytes of a compiled dictionary, mapped. Raises ``OSError``, or ``ValueError`` for a damaged file."""
    with path.open("rb") as file:
        try:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:
            raise ValueError(f"{path} is no compiled dictionary: it is empty") from None
    if mapped[:8] == b"CILIUDIC" and mapped[SUM] != xxhash.xxh3_128_digest(memoryview(mapped)[SUM.stop :]):
        raise ValueError(f"{path} is damaged: its bytes are not those that were written")
    return mapped


class NativeEngine:
    """``ciliu._native.Table`` behind the methods that ``JiebaEngine`` has too."""

    name = "native"

    def __init__(self, native: ModuleType, table: Any, place: str) -> None:
        """``table``: the bytes of a compiled dictionary, mapped or in memory; ``place`` names it in errors."""
        self.native = native
        try:
            self.table = native.Table(table)
        except ValueError as error:
            raise ValueError(f"{place} {error}") from None

    def lcut(self, text: str, HMM: bool) -> list[str]:
        """jieba's ``lcut``."""
        return self.table.lcut(text, HMM_ON if HMM else 0)  # type: ignore[no-any-return] # C has no annotations

    def lcut_all(self, text: str) -> list[str]:
        """jieba's ``lcut(text, cut_all=True)``."""
        return self.table.lcut(text, ALL)  # type: ignore[no-any-return] # C has no annotations

    def lcut_for_search(self, text: str, HMM: bool) -> list[str]:
        """jieba's ``lcut_for_search``."""
        return self.table.lcut(text, SEARCH | (HMM_ON if HMM else 0))  # type: ignore[no-any-return] # C has no annotations

    def has(self, word: str) -> bool:
        """Whether the dictionary has ``word``, with a frequency above 0, and it can be found in a text."""
        return self.table.has(word)  # type: ignore[no-any-return] # C has no annotations

    def cut_lines(self, data: bytes, separator: bytes, HMM: bool) -> bytes:
        """The lines of ``data`` (LF ends one), the words of each with ``separator`` between them."""
        return self.table.cut_lines(data, separator, HMM)  # type: ignore[no-any-return] # C has no annotations
