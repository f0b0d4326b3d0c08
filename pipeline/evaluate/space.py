"""The vectors that are looked at: a matrix with its words, and what is known about how it was made."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline import cache
from pipeline.models import read_model
from pipeline.vocabulary_files import read_vocabulary

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

ROWS = 8_192  # of the matrix at once: 8 MB at 256 dimensions


@dataclass(frozen=True)
class Space:
    """``words`` (V of them) and ``vectors`` (V × dimensions, float32; may be mapped). ``counts`` are None where the
    file has none; ``parameters`` are gensim's names for how it was trained, as far as they are known; ``declared`` is
    how many words the file's own manifest says there are; ``unit_length``: all vectors have length 1 (or are zeros)."""

    words: Sequence[str]
    vectors: Floats
    counts: npt.NDArray[np.int64] | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    declared: int | None = None
    unit_length: bool = False

    @cached_property
    def index(self) -> dict[str, int]:
        """Word to row."""
        return {word: row for row, word in enumerate(self.words)}

    @cached_property
    def folded(self) -> dict[str, int]:
        """Word in upper case to the first row that has it so: how gensim looks words up when it evaluates."""
        return {word.upper(): row for row, word in reversed(list(enumerate(self.words)))}

    @cached_property
    def variants(self) -> dict[str, list[int]]:
        """The rows of words that differ in case only, by the word in upper case."""
        cased: dict[str, list[int]] = {}
        for row, word in enumerate(self.words):
            if not word.isascii() and word.upper() == word:
                continue
            cased.setdefault(word.upper(), []).append(row)
        return {word: rows for word, rows in cased.items() if len(rows) > 1}

    @cached_property
    def norms(self) -> Floats:
        """The length of each vector."""
        lengths: Floats = np.empty(len(self.words), dtype=np.float32)
        for start in range(0, len(lengths), ROWS):
            block = np.asarray(self.vectors[start : start + ROWS], dtype=np.float64)  # squares of 1e20 overflow float32
            lengths[start : start + ROWS] = np.sqrt((block * block).sum(axis=1))
        return lengths

    def unit(self, rows: Ids | Sequence[int] | slice) -> Floats:
        """These rows at length 1; one of zeros, or one that is not finite, is zeros."""
        if self.unit_length:
            return self.vectors[rows]
        lengths = self.norms[rows][:, None]
        good = np.isfinite(lengths) & (lengths > 0)
        found: Floats = np.zeros((len(lengths), self.vectors.shape[1]), dtype=np.float32)
        np.divide(self.vectors[rows], lengths, out=found, where=good)
        return found

    def normalized(self) -> "Space":
        """The same with all vectors at length 1, in memory: what is asked often then costs one product alone."""
        return replace(self, vectors=self.unit(slice(None)), unit_length=True)

    def blocks(self, rows: int = ROWS) -> Iterator[tuple[int, Floats]]:
        """All rows at length 1, some at a time, each time with the number of the first."""
        for start in range(0, len(self.words), rows):
            yield start, self.unit(slice(start, start + rows))

    def known(self, words: Sequence[str]) -> list[int]:
        """The rows of those words that are there."""
        return [self.index[word] for word in words if word in self.index]


def nearest(space: Space, queries: Floats, hidden: Sequence[Sequence[int]], n: int) -> tuple[Ids, Floats]:
    """For each query (m × dimensions, of length 1) the ``n`` rows of greatest cosine, the greatest first, and the
    cosines; its ``hidden`` rows are left out. Memory: m × ``ROWS`` cosines at once. Fewer than ``n`` if there are
    no more rows."""
    n = min(n, len(space.words) - max(map(len, hidden), default=0))
    rows = np.zeros((len(queries), 0), dtype=np.int64)
    cosines = np.zeros((len(queries), 0), dtype=np.float32)
    for start, block in space.blocks():
        near = queries @ block.T
        for query, out in enumerate(hidden):
            near[query, [row - start for row in out if start <= row < start + len(block)]] = -np.inf
        best = np.argpartition(-near, min(n, near.shape[1] - 1), axis=1)[:, :n]
        rows = np.hstack([rows, best + start])
        cosines = np.hstack([cosines, np.take_along_axis(near, best, axis=1)])
        order = np.argsort(-cosines, axis=1, kind="stable")[:, :n]
        rows, cosines = np.take_along_axis(rows, order, axis=1), np.take_along_axis(cosines, order, axis=1)
    return rows, cosines


def neighbours(space: Space, words: Sequence[str], n: int) -> dict[str, list[tuple[str, float]]]:
    """The ``n`` nearest words of each word, with the cosine. Raises ``KeyError`` for a word that is not there."""
    rows = [space.index[word] for word in words]
    found, cosines = nearest(space, space.unit(rows), [[row] for row in rows], n)
    return {
        word: [(space.words[row], round(float(cosine), 4)) for row, cosine in zip(*pair, strict=True)]
        for word, *pair in zip(words, found, cosines, strict=True)
    }


def from_stages(vocabulary: Path, train: Path, parameters: dict[str, Any]) -> Space:
    """The model of a run: what Vocabulary and Train wrote."""
    counts = dict(read_vocabulary(vocabulary))
    given = {**parameters, "min_count": cache.read_json(vocabulary / "vocabulary.json")["min_count"]}
    vectors = np.load(train / "vectors.npy", mmap_mode="r")
    return Space([*counts], vectors, np.fromiter(counts.values(), np.int64, len(counts)), given, None)


def from_path(path: Path) -> Space:
    """A model of another origin: a file that ``read_model`` reads, or a folder with one (a bundle, what `ciliu import`
    wrote). Raises ``ValueError`` if it is none."""
    if not path.is_dir():
        model = read_model(path)
        counts = model.counts if model.counts is not None and model.counts.any() else None
        return Space(model.words, model.vectors, counts, model.parameters)
    manifest = cache.read_json(path / "manifest.json") if (path / "manifest.json").is_file() else {}
    made = {name: stage.get("parameters", {}) for name, stage in manifest.get("stages", {}).items()}
    space = _from_folder(path)
    parameters = {**made.get("train", {}), **made.get("vocabulary", {}), **space.parameters}
    if manifest.get("chosen", "all words") != "all words":  # the rarest of these were left out on purpose
        parameters.pop("min_count", None)
    return Space(space.words, space.vectors, space.counts, parameters, manifest.get("words"))


def _from_folder(path: Path) -> Space:
    if (path / "vectors.npy").is_file() and (path / "vocab.tsv").is_file():  # mapped: the others are read whole
        counts = dict(read_vocabulary(path))
        vectors = np.load(path / "vectors.npy", mmap_mode="r")
        if len(vectors) != len(counts):
            raise ValueError(
                f"{path} has {len(vectors):,} vectors in vectors.npy and {len(counts):,} words in vocab.tsv"
            )
        return Space([*counts], vectors, np.fromiter(counts.values(), np.int64, len(counts)), {})
    for name in ("model.gensim", "vectors.bin", "vectors.txt"):
        if (path / name).is_file():
            return from_path(path / name)
    raise ValueError(
        f"{path} holds no model: neither vectors.npy with vocab.tsv nor model.gensim, vectors.bin, vectors.txt"
    )
