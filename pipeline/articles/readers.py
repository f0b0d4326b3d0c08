"""Source files to records: which reader a name asks for, and one way to read plain, compressed and archived files.

A reader yields ``(line, bytes read so far, record or Rejected)``. Memory is bounded whatever a file claims: an article
above ``records.LIMIT`` is rejected, or stops the run where what follows cannot be told from it.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath
from typing import IO
from xml.parsers.expat import ExpatError

from pipeline.articles import archives, encodings, packing, table, wiki
from pipeline.articles.json_reader import read_json, read_jsonl
from pipeline.articles.packing import split_suffix
from pipeline.articles.plain import read_txt
from pipeline.articles.records import LeftOut, Lines, Options, Reading, Record, Rejected
from pipeline.articles.sogou import read_sogou
from pipeline.articles.text import Text, open_text

Reader = Callable[[Text, int | None], Iterator[Reading]]

READERS: dict[str, Reader] = {
    ".jsonl": read_jsonl,
    ".txt": read_txt,
    ".json": read_json,
    ".csv": table.read_csv,
    ".tsv": table.read_tsv,
    ".dat": read_sogou,
}
PARQUET = ".parquet"
DUMP = "a Wikipedia dump"  # known by its name, not by its suffix
FORMATS = {"sogou": ".dat", "wiki": DUMP, **{kind[1:]: kind for kind in (*READERS, PARQUET) if kind != ".dat"}}
KINDS = "txt, jsonl, json, csv, tsv, dat, *-pages-articles*.xml (.gz, .bz2, .xz, .zst too), parquet, tar, zip"
DEFAULT = Options()

# Also the parts of a dump: zhwiki-20260101-pages-articles-multistream1.xml-p1p187712.bz2
DUMP_NAME = re.compile(r"-pages-articles.*\.xml(?:-p\d+p\d+)?$")
INDEX_NAME = re.compile(r"-pages-articles-multistream-index.*\.txt")


def format_of(path: PurePath, options: Options = DEFAULT) -> str | None:
    """How a file is read: a key into ``READERS``, an archive's suffix, ``.parquet`` or ``DUMP``. None for what is not
    read."""
    kind, packing = split_suffix(path)
    if options.format == "auto" and DUMP_NAME.search(path.name.removesuffix(packing)):
        return DUMP
    if INDEX_NAME.search(path.name):
        return None
    if kind in archives.ARCHIVES:
        return None if packing and kind == ".zip" else kind
    kind = FORMATS.get(options.format, kind)
    return kind if kind in READERS or kind == DUMP or (kind == PARQUET and not packing) else None


def is_whole(path: PurePath, options: Options) -> bool:
    """Whether a file is one article."""
    return format_of(path, options) == ".txt" and options.txt == "file"


def read(path: Path, start: int = 0, end: int | None = None, options: Options = DEFAULT) -> Iterator[Reading]:
    """The records of a source file that is no archive, or of its bytes from ``start`` for ``end`` bytes.

    Raises ``ValueError`` with the path where the file is damaged, truncated or unreadable.
    """
    for _, line, offset, record in read_source(path, options, Counter(), start, end):
        if not isinstance(record, LeftOut | Lines):
            yield line, offset, record


def read_source(
    path: Path, options: Options, found: Counter[str], start: int = 0, end: int | None = None
) -> Iterator[tuple[str, int, int, Record | Rejected | LeftOut | Lines]]:
    """The same with the name of the member before each record, in an archive; ``found`` counts what was found out."""
    kind = format_of(path, options)
    name = ""
    try:
        if kind not in archives.ARCHIVES:
            yield from (("", *reading) for reading in _read_file(path, kind or "", options, found, start, end))
            return
        before = 0
        for name, member in archives.members(path, kind, found):
            offset = 0
            for line, offset, record in _read_member(name, member, options, found):
                yield name, line, before + offset, record
            before += offset
    except (*packing.DAMAGED, encodings.UnclearError, ExpatError) as error:
        where = f"{name}: " if name else ""
        raise ValueError(f"{path} cannot be read to its end: {where}{error}") from error


def _read_file(
    path: Path, kind: str, options: Options, found: Counter[str], start: int, end: int | None
) -> Iterator[Reading]:
    with packing.open_source(path) as stream:
        if kind == PARQUET:
            yield from table.read_parquet(stream, options, found)
            return
        if kind == DUMP:
            yield from wiki.read_dump(stream, options, found)
            return
        if start:
            stream.seek(start)
        yield from _read_stream(stream, path, options, found, start, end)


def _read_member(
    name: str, member: IO[bytes] | Rejected | LeftOut, options: Options, found: Counter[str]
) -> Iterator[tuple[int, int, Record | Rejected | LeftOut | Lines]]:
    path = PurePath(name)
    kind = format_of(path, options)
    if isinstance(member, Rejected | LeftOut):
        yield 1, 0, member
    elif kind in archives.ARCHIVES:
        yield 1, 0, LeftOut("an archive in an archive")
    elif kind not in READERS:
        yield 1, 0, LeftOut("of a kind that is not read" if kind != PARQUET else "a .parquet file in an archive")
    else:
        with packing.unpack(member, split_suffix(path)[1]) as stream:
            yield from _read_stream(stream, path, options, found)


def _read_stream(
    stream: IO[bytes], path: PurePath, options: Options, found: Counter[str], start: int = 0, end: int | None = None
) -> Iterator[Reading]:
    try:
        text = open_text(stream, options, found, inside=start > 0)
    except encodings.UnclearError as error:
        if not is_whole(path, options):
            raise  # one rejection would stand for all that the file holds
        yield 1, 0, Rejected(str(error), "encoding")
        return
    yield from READERS[format_of(path, options) or ""](text, end)
