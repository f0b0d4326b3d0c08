"""Which files the sources name, in which order, what is in them, and how they are cut into shards.

A file is called by its folder's name and its own (``corpora/news.jsonl``), or by the path below a given folder
(``corpora/2024/news.jsonl``): the same whether the file or its folder is given, and free of the machine's paths.
"""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import xxhash

from pipeline import cache, remote, shards
from pipeline.articles import remote_walk, walk
from pipeline.articles.packing import PACKED_TEXT
from pipeline.articles.readers import DEFAULT, KINDS
from pipeline.articles.records import Database, Options
from pipeline.articles.spans import Span, can_be_cut, measure_spans
from pipeline.fingerprints import Fingerprints
from pipeline.remote_file import RemoteFile
from pipeline.shards import Shard

PACKED = 4  # text is about this many times as large as its .gz or .zst

# Bytes of text in a group of small files, on average: half a shard, for small files are also what comes later, and
# 20 MB of them are to keep more than one process busy.
GROUP = shards.SIZE / 2


@dataclass(frozen=True)
class Source:
    """A source file: its name in the results, where it is, its size, the digest of its bytes, its spans if it is
    large. Or a database: what its query gives."""

    name: str
    path: Path | RemoteFile
    size: int
    mtime_ns: int
    digest: str
    spans: tuple[Span, ...]
    database: Database | None = None

    @property
    def weight(self) -> int:
        """Bytes of text, about."""
        return self.size * PACKED if self.path.suffix in PACKED_TEXT else self.size


@dataclass(frozen=True)
class Piece:
    """What one call of a reader reads: a whole file, or a span of it, or a database."""

    name: str
    path: Path | RemoteFile
    start: int = 0
    end: int | None = None
    line: int = 0
    cut: bool = False  # a large file without spans, or a database: its articles go into several files
    database: Database | None = None
    digest: str = ""  # of what the database is to give


def find(sources: Sequence[str], options: Options = DEFAULT) -> tuple[list[tuple[str, Path | RemoteFile]], list[str]]:
    """The files that ``sources`` name, as (name, path) in order: as given, by name within a folder.

    The second list names what was left out (hidden, special, of a kind that is not read). Raises ``ValueError`` for a
    source that is not there, of an unknown kind, or named twice; ``OSError`` for a folder that cannot be read.
    """
    found: dict[str, Path | RemoteFile] = {}
    left_out: list[str] = []
    for given in walk.expand(sources):
        files_of = remote_walk.files_of if remote.is_remote(given) else walk.files_of
        for name, file in files_of(given, left_out, options):
            name = os.fsencode(name).decode("utf-8", "backslashreplace")
            if name in found:
                if found[name] == file or (isinstance(file, Path) and _same(found[name], file)):
                    raise ValueError(f"{file} is named twice among the sources")
                raise ValueError(f"two sources are called {name}: {found[name]} and {file}; rename one, or its folder")
            found[name] = file
    if not found:
        raise ValueError(f"no file that is read ({KINDS}) in {', '.join(sources) or 'no source at all'}")
    return list(found.items()), left_out


def _same(one: Path | RemoteFile, other: Path) -> bool:
    return isinstance(one, Path) and one.samefile(other)


def read_state(
    files: Sequence[tuple[str, Path | RemoteFile]], fingerprints: Fingerprints, options: Options = DEFAULT
) -> list[Source]:
    """Each file with its size, digest and spans; read once, then remembered."""
    return [_state(name, path, fingerprints, options) for name, path in files]


def _state(name: str, path: Path | RemoteFile, fingerprints: Fingerprints, options: Options) -> Source:
    if isinstance(path, RemoteFile):
        size, digest = path.fingerprint(path.stat())
        return Source(name, path, size, 0, digest, ())
    status = os.stat(path)  # noqa: PTH116 - pathlib would walk another layer, 100,000 times
    if not stat.S_ISREG(status.st_mode):
        raise ValueError(f"{path} is no regular file")
    if status.st_size >= shards.SIZE and can_be_cut(path, options):
        spans = tuple(Span(*span) for span in fingerprints.of(path, f"spans{shards.SIZE}", measure_spans, status))
        digest = cache.digest([span.digest for span in spans])
    else:
        spans = ()
        digest = fingerprints.of(path, "bytes", cache.file_digest, status)
    return Source(name, path, status.st_size, status.st_mtime_ns, digest, spans)


def cut(sources: Sequence[Source], options: Options = DEFAULT) -> list[Shard]:
    """Shards in source order: a large plain file of lines at fixed offsets from its start, any other large file as one
    piece of work that cuts its own text so, small files in groups that end where a hash of the last one's name says,
    or at a shard's size. ``options`` go along to whoever reads them.

    So more files, or more lines in a file, leave the other shards as they were.
    """
    work: list[Shard] = []
    group: list[Source] = []
    weight = 0
    for source in sources:
        if source.weight >= shards.SIZE or source.database:
            _close_group(group, work, options)
            _cut_large(source, work, options)
        else:
            weight = weight + source.weight if group else source.weight
            group.append(source)
            chance = xxhash.xxh3_64_intdigest(source.name.encode("utf-8")) / 2**64
            if weight >= shards.SIZE or chance < source.weight / GROUP:
                _close_group(group, work, options)
    _close_group(group, work, options)
    return work


def _cut_large(source: Source, work: list[Shard], options: Options) -> None:
    if not source.spans:
        content: list[list[object]] = [[source.name, source.digest]]
        piece = Piece(source.name, source.path, cut=True, database=source.database, digest=source.digest)
        work.append(_shard(len(work), content, [piece], max(1, source.weight), options))
    for span in source.spans:
        piece = Piece(source.name, source.path, span.start, span.end, span.line)
        content = [[source.name, span.digest, span.line]]
        work.append(_shard(len(work), content, [piece], span.end - span.start, options))


def _close_group(group: list[Source], work: list[Shard], options: Options) -> None:
    if group:
        pieces = [Piece(source.name, source.path) for source in group]
        content: list[list[object]] = [[source.name, source.digest] for source in group]
        work.append(_shard(len(work), content, pieces, sum(source.weight for source in group), options))
        group.clear()


def _shard(number: int, content: list[list[object]], pieces: list[Piece], size: int, options: Options) -> Shard:
    return Shard(f"{number:05d}", content, (pieces, options), size)


def refuse_changed(sources: Sequence[Source]) -> None:
    """Raise ``ValueError`` if a file is not what it was when its digest was taken: no output under the old key. (A
    database is looked at by its reader.)"""
    for source in sources:
        if source.database:
            continue
        if isinstance(source.path, RemoteFile):
            changed = source.path.fingerprint(source.path.look())[1] != source.digest
        else:
            status = source.path.stat()
            changed = (status.st_size, status.st_mtime_ns) != (source.size, source.mtime_ns)
        if changed:
            raise ValueError(f"{source.path} changed while it was read; run again")
