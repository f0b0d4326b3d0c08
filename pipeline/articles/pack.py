"""Many small files once into few ``.jsonl.zst`` that are read as fast as they can be: as ``ciliu pack`` does.

The lines hold what Articles would have read, before its normal form: ``{"id", "title", "label", "text", "path"}``. The
id is the one that the article would have had, so a run over the packed files keeps and drops the same articles.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import IO, Any

from backports import zstd

from pipeline import cache, progress
from pipeline.articles import readers, records
from pipeline.articles.article import make_id
from pipeline.articles.records import LeftOut, Lines, Options, Record, Rejected
from pipeline.remote_file import RemoteFile

SIZE = 32 << 20  # bytes of lines in a packed file
REJECTED = "rejected.log"  # JSON lines; of a kind that Articles does not read

File = tuple[str, Path | RemoteFile]


def pack(files: Sequence[File], options: Options, folder: Path) -> cache.Counts:
    """Write ``00000.jsonl.zst`` and so on into ``folder``, and what is no record, or left out of an archive, if
    anything, into ``rejected.log``. Raises ``ValueError`` for a file that cannot be read to its end, or if all
    hold no record.
    """
    counts: Counter[str] = Counter(files=len(files), records=0, rejected=0, left_out=0, packed=0)
    with (folder / REJECTED).open("wb") as refused:
        for block in _blocks(_rows(files, options), refused, counts):
            with zstd.open(folder / f"{counts['packed']:05d}.jsonl.zst", "wb") as file:
                file.write(block)
            counts["packed"] += 1
    if not counts["rejected"] + counts["left_out"]:
        (folder / REJECTED).unlink()
    if not counts["records"]:
        raise ValueError("the sources hold no article")
    return dict(counts)


def _blocks(rows: Iterator[dict[str, Any]], refused: IO[bytes], counts: Counter[str]) -> Iterator[bytes]:
    """Lines of records in blocks of about ``SIZE``; the others go into ``refused``."""
    lines, size = [], 0
    for row in rows:
        kind = row.pop("kind", "records")
        counts[kind] += 1
        line = (json.dumps(row, ensure_ascii=False) + "\n").encode()
        if kind != "records":
            refused.write(line)
            continue
        lines.append(line)
        size += len(line)
        if size >= SIZE:
            yield b"".join(lines)
            lines, size = [], 0
    if lines:
        yield b"".join(lines)


def _rows(files: Sequence[File], options: Options) -> Iterator[dict[str, Any]]:
    """The lines; what is none has a ``reason`` and is of the ``kind`` "rejected" or "left_out"."""
    with progress.bar("pack", sum(path.stat().st_size for _, path in files)) as bar:
        for name, path in files:
            for member, line, _, record in readers.read_source(path, options, Counter()):
                source = f"{name}/{member}" if member else name
                if isinstance(record, LeftOut):
                    yield {"file": source, "line": line, "reason": record.reason, "kind": "left_out"}
                elif not isinstance(record, Lines):
                    row = _row(record, source, line, options)
                    refused = {"file": source, "line": line, "kind": "rejected"}
                    yield {**refused, "reason": row.reason} if isinstance(row, Rejected) else row
            bar.update(path.stat().st_size)


def _row(record: Record | Rejected, source: str, line: int, options: Options) -> dict[str, Any] | Rejected:
    if isinstance(record, Rejected):
        return record
    given = {name: record[name] for name in ("id", "title", "label", "text") if record.get(name) not in (None, "")}
    row = {"id": make_id(source, line, options), "text": "", **given, "path": source}
    if options.label == "folder":
        row["label"] = PurePosixPath(source).parent.name
    try:
        size = len(json.dumps(row, ensure_ascii=False).encode())
    except UnicodeEncodeError:
        return Rejected("a lone surrogate, which is no character")
    return records.too_long("an article") if size >= records.LIMIT else row
