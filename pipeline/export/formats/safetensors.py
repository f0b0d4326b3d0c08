"""safetensors: a header in JSON and the numbers; the words are ``vocab.tsv``."""

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from ciliu.bundle import read_words
from ciliu.matrices import read_safetensors
from pipeline.export.formats.numpy import in_blocks
from pipeline.export.table import BLOCK, Matrix, Table

FILES = ("vectors.safetensors",)
PACKINGS = ("",)
TITLE = "safetensors, float32; row i is line i of vocab.tsv"
LIBRARY = READER = "safetensors"
WRITERS: tuple[str, ...] = ()
SAFE = True
WORDS = "any length, but for TAB and line ends, which part the fields of vocab.tsv"
LOAD = """\
from safetensors.numpy import load_file
vectors = load_file("{file}")["vectors"]
words = [line.split("\\t")[0] for line in open("vocab.tsv", encoding="utf-8", newline="\\n")][1:]
print(vectors[words.index("{word}")])
"""


def write(table: Table, folder: Path, packing: str) -> None:
    """One tensor, ``vectors``."""
    told = {"dtype": "F32", "shape": list(table.matrix.shape), "data_offsets": [0, 4 * table.matrix.size]}
    write_tensors(table, folder / FILES[0], {"vectors": told}, [])


def write_tensors(table: Table, path: Path, told: dict[str, Any], rest: list[bytes]) -> None:
    """A ``.safetensors`` file that begins with the table's matrix; the header is filled up to a multiple of 8 bytes,
    as the format's own library does."""
    header = json.dumps(told, separators=(",", ":")).encode("ascii")
    header += b" " * (-len(header) % 8)
    with path.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        for _, rows in table.blocks():
            file.write(np.ascontiguousarray(rows, dtype="<f4").data)
        file.writelines(rest)


def read(folder: Path, packing: str, table: Table) -> Iterator[tuple[list[str], Matrix]]:
    """Words and vectors, mapped."""
    return in_blocks(read_words(folder / "vocab.tsv"), read_safetensors(folder / FILES[0])["vectors"])


def read_by_library(folder: Path, packing: str, table: Table) -> Iterator[tuple[list[str], Matrix]]:
    """Words and vectors, some megabytes at a time, by safetensors itself; it maps the file, so it is opened for each
    part: what it has mapped goes when it is closed."""
    words, path, library = read_words(folder / "vocab.tsv"), str(folder / FILES[0]), import_module("safetensors")
    rows = max(1, BLOCK // (4 * table.matrix.shape[1]))
    for start in range(0, len(words), rows):
        with library.safe_open(path, framework="numpy") as file:
            tensor = file.get_slice("vectors")
            if tensor.get_shape()[0] != len(words):
                raise ValueError(f"{len(words):,} words for {tensor.get_shape()[0]:,} vectors")
            end = min(start + rows, len(words))  # it does not cut a slice short as numpy does
            yield words[start:end], tensor[start:end]
