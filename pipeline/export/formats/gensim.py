"""The full gensim model, to train on or to look into: a pickle, and its arrays beside it."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.export.formats.numpy import in_blocks
from pipeline.export.table import Matrix, Table
from pipeline.models import read_model

FILES = ("model.gensim",)  # and its arrays
PACKINGS = ("",)
TITLE = "the full gensim model, to train on"
LIBRARY = READER = "gensim"
WRITERS: tuple[str, ...] = ()
SAFE = False
WORDS = "any text"
LOAD = """\
from gensim.models import Word2Vec  # a pickle: it runs what is in it
model = Word2Vec.load("{file}")
print(model.wv.most_similar("{word}"))
"""


def read(folder: Path, packing: str, table: Table) -> Iterator[tuple[list[str], Matrix]]:
    """Words and vectors, of a pickle that nothing is run of."""
    model = read_model(folder / FILES[0])
    return in_blocks(model.words, model.vectors)


def read_by_library(folder: Path, packing: str, table: Table) -> Iterator[tuple[list[str], Matrix]]:
    """Words and vectors, mapped, by gensim itself: only of a file that was written here."""
    from gensim.models import Word2Vec

    loaded = Word2Vec.load(str(folder / FILES[0]), mmap="r").wv
    return in_blocks(loaded.index_to_key, loaded.vectors)
