"""What a model file holds, as plain data, and how its words are mended."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]
Place = Callable[[int], str]  # row → where it stands in the file: "line 7", "word 3"

SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Repair:
    """A word that is not as it stands in the file. ``word`` is None where its vector was left out."""

    place: str
    original: str  # bytes that are no UTF-8 as \\xff
    word: str | None
    why: str


@dataclass
class Tree:
    """The Huffman tree of hierarchical softmax: for each word its turns (0, 1) and the rows of ``syn1`` on its path."""

    code: list[npt.NDArray[np.uint8]]
    point: list[npt.NDArray[np.uint32]]


@dataclass
class Model:
    """``words`` (V of them) and ``vectors`` (V × vector_size, float32), and what else the file says.

    ``outputs`` has ``syn1`` (inner nodes × vector_size) and ``syn1neg`` (V × vector_size) as far as they are there,
    ``parameters`` are under the names that gensim 4 gives them, ``files`` are those that were read. ``notes`` are
    sentences on what is missing or was not taken over.
    """

    format: str
    words: list[str]
    vectors: Matrix
    repaired: list[Repair]
    files: list[Path]
    counts: npt.NDArray[np.int64] | None = None
    outputs: dict[str, Matrix] = field(default_factory=dict)
    tree: Tree | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def mend_words(
    raw: Sequence[bytes | str], place: Place, pickled: bool = False
) -> tuple[list[str], list[int], list[Repair]]:
    """The words as text, the rows that they are of, and what was repaired.

    Bytes that are no UTF-8 become U+FFFD. White space at the ends goes, white space within becomes ``_``, as
    word2vec's own word2phrase joins words; with it no text format could be read again. A word without a character is
    left out. Of equal words the first stays; a mended word never takes the place of one that was right.
    """
    mended = [_mend(word, pickled) for word in raw]
    owner: dict[str, int] = {}
    for row, (word, why) in enumerate(mended):
        if not why:
            owner.setdefault(word, row)
    repaired = []
    for row, (word, why) in enumerate(mended):
        if not word:
            repaired.append(Repair(place(row), _show(raw[row], pickled), None, f"left out: {why}"))
        elif owner.setdefault(word, row) != row:
            reason = "; ".join(filter(None, [why, f"{word} stands at {place(owner[word])} too"]))
            repaired.append(Repair(place(row), _show(raw[row], pickled), None, f"left out: {reason}"))
        elif why:
            repaired.append(Repair(place(row), _show(raw[row], pickled), word, why))
    rows = sorted(owner.values())
    rows = [row for row in rows if mended[row][0]]
    return [mended[row][0] for row in rows], rows, repaired


def _mend(raw: bytes | str, pickled: bool) -> tuple[str, str]:
    """A word, and why it is not what stands in the file, or ''."""
    word, why = _decode(raw, pickled) if isinstance(raw, bytes) else _repair_text(raw, pickled)
    parts = word.split()
    if parts == [word]:
        return word, why
    return "_".join(parts), "; ".join(filter(None, [why, "white space" if word else "an empty word"]))


def _decode(raw: bytes, pickled: bool) -> tuple[str, str]:
    try:
        word = raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace"), "not UTF-8"
    return word, "a byte string of Python 2, read as UTF-8" if pickled and not raw.isascii() else ""


def _repair_text(word: str, pickled: bool) -> tuple[str, str]:
    if pickled and not word.isascii():
        try:  # what gensim's load makes of byte strings of Python 2, saved again: 'å¾®ä¿¡' for 微信
            return word.encode("latin-1").decode("utf-8"), "UTF-8 that was read as Latin-1"
        except UnicodeError:
            pass
    if SURROGATES.search(word):
        return SURROGATES.sub("\ufffd", word), "not Unicode: half a surrogate pair"
    return word, ""


def _show(raw: bytes | str, pickled: bool = False) -> str:
    if isinstance(raw, str):
        return SURROGATES.sub("\ufffd", raw)
    return raw.decode("ascii" if pickled else "utf-8", "backslashreplace")


def check_finite(vectors: Matrix, raw: Sequence[bytes | str], place: Place, path: Path) -> None:
    """Raises ``ValueError`` with the first word whose vector holds NaN or infinity."""
    for start in range(0, len(vectors), 4096):
        good = np.isfinite(vectors[start : start + 4096]).all(axis=1)
        if not good.all():
            row = start + int(np.argmin(good))
            raise ValueError(f"{path}, {place(row)}: the vector of {_show(raw[row])!r} holds NaN or infinity")


def take(matrix: npt.NDArray[Any], rows: Sequence[int]) -> npt.NDArray[Any]:
    """These rows; the matrix itself, not copied, where they are all."""
    return matrix if len(rows) == len(matrix) else matrix[list(rows)]


def from_rows(form: str, path: Path, raw: Sequence[bytes | str], vectors: Matrix, place: Place) -> Model:
    """The model of a format that has words and vectors only."""
    check_finite(vectors, raw, place, path)
    words, rows, repaired = mend_words(raw, place)
    return Model(form, words, take(vectors, rows), repaired, [path])
