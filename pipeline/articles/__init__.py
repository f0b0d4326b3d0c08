"""Articles: source files to articles in one normal form, ``{"id", "source", "title", "label", "text"}`` a line.

Writes ``NNNNN[-NNNNN].jsonl`` in source order, and ``rejected.jsonl`` (file, line, reason), joined from the shards.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, Any

from pipeline import cache, shard_files, shards
from pipeline.articles import normal_form, readers, wiki
from pipeline.articles.readers import Record, Rejected, Skipped
from pipeline.articles.sources import Piece, Source, cut, refuse_changed

VERSION = 4
VERSIONS: tuple[str, ...] = ()


def run(
    sources: Sequence[Source],
    output: Path,
    *,
    max_rejected: float,
    wiki_variant: str = "zh-cn",
    wiki_tables: bool = False,
    wiki_lists: bool = False,
    processes: int = 1,
) -> cache.Counts:
    """Read ``sources`` into ``output``.

    ``max_rejected`` is the share of records that may be rejected. Raises ``ValueError`` if more are, or if a source
    cannot be read to its end, or changed meanwhile.
    """
    options = wiki.Options(wiki_variant, wiki_tables, wiki_lists)
    work = [replace(shard, arguments=(*shard.arguments, options)) for shard in cut(sources)]
    results = shards.map_shards(read_shard, work, output, sharded="sources", processes=processes)
    refuse_changed(sources)
    counts = shards.total(results)
    shard_files.join(output, ".rejected", output / "rejected.jsonl")
    refuse_rejected(counts, max_rejected, output / "rejected.jsonl")
    return {"sources": len(sources), **counts}


def refuse_rejected(counts: cache.Counts, max_rejected: float, report: Path) -> None:
    """Raise ``ValueError`` if more than the share ``max_rejected`` of the records is no article."""
    rejected, records = counts["rejected"], counts["records"]
    if rejected > max_rejected * records:
        with report.open(encoding="utf-8") as file:
            first = json.loads(file.readline())
        raise ValueError(
            f"{rejected:,} of {records:,} records are no articles, more than Articles.max_rejected = {max_rejected:g} "
            f"allows; the first: {first['file']}, line {first['line']}: {first['reason']}; all: {report}"
        )
    if rejected == records:
        raise ValueError("the sources hold no article")


def make_article(record: Record, source: str, line: int) -> tuple[Record | Rejected, dict[str, int]]:
    """The article of a ``record`` in normal form, and how often each rule changed its text.

    Without an id of its own it is called by its ``source``, and its line there unless a file is an article.
    """
    fields = {name: record.get(name) for name in ("id", "title", "label", "text")}
    texts = {name: "" if value is None else str(value) for name, value in fields.items()}
    try:
        normal = {name: normal_form.normalize(text) for name, text in texts.items()}
    except ValueError as error:
        return Rejected(str(error)), {}
    article = {name: text for name, (text, _) in normal.items()}
    if not article["text"].strip():
        return Rejected("an empty text"), {}
    one_a_file = readers.format_of(Path(source)) == ".txt"
    identity = article.pop("id") or (source if one_a_file else f"{source}:{line}")
    return {"id": identity, "source": source, **article}, normal["text"][1]


class _Writer:
    """The files of one shard: articles, cut at fixed offsets of the text where the piece says so, and rejections."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        self.counts: Counter[str] = Counter(records=0, articles=0, rejected=0, characters_in=0, characters=0)
        self.changed: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()
        self.number = 0
        self._articles: IO[str] | None = None
        self._rejected: IO[str] | None = None

    def write(self, piece: Piece, line: int, offset: int, record: Record | Rejected | Skipped) -> None:
        if isinstance(record, Skipped):
            self.skipped[record.kind] += 1
            return
        if piece.cut and offset // shards.SIZE != self.number:
            self.close_articles()
            self.number = offset // shards.SIZE
        self.counts["records"] += 1
        article, changed = (record, {}) if isinstance(record, Rejected) else make_article(record, piece.name, line)
        if isinstance(record, dict):
            self.counts["characters_in"] += len(record["text"])
        self.changed.update(changed)
        if isinstance(article, Rejected):
            self._reject(piece, line, article)
        else:
            self._write_article(piece, article)

    def _write_article(self, piece: Piece, article: Record) -> None:
        if not self._articles:
            suffix = f"-{self.number:05d}" if piece.cut else ""
            self._articles = (self.folder / f"{self.name}{suffix}.jsonl").open("w", encoding="utf-8", newline="\n")
        self._articles.write(json.dumps(article, ensure_ascii=False) + "\n")
        self.counts["articles"] += 1
        self.counts["characters"] += len(article["text"])

    def _reject(self, piece: Piece, line: int, rejected: Rejected) -> None:
        if not self._rejected:
            self._rejected = (self.folder / f"{self.name}.rejected").open("w", encoding="utf-8", newline="\n")
        row = {"file": piece.name, "line": line, "reason": rejected.reason}
        self._rejected.write(json.dumps(row, ensure_ascii=False) + "\n")
        self.counts["rejected"] += 1

    def close_articles(self) -> None:
        if self._articles:
            self._articles.close()
            self._articles = None

    def close(self) -> dict[str, Any]:
        self.close_articles()
        if self._rejected:
            self._rejected.close()
        return {**self.counts, "skipped": dict(self.skipped), "normal_form": dict(self.changed)}


def read_shard(folder: Path, name: str, pieces: Sequence[Piece], options: wiki.Options) -> cache.Counts:
    """One shard: the articles of ``pieces``, in their order."""
    writer = _Writer(folder, name)
    try:
        for piece in pieces:
            _read_piece(piece, writer, options)
    finally:
        counts = writer.close()
    return counts


def _read_piece(piece: Piece, writer: _Writer, options: wiki.Options) -> None:
    end = None if piece.end is None else piece.end - piece.start
    dump = partial(wiki.read_dump, options=options)
    for line, offset, record in readers.read(Path(piece.path), piece.start, end, dump):
        writer.write(piece, piece.line + line, offset, record)


def summary(counts: cache.Counts) -> str:
    """The closing line: in, out, dropped."""
    skipped = ", ".join(f"{number:,} × {kind}" for kind, number in sorted(counts["skipped"].items()))
    return (
        f"{counts['articles']:,} articles, {counts['characters']:,} characters from {counts['sources']:,} files; "
        f"rejected {counts['rejected']:,} of {counts['records']:,} records"
        + (f"; skipped {skipped}" if skipped else "")
    )
