"""Vectors as text: a word and its numbers a line. word2vec's format (fastText's ``.vec`` too) says in a first line how
many words of how many dimensions follow; GloVe's has no such line.

The last ``vector_size`` fields are the numbers and all before them is the word, white space and all: GloVe's published
files have such words (``. . .``).
"""

import mmap
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from pipeline.models.model import Matrix, Model, from_rows

HEADER = re.compile(rb"(?:\xef\xbb\xbf)?[ \t]*(\d{1,12})[ \t]+(\d{1,6})[ \t\r]*\n")
NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$|[+-]?(?:nan|inf)$", re.IGNORECASE)
BOM = b"\xef\xbb\xbf"


def read_header(data: mmap.mmap) -> tuple[int, int, int] | None:
    """(words, vector_size, where the first word begins) of word2vec's first line, or None where there is none."""
    found = HEADER.match(data)
    return (int(found[1]), int(found[2]), found.end()) if found else None


def count_numbers(line: bytes) -> int:
    """How many fields at the end of a line are numbers; the first field is the word, whatever it looks like."""
    fields = line.split()[1:]
    return next((found for found, field in enumerate(reversed(fields)) if not NUMBER.match(field)), len(fields))


def read_word2vec(data: mmap.mmap, path: Path, form: str) -> Model:
    """word2vec's text format. Raises ``ValueError`` with the line that is wrong."""
    header = read_header(data)
    if header is None:
        raise ValueError(f"{path}, line 1: no header (words, dimensions)")
    count, size, start = header
    check_header(path, count, size)
    if count * (2 * size + 1) > len(data) - start + 1:  # a number takes two bytes at least, a word's line end one
        raise ValueError(
            f"{path} promises {count:,} words of {size:,} dimensions, more than its {len(data):,} bytes hold"
        )
    return _read(data, path, form, start, count, size, first_line=2)


def read_glove(data: mmap.mmap, path: Path, form: str) -> Model:
    """Text without a header; the commonest count of numbers in the first thousand lines is the dimensions."""
    start = len(BOM) if data[: len(BOM)] == BOM else 0
    sizes = Counter(count_numbers(line) for line in islice(_lines(data, start), 1000))
    count = sum(1 for line in _lines(data, start) if line.strip())
    model = _read(data, path, form, start, count, sizes.most_common(1)[0][0], first_line=1)
    model.notes.append(
        "the format does not say how many words there should be: nobody can see whether some are missing"
    )
    return model


def check_header(path: Path, count: int, size: int) -> None:
    """Raises ``ValueError`` for a model without words or dimensions."""
    if not count or not size:
        raise ValueError(f"{path} promises {count:,} words of {size:,} dimensions: nothing to import")


def _lines(data: mmap.mmap, start: int) -> Iterator[bytes]:
    data.seek(start)
    return iter(data.readline, b"")


def _read(data: mmap.mmap, path: Path, form: str, start: int, count: int, size: int, first_line: int) -> Model:
    vectors = np.empty((count, size), dtype=np.float32)
    words: list[bytes] = []
    lines: list[int] = []
    line = b""
    for number, line in enumerate(_lines(data, start), first_line):
        if not line.strip():
            continue  # nothing, not even an empty word; whether words are missing is seen by their number
        if len(words) == count:
            raise ValueError(f"{path}, line {number:,}: the header promises {count:,} words, here is one more")
        words.append(_read_line(line, vectors, len(words), f"{path}, line {number:,}"))
        lines.append(number)
    if len(words) < count:
        raise ValueError(
            f"{path} promises {count:,} words and has {len(words):,}: it is truncated, or its header is wrong"
        )
    model = from_rows(form, path, words, vectors, lambda row: f"line {lines[row]:,}")
    if not line.endswith(b"\n"):
        model.notes.append(f"line {lines[-1]:,}, the last, has no line end: its last number may be cut off")
    return model


def _read_line(line: bytes, vectors: Matrix, row: int, place: str) -> bytes:
    """Put the numbers of a line where they belong; its word."""
    size = vectors.shape[1]
    fields = line.rsplit(None, size)
    if len(fields) == size and line[:1].isspace():
        fields = [b"", *fields]
    if len(fields) != size + 1:
        raise ValueError(f"{place}: {len(fields) - 1:,} numbers where {size:,} should stand")
    try:
        with np.errstate(over="ignore"):  # infinity is refused in the end
            vectors[row] = fields[1:]
    except ValueError:
        wrong = next((field for field in fields[1:] if not NUMBER.match(field)), fields[1])
        raise ValueError(f"{place}: {wrong[:40]!r} is no number; {size:,} should stand after the word") from None
    return fields[0]
