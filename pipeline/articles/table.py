"""Tables: ``.csv`` and ``.tsv`` with a header line, and ``.parquet`` by pyarrow."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import IO, Any

from pipeline.articles import fields, records
from pipeline.articles.records import Options, Reading, Record, Rejected
from pipeline.articles.text import BAD, Text

ROWS = 64  # of a Parquet file at a time


def read_csv(text: Text, end: int | None) -> Iterator[Reading]:
    """A row an article; fields in quotes may hold line ends. Raises ``EOFError`` where a quote is not closed."""
    return _read_rows(text, ",")


def read_tsv(text: Text, end: int | None) -> Iterator[Reading]:
    """The same, parted by tabs."""
    return _read_rows(text, "\t")


class _Lines:
    """The lines of a row as the csv module asks for them, with an eye on how many it takes."""

    def __init__(self, text: Text) -> None:
        self._lines = text.lines(marked=True)
        self.line = self.offset = 0
        self.start_row()

    def start_row(self) -> None:
        self.first, self.size = self.line + 1, 0
        self.bad: Rejected | None = None

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.line, self.offset, content = next(self._lines)
        self.size += len(content) if isinstance(content, str) else 0
        if self.size > records.LIMIT:
            raise EOFError(f"line {self.first}: a quote that is not closed within {records.LIMIT >> 20} MiB")
        if isinstance(content, Rejected):
            self.bad = self.bad or content
            return "\n"
        return content.removeprefix("\ufeff") if self.line == 1 else content


def _read_rows(text: Text, delimiter: str) -> Iterator[Reading]:
    csv.field_size_limit(records.LIMIT + 1)
    lines = _Lines(text)
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    header: list[str] | None = None
    for row in _rows(rows, lines):
        if isinstance(row, Rejected):
            yield lines.first, lines.offset, row
        elif header is None:
            header = [name.strip() for name in row]
            if lines.bad or any(BAD in name for name in header):
                raise EOFError(f"line {lines.first}: its header cannot be read")
        else:
            yield lines.first, lines.offset, lines.bad or _record(header, row, text)


def _rows(rows: Iterator[list[str]], lines: _Lines) -> Iterator[list[str] | Rejected]:
    while True:
        lines.start_row()
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end of data" in str(error):
                raise EOFError(f"line {lines.first}: a quote that is not closed") from None
            yield lines.bad or Rejected(f"no row: {error}")
            continue
        if row or lines.bad:
            yield row


def _record(header: list[str], row: list[str], text: Text) -> Record | Rejected:
    if len(row) != len(header):
        return Rejected(f"{len(row)} fields where the header has {len(header)}")
    if len(set(header)) < len(header):
        return Rejected("a column stands twice in the header")
    checked = [text.check(field, f"field {name}") for name, field in zip(header, row, strict=True)]
    bad = next((field for field in checked if isinstance(field, Rejected)), None)
    if bad:
        return bad
    picked = text.fields.pick(dict(zip(header, checked, strict=True)))
    if isinstance(picked, Rejected):
        return Rejected(f"{picked.reason} among the columns {', '.join(header)[:200]}")
    return picked


def read_parquet(stream: IO[bytes], options: Options, found: Counter[str]) -> Iterator[Reading]:
    """A row an article, some rows of a row group at a time; the line is the number of the row.

    Raises ``ValueError`` where pyarrow is missing, ``OSError`` where the file is damaged.
    """
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise ValueError('a .parquet file is read by pyarrow: pip install "ciliu[parquet]"') from None
    offset = line = 0
    try:
        file = ParquetFile(stream, page_checksum_verification=True)
        picker = fields.Fields(Options(), Counter())  # for rows whose fields have their own names
        chosen, notes = _columns(file.schema_arrow.names, options)
        for batch in file.iter_batches(batch_size=ROWS, columns=sorted({name for _, name in chosen})):
            offset += batch.nbytes
            for row in _values(batch):
                line += 1
                found.update(notes)
                yield line, offset, _row(row, chosen, picker)
    except ArrowException as error:
        raise OSError(str(error)) from None


def _columns(names: list[str], options: Options) -> fields.Choice:
    if len(set(names)) < len(names):
        raise OSError("a column stands twice")
    chosen, notes = fields.choose(names, options)
    if not any(field == "text" for field, _ in chosen):
        raise OSError(f"no {options.text_field or 'text'} among the columns {', '.join(names)[:200]}")
    return chosen, notes


def _values(batch: Any) -> Iterator[Record | Rejected]:
    try:
        yield from batch.to_pylist()
    except UnicodeDecodeError:
        for number in range(batch.num_rows):
            try:
                yield from batch.slice(number, 1).to_pylist()
            except UnicodeDecodeError:
                yield Rejected("not UTF-8", "encoding")


def _row(row: Record | Rejected, chosen: Iterable[tuple[str, str]], picker: fields.Fields) -> Record | Rejected:
    if isinstance(row, Rejected):
        return row
    if any(isinstance(value, str) and len(value) > records.LIMIT for value in row.values()):
        return records.too_long("an article")
    return picker.pick({field: row[name] for field, name in chosen})
