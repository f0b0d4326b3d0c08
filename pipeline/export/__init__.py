"""Export: one folder that another team can load, check and trust, ``bundle/``.

It holds no path, date or duration of this machine: the same run gives the same bytes.
"""

import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from pipeline import cache
from pipeline.export.bundle import About, make_bundle
from pipeline.export.formats import parse_list, writers
from pipeline.export.licence import UNKNOWN, Rows
from pipeline.export.segmenter import write_segmenter
from pipeline.export.table import read_table

VERSION = 5
VERSIONS = ("gensim",)

BUNDLE = "bundle"
DEFAULT = "numpy,word2vec,word2vec-text,gensim"


def run(
    vocabulary: Path,
    dictionary: Path,
    train: Path,
    stop_words: Sequence[Path],
    protect: Sequence[Path],
    output: Path,
    *,
    formats: str = DEFAULT,
    licence: Rows = UNKNOWN,
    origin: cache.Json,
) -> cache.Counts:
    """Make the bundle of the model ``train`` in ``formats`` (names with commas).

    ``numpy`` is always among them, for the others can be made of it. ``origin`` says how each stage before made its
    part; ``licence`` says of which licence the sources are (``licence.by_source``)."""
    bundle = output / BUNDLE
    shutil.rmtree(bundle, ignore_errors=True)  # of an attempt that was killed
    bundle.mkdir()
    table = read_table(vocabulary, train / "vectors.npy")
    segmenter = partial(write_segmenter, dictionary, stop_words, protect, origin)
    asked = parse_list(f"numpy,{formats}")
    manifest = make_bundle(bundle, table, asked, About(origin, licence), model=train, write_segmenter=segmenter)
    return {
        "different_words": manifest["words"],
        "vector_size": manifest["vector_size"],
        "files": len(manifest["files"]) + 2,
        "formats": [one.name for one in asked],
        "repaired": len(manifest["repaired"]),
    }


def versions(formats: str) -> tuple[str, ...]:
    """The libraries that shape the bytes of these formats."""
    return tuple(sorted({*VERSIONS, *writers(formats)}))


def summary(counts: cache.Counts) -> str:
    """The closing line: out."""
    return (
        f"{counts['different_words']:,} vectors of {counts['vector_size']} as {', '.join(counts['formats'])}: "
        f"{counts['files']} files, each loaded back"
    )
