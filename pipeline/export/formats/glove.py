"""GloVe's text format: a word and its numbers a line, no header."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.export import rows
from pipeline.export.packing import PACKED
from pipeline.export.table import Matrix, Table

FILES = ("vectors.glove.txt",)
PACKINGS = PACKED
TITLE = "GloVe's text format"
LIBRARY = "gensim"
WRITERS: tuple[str, ...] = ()
SAFE = True
WORDS = "any length, but for white space, which parts the fields"
LOAD = """\
from gensim.models import KeyedVectors
vectors = KeyedVectors.load_word2vec_format("{file}", no_header=True)
print(vectors.most_similar("{word}"))
"""


def write(table: Table, folder: Path, packing: str) -> None:
    """Write ``vectors.glove.txt``."""
    rows.write(table, folder / f"{FILES[0]}{packing}", header=False)


def read(folder: Path, packing: str, table: Table) -> Iterator[tuple[list[str], Matrix]]:
    """Words and vectors, some megabytes at a time."""
    return rows.read(folder / f"{FILES[0]}{packing}", table.matrix.shape[1], header=False)
