"""NumPy's ``.npy``, which everything maps without reading it whole; the words are ``vocab.tsv``."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ciliu.bundle import read_words
from ciliu.matrices import read_npy
from pipeline import cache
from pipeline.export.table import BLOCK, Matrix, Table, release

FILES = ("vectors.npy",)
PACKINGS = ("",)
TITLE = "NumPy's .npy, float32; row i is line i of vocab.tsv"
LIBRARY = "numpy"
WRITERS: tuple[str, ...] = ()
SAFE = True
WORDS = "any length, but for TAB and line ends, which part the fields of vocab.tsv"
LOAD = """\
import numpy as np
vectors = np.load("{file}", mmap_mode="r")  # maps it: nothing is unpickled
words = [line.split("\\t")[0] for line in open("vocab.tsv", encoding="utf-8", newline="\\n")][1:]
print(vectors[words.index("{word}")])
"""


def write(table: Table, folder: Path, packing: str) -> None:
    """A link to the file that the whole matrix is mapped from, where there is one."""
    path = folder / FILES[0]
    given = whole_file(table)
    if given is None:
        np.save(path, np.ascontiguousarray(table.matrix, dtype="<f4"))
    elif given != path:
        cache.link(given, path)


def whole_file(table: Table) -> Path | None:
    """The ``.npy`` file that all of the matrix is mapped from, if there is one."""
    matrix = table.matrix
    if not isinstance(matrix, np.memmap) or matrix.filename is None:
        return None
    path = Path(matrix.filename)
    return path if path.stat().st_size == matrix.offset + matrix.nbytes else None


def read(folder: Path, packing: str, table: Table) -> Iterator[tuple[list[str], Matrix]]:
    """Words and vectors, mapped."""
    return in_blocks(read_words(folder / "vocab.tsv"), read_npy(folder / FILES[0]))


def in_blocks(words: list[str], matrix: Matrix) -> Iterator[tuple[list[str], Matrix]]:
    """Words and rows, some megabytes at a time. Raises ``ValueError`` if they are not as many."""
    if len(words) != len(matrix):
        raise ValueError(f"{len(words):,} words for {len(matrix):,} vectors")
    rows = max(1, BLOCK // (4 * matrix.shape[1]))
    for start in range(0, len(words), rows):
        yield words[start : start + rows], matrix[start : start + rows]
        release(matrix)
