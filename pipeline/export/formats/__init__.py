"""The formats of a bundle: a module each, which says what it is, writes it and reads it back.

A module has ``TITLE``, ``FILES`` (the first is what one loads), ``PACKINGS`` (ends of names that it may be packed
under), ``LIBRARY`` (whose format it is), ``WRITERS`` (libraries that shape its bytes), ``SAFE`` (whether loading it
runs nothing that it carries), ``WORDS`` (which words it can hold), ``LOAD`` (code for the card). ``EXACT`` is False
where numbers lose digits; ``differences(stages)``, if there is one, says how a format cuts otherwise than the pipeline.
``write(table, folder, packing)`` writes it; ``read(folder, packing, table)`` yields words
and vectors in parts and runs nothing that the files carry; ``read_by_library`` does so by the library ``READER``. One
of the two may be missing. ``IN_PART`` is True where that library holds all it reads, several times over: it reads the
first words, written alike, and ``read`` the whole.
"""

from importlib.util import find_spec
from types import ModuleType
from typing import NamedTuple

from pipeline.export.formats import (
    fasttext,
    float16,
    gensim,
    glove,
    int8,
    keyedvectors,
    model2vec,
    numpy,
    parquet,
    safetensors,
    sentence_transformers,
    spacy,
    tensorboard,
    word2vec,
    word2vec_text,
)

FORMATS: dict[str, ModuleType] = {
    "numpy": numpy,
    "word2vec": word2vec,
    "word2vec-text": word2vec_text,
    "gensim": gensim,
    "keyedvectors": keyedvectors,
    "safetensors": safetensors,
    "parquet": parquet,
    "fasttext": fasttext,
    "glove": glove,
    "tensorboard": tensorboard,
    "float16": float16,
    "int8": int8,
    "model2vec": model2vec,
    "sentence-transformers": sentence_transformers,
    "spacy": spacy,
}


class Format(NamedTuple):
    """A format as it was asked for: ``word2vec-text.gz`` is the module of word2vec-text, packed as ``.gz``."""

    name: str
    module: ModuleType
    packing: str

    @property
    def library(self) -> str:
        """The library that reads it back here; empty: none, or it is not installed."""
        library = str(getattr(self.module, "READER", ""))
        return library if library and find_spec(library.replace("-", "_")) else ""

    @property
    def file(self) -> str:
        """The file, or folder, that one loads."""
        return f"{self.module.FILES[0]}{self.packing}"


def parse(name: str) -> Format:
    """The format of that name. Raises ``ValueError`` for one that is none, or wants a library that is not there."""
    plain, dot, packing = name.partition(".")
    if plain not in FORMATS:
        raise ValueError(f"format {name}: one of {', '.join(FORMATS)}")
    module = FORMATS[plain]
    if dot + packing not in module.PACKINGS:
        ways = " or ".join(f"{plain}{ending}" for ending in module.PACKINGS)
        raise ValueError(f"format {name}: give {ways}")
    missing = [library for library in module.WRITERS if not find_spec(library)]
    if missing:
        raise ValueError(f"format {name} needs {missing[0]}, which is not installed: pip install 'ciliu[{plain}]'")
    return Format(name, module, dot + packing)


def parse_list(names: str) -> list[Format]:
    """The formats of a list with commas, each once, in the order of ``FORMATS``."""
    asked = {name.strip() for name in names.split(",")} - {""}
    found = [parse(name) for name in sorted(asked)]
    order = list(FORMATS.values())
    return sorted(found, key=lambda one: (order.index(one.module), one.packing))


def writers(names: str) -> tuple[str, ...]:
    """The libraries that shape the bytes of these formats."""
    return tuple(sorted({library for one in parse_list(names) for library in one.module.WRITERS}))
