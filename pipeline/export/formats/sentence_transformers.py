"""sentence-transformers' ``StaticEmbedding``: the vectors, and a tokenizer with the segmenter in it.

It knows no table from tokens to rows, so each word of the dictionary that has no vector has a row of zeros.
"""

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from ciliu.matrices import read_safetensors
from pipeline.export.formats import tokens
from pipeline.export.formats.numpy import in_blocks
from pipeline.export.formats.safetensors import write_tensors
from pipeline.export.table import Matrix, Table

FOLDER = "sentence-transformers"
FILES = (FOLDER,)
PACKINGS = ("",)
TITLE = "sentence-transformers' static model; a text's vector is the mean of its words'"
LIBRARY = READER = "sentence-transformers"
WRITERS: tuple[str, ...] = ()
SAFE = IN_PART = True
WORDS = "any text but ▁ and [UNK]"
differences = tokens.differences
LOAD = """\
from sentence_transformers import SentenceTransformer
model = SentenceTransformer("{file}", device="cpu")
print(model.encode(["{word}"]).shape)
"""
MODULES = [{"idx": 0, "name": "0", "path": "0_StaticEmbedding", "type": "sentence_transformers.models.StaticEmbedding"}]


def write(table: Table, folder: Path, packing: str) -> None:
    """``modules.json``, and in ``0_StaticEmbedding`` the vectors and ``tokenizer.json``."""
    target = folder / FOLDER / "0_StaticEmbedding"
    target.mkdir(parents=True)
    count = tokens.write_tokenizer(table.words, folder / "segmenter", target / "tokenizer.json")
    size = table.matrix.shape[1]
    told = {"embedding.weight": {"dtype": "F32", "shape": [count, size], "data_offsets": [0, 4 * count * size]}}
    write_tensors(table, target / "model.safetensors", told, [bytes(4 * size)] * (count - len(table.words)))
    config: dict[str, Any] = {"similarity_fn_name": "cosine", "prompts": {}, "default_prompt_name": None}
    for name, value in (("modules.json", MODULES), ("config_sentence_transformers.json", config)):
        path = folder / FOLDER / name
        path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8", newline="\n")


def read(folder: Path, packing: str, table: Table) -> Iterator[tuple[list[str], Matrix]]:
    """Words and vectors, mapped."""
    path, count = folder / FOLDER, len(table.words)
    words = tokens.read_words(path / "0_StaticEmbedding" / "tokenizer.json", count)
    matrix = read_safetensors(path / "0_StaticEmbedding" / "model.safetensors")["embedding.weight"]
    return in_blocks(words, matrix[:count])


def read_by_library(folder: Path, packing: str, table: Table) -> Iterator[tuple[list[str], Matrix]]:
    """Words and vectors, by sentence-transformers itself."""
    path, count = folder / FOLDER, len(table.words)
    model = import_module("sentence_transformers").SentenceTransformer(str(path), device="cpu")
    words = tokens.read_words(path / "0_StaticEmbedding" / "tokenizer.json", count)
    return in_blocks(words, model[0].embedding.weight.detach().numpy()[:count])
