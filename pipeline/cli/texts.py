"""The lines of text that a verb works on: read from a file or a folder and made normal as Articles does it."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ciliu.normal_form import normalize
from pipeline import progress
from pipeline.articles import packing, readers, records, sources
from pipeline.remote_file import RemoteFile

PART = 1 << 16  # bytes between two steps of the bar


def read_lines_of(source: str) -> Iterator[str]:
    """The lines, but empty ones, of the texts in a file that Articles reads, or in a folder of them.

    Says at the end how many records were no articles. Raises ``ValueError`` for what is no such file, is damaged, or
    is not UTF-8.
    """
    files, _ = sources.find([source])
    size = sum(path.stat().st_size * (sources.PACKED if path.suffix in packing.PACKED_TEXT else 1) for _, path in files)
    rejected = 0
    with progress.bar("reading", size) as bar:
        for _, path in files:
            read = _read_txt if readers.format_of(path) == ".txt" else _read_records
            done = 0
            for offset, text in read(path):
                rejected += text is None
                yield from (line for line in normalize(text or "")[0].split("\n") if line.strip())
                if offset - done > PART:
                    bar.update(offset - done)
                    done = offset
    if rejected:
        progress.say(f"{source}: left out {rejected:,} records that are no articles (ciliu run lists them)")


def _read_records(path: Path | RemoteFile) -> Iterator[tuple[int, str | None]]:
    for _, _, offset, record in readers.read_source(path, readers.DEFAULT, Counter()):
        text = str(record["text"]) if isinstance(record, dict) else None
        yield offset, None if text and any("\ud800" <= character <= "\udfff" for character in text) else text


def _read_txt(path: Path | RemoteFile) -> Iterator[tuple[int, str]]:
    """Line by line: Articles takes such a file for one article, which may not have more than 16 MiB."""
    offset = number = 0
    try:
        with packing.open_source(path) as stream:
            while line := stream.readline(records.LIMIT):
                number += 1
                offset += len(line)
                if len(line) == records.LIMIT:
                    raise ValueError(f"{path}, line {number}: a line of more than {records.LIMIT >> 20} MiB")
                yield offset, line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}, line {number}: not UTF-8 at byte {error.start + 1} of the line") from None
    except packing.DAMAGED as error:
        raise ValueError(f"{path} cannot be read to its end: {error}") from error
