"""fastText's ``.vec``: word2vec's text format under the name that fastText's ``-pretrainedVectors`` wants."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.export import rows
from pipeline.export.table import Matrix, Table

FILES = ("vectors.vec",)
PACKINGS = ("",)
TITLE = "fastText's .vec"
LIBRARY = "fasttext"
WRITERS: tuple[str, ...] = ()
SAFE = True
WORDS = "any length, but for white space, which parts the fields"
LOAD = """\
import fasttext  # labelled.txt: lines of "__label__x" and words with spaces between them
model = fasttext.train_supervised("labelled.txt", dim={size}, pretrainedVectors="{file}")
print(model.predict("{word}"))
"""


def write(table: Table, folder: Path, packing: str) -> None:
    """Write ``vectors.vec``."""
    rows.write(table, folder / f"{FILES[0]}{packing}", header=True)


def read(folder: Path, packing: str, table: Table) -> Iterator[tuple[list[str], Matrix]]:
    """Words and vectors, some megabytes at a time."""
    return rows.read(folder / f"{FILES[0]}{packing}", table.matrix.shape[1], header=True)
