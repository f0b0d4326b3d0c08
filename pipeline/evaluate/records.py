"""Texts with what people said of them, out of a file."""

import io
import json
from collections.abc import Sequence
from pathlib import Path

from backports import zstd

Fields = Sequence[Sequence[str]]  # each by its names


def read_records(path: Path, fields: Fields) -> list[list[str]]:
    """The ``fields`` of each record that has all of them: of a ``.jsonl`` by name, of a file whose first line names
    them (with TABs), or of lines that have them in this order, with TABs between; also ``.zst``.

    Raises ``ValueError`` where there is no file, or a line of a ``.jsonl`` is no record.
    """
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    raw = path.read_bytes()
    text = (zstd.decompress(raw) if path.suffix == ".zst" else raw).decode("utf-8-sig")
    lines = [line.rstrip("\r\n") for line in io.StringIO(text) if line.strip()]
    if ".jsonl" in path.suffixes:
        found = [_of_json(path, place, line, fields) for place, line in enumerate(lines, 1)]
    else:
        found = _of_table(lines, fields)
    return [record for record in found if len(record) == len(fields) and all(record)]


def _of_json(path: Path, place: int, line: str, fields: Fields) -> list[str]:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise ValueError(f"{path}, line {place}: no JSON: {error}") from None
    if not isinstance(record, dict):
        raise ValueError(f"{path}, line {place}: no JSON object: {line[:60]!r}")
    values = [next((record[name] for name in names if record.get(name) is not None), "") for names in fields]
    return [str(value) for value in values]


def _of_table(lines: list[str], fields: Fields) -> list[list[str]]:
    head = lines[0].split("\t") if lines else []
    if all(any(name in head for name in names) for names in fields):
        columns = [head.index(next(name for name in names if name in head)) for names in fields]
        rows = [line.split("\t") for line in lines[1:]]
        return [[row[column] for column in columns] for row in rows if len(row) == len(head)]
    return [line.rsplit("\t", len(fields) - 1) for line in lines]
