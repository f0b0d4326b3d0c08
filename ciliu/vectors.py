"""Word vectors: a matrix mapped from a ``.npy`` file, and the words of its rows."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt


class Vectors:
    """``words`` (n of them) and ``matrix`` (n × dimensions, float32); row i is the vector of word i."""

    def __init__(self, words: Sequence[str], matrix: npt.NDArray[np.float32]) -> None:
        """Raises ``ValueError`` if there are not as many words as rows."""
        if len(words) != len(matrix):
            raise ValueError(f"{len(words):,} words for {len(matrix):,} vectors")
        self.words = list(words)
        self.matrix = matrix
        self._norms: npt.NDArray[np.float32] | None = None
        self._looked_up = False

    @classmethod
    def load(cls, vectors: str | Path, vocab: str | Path) -> "Vectors":
        """From a ``.npy`` file, mapped and not read whole, and a ``vocab.tsv`` with the word in its first column."""
        with Path(vocab).open(encoding="utf-8", newline="\n") as file:
            next(file)
            words = [line.split("\t", 1)[0] for line in file]
        return cls(words, np.load(vectors, mmap_mode="r"))

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {word: row for row, word in enumerate(self.words)}

    def __contains__(self, word: str) -> bool:
        return self.row(word) is not None

    def row(self, word: str) -> int | None:
        """The row of ``word`` in the matrix, or None."""
        if self._looked_up:
            return self._rows.get(word)
        self._looked_up = True  # once without the table: to make it takes a third of the time to the first neighbours
        return self.words.index(word) if word in self.words else None

    def _known_row(self, word: str) -> int:
        row = self.row(word)
        if row is None:
            raise KeyError(word)
        return row

    def __getitem__(self, word: str) -> npt.NDArray[np.float32]:
        """The vector of ``word``, as trained. Raises ``KeyError``."""
        return np.asarray(self.matrix[self._known_row(word)])

    def _lengths(self) -> npt.NDArray[np.float32]:
        """The lengths of all vectors, computed once; 1 for a vector of zeros."""
        if self._norms is None:
            squares = np.einsum("ij,ij->i", self.matrix, self.matrix)  # no second matrix, as norm would make
            self._norms = np.sqrt(squares)
            self._norms[self._norms == 0] = 1
        return self._norms

    def similar(self, word: str, n: int = 10) -> list[tuple[str, float]]:
        """The ``n`` words of greatest cosine with ``word``, itself left out. Raises ``KeyError``."""
        row = self._known_row(word)
        lengths = self._lengths()
        cosines = self.matrix @ (self.matrix[row] / lengths[row]) / lengths
        cosines[row] = -np.inf
        n = min(n, len(cosines) - 1)
        best = np.argpartition(-cosines, n)[:n] if n < len(cosines) - 1 else np.flatnonzero(np.isfinite(cosines))
        best = best[np.argsort(-cosines[best], kind="stable")]
        return [(self.words[index], float(cosines[index])) for index in best]
