"""Files of a bundle, packed if their name says so: ``.gz`` (without name and date, so that bytes repeat), ``.zst``."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from backports import zstd

PACKED = ("", ".gz", ".zst")


@contextmanager
def open_to_write(path: Path) -> Iterator[IO[bytes]]:
    """A new file to write bytes to."""
    with path.open("wb") as file:
        if path.suffix == ".gz":
            with gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
                yield cast(IO[bytes], packed)
        elif path.suffix == ".zst":
            with zstd.ZstdFile(file, "wb") as packed:
                yield cast(IO[bytes], packed)
        else:
            yield file


@contextmanager
def open_to_read(path: Path) -> Iterator[IO[bytes]]:
    """A file to read bytes from."""
    if path.suffix == ".gz":
        with gzip.open(path, "rb") as unpacked:
            yield cast(IO[bytes], unpacked)
    elif path.suffix == ".zst":
        with zstd.open(path, "rb") as stream:
            yield cast(IO[bytes], stream)
    else:
        with path.open("rb") as file:
            yield file
