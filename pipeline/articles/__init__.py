"""Articles: source files to articles in one normal form, ``{"id", "source", "title", "label", "text"}`` a line.

Writes ``NNNNN[-NNNNN].jsonl`` in source order, and joined from the shards ``rejected.jsonl`` (file, line, reason) and,
if there are any, ``left_out.jsonl``: the members of archives that are not read.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from ciliu import normal_form
from pipeline import cache, shard_files, shards
from pipeline.articles import chinese, filters, native, readers, sql
from pipeline.articles.article import make_article
from pipeline.articles.json_reader import parse_line
from pipeline.articles.records import LeftOut, Lines, Options, Record, Rejected
from pipeline.articles.sources import Piece, Source, cut, refuse_changed

__all__ = ["VERSION", "VERSIONS", "make_article", "read_shard", "run", "summary", "versions"]

VERSION = 6
VERSIONS: tuple[str, ...] = ("unicode",)


def versions(sources: Sequence[Source], options: Options) -> tuple[str, ...]:
    """The libraries that shape the bytes. Raises ``ValueError`` where one is missing."""
    names = VERSIONS + readers.libraries([source.path for source in sources if not source.database], options)
    if options.opencc == "none":
        return names
    chinese.require()
    return names + chinese.VERSIONS


def run(
    sources: Sequence[Source], output: Path, *, max_rejected: float, processes: int = 1, **options: Any
) -> cache.Counts:
    """Read ``sources`` into ``output``.

    ``max_rejected`` is the share of records that may be rejected; ``options`` are those of ``Options``.
    Raises ``ValueError`` if more are, or if a source cannot be read to its end, or changed meanwhile.
    """
    chosen = Options(**options)
    filters.read_keywords(chosen.keywords, chosen.normal_form)  # a bad file stops the run before any work
    work = cut(sources, chosen)
    joined = (".rejected", ".left_out")
    results = shards.map_shards(read_shard, work, output, sharded="sources", processes=processes, verify=joined)
    refuse_changed(sources)
    counts = shards.total(results)
    shard_files.join(output, ".rejected", output / "rejected.jsonl")
    if counts.get("left_out"):
        shard_files.join(output, ".left_out", output / "left_out.jsonl")
    refuse_rejected(counts, max_rejected, output / "rejected.jsonl")
    return {"sources": len(sources), **counts}


def refuse_rejected(counts: cache.Counts, max_rejected: float, report: Path) -> None:
    """Raise ``ValueError`` if more than the share ``max_rejected`` of the records is no article; those that a filter
    took out were asked for and do not count. Also if no article is left."""
    records = counts["records"]
    rejected = counts["rejected"] - sum(counts["rejected_by"].get(rule, 0) for rule in filters.RULES)
    if rejected > max_rejected * records:
        with report.open(encoding="utf-8") as file:
            first = next(row for row in map(json.loads, file) if row["rule"] not in filters.RULES)
        hint = "; Articles.encoding says which encoding it is" if first["reason"].startswith("not UTF-8") else ""
        raise ValueError(
            f"{rejected:,} of {records:,} records are no articles, more than Articles.max_rejected = {max_rejected:g} "
            f"allows; the first: {first['file']}, line {first['line']}: {first['reason']}{hint}; "
            f"all: ciliu rejected, or {report}"
        )
    if not counts["articles"]:
        raise ValueError(f"the sources hold no article{' that the filters let pass' if rejected < records else ''}")


class _Writer:
    """The files of one shard: articles, cut at fixed offsets of the text where the piece says so, and what is none."""

    def __init__(self, folder: Path, name: str, options: Options) -> None:
        self.folder, self.name = folder, name
        self.options = replace(options, whole_lines=native.fits(options))
        self.native = native.NativeReader(options)
        self.counts: Counter[str] = Counter(records=0, articles=0, rejected=0, characters_in=0, characters=0)
        self.changes: normal_form.Changes = {name: Counter() for name in normal_form.CHANGES}
        self.rejected: normal_form.Changes = {"rejected_by": Counter(), "rejected_characters": Counter()}
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
        characters = 0 if isinstance(record, Rejected) else len(record["text"])
        self.counts["characters_in"] += characters
        article, changes = (
            (record, {}) if isinstance(record, Rejected) else make_article(record, source, line, self.options)
        )
        if isinstance(article, Rejected):
            self._reject(article, source, line, characters)
            return
        for name, changed in changes.items():
            self.changes[name].update(changed)
        self.counts["articles"] += 1
        self.counts["characters"] += len(article["text"])
        self._write_row(self._articles(piece), article)

    def _reject(self, rejected: Rejected, source: str, line: int, characters: int) -> None:
        self.counts["rejected"] += 1
        self.rejected["rejected_by"][rejected.rule] += 1
        self.rejected["rejected_characters"][rejected.rule] += characters
        row = {"file": source, "line": line, "rule": rejected.rule, "reason": rejected.reason, **rejected.known}
        self._write_row(self._file(".rejected"), row)

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
        for total, read in zip((self.counts, self.found), self.native.totals, strict=True):
            total.update(read)
        for name, changed in self.native.changes.items():
            self.changes[name].update(changed)
        nested = {**self.changes, **self.rejected, **({"found": self.found} if self.found else {})}
        return {**self.counts, **{name: dict(values) for name, values in nested.items()}}


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
    if piece.database:
        reading = sql.read(piece.database, piece.digest, writer.options, writer.found)
    else:
        reading = readers.read_source(piece.path, writer.options, writer.found, piece.start, end)
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
    simplified = counts["normal_form"].get("opencc", 0) / max(1, counts["characters"])
    opencc = f"; OpenCC changed {simplified:.1%} of the characters" if simplified else ""
    return (
        f"{counts['articles']:,} articles, {counts['characters']:,} characters from {counts['sources']:,} files; "
        f"rejected {counts['rejected']:,} of {counts['records']:,} records{left_out}{opencc}"
        + (f"; {', '.join(found[:6])}{' …' if found[6:] else ''}" if found else "")
    )
