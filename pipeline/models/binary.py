"""word2vec's binary format: a header line, then for each word its bytes, a space, and ``vector_size`` float32.

The C tool writes a line end after each vector, gensim none. A word with a space in it shifts every reader that does not
look: gensim reads such a file without an error if the word is the last, and the vector is wrong.
"""

import mmap
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pipeline.models.model import Matrix, Model, from_rows
from pipeline.models.text import check_header, read_header

LONGEST = 4096  # bytes of a word; the C tool cuts at 100, the longest in published files has some hundred
TRIES = 8  # spaces in one word


class Records:
    """The records of a file, one after the other."""

    def __init__(self, data: mmap.mmap, path: Path) -> None:
        header = read_header(data)
        if header is None:
            raise ValueError(f"{path}, line 1: no header (words, dimensions)")
        self.data, self.path = data, path
        self.count, self.size, self.position = header
        check_header(path, self.count, self.size)
        self.width = 4 * self.size
        if self.count * (self.width + 1) > len(data) - self.position:
            raise ValueError(
                f"{path} promises {self.count:,} words of {self.size:,} dimensions, more than its {len(data):,} bytes "
                "hold: it is truncated, or its header is wrong"
            )
        self.line_ends = self._has_line_ends()

    def read(self) -> tuple[list[bytes], Matrix]:
        """All words and vectors. Raises ``ValueError`` where the records do not end with the file."""
        vectors = np.empty((self.count, self.size), dtype=np.float32)
        words = []
        for row in range(self.count):
            space = self._find_end_of_word(row)
            words.append(self.data[self.position : space])
            vectors[row] = np.frombuffer(self.data, dtype="<f4", count=self.size, offset=space + 1)
            self.position = space + 1 + self.width
            if self.line_ends and self.data[self.position : self.position + 1] == b"\n":
                self.position += 1
        left = len(self.data) - self.position
        if left and self.data[self.position : self.position + 2] != b"\n":
            raise ValueError(
                f"{self.path}: {left:,} bytes stand behind the {self.count:,} words that its header promises"
            )
        return words, vectors

    def _has_line_ends(self) -> bool:
        """What stands behind the first vector: a line end, or the next word."""
        for space in self._ends_of_word():
            end = space + 1 + self.width
            if self.data[end : end + 1] == b"\n":
                return True
            if self._is_word(end):
                return False
        return False

    def _find_end_of_word(self, row: int) -> int:
        """The space between word and vector: the first one after which all goes on as it should, else the first."""
        first = self._space(self.position)
        for space in self._ends_of_word():
            if self._goes_on(space + 1 + self.width, row):
                return space
        if first + 1 + self.width > len(self.data):
            raise ValueError(f"{self.path} ends within word {row + 1:,} of {self.count:,}: it is truncated")
        if self.line_ends and row + 1 < self.count:
            raise ValueError(
                f"{self.path}, word {row + 1:,}: no line end after its vector, as after the first; damaged"
            )
        return first

    def _ends_of_word(self) -> Iterator[int]:
        """The spaces that may end the word that begins here: the first one, and those before which all is text."""
        space = self._space(self.position)
        for _ in range(TRIES):
            yield space
            space = self.data.find(b" ", space + 1, self.position + LONGEST)
            if space < 0 or not _is_text(self.data[self.position : space]):
                return

    def _space(self, start: int) -> int:
        found = self.data.find(b" ", start, start + LONGEST)
        if found < 0:
            raise ValueError(f"{self.path}, byte {start + 1:,}: no end of a word; the file is truncated or damaged")
        return found

    def _goes_on(self, end: int, row: int) -> bool:
        """Whether a next word, or the end of the file, stands where a vector ends."""
        if row + 1 == self.count:
            return end == len(self.data) or self.data[end : end + 2] == b"\n"
        if self.line_ends:
            return self.data[end : end + 1] == b"\n"
        return self._is_word(end)

    def _is_word(self, start: int) -> bool:
        space = self.data.find(b" ", start, start + LONGEST)
        return space > start and _is_text(self.data[start:space])


def _is_text(raw: bytes) -> bool:
    try:
        word = raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return word.isprintable() or all(
        character.isprintable() or unicodedata.category(character) in ("Zs", "Cf", "Co") for character in word
    )


def read_binary(data: mmap.mmap, path: Path, form: str) -> Model:
    """word2vec's binary format. Raises ``ValueError`` where it is truncated or damaged, as far as that can be seen: a
    flipped bit in a number cannot."""
    words, vectors = Records(data, path).read()
    return from_rows(form, path, words, vectors, lambda row: f"word {row + 1:,}")
