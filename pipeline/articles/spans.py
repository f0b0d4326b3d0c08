"""How a large plain file of lines is cut: at the first line end past each shard's size.

So lines added to it change its last span only.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import IO

import xxhash

from pipeline import shards
from pipeline.articles import encodings
from pipeline.articles.packing import COMPRESSED
from pipeline.articles.readers import format_of
from pipeline.articles.records import Options
from pipeline.remote_file import RemoteFile


@dataclass(frozen=True)
class Span:
    """The part of a plain file from ``start`` to ``end`` (bytes), whole lines; ``line`` lines stand before it."""

    start: int
    end: int
    line: int
    digest: str


def can_be_cut(path: Path | RemoteFile, options: Options) -> bool:
    """Whether a plain file may be read from any line on: each is an article, in an encoding that needs no look at the
    start."""
    if isinstance(path, RemoteFile):
        return False  # its lines would have to be read once more, only to be counted
    kind = format_of(path, options)
    lines = kind == ".jsonl" or (kind == ".txt" and options.txt == "line")
    if not lines or path.suffix in COMPRESSED or options.encoding not in ("utf-8", "gb18030", "big5"):
        return False
    with path.open("rb") as file:
        return encodings.mark_of(file.read(4)) in (None, options.encoding)


def measure_spans(path: Path) -> list[list[int | str]]:
    """The spans of a file as [start, end, lines before, digest]: cut behind the first line end past each ``SIZE``."""
    spans: list[list[int | str]] = []
    start = line = 0
    with path.open("rb") as file:
        while True:
            state, length, lines = _read_span(file, shards.SIZE - start % shards.SIZE)
            if not length:
                return spans
            spans.append([start, start + length, line, state])
            start, line = start + length, line + lines


def _read_span(file: IO[bytes], size: int) -> tuple[str, int, int]:
    state = xxhash.xxh3_128()
    length = lines = 0
    block = file.read(size)
    while block:
        state.update(block)
        length, lines = length + len(block), lines + block.count(b"\n")
        block = b"" if block.endswith(b"\n") else file.readline(1 << 20)
    return state.hexdigest(), length, lines
