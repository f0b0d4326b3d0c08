"""gensim's ``KeyedVectors``, with counts: a pickle, and its arrays beside it."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.export.formats.numpy import in_blocks
from pipeline.export.table import Matrix, Table, write_npy
from pipeline.models import read_model

FILES = ("vectors.kv",)  # and its arrays
PACKINGS = ("",)
TITLE = "gensim's KeyedVectors, with counts"
LIBRARY = READER = "gensim"
WRITERS: tuple[str, ...] = ("gensim",)
SAFE = False
WORDS = "any text"
LOAD = """\
from gensim.models import KeyedVectors  # a pickle: it runs what is in it
vectors = KeyedVectors.load("{file}", mmap="r")
print(vectors.most_similar("{word}"), vectors.get_vecattr("{word}", "count"))
"""


def write(table: Table, folder: Path, packing: str) -> None:
    """As gensim saves it, without the date and the path that it would note; the numbers some megabytes at a time."""
    from gensim.models import KeyedVectors

    keyed = KeyedVectors(table.matrix.shape[1])
    keyed.index_to_key, keyed.vectors = table.words, table.matrix[:0]
    keyed.key_to_index = {word: row for row, word in enumerate(table.words)}
    keyed.expandos["count"] = table.counts
    keyed.lifecycle_events = None
    keyed.save(str(folder / FILES[0]), sep_limit=-1)
    write_npy(folder / f"{FILES[0]}.vectors.npy", "<f4", table.matrix.shape, (rows for _, rows in table.blocks()))


def read(folder: Path, packing: str, table: Table) -> Iterator[tuple[list[str], Matrix]]:
    """Words and vectors, of a pickle that nothing is run of."""
    model = read_model(folder / FILES[0])
    return in_blocks(model.words, model.vectors)


def read_by_library(folder: Path, packing: str, table: Table) -> Iterator[tuple[list[str], Matrix]]:
    """Words and vectors, mapped, by gensim itself: only of a file that was written here."""
    from gensim.models import KeyedVectors

    loaded = KeyedVectors.load(str(folder / FILES[0]), mmap="r")
    return in_blocks(loaded.index_to_key, loaded.vectors)
