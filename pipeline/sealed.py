"""JSON files that show their own damage: the last entry is the xxh3_128 of all that stands before it."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xxhash

SEAL = b',\n "xxh3_128": '


def write(path: Path, value: Mapping[str, Any], *, flush: bool = True) -> None:
    """``value`` (not empty) as sealed JSON, a line for each entry; on disk when this returns, unless ``flush`` is off.
    (Python indents ten times as slowly as it writes lines, and a manifest of a thousand shards is half a megabyte.)"""
    content = entries(value)
    with path.open("wb") as file:
        file.write(content + _seal(content))
        if flush:
            file.flush()
            os.fsync(file.fileno())


def entries(value: Mapping[str, Any]) -> bytes:
    """A JSON object without its closing brace. A path may be no UTF-8."""
    lines = (f" {_text(name)}: {_text(entry)}" for name, entry in value.items())
    return ("{\n" + ",\n".join(lines)).encode("utf-8", "surrogatepass")


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _seal(content: bytes) -> bytes:
    return SEAL + f'"{xxhash.xxh3_128_hexdigest(content)}"\n}}\n'.encode("ascii")


def read(path: Path, last: str = "") -> Any:
    """The value of a sealed file. Raises ``OSError``, or ``ValueError`` where it is damaged.

    A file without a seal is from an earlier version: it is taken if its last entry is ``last``.
    """
    content = path.read_bytes()
    start = content.rfind(SEAL)
    if start >= 0 and content[start:] != _seal(content[:start]):
        raise ValueError(f"{path} is damaged")
    value = json.loads(content)
    if start < 0 and (not last or not isinstance(value, dict) or next(reversed(value), None) != last):
        raise ValueError(f"{path} is damaged")
    if start >= 0:
        del value["xxh3_128"]
    return value
