"""A sample of the sources, as Articles would read them: for a look before a run, in seconds however large they are.

Files at equal distances in the order of their names; of a file its first bytes, of a large plain file of lines also
those behind three other places. Nothing is written, and no file is read whole only to be looked at.
"""

import itertools
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import IO, Any

import xxhash

from pipeline.articles import archives, encodings, make_article, packing, readers
from pipeline.articles.records import LeftOut, Lines, Options, Record, Rejected
from pipeline.articles.spans import can_be_cut
from pipeline.remote_file import RemoteFile

FILES = 400  # of them at most
TEXT = 16 << 20  # bytes of text in all, about, shared out by the sizes of the files
LEAST = 64 << 10  # of one file
SECONDS = 10.0
PARTS = 4  # of a large plain file
PLACE = re.compile(r" at (?:byte|character) \d.*")  # of a reason, so that like ones are counted together
RATIO = 8 << 20  # bytes that are unpacked to see how many times larger a file becomes

File = tuple[str, Path | RemoteFile]


@dataclass
class Sample:
    """What was read. ``read_bytes`` and ``text_bytes`` are of the sources (unpacked) and of the articles."""

    files: int = 0
    records: int = 0
    read_bytes: int = 0
    text_bytes: int = 0
    seconds: float = 0.0
    stopped: bool = False  # by the clock
    articles: list[Record] = field(default_factory=list)  # in normal form
    raw: list[str] = field(default_factory=list)  # their texts as they stand in the sources
    rejected: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    damaged: list[str] = field(default_factory=list)


def draw(files: Sequence[File], options: Options) -> Sample:
    """Read a sample of ``files``. A damaged file is noted and does not stop it."""
    sample = Sample()
    chosen = spread(files)
    sizes = sum(path.stat().st_size for _, path in chosen)
    began = time.monotonic()
    for name, path in chosen:
        sample.files += 1
        room = max(LEAST, TEXT * path.stat().st_size // max(1, sizes))
        try:
            for start, end in _parts(path, options, room):
                _read(name, path, options, sample, start, end)
        except ConnectionError:
            raise
        except (ValueError, OSError) as error:
            sample.damaged.append(str(error))
        sample.stopped = time.monotonic() - began > SECONDS
        if sample.stopped:
            break
    sample.seconds = time.monotonic() - began
    return sample


def spread(files: Sequence[File]) -> list[File]:
    """At most ``FILES`` of them, at equal distances."""
    if len(files) <= FILES:
        return list(files)
    return [files[at * len(files) // FILES] for at in range(FILES)]


def _parts(path: Path | RemoteFile, options: Options, room: int) -> Iterator[tuple[int, int]]:
    """(start, bytes) of what is read of a file."""
    size = path.stat().st_size
    if size <= 2 * room or not can_be_cut(path, options):
        yield 0, room
        return
    with path.open("rb") as file:
        for part in range(PARTS):
            if part:
                file.seek(size * part // PARTS)
                file.readline(packing.BLOCK)
            yield file.tell(), room // PARTS


def _read(name: str, path: Path | RemoteFile, options: Options, sample: Sample, start: int, room: int) -> None:
    """Records up to ``room`` bytes, and at least one."""
    offset = 0
    for member, line, offset, record in readers.read_source(path, options, sample.found, start):
        source = f"{name}/{member}" if member else name
        if isinstance(record, LeftOut):
            sample.left_out[record.reason] += 1
        elif not isinstance(record, Lines):
            _add(record, source, line, options, sample)
        if offset >= room:
            break
    sample.read_bytes += offset


def _add(record: Record | Rejected, source: str, line: int, options: Options, sample: Sample) -> None:
    sample.records += 1
    raw = "" if isinstance(record, Rejected) else str(record["text"])
    article = record if isinstance(record, Rejected) else make_article(record, source, line, options)[0]
    if isinstance(article, Rejected):
        sample.rejected[PLACE.sub("", article.reason)] += 1
        return
    sample.articles.append(article)
    sample.raw.append(raw)
    sample.text_bytes += len(article["text"].encode())


def encodings_of(files: Sequence[File], options: Options) -> Counter[tuple[str, float]]:
    """How many of a sample of ``files`` of text are in which encoding, and with which confidence: what ``auto`` would
    find; of archives the first members. ``("not clear", 0.0)``: ``auto`` would refuse."""
    found: Counter[tuple[str, float]] = Counter()
    for _, path in spread(files):
        try:
            found.update(itertools.islice(_encodings(path, options), 20))
        except ConnectionError:
            raise
        except packing.DAMAGED:
            continue
    return found


def _encodings(path: Path | RemoteFile, options: Options) -> Iterator[tuple[str, float]]:
    kind = readers.format_of(path, options)
    if kind in archives.ARCHIVES:
        for name, member in archives.members(path, kind, Counter()):
            if (
                not isinstance(member, Rejected | LeftOut)
                and readers.format_of(PurePath(name), options) in readers.READERS
            ):
                with packing.unpack(member, packing.split_suffix(PurePath(name))[1]) as stream:
                    yield _encoding(stream)
    elif kind in readers.READERS:
        with packing.open_source(path) as stream:
            yield _encoding(stream)


def _encoding(stream: IO[bytes]) -> tuple[str, float]:
    head = stream.read(encodings.SAMPLE)
    if mark := encodings.mark_of(head):
        return f"{mark} by its mark", 1.0
    try:
        encoding, confidence = encodings.detect(head)
    except encodings.UnclearError:
        return "not clear", 0.0
    return encoding, int(confidence * 100) / 100


def growth(path: Path | RemoteFile) -> float:
    """How many times as large a file is once it is unpacked, by its start; an archive or a table: about."""
    if path.suffix in packing.PACKED_TEXT and path.suffix not in packing.COMPRESSED:
        return 4.0
    with path.open("rb") as packed, packing.unpack(packed, packing.split_suffix(path)[1]) as stream:
        read = 0
        while read < RATIO and (block := stream.read(packing.BLOCK)):
            read += len(block)
        return read / max(1, packed.tell())


def repeated(sample: Sample) -> dict[str, int]:
    """Articles of the sample whose id, or whose text, another one before them has."""
    ids = {article["id"] for article in sample.articles}
    texts = {xxhash.xxh3_64_intdigest(article["text"].encode()) for article in sample.articles}
    return {"id": len(sample.articles) - len(ids), "text": len(sample.articles) - len(texts)}


def three(sample: Sample) -> list[dict[str, Any]]:
    """The first, the middle and the last article."""
    number = len(sample.articles)
    return [sample.articles[at] for at in sorted({0, number // 2, number - 1})] if number else []
