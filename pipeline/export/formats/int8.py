"""int8 with a scale for each word: a quarter of the size; the words are ``vocab.tsv``."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ciliu.bundle import read_words
from ciliu.matrices import dequantize, quantize, read_npy
from pipeline.export.formats.numpy import in_blocks
from pipeline.export.table import Matrix, Table, write_npy

FILES = ("vectors.int8.npy", "vectors.int8.scales.npy")
PACKINGS = ("",)
TITLE = "int8 with a scale for each word, .npy: a quarter of the size"
LIBRARY = "numpy"
WRITERS: tuple[str, ...] = ()
SAFE = True
EXACT = False
WORDS = "any length, but for TAB and line ends, which part the fields of vocab.tsv"
LOAD = """\
import numpy as np
vectors = np.load("vectors.int8.npy") * np.load("vectors.int8.scales.npy")
words = [line.split("\\t")[0] for line in open("vocab.tsv", encoding="utf-8", newline="\\n")][1:]
print(vectors[words.index("{word}")])
"""


def write(table: Table, folder: Path, packing: str) -> None:
    """The numbers, and a scale for each row."""
    scales: list[Matrix] = []

    def steps() -> Iterator[npt.NDArray[np.int8]]:
        for _, rows in table.blocks():
            made, scale = quantize(rows)
            scales.append(scale)
            yield made

    write_npy(folder / FILES[0], "|i1", table.matrix.shape, steps())
    write_npy(folder / FILES[1], "<f4", (len(table.words), 1), scales)


def read(folder: Path, packing: str, table: Table) -> Iterator[tuple[list[str], Matrix]]:
    """Words and what is left of the vectors."""
    scales, start = read_npy(folder / FILES[1]), 0
    for words, rows in in_blocks(read_words(folder / "vocab.tsv"), read_npy(folder / FILES[0])):
        yield words, dequantize(rows, scales[start : start + len(words)])
        start += len(words)
