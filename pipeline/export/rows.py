"""Vectors as lines of text: a word and its numbers, each the shortest decimal that gives the same float32 again.

By the native core in threads, else as numpy prints numbers: the same bytes, twenty times slower.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import IO, TypeVar

import numpy as np

from ciliu.engine_native import import_native
from pipeline.export.packing import open_to_read, open_to_write
from pipeline.export.table import Matrix, Table
from pipeline.processes import cpus

READ = 2 << 20  # bytes of text at once
LONGEST = 64 << 20  # bytes of a line

Given = TypeVar("Given")
Made = TypeVar("Made")


def write(table: Table, path: Path, *, header: bool, separator: str = " ", with_words: bool = True) -> None:
    """Write ``path``, packed if its name ends with ``.gz`` or ``.zst``."""
    size = table.matrix.shape[1]

    def lines(block: tuple[list[str], Matrix]) -> bytes:
        words = "".join(f"{word}\n" for word in block[0]).encode("utf-8") if with_words else None
        return format_rows(words, np.ascontiguousarray(block[1]), size, separator)

    with open_to_write(path) as file:
        if header:
            file.write(f"{len(table.words)} {size}\n".encode("ascii"))
        for text in in_threads(lines, table.blocks()):
            file.write(text)


def read(
    path: Path, size: int, *, header: bool, separator: str = " ", with_words: bool = True
) -> Iterator[tuple[list[str], Matrix]]:
    """Words and vectors of what ``write`` wrote, some megabytes at a time. Raises ``ValueError`` with the file."""

    def rows(text: bytes) -> tuple[list[str], Matrix]:
        words, numbers = parse_rows(text, size, with_words, separator)
        return words.decode("utf-8").split("\n")[:-1], np.frombuffer(numbers, "<f4").reshape(-1, size)

    with open_to_read(path) as file:
        if header:
            told = file.readline(64).split()
            if told[1:] != [b"%d" % size]:
                raise ValueError(f"{path.name}: its first line names {told[1:]} dimensions instead of {size}")
        try:
            yield from in_threads(rows, whole_lines(file))
        except ValueError as error:
            raise ValueError(f"{path.name}: {error}") from None


def whole_lines(file: IO[bytes]) -> Iterator[bytes]:
    """The rest of a file in parts that end with a line. Raises ``ValueError`` where the last line has no end."""
    rest = b""
    while part := file.read(READ):
        end = part.rfind(b"\n") + 1
        if end:
            yield rest + part[:end]
            rest = part[end:]
        else:
            rest += part
            if len(rest) > LONGEST:
                raise ValueError(f"a line of more than {LONGEST:,} bytes: it is damaged, or made to harm")
    if rest:
        raise ValueError("its last line has no end: it is truncated")


def in_threads(function: Callable[[Given], Made], given: Iterable[Given]) -> Iterator[Made]:
    """``map`` in as many threads as CPUs may be used; results in order, only a few ahead."""
    threads, left = cpus(), iter(given)
    with ThreadPoolExecutor(threads) as pool:
        ahead: deque[Future[Made]] = deque(pool.submit(function, one) for one in islice(left, threads + 1))
        while ahead:
            made = ahead.popleft().result()
            ahead.extend(pool.submit(function, one) for one in islice(left, 1))
            yield made


def format_rows(words: bytes | None, rows: Matrix, size: int, separator: str) -> bytes:
    """Rows as lines, the words before them if there are any (an LF behind each)."""
    native = import_native()
    if native:
        return native.format_rows(words, rows, size, separator)  # type: ignore[no-any-return] # C has no annotations
    lines = [separator.join(map(str, row)) for row in rows]
    if words is not None:
        names = words.decode("utf-8").split("\n")
        lines = [f"{word}{separator}{line}" for word, line in zip(names, lines, strict=False)]
    return "".join(f"{line}\n" for line in lines).encode("utf-8")


def parse_rows(text: bytes, size: int, with_words: bool, separator: str) -> tuple[bytes, bytes]:
    """Lines as words (an LF behind each) and float32. Raises ``ValueError`` with the line, counted from 1."""
    native = import_native()
    if native:
        return native.parse_rows(text, size, with_words, separator)  # type: ignore[no-any-return] # C has no annotations
    words, rows = [], []
    for number, line in enumerate(text.split(b"\n")[:-1], start=1):
        fields = line.split(separator.encode("ascii"))
        try:
            numbers = np.array(fields[with_words:], dtype=np.float32)
        except ValueError:
            numbers = np.empty(0, dtype=np.float32)
        if len(numbers) != size:
            raise ValueError(f"line {number}: no word with {size} numbers")
        words += fields[:with_words]
        rows.append(numbers)
    return b"".join(word + b"\n" for word in words), np.array(rows, dtype="<f4").tobytes()
