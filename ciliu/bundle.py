"""A bundle that ``ciliu export`` made: cut text as its text was cut, look words up, compare texts.

Nothing that a bundle carries is run: no pickle is opened, its ``.py`` files are not imported.
"""

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ciliu.kept_words import Cutter
from ciliu.matrices import Matrix, read_vectors
from ciliu.segmenter import Segmenter
from ciliu.vectors import Vectors

WORD = re.compile(r"([^\t\n]*)\t[^\n]*\n")  # a line of vocab.tsv
LARGEST = 64 << 20  # bytes of a JSON file; a list of a million stop words has ten


class Bundle:
    """The words, vectors and segmenter of a bundle. ``ciliu.load`` makes one.

    ``words`` are in the order of the rows of ``matrix`` (words × dimensions, float32), ``manifest`` is its
    ``manifest.json``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.manifest = folder, read_json(folder / "manifest.json")
        matrix = read_vectors(folder)
        if matrix is None:
            raise ValueError(f"{folder} has no vectors in a format that numpy reads: numpy, safetensors, float16, int8")
        self._vectors = Vectors(read_words(folder / "vocab.tsv"), matrix)
        self._cutter: Cutter | None = None

    @property
    def words(self) -> list[str]:
        return self._vectors.words

    @property
    def matrix(self) -> Matrix:
        return self._vectors.matrix

    @property
    def cutter(self) -> Cutter:
        """The segmenter, opened when it is asked for first."""
        if self._cutter is None:
            self._cutter = open_cutter(self.folder / "segmenter")
        return self._cutter

    def __contains__(self, word: str) -> bool:
        return word in self._vectors

    def cut(self, text: str) -> list[str]:
        """The words of ``text``, as the training text was cut."""
        return self.cutter.cut(text)

    def vector(self, word: str) -> npt.NDArray[np.float32]:
        """The vector of ``word``. Raises ``KeyError``."""
        return self._vectors[word]

    def similar(self, word: str, n: int = 10) -> list[tuple[str, float]]:
        """The ``n`` words of greatest cosine with ``word``. Raises ``KeyError``."""
        return self._vectors.similar(word, n)

    def encode(self, texts: Iterable[str]) -> Matrix:
        """A row for each text: the mean of the unit vectors of its known words; zeros where it has none."""
        return np.stack([self._mean(self._rows(text)[0]) for text in texts] or [np.zeros(0, np.float32)])

    def known(self, texts: Iterable[str]) -> list[float]:
        """How much of each text the vectors stand for: the share of its words that are known; 0.0 of no words."""
        shares = []
        for text in texts:
            rows, words = self._rows(text)
            shares.append(len(rows) / words if words else 0.0)
        return shares

    def _rows(self, text: str) -> tuple[list[int], int]:
        words = self.cut(text)
        return [row for word in words if (row := self._vectors.row(word)) is not None], len(words)

    def _mean(self, rows: Sequence[int]) -> npt.NDArray[np.float32]:
        vectors = self.matrix[list(rows)]
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit = vectors / np.where(lengths == 0, 1, lengths)
        return np.asarray(unit.mean(axis=0) if rows else np.zeros(self.matrix.shape[1]), dtype=np.float32)


def load(folder: str | Path) -> Bundle:
    """The bundle in ``folder``: a folder of ``ciliu export``, or one with versions, whose ``latest`` says which.

    The vectors are mapped, not read whole. Raises ``OSError`` where it is not there, ``ValueError`` where it is no
    bundle, or damaged; ``ciliu verify`` looks closer.
    """
    folder = Path(folder)
    if not (folder / "manifest.json").exists() and (folder / "latest").is_file():
        version = (folder / "latest").read_text(encoding="utf-8").strip()
        if not version or version in (".", "..") or "/" in version or "\\" in version:
            raise ValueError(f"{folder / 'latest'} names {version!r}, which is no version beside it")
        folder = folder / version
    return Bundle(folder)


def read_json(path: Path, kind: type = dict) -> Any:
    """A JSON object, or what ``kind`` says. Raises ``ValueError`` where it is none, too large, or nested too deep."""
    if path.stat().st_size > LARGEST:
        raise ValueError(f"{path.name} has {path.stat().st_size:,} bytes; more than {LARGEST:,} are not read")
    try:
        value = json.loads(path.read_bytes())
    except RecursionError:
        raise ValueError(f"{path.name} is nested too deep to be read") from None
    except ValueError as error:
        raise ValueError(f"{path.name} is no JSON: {error}") from None
    if not isinstance(value, kind):
        raise ValueError(f"{path.name} is no JSON {'object' if kind is dict else kind.__name__}")
    return value


def read_words(path: Path) -> list[str]:
    """The first column of ``vocab.tsv``. Raises ``ValueError`` for what is no such file."""
    head, _, body = path.read_bytes().decode("utf-8").partition("\n")
    words = WORD.findall(body)  # in a third of the time that splitting lines takes, which is half a second's fifth
    if head != "word\tcount\trank" or (body and not body.endswith("\n")) or len(words) != body.count("\n"):
        raise ValueError(f"{path.name} is no table of words: its head is {head[:60]!r}")
    return words


def open_cutter(folder: Path) -> Cutter:
    """The segmenter of a bundle, from its folder ``segmenter``."""
    rules = read_json(folder / "segmenter.json")
    opencc = None if rules["opencc"] == "none" else read_json(folder / "opencc.json")
    if rules["engine"] == "none":
        return Cutter(rules, str.split, opencc)
    segmenter, HMM = Segmenter(folder), bool(rules["HMM"])
    return Cutter(rules, lambda text: segmenter.engine_lcut(text, HMM), opencc)
