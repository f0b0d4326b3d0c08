"""The bytes of a model file, mapped into memory, and decompressed first where they are compressed."""

import bz2
import gzip
import mmap
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from backports import zstd

COMPRESSED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\x28\xb5\x2f\xfd": "zstd"}


@contextmanager
def mapped(path: Path) -> Iterator[tuple[mmap.mmap, str]]:
    """The bytes, and ", gzip" or the like if they were compressed, which their first bytes say, not their name.

    A compressed file is unpacked into the temporary folder (``TMPDIR``), so that its size is known before any claim
    that it makes is believed. Raises ``ValueError`` where it is empty, damaged or truncated.
    """
    if not path.is_file():  # a pipe would wait for ever
        raise ValueError(f"there is no file {path}")
    with ExitStack() as stack:
        file: IO[bytes] = stack.enter_context(path.open("rb"))
        start = file.read(4)
        file.seek(0)
        form = next((name for magic, name in COMPRESSED.items() if start.startswith(magic)), "")
        if form:
            unpacked = stack.enter_context(tempfile.TemporaryFile())
            _unpack(file, form, unpacked, path)
            file = unpacked
        if file.seek(0, 2) == 0:
            raise ValueError(f"{path} is empty")
        yield stack.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)), f", {form}" if form else ""


def _unpack(file: IO[bytes], form: str, target: IO[bytes], path: Path) -> None:
    openers: dict[str, Callable[..., Any]] = {"gzip": gzip.open, "bzip2": bz2.open, "zstd": zstd.open}
    try:
        with openers[form](file) as stream:
            shutil.copyfileobj(stream, target, 1 << 20)
    except (EOFError, gzip.BadGzipFile, zlib.error, zstd.ZstdError) as error:
        raise ValueError(f"{path} cannot be unpacked to its end: {error}") from error
    except OSError as error:
        if error.errno is None:  # bz2 tells damage so; a full disk has a number
            raise ValueError(f"{path} cannot be unpacked to its end: {error}") from error
        raise
    target.flush()
