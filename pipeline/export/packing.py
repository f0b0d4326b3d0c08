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
    openers = {".gz": gzip.open, ".zst": zstd.open}
    opener = openers.get(path.suffix)
    with opener(path, "rb") if opener else path.open("rb") as file:
        yield cast(IO[bytes], file)
