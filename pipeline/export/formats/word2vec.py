"""word2vec's binary format: a header line, then for each word its bytes, a space and its float32 numbers."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np

from ciliu.engine_native import import_native
from pipeline.export.packing import PACKED, open_to_read, open_to_write
from pipeline.export.rows import LONGEST, in_threads
from pipeline.export.table import BLOCK, Matrix, Table

FILES = ("vectors.bin",)
PACKINGS = PACKED
TITLE = "word2vec format, binary"
LIBRARY = "gensim"
WRITERS: tuple[str, ...] = ()
SAFE = True
WORDS = "any number of bytes, but for white space; word2vec's own C tools cut words at 50 to 2,000 bytes"
LOAD = """\
from gensim.models import KeyedVectors
vectors = KeyedVectors.load_word2vec_format("{file}", binary=True)
print(vectors.most_similar("{word}"))
"""


def write(table: Table, folder: Path, packing: str) -> None:
    """As gensim writes it: no line end behind a vector."""
    with open_to_write(folder / f"{FILES[0]}{packing}") as file:
        file.write(f"{len(table.words)} {table.matrix.shape[1]}\n".encode("ascii"))
        for part in in_threads(pack, table.blocks()):
            file.write(part)


def pack(block: tuple[list[str], Matrix]) -> bytes:
    """Each word, a space and its numbers."""
    words, rows = block
    data = np.ascontiguousarray(rows, dtype="<f4")
    native = import_native()
    if native:
        names = "".join(f"{word}\n" for word in words).encode("utf-8")
        return native.pack_rows(names, data, data.shape[1])  # type: ignore[no-any-return] # C has no annotations
    vectors = (row.data.cast("B") for row in data)
    return b"".join(chain.from_iterable(zip((f"{word} ".encode() for word in words), vectors, strict=True)))


def read(folder: Path, packing: str, table: Table) -> Iterator[tuple[list[str], Matrix]]:
    """Words and vectors, some megabytes at a time. Raises ``ValueError`` where the file ends early."""
    path, size = folder / f"{FILES[0]}{packing}", table.matrix.shape[1]
    with open_to_read(path) as file:
        told = file.readline(64).split()
        if len(told) != 2 or not told[0].isdigit() or told[1] != b"%d" % size:
            raise ValueError(f"{path.name}: its first line is no header of words of {size} dimensions")
        count, data, at = int(told[0]), b"", 0
        words: list[str] = []
        vectors: list[bytes] = []
        while count:
            space = data.find(b" ", at)
            if space < 0 or space + 1 + 4 * size > len(data):
                more = file.read(BLOCK)
                if not more:
                    raise ValueError(f"{path.name} ends {count:,} words early: it is truncated")
                if words:
                    yield words, np.frombuffer(b"".join(vectors), "<f4").reshape(-1, size)
                data, at, words, vectors = data[at:] + more, 0, [], []
                if len(data) > LONGEST:
                    raise ValueError(f"{path.name}: a word of more than {LONGEST:,} bytes: damaged, or made to harm")
                continue
            words.append(data[at:space].decode("utf-8"))
            at = space + 1 + 4 * size
            vectors.append(data[space + 1 : at])
            count -= 1
        if at != len(data) or file.read(1):
            raise ValueError(f"{path.name}: bytes stand behind the words that its header promises")
        yield words, np.frombuffer(b"".join(vectors), "<f4").reshape(-1, size)
