"""Articles: source files to articles in one normal form, ``{"id", "source", "title", "label", "text"}`` a line.

Writes ``NNNNN[-NNNNN].jsonl`` in source order, and joined from the shards ``rejected.jsonl`` (file, line, reason) and,
if there are any, ``left_out.jsonl``: the members of archives that are not read.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import IO, Any

from ciliu import normal_form
from pipeline import cache, shard_files, shards
from pipeline.articles import native, readers
from pipeline.articles.json_reader import parse_line
from pipeline.articles.records import LeftOut, Lines, Options, Record, Rejected
from pipeline.articles.sources import Piece, Source, cut, refuse_changed

VERSION = 5
VERSIONS: tuple[str, ...] = ()


def run(
    sources: Sequence[Source], output: Path, *, max_rejected: float, processes: int = 1, **options: Any
) -> cache.Counts:
    """Read ``sources`` into ``output``.

    ``max_rejected`` is the share of records that may be rejected; ``options`` are those of ``Options``.
    Raises ``ValueError`` if more are, or if a source cannot be read to its end, or changed meanwhile.
    """
    work = cut(sources, Options(**options))
    results = shards.map_shards(read_shard, work, output, sharded="sources", processes=processes)
    refuse_changed(sources)
    counts = shards.total(results)
    shard_files.join(output, ".rejected", output / "rejected.jsonl")
    if counts.get("left_out"):
        shard_files.join(output, ".left_out", output / "left_out.jsonl")
    refuse_rejected(counts, max_rejected, output / "rejected.jsonl")
    return {"sources": len(sources), **counts}


def refuse_rejected(counts: cache.Counts, max_rejected: float, report: Path) -> None:
    """Raise ``ValueError`` if more than the share ``max_rejected`` of the records is no article."""
    rejected, records = counts["rejected"], counts["records"]
    if rejected > max_rejected * records:
        with report.open(encoding="utf-8") as file:
            first = json.loads(file.readline())
        hint = "; Articles.encoding says which encoding it is" if first["reason"].startswith("not UTF-8") else ""
        raise ValueError(
            f"{rejected:,} of {records:,} records are no articles, more than Articles.max_rejected = {max_rejected:g} "
            f"allows; the first: {first['file']}, line {first['line']}: {first['reason']}{hint}; all: {report}"
        )
    if rejected == records:
        raise ValueError("the sources hold no article")


def make_article(
    record: Record, source: str, line: int, options: Options = readers.DEFAULT
) -> tuple[Record | Rejected, dict[str, int]]:
    """The article of a ``record`` in normal form, and how often each rule changed its text.

    Without an id of its own it is called by its ``source``, and its line there unless a file is an article.
    """
    fields = {name: record.get(name) for name in ("id", "title", "label", "text")}
    if options.label == "folder":
        fields["label"] = PurePosixPath(source).parent.name
    texts = {name: "" if value is None else str(value) for name, value in fields.items()}
    try:
        normal = {name: normal_form.normalize(text) for name, text in texts.items()}
    except ValueError as error:
        return Rejected(str(error)), {}
    article = {name: text for name, (text, _) in normal.items()}
    if not article["text"].strip():
        return Rejected("an empty text"), {}
    identity = article.pop("id")
    if not identity:
        identity = source if readers.is_whole(PurePosixPath(source), options) else f"{source}:{line}"
    return {"id": identity, "source": source, **article}, normal["text"][1]


class _Writer:
    """The files of one shard: articles, cut at fixed offsets of the text where the piece says so, and what is none."""

    def __init__(self, folder: Path, name: str, options: Options) -> None:
        self.folder, self.name = folder, name
        self.options = replace(options, whole_lines=native.fits(options))
        self.native = native.NativeReader(options)
        self.counts: Counter[str] = Counter(records=0, articles=0, rejected=0, characters_in=0, characters=0)
        self.changed: Counter[str] = Counter()
        self.found: Counter[str] = Counter()
        self.number = 0
        self._files: dict[str, IO[bytes]] = {}

    def write_lines(self, piece: Piece, source: str, line: int, offset: int, lines: Lines) -> None:
        """Lines of JSON: natively where that is possible, else one by one."""
        line, offset = line - lines.count, offset - len(lines.data)
        for number, end, part in self.native.read(lines.data, source, line, offset):
            if isinstance(part, native.Converted):
                self._open_for(piece, end)
                self._articles(piece).write(part.lines)
                continue
            record = parse_line(lines.text.decode(part, "line"), lines.text)
            if record is not None:
                self.write(piece, source, number, end, record)
            if isinstance(record, dict):
                self.native.learn(source, lines.text.fields.names)

    def write(self, piece: Piece, source: str, line: int, offset: int, record: Record | Rejected | LeftOut) -> None:
        self._open_for(piece, offset)
        if isinstance(record, LeftOut):
            self.counts["left_out"] += 1
            self._write_row(self._file(".left_out"), {"file": source, "reason": record.reason})
            return
        self.counts["records"] += 1
        article, changed = (record, {}) if isinstance(record, Rejected) else self._make(record, source, line)
        self.changed.update(changed)
        if isinstance(article, Rejected):
            self.counts["rejected"] += 1
            self._write_row(self._file(".rejected"), {"file": source, "line": line, "reason": article.reason})
        else:
            self.counts["articles"] += 1
            self.counts["characters"] += len(article["text"])
            self._write_row(self._articles(piece), article)

    def _make(self, record: Record, source: str, line: int) -> tuple[Record | Rejected, dict[str, int]]:
        self.counts["characters_in"] += len(record["text"])
        return make_article(record, source, line, self.options)

    def _open_for(self, piece: Piece, offset: int) -> None:
        """What ends at ``offset`` of the piece may belong into the next file of articles."""
        if piece.cut and offset // shards.SIZE != self.number:
            for suffix in [suffix for suffix in self._files if suffix.endswith(".jsonl")]:
                self._files.pop(suffix).close()
            self.number = offset // shards.SIZE

    def _articles(self, piece: Piece) -> IO[bytes]:
        return self._file(f"-{self.number:05d}.jsonl" if piece.cut else ".jsonl")

    def _file(self, suffix: str) -> IO[bytes]:
        if suffix not in self._files:
            self._files[suffix] = (self.folder / f"{self.name}{suffix}").open("wb")
        return self._files[suffix]

    @staticmethod
    def _write_row(file: IO[bytes], row: Record) -> None:
        file.write((json.dumps(row, ensure_ascii=False) + "\n").encode("utf-8"))

    def close(self) -> dict[str, Any]:
        for file in self._files.values():
            file.close()
        self.native.flush()
        for total, read in zip((self.counts, self.changed, self.found), self.native.totals, strict=True):
            total.update(read)
        found = {"found": dict(self.found)} if self.found else {}
        return {**self.counts, "normal_form": dict(self.changed), **found}


def read_shard(folder: Path, name: str, pieces: Sequence[Piece], options: Options) -> cache.Counts:
    """One shard: the articles of ``pieces``, in their order."""
    writer = _Writer(folder, name, options)
    try:
        for piece in pieces:
            _read_piece(piece, writer)
    finally:
        counts = writer.close()
    return counts


def _read_piece(piece: Piece, writer: _Writer) -> None:
    end = None if piece.end is None else piece.end - piece.start
    reading = readers.read_source(Path(piece.path), writer.options, writer.found, piece.start, end)
    for member, line, offset, record in reading:
        source = f"{piece.name}/{member}" if member else piece.name
        if isinstance(record, Lines):
            writer.write_lines(piece, source, piece.line + line, offset, record)
        else:
            writer.write(piece, source, piece.line + line, offset, record)


def summary(counts: cache.Counts) -> str:
    """The closing line: in, out, dropped, and what was found out about the sources."""
    found = [f"{name} ({times:,})" for name, times in counts.get("found", {}).items()]
    left_out = f"; left out {counts['left_out']:,} members of archives" if counts.get("left_out") else ""
    return (
        f"{counts['articles']:,} articles, {counts['characters']:,} characters from {counts['sources']:,} files; "
        f"rejected {counts['rejected']:,} of {counts['records']:,} records{left_out}"
        + (f"; {', '.join(found[:6])}{' …' if found[6:] else ''}" if found else "")
    )
