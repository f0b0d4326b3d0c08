"""float16 as ``.npy``: half the size, three digits of each number; the words are ``vocab.tsv``."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ciliu.bundle import read_words
from ciliu.matrices import read_npy
from pipeline.export.formats.numpy import in_blocks
from pipeline.export.table import Matrix, Table, write_npy

FILES = ("vectors.float16.npy",)
PACKINGS = ("",)
TITLE = "float16, .npy: half the size"
LIBRARY = "numpy"
WRITERS: tuple[str, ...] = ()
SAFE = True
EXACT = False
WORDS = "any length, but for TAB and line ends, which part the fields of vocab.tsv"
LOAD = """\
import numpy as np
vectors = np.load("{file}", mmap_mode="r")  # .astype(np.float32) before you compute
words = [line.split("\\t")[0] for line in open("vocab.tsv", encoding="utf-8", newline="\\n")][1:]
print(vectors[words.index("{word}")])
"""


def write(table: Table, folder: Path, packing: str) -> None:
    """Raises ``ValueError`` where a number is beyond float16's 65,504."""
    write_npy(folder / FILES[0], "<f2", table.matrix.shape, (_small(rows) for _, rows in table.blocks()))


def _small(rows: Matrix) -> Matrix:
    if np.abs(rows).max() > np.finfo(np.float16).max:
        raise ValueError("float16 holds no number beyond 65,504, and the vectors have one; export them normalised")
    return rows


def read(folder: Path, packing: str, table: Table) -> Iterator[tuple[list[str], Matrix]]:
    """Words and what is left of the vectors."""
    for words, rows in in_blocks(read_words(folder / "vocab.tsv"), read_npy(folder / FILES[0])):
        yield words, rows.astype(np.float32)
