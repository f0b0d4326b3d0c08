"""spaCy: a ``zh`` pipeline with the vectors, whose tokenizer is the segmenter of the bundle."""

import json
import shutil
import struct
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import numpy as np

from ciliu.bundle import read_json
from ciliu.matrices import read_npy
from pipeline.export.formats.numpy import in_blocks
from pipeline.export.table import Matrix, Table, write_npy

FOLDER = "spacy-zh"  # not spacy: that is what spacy.load would import
FILES = (FOLDER,)
PACKINGS = ("",)
TITLE = "spaCy's zh pipeline, cut by segmenter.py"
LIBRARY = READER = "spacy"
WRITERS: tuple[str, ...] = ("spacy",)
SAFE = IN_PART = True
WORDS = "any text"
LOAD = """\
import spacy
import spacy_tokenizer  # of this folder: read it before you run it; it needs jieba
nlp = spacy.load("{file}")
print([(token.text, token.has_vector) for token in nlp("{word}")])
"""
TOKENIZER = "ciliu.tokenizer.v1"
ENTRY = np.dtype([("key_type", "u1"), ("key", ">u8"), ("row_type", "u1"), ("row", ">u4")])  # of key2row
UINT64, UINT32 = 0xCF, 0xCE  # msgpack's marks
SYMBOLS = 1 << 16  # spaCy's own words (ORG, NOUN: some 460) have numbers below instead of hashes, and are not listed
FACTOR, MASK = 0xC6A4A7935BD1E995, 0xFFFFFFFFFFFFFFFF
CODE = Path(__file__).parents[1] / "bundled" / "spacy_tokenizer.py"


def write(table: Table, folder: Path, packing: str) -> None:
    """By spaCy itself, but for its three large files; ``config.cfg`` names the tokenizer that ``spacy_tokenizer.py``
    brings."""
    spacy = import_module("spacy")
    target = folder / FOLDER
    target.mkdir()
    import_module("spacy.vocab").Vocab().to_disk(target / "vocab")
    _write_vectors(table, target / "vocab")
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


def _write_vectors(table: Table, vocab: Path) -> None:
    """spaCy's ``strings.json``, ``key2row`` (msgpack) and ``vectors`` (.npy), as it lays them out; through spaCy itself
    there would be four copies of all in memory."""
    get_id, count = import_module("spacy.strings").get_string_id, len(table.words)
    entries = np.empty(count, ENTRY)
    entries["key_type"], entries["row_type"], entries["row"] = UINT64, UINT32, np.arange(count)
    entries["key"] = np.fromiter(map(get_id, table.words), np.uint64, count)
    pairs = zip(table.words, entries["key"].tolist(), strict=True)
    with (vocab / "strings.json").open("w", encoding="ascii", newline="\n") as file:
        json.dump(sorted(word for word, key in pairs if key >= SYMBOLS), file, indent=2)
    (vocab / "key2row").write_bytes(_head(count) + entries.tobytes())
    write_npy(vocab / "vectors", "<f4", table.matrix.shape, (rows for _, rows in table.blocks()))


def _head(count: int) -> bytes:
    """msgpack's for a map of so many entries."""
    return b"\xdf" + count.to_bytes(4, "big")


def read(folder: Path, packing: str, table: Table) -> Iterator[tuple[list[str], Matrix]]:
    """Words and vectors, mapped, in the table's order, for a word finds its row by its hash alone. Without spaCy.

    Raises ``ValueError`` where a word is not known, or its row is another's."""
    vocab = folder / FOLDER / "vocab"
    strings, matrix = set(read_json(vocab / "strings.json", list)), read_npy(vocab / "vectors")
    keys = _read_keys((vocab / "key2row").read_bytes(), len(matrix))
    pairs = zip(table.words, keys, strict=True)
    if any(key >= SYMBOLS and (word not in strings or murmur_hash(word.encode("utf-8")) != key) for word, key in pairs):
        raise ValueError("strings.json and key2row do not name the rows of vectors by the words, in order")
    return in_blocks(table.words, matrix)


def _read_keys(data: bytes, count: int) -> list[int]:
    """The key of each row. Raises ``ValueError`` for another layout than that of ``write``."""
    if data[:5] != _head(count) or len(data) != 5 + count * ENTRY.itemsize:
        raise ValueError(f"key2row is no map of {count:,} hashes to rows")
    told = np.frombuffer(data, ENTRY, offset=5)
    marked = (told["key_type"] == UINT64) & (told["row_type"] == UINT32) & (told["row"] == np.arange(count))
    if not marked.all() or len(np.unique(told["key"])) != count:
        raise ValueError("key2row does not give each row a hash of its own")
    return told["key"].tolist()  # type: ignore[no-any-return] # numpy's


def murmur_hash(data: bytes) -> int:
    """MurmurHash64A with the seed 1, which spaCy names strings by (Austin Appleby, MurmurHash2.cpp, public domain)."""
    state, end = 1 ^ (len(data) * FACTOR & MASK), len(data) & ~7
    for (part,) in struct.iter_unpack("<Q", data[:end]):
        part = part * FACTOR & MASK
        state = (state ^ (part ^ part >> 47) * FACTOR) * FACTOR & MASK
    if end < len(data):
        state = (state ^ int.from_bytes(data[end:], "little")) * FACTOR & MASK
    state = (state ^ state >> 47) * FACTOR & MASK
    return state ^ state >> 47


def read_by_library(folder: Path, packing: str, table: Table) -> Iterator[tuple[list[str], Matrix]]:
    """Words and vectors by spaCy itself, in the table's order, for spaCy keeps none."""
    import_module("spacy")
    vocabulary = import_module("spacy.vocab").Vocab().from_disk(folder / FOLDER / "vocab", exclude=["lookups"])
    vectors = vocabulary.vectors
    words = [word for word in table.words if word in vocabulary.strings]
    rows = vectors.find(keys=[vocabulary.strings[word] for word in words])
    if len(vectors.data) != len(table.words) or (rows < 0).any():
        raise ValueError("spaCy does not know each of the words")
    return in_blocks(words, vectors.data[rows])
