"""Export: one folder that another team can load and check, ``bundle/``.

It holds no path, date or duration of this machine: the same run gives the same bytes.
"""

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from pipeline import cache
from pipeline.export.card import write_card
from pipeline.publish import new_folder

VERSION = 2
VERSIONS = ("gensim",)

BUNDLE = "bundle"
SUMS = "XXH128SUMS"


def run(vocabulary: Path, train: Path, output: Path, *, origin: cache.Json) -> cache.Counts:
    """Make the bundle of the model ``train``. ``origin`` says how each stage before made its part, for the manifest."""
    bundle = output / BUNDLE
    bundle.mkdir(exist_ok=True)
    cache.link(vocabulary / "vocab.tsv", bundle / "vocab.tsv")
    for path in sorted(train.glob("model.gensim*")):
        cache.link(path, bundle / path.name)
    vectors = write_word2vec(vocabulary, train, bundle)
    write_card(bundle / "README.md", vectors.shape, origin)
    files = {path.name: path.stat().st_size for path in sorted(bundle.iterdir())}
    manifest = {"words": vectors.shape[0], "vector_size": vectors.shape[1], "files": files, "stages": origin}
    cache.write_json(bundle / "manifest.json", manifest)
    write_sums(bundle)
    return {"different_words": vectors.shape[0], "vector_size": vectors.shape[1], "files": len(files) + 2}


def write_word2vec(vocabulary: Path, train: Path, bundle: Path) -> Any:
    """``vectors.bin`` and ``vectors.txt`` in word2vec's format, as gensim writes them. Returns the matrix."""
    from gensim.models import KeyedVectors

    with (vocabulary / "vocab.tsv").open(encoding="utf-8", newline="\n") as file:
        next(file)
        counts = {word: int(count) for word, count, _ in (line.split("\t") for line in file)}
    matrix = np.load(train / "vectors.npy", mmap_mode="r")
    keyed = KeyedVectors(matrix.shape[1])
    keyed.index_to_key, keyed.vectors = list(counts), matrix
    keyed.key_to_index = {word: row for row, word in enumerate(counts)}
    keyed.expandos["count"] = np.array(list(counts.values()))  # it writes by falling count: the order they are in
    keyed.save_word2vec_format(str(bundle / "vectors.bin"), binary=True)
    keyed.save_word2vec_format(str(bundle / "vectors.txt"), binary=False)
    return matrix


def write_sums(bundle: Path) -> None:
    """``XXH128SUMS``: the xxh3_128 of each file, in the form that ``xxh128sum -c`` checks."""
    sums = [f"{cache.file_digest(path)}  {path.name}\n" for path in sorted(bundle.iterdir())]
    (bundle / SUMS).write_text("".join(sums), encoding="utf-8")


def summary(counts: cache.Counts) -> str:
    """The closing line: out."""
    return f"{counts['different_words']:,} vectors of {counts['vector_size']} in {counts['files']} files"


def publish(bundle: Path, target: Path) -> None:
    """Copy a bundle to ``target``, whole or not at all, and check the sums there.

    Raises ``ValueError`` if ``target`` is there and not empty, or a file arrived damaged.
    """
    with new_folder(target) as unfinished:
        shutil.copytree(bundle, unfinished, dirs_exist_ok=True)
        for line in (unfinished / SUMS).read_text(encoding="utf-8").splitlines():
            expected, name = line.split("  ", 1)
            if cache.file_digest(unfinished / name) != expected:
                raise ValueError(f"{name} arrived damaged in {unfinished}")
