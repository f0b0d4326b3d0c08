"""Source files to records: which reader a name asks for, and one way to read plain, compressed and archived files.

A reader yields ``(line, bytes read so far, record or Rejected)``. Memory is bounded whatever a file claims: an article
above ``records.LIMIT`` is rejected, or stops the run where what follows cannot be told from it.
"""

import importlib.util
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePath
from typing import IO
from xml.parsers.expat import ExpatError

from pipeline.articles import archives, encodings, packing, pages, table, warc, wiki
from pipeline.articles.json_reader import read_json, read_jsonl
from pipeline.articles.packing import split_suffix
from pipeline.articles.plain import read_txt
from pipeline.articles.records import LeftOut, Lines, Options, Reading, Record, Rejected
from pipeline.articles.sogou import read_sogou
from pipeline.articles.text import Text, open_text
from pipeline.remote_file import RemoteFile

Reader = Callable[[Text, int | None], Iterator[Reading]]

READERS: dict[str, Reader] = {
    ".jsonl": read_jsonl,
    ".txt": read_txt,
    ".json": read_json,
    ".csv": table.read_csv,
    ".tsv": table.read_tsv,
    ".dat": read_sogou,
}
PARQUET, HTML, WARC = ".parquet", ".html", ".warc"
DUMP = "a Wikipedia dump"  # known by its name, not by its suffix
SAME = {".htm": HTML, ".xhtml": HTML}

# Readers of bytes: what they read says its encoding itself, or needs none.
BINARY: dict[str, Callable[[IO[bytes], Options, Counter[str]], Iterator[Reading]]] = {
    PARQUET: table.read_parquet,
    DUMP: wiki.read_dump,
    HTML: pages.read_html,
    WARC: warc.read_warc,
}
KNOWN = (*READERS, PARQUET, HTML, WARC)
FORMATS = {"sogou": ".dat", "wiki": DUMP, **{kind[1:]: kind for kind in KNOWN if kind != ".dat"}}
KINDS = (
    "txt, jsonl, json, csv, tsv, dat, html, warc, *-pages-articles*.xml (.gz, .bz2, .xz, .zst too), parquet, tar, zip"
)
DEFAULT = Options()

# Also the parts of a dump: zhwiki-20260101-pages-articles-multistream1.xml-p1p187712.bz2
DUMP_NAME = re.compile(r"-pages-articles.*\.xml(?:-p\d+p\d+)?$")
INDEX_NAME = re.compile(r"-pages-articles-multistream-index.*\.txt")


def format_of(path: PurePath | RemoteFile | str, options: Options = DEFAULT) -> str | None:
    """How a file is read, by its path or name: a key into ``READERS``, an archive's suffix, ``.parquet`` or ``DUMP``.
    None for what is not read."""
    name = path if isinstance(path, str) else path.name
    kind, packing = split_suffix(name)
    if "-pages-articles" in name:
        if options.format == "auto" and DUMP_NAME.search(name.removesuffix(packing)):
            return DUMP
        if INDEX_NAME.search(name):
            return None
    if kind in archives.ARCHIVES:
        return None if packing and kind == ".zip" else kind
    kind = FORMATS.get(options.format, SAME.get(kind, kind))
    return kind if (kind in READERS or kind in BINARY) and not (kind == PARQUET and packing) else None


def is_whole(path: PurePath | RemoteFile, options: Options) -> bool:
    """Whether a file is one article."""
    kind = format_of(path, options)
    return kind == HTML or (kind == ".txt" and options.txt == "file")


def libraries(paths: Iterable[PurePath | RemoteFile], options: Options) -> tuple[str, ...]:
    """The installed libraries that shape what is read from these files; an archive may hold pages and tables."""
    kinds = {format_of(path, options) for path in paths}
    names = ["lxml", "trafilatura", "warcio"] if kinds.intersection((HTML, WARC, *archives.ARCHIVES)) else []
    names += ["pyarrow"] if kinds.intersection((PARQUET, *archives.ARCHIVES)) else []
    return tuple(name for name in names if importlib.util.find_spec(name))


def read(path: Path, start: int = 0, end: int | None = None, options: Options = DEFAULT) -> Iterator[Reading]:
    """The records of a source file that is no archive, or of its bytes from ``start`` for ``end`` bytes.

    Raises ``ValueError`` with the path where the file is damaged, truncated or unreadable.
    """
    for _, line, offset, record in read_source(path, options, Counter(), start, end):
        if not isinstance(record, LeftOut | Lines):
            yield line, offset, record


def read_source(
    path: Path | RemoteFile, options: Options, found: Counter[str], start: int = 0, end: int | None = None
) -> Iterator[tuple[str, int, int, Record | Rejected | LeftOut | Lines]]:
    """The same with the name of the member before each record, in an archive; ``found`` counts what was found out."""
    kind = format_of(path, options)
    name = ""
    try:
        if kind not in archives.ARCHIVES:
            yield from (("", *reading) for reading in _read_file(path, options, found, start, end))
            return
        before = 0
        for name, member in archives.members(path, kind, found):
            offset = 0
            for line, offset, record in _read_member(name, member, options, found):
                yield name, line, before + offset, record
            before += offset
    except ConnectionError:
        raise  # it is not the file that is damaged
    except (*packing.DAMAGED, encodings.UnclearError, ExpatError) as error:
        where = f"{name}: " if name else ""
        sentence = " ".join(str(error).split())  # some of Arrow's end with a line end
        raise ValueError(f"{path} cannot be read to its end: {where}{sentence}") from error


def _read_file(
    path: Path | RemoteFile, options: Options, found: Counter[str], start: int, end: int | None
) -> Iterator[Reading]:
    with packing.open_source(path) as stream:
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
    elif kind == PARQUET:
        with tempfile.TemporaryFile() as copy:  # a table is read from its end
            shutil.copyfileobj(member, copy, packing.BLOCK)
            copy.seek(0)
            yield from table.read_parquet(copy, options, found)
    elif kind not in READERS and kind not in (HTML, WARC):
        yield 1, 0, LeftOut("of a kind that is not read")
    else:
        with packing.unpack(member, split_suffix(path)[1]) as stream:
            yield from _read_stream(stream, path, options, found)


def _read_stream(
    stream: IO[bytes],
    path: PurePath | RemoteFile,
    options: Options,
    found: Counter[str],
    start: int = 0,
    end: int | None = None,
) -> Iterator[Reading]:
    kind = format_of(path, options) or ""
    if kind in BINARY:
        yield from BINARY[kind](stream, options, found)
        return
    try:
        text = open_text(stream, options, found, inside=start > 0)
    except encodings.UnclearError as error:
        if not is_whole(path, options):
            raise  # one rejection would stand for all that the file holds
        yield 1, 0, Rejected(str(error), "encoding")
        return
    yield from READERS[kind](text, end)
