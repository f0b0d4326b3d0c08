"""word2vec's text format: a header line, then a word and its numbers a line."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.export import rows
from pipeline.export.packing import PACKED
from pipeline.export.table import Matrix, Table

FILES = ("vectors.txt",)
PACKINGS = PACKED
TITLE = "word2vec format, text"
LIBRARY = "gensim"
WRITERS: tuple[str, ...] = ()
SAFE = True
WORDS = "any length, but for white space, which parts the fields"
LOAD = """\
from gensim.models import KeyedVectors
vectors = KeyedVectors.load_word2vec_format("{file}")
print(vectors.most_similar("{word}"))
"""


def write(table: Table, folder: Path, packing: str) -> None:
    """The bytes that gensim's ``save_word2vec_format`` writes, with the native core twenty times as fast."""
    rows.write(table, folder / f"{FILES[0]}{packing}", header=True)


def read(folder: Path, packing: str, table: Table) -> Iterator[tuple[list[str], Matrix]]:
    """Words and vectors, some megabytes at a time."""
    return rows.read(folder / f"{FILES[0]}{packing}", table.matrix.shape[1], header=True)
