"""word2vec's binary format: a header line, then for each word its bytes, a space, and ``vector_size`` float32.

The C tool writes a line end after each vector, gensim none. A word with a space in it shifts every reader that does not
look: gensim reads such a file without an error if the word is the last, and the vector is wrong.
"""

import mmap
import unicodedata
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
        end = self._space(self.position) + 1 + self.width
        self.line_ends = data[end : end + 1] == b"\n"

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

    def _find_end_of_word(self, row: int) -> int:
        """The space between word and vector: the first one after which all goes on as it should, else the first."""
        first = space = self._space(self.position)
        for _ in range(TRIES):
            end = space + 1 + self.width
            if end > len(self.data):
                break
            if (space == first or _is_text(self.data[self.position : space])) and self._goes_on(end, row):
                return space
            space = self.data.find(b" ", space + 1, self.position + LONGEST)
            if space < 0:
                break
        if first + 1 + self.width > len(self.data):
            raise ValueError(f"{self.path} ends within word {row + 1:,} of {self.count:,}: it is truncated")
        if self.line_ends and row + 1 < self.count:
            raise ValueError(
                f"{self.path}, word {row + 1:,}: no line end after its vector, as after the first; damaged"
            )
        return first

    def _space(self, start: int) -> int:
        found = self.data.find(b" ", start, start + LONGEST)
        if found < 0:
            raise ValueError(f"{self.path}, byte {start + 1:,}: no end of a word; the file is truncated or damaged")
        return found

    def _goes_on(self, end: int, row: int) -> bool:
        """Whether a next word, or the end of the file, stands where a vector ends."""
        if row + 1 == self.count:
            return self.data[end : end + 2] in (b"", b"\n")
        if self.line_ends:
            return self.data[end : end + 1] == b"\n"
        space = self.data.find(b" ", end, end + LONGEST)
        return space > end and _is_text(self.data[end:space])


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
