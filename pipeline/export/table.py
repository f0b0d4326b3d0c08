"""The words, counts and vectors that a bundle holds: one rule for words, which rows, and as they are or normalised."""

import mmap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.models.model import Repair, mend_words, take
from pipeline.plain_text import read_lines
from pipeline.vocabulary_files import read_vocabulary

BLOCK = 2 << 20  # bytes of vectors that are worked on at once

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Table:
    """Row i of ``matrix`` (words × dimensions, float32, mapped) is the vector of ``words[i]``, which stood
    ``counts[i]`` times. ``chosen`` says in words which rows of the model these are; ``repaired`` are the words that
    were mended."""

    words: list[str]
    counts: npt.NDArray[np.int64]
    matrix: Matrix
    chosen: str = "all words"
    normalized: bool = False
    repaired: tuple[Repair, ...] = ()

    def blocks(self) -> Iterator[tuple[list[str], Matrix]]:
        """The table in parts of some megabytes, in order."""
        rows = max(1, BLOCK // (4 * self.matrix.shape[1]))
        for start in range(0, len(self.words), rows):
            yield self.words[start : start + rows], self.matrix[start : start + rows]
            release(self.matrix)


def release(matrix: npt.NDArray[Any]) -> None:
    """Give the pages of a matrix that is mapped to be read back to the system: who reads them again gets them from the
    file. Else a bundle of a model of 344 MB held two or three times that, for each format is read beside the first."""
    if isinstance(matrix, np.memmap) and matrix.mode == "r" and hasattr(mmap, "MADV_DONTNEED"):
        matrix._mmap.madvise(mmap.MADV_DONTNEED)  # type: ignore[attr-defined] # numpy's own name for what it maps


def read_table(vocabulary: Path, vectors: Path) -> Table:
    """From ``vocab.tsv`` in a folder and a ``.npy`` file, mapped."""
    pairs = list(read_vocabulary(vocabulary))
    counts = np.array([count for _, count in pairs], dtype=np.int64)
    return mend(Table([word for word, _ in pairs], counts, np.load(vectors, mmap_mode="r", allow_pickle=False)))


def mend(table: Table) -> Table:
    """The table with words that every format can hold, so that all have equal words in equal order.

    White space at the ends of a word (TAB, line ends and U+3000 are white space too) goes, within it becomes ``_``; an
    empty word is left out; of words that become equal the first stays. Length has no limit.
    """
    if all(word.split() == [word] for word in table.words) and len(set(table.words)) == len(table.words):
        return table
    words, rows, repaired = mend_words(table.words, lambda row: f"word {row + 1:,}")
    counts, matrix = take(table.counts, rows), take(table.matrix, rows)
    return replace(table, words=words, counts=counts, matrix=matrix, repaired=tuple(repaired))


def choose(table: Table, top: int, files: Sequence[Path]) -> Table:
    """The ``top`` most frequent words (0: all), or those of the files, a word a line, as far as they are known.

    Rows keep their order. Raises ``ValueError`` where none is left."""
    if not top and not files:
        return table
    asked = {word for path in files for word in read_lines(path)} - {""}
    end = top or len(table.words)
    rows = [row for row, word in enumerate(table.words[:end]) if not files or word in asked]
    if not rows:
        raise ValueError(f"none of the {len(asked):,} words of {', '.join(map(str, files))} is in the model")
    parts = ([f"the {end:,} most frequent words"] if top else []) + (
        [f"of {len(asked):,} words of a list"] if files else []
    )
    words = [table.words[row] for row in rows]
    matrix = take(table.matrix, rows) if files else table.matrix[:end]  # the first rows stay mapped
    return replace(table, words=words, counts=table.counts[rows], matrix=matrix, chosen=", ".join(parts))


def normalize(table: Table, path: Path) -> Table:
    """The table with vectors of length 1 (a row of zeros stays), written to ``path`` and mapped from there."""
    write_npy(path, "<f4", table.matrix.shape, (unit(rows) for _, rows in table.blocks()))
    return replace(table, matrix=np.load(path, mmap_mode="r"), normalized=True)


def unit(rows: Matrix) -> Matrix:
    """Rows of length 1; a row of zeros stays."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths == 0, 1, lengths), dtype=np.float32)


def write_npy(path: Path, kind: str, shape: tuple[int, ...], parts: Iterable[npt.NDArray[Any]]) -> None:
    """A ``.npy`` file of ``shape`` out of its rows, a part of them at a time, in the type ``kind`` (``<f4``)."""
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": kind, "fortran_order": False, "shape": shape})
        file.writelines(np.ascontiguousarray(rows, dtype=kind).data for rows in parts)


def write_vocabulary(table: Table, path: Path) -> None:
    """``vocab.tsv``: word, count, rank."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("word\tcount\trank\n")
        rows: Any = zip(table.words, table.counts.tolist(), strict=True)
        file.writelines(f"{word}\t{count}\t{rank}\n" for rank, (word, count) in enumerate(rows))
