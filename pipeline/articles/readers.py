"""Source files to records: one reader a format, behind one way to open plain and compressed files.

A reader yields ``(line, bytes read so far, record or Rejected)``. Memory is bounded whatever a file claims: a line,
or a ``.txt`` file, longer than ``LIMIT`` is rejected.
"""

import bz2
import codecs
import gzip
import io
import json
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from xml.parsers.expat import ExpatError

from backports import zstd

LIMIT = 16 << 20  # bytes of one article; the longest of 205,421 real ones has 4.7 MB


@dataclass(frozen=True)
class Rejected:
    """Why a record is no article."""

    reason: str


@dataclass(frozen=True)
class Skipped:
    """A page of a dump that is no article, without a fault: what it is (a redirect). It counts as no record."""

    kind: str


Record = dict[str, Any]
Reading = tuple[int, int, Record | Rejected | Skipped]


def open_source(path: Path) -> IO[bytes]:
    """The bytes of a source, decompressed if its name ends in one of ``COMPRESSED``. A file of 0 bytes is none."""
    if path.suffix in COMPRESSED and path.stat().st_size == 0:
        raise EOFError("it has 0 bytes, so it is no compressed file")
    if path.suffix == ".gz":
        return io.BufferedReader(gzip.open(path, "rb"), 1 << 20)
    if path.suffix == ".bz2":  # reads on through a file of many streams
        return io.BufferedReader(bz2.open(path, "rb"), 1 << 20)
    if path.suffix == ".zst":
        return io.BufferedReader(zstd.open(path, "rb"), 1 << 20)
    return path.open("rb", buffering=1 << 20)


def read(path: Path, start: int = 0, end: int | None = None, dump: "Reader | None" = None) -> Iterator[Reading]:
    """The records of a source file, or of its bytes from ``start`` for ``end`` bytes. ``dump`` takes
    the place of the reader of Wikipedia dumps.

    Raises ``ValueError`` with the path where the file is damaged, truncated or unreadable.
    """
    try:
        with open_source(path) as stream:
            if start:
                stream.seek(start)
            kind = format_of(path) or ""
            yield from (dump if dump and kind == DUMP else READERS[kind])(stream, end)
    except (EOFError, OSError, ExpatError, zlib.error, zstd.ZstdError) as error:
        raise ValueError(f"{path} cannot be read to its end: {error}") from error


def read_jsonl(stream: IO[bytes], end: int | None = None) -> Iterator[Reading]:
    """One JSON object a line, UTF-8: ``text``, and if there ``id``, ``title``, ``label``. Stops at byte ``end``."""
    offset = line = 0
    while (end is None or offset < end) and (raw := stream.readline(LIMIT + 1)):
        line += 1
        offset += len(raw)
        if len(raw) > LIMIT and not raw.endswith(b"\n"):
            offset += _skip_line(stream)
            yield line, offset, Rejected(f"a line of more than {LIMIT >> 20} MiB")
        elif raw.removeprefix(codecs.BOM_UTF8).strip():
            yield line, offset, parse_json(raw)


def _skip_line(stream: IO[bytes]) -> int:
    skipped = 0
    while raw := stream.readline(1 << 20):
        skipped += len(raw)
        if raw.endswith(b"\n"):
            break
    return skipped


def parse_json(raw: bytes) -> Record | Rejected:
    """The object of one line, or why it is none."""
    try:
        text = raw.decode("utf-8").removeprefix("\ufeff")
        record = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse)
    except UnicodeDecodeError as error:
        return Rejected(f"not UTF-8 at byte {error.start + 1} of the line")
    except json.JSONDecodeError as error:
        return Rejected(f"no JSON: {error.msg} at character {error.pos + 1} of the line")
    except (ValueError, RecursionError) as error:
        return Rejected(f"no JSON: {error}")
    if not isinstance(record, dict):
        return Rejected("no JSON object")
    for name in ("text", "id", "title", "label"):
        value = record.get(name)
        if name == "text" and not isinstance(value, str):
            return Rejected("no text" if name not in record else "text is no string")
        if isinstance(value, dict | list):
            return Rejected(f"{name} is no string")
    return record


def _unique(pairs: list[tuple[str, Any]]) -> Record:
    record = dict(pairs)
    if len(record) < len(pairs):
        raise ValueError("a key stands twice")  # json.loads would keep the last in silence
    return record


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def read_txt(stream: IO[bytes], end: int | None = None) -> Iterator[Reading]:
    """A whole file as one article, UTF-8 with or without a mark at its start."""
    raw = stream.read(LIMIT + 1)
    if len(raw) > LIMIT:
        yield 1, len(raw), Rejected(f"an article of more than {LIMIT >> 20} MiB")
        return
    mark = len(codecs.BOM_UTF8) if raw.startswith(codecs.BOM_UTF8) else 0
    try:
        yield 1, len(raw), {"text": raw[mark:].decode("utf-8")}
    except UnicodeDecodeError as error:
        start = mark + error.start
        yield raw.count(b"\n", 0, start) + 1, len(raw), Rejected(f"not UTF-8 at byte {start + 1} of the file")


Reader = Callable[[IO[bytes], int | None], Iterator[Reading]]

COMPRESSED = (".bz2", ".gz", ".zst")
READERS: dict[str, Reader] = {".jsonl": read_jsonl, ".txt": read_txt}

# Also the parts of a dump: zhwiki-20260101-pages-articles-multistream1.xml-p1p187712.bz2
DUMP = ".xml"
DUMP_NAME = re.compile(r"-pages-articles.*\.xml(?:-p\d+p\d+)?$")
INDEX_NAME = re.compile(r"-pages-articles-multistream-index.*\.txt")


def format_of(path: Path) -> str | None:
    """``DUMP``, or the key into ``READERS`` for a file's name; None for a kind that is not read."""
    name = Path(path.stem if path.suffix in COMPRESSED else path.name)
    if DUMP_NAME.search(name.name):
        return DUMP
    return name.suffix if name.suffix in READERS and not INDEX_NAME.search(name.name) else None
