"""model2vec's folder: the vectors, and a tokenizer with the segmenter in it."""

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import numpy as np

from ciliu.matrices import read_safetensors
from pipeline.export.formats import tokens
from pipeline.export.formats.numpy import in_blocks
from pipeline.export.formats.safetensors import write_tensors
from pipeline.export.table import Matrix, Table

FOLDER = "model2vec"
FILES = (FOLDER,)
PACKINGS = ("",)
TITLE = "model2vec; a text's vector is the mean of its words'"
LIBRARY = READER = "model2vec"
WRITERS: tuple[str, ...] = ()
SAFE = IN_PART = True
WORDS = "any text but ▁ and [UNK]"
differences = tokens.differences
LOAD = """\
from model2vec import StaticModel
model = StaticModel.from_pretrained("{file}")
print(model.encode(["{word}"]).shape)
"""


def write(table: Table, folder: Path, packing: str) -> None:
    """``model.safetensors`` (a row more than words: zeros), ``tokenizer.json``, ``config.json``."""
    target = folder / FOLDER
    target.mkdir()
    count = tokens.write_tokenizer(table.words, folder / "segmenter", target / "tokenizer.json")
    words, size = table.matrix.shape
    mapping = np.minimum(np.arange(count, dtype="<i8"), words)  # what the model does not know goes to the row of zeros
    numbers = 4 * (words + 1) * size
    told = {
        "embeddings": {"dtype": "F32", "shape": [words + 1, size], "data_offsets": [0, numbers]},
        "mapping": {"dtype": "I64", "shape": [count], "data_offsets": [numbers, numbers + mapping.nbytes]},
    }
    write_tensors(table, target / "model.safetensors", told, [bytes(4 * size), mapping.tobytes()])
    config = {"model_type": "model2vec", "normalize": False, "max_length": None, "embedding_dtype": "float32",
              "vocabulary_quantization": words + 1}  # fmt: skip
    (target / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8", newline="\n")


def read(folder: Path, packing: str, table: Table) -> Iterator[tuple[list[str], Matrix]]:
    """Words and vectors, mapped."""
    path, count = folder / FOLDER, len(table.words)
    matrix = read_safetensors(path / "model.safetensors")["embeddings"]
    return in_blocks(tokens.read_words(path / "tokenizer.json", count), matrix[:count])


def read_by_library(folder: Path, packing: str, table: Table) -> Iterator[tuple[list[str], Matrix]]:
    """Words and vectors, by model2vec itself."""
    model, count = import_module("model2vec").StaticModel.from_pretrained(folder / FOLDER), len(table.words)
    return in_blocks([tokens.unmark(token) for token in model.tokens[:count]], model.embedding[:count])
