"""Parquet: a row for each word, with its count and its vector as a list of fixed length."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.export.table import Matrix, Table

FILES = ("vectors.parquet",)
PACKINGS = ("",)
TITLE = "Parquet: word, count, vector (pandas, Polars, DuckDB, Spark)"
LIBRARY = READER = "pyarrow"
WRITERS: tuple[str, ...] = ("pyarrow",)
SAFE = True
WORDS = "any text"
LOAD = """\
import pandas as pd
table = pd.read_parquet("{file}").set_index("word")
print(table.loc["{word}", "vector"])
"""


def write(table: Table, folder: Path, packing: str) -> None:
    """Some megabytes a row group, with a checksum on each page. Vectors do not compress: they are stored plain."""
    pyarrow, parquet = _libraries()
    size = table.matrix.shape[1]
    fields = {
        "word": pyarrow.string(),
        "count": pyarrow.int64(),
        "vector": pyarrow.list_(pyarrow.field("element", pyarrow.float32(), nullable=False), size),
    }
    schema = pyarrow.schema([pyarrow.field(name, kind, nullable=False) for name, kind in fields.items()])
    options = {"compression": {"word": "zstd", "count": "zstd", "vector.list.element": "none"}, "use_dictionary": False}
    with parquet.ParquetWriter(folder / FILES[0], schema, write_page_checksum=True, **options) as writer:
        start = 0
        for words, rows in table.blocks():
            numbers = pyarrow.array(np.ascontiguousarray(rows).reshape(-1))
            vectors = pyarrow.FixedSizeListArray.from_arrays(numbers, type=fields["vector"])
            counts = pyarrow.array(table.counts[start : start + len(words)])
            columns = [pyarrow.array(words, pyarrow.string()), counts, vectors]
            writer.write_table(pyarrow.Table.from_arrays(columns, schema=schema))
            start += len(words)


def read_by_library(folder: Path, packing: str, table: Table) -> Iterator[tuple[list[str], Matrix]]:
    """Words and vectors, a row group at a time."""
    file = _libraries()[1].ParquetFile(folder / FILES[0], page_checksum_verification=True)
    for group in range(file.num_row_groups):
        part = file.read_row_group(group, use_threads=False)
        vectors = part["vector"].combine_chunks()
        numbers = vectors.flatten().to_numpy(zero_copy_only=False)
        yield part["word"].to_pylist(), numbers.reshape(len(part), -1)


def _libraries() -> tuple[Any, Any]:
    return import_module("pyarrow"), import_module("pyarrow.parquet")
