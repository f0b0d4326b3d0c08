"""spaCy: a ``zh`` pipeline with the vectors, whose tokenizer is the segmenter of the bundle."""

import json
import shutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.export.formats.numpy import in_blocks
from pipeline.export.table import Matrix, Table

FOLDER = "spacy-zh"  # not spacy: that is what spacy.load would import
FILES = (FOLDER,)
PACKINGS = ("",)
TITLE = "spaCy's zh pipeline, cut by segmenter.py"
LIBRARY = READER = "spacy"
WRITERS: tuple[str, ...] = ("spacy",)
SAFE = True
WORDS = "any text"
LOAD = """\
import spacy
import spacy_tokenizer  # of this folder: read it before you run it; it needs jieba
nlp = spacy.load("{file}")
print([(token.text, token.has_vector) for token in nlp("{word}")])
"""
TOKENIZER = "ciliu.tokenizer.v1"
CODE = Path(__file__).parents[1] / "bundled" / "spacy_tokenizer.py"


def write(table: Table, folder: Path, packing: str) -> None:
    """By spaCy itself; ``config.cfg`` names the tokenizer that ``spacy_tokenizer.py`` brings."""
    spacy = import_module("spacy")
    vocabulary = _vocabulary(spacy, table)
    target = folder / FOLDER
    target.mkdir()
    vocabulary.to_disk(target / "vocab")
    config = spacy.blank("zh").config
    config["nlp"]["tokenizer"] = {"@tokenizers": TOKENIZER}
    config["initialize"]["tokenizer"] = {}
    config.to_disk(target / "config.cfg", interpolate=False)
    (target / "tokenizer").write_text("the segmenter is beside this folder\n", encoding="utf-8", newline="\n")
    words, size = table.matrix.shape
    meta = {
        "lang": "zh", "name": "ciliu", "version": "1.0.0", "spacy_version": f">={spacy.__version__},<4.0.0",
        "vectors": {"width": size, "vectors": words, "keys": words, "mode": "default"}, "pipeline": [],
        "components": [],
    }  # fmt: skip
    (target / "meta.json").write_text(json.dumps(meta, indent=1) + "\n", encoding="utf-8", newline="\n")
    shutil.copyfile(CODE, folder / CODE.name)


def _vocabulary(spacy: Any, table: Table) -> Any:
    strings = import_module("spacy.strings").StringStore(table.words)
    keys = np.array([strings[word] for word in table.words], dtype=np.uint64)
    vectors = import_module("spacy.vectors").Vectors(
        strings=strings, data=np.asarray(table.matrix), keys=keys, name="ciliu"
    )
    vocabulary = import_module("spacy.vocab").Vocab(strings=strings)
    vocabulary.vectors = vectors
    return vocabulary


def read_by_library(folder: Path, packing: str, table: Table) -> Iterator[tuple[list[str], Matrix]]:
    """Words and vectors by spaCy itself, in the table's order, for spaCy keeps none."""
    import_module("spacy")
    vocabulary = import_module("spacy.vocab").Vocab().from_disk(folder / FOLDER / "vocab", exclude=["lookups"])
    vectors = vocabulary.vectors
    words = [word for word in table.words if word in vocabulary.strings]
    rows = vectors.find(keys=[vocabulary.strings[word] for word in words])
    if len(vectors.data) != len(table.words) or (rows < 0).any():
        raise ValueError("spaCy does not know each of the words")
    return ((part, vectors.data[rows[at : at + len(part)]]) for at, part in _parts(words))


def _parts(words: list[str]) -> Iterator[tuple[int, list[str]]]:
    at = 0
    for part, _ in in_blocks(words, np.empty((len(words), 1), np.float32)):
        yield at, part
        at += len(part)
