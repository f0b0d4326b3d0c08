"""A file on another machine, read as a stream: asked as a ``Path`` is, with what tells whether it changed."""

import io
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import IO, Any, NamedTuple
from urllib.parse import unquote

import xxhash

from pipeline import cache, remote

BLOCK = 1 << 20
AHEAD = 4 << 20  # bytes that are asked for at once, where a file is read by parts
PAUSES = (1, 2, 4)  # seconds before each try to go on where a connection was lost
HOSTED = ("http", "https", "sftp", "ssh", "ftp", "ftps", "hdfs", "webhdfs", "smb")  # a host stands before the path

# What changes with a file, besides its size: the first of these that a file system tells.
TAGS = (
    *("ETag", "etag", "md5Hash", "Content-MD5", "LastModified", "Last-Modified", "last_modified"),
    *("mtime", "modified", "modificationTime", "updated", "modify", "created"),
)

PLAIN = {"Accept-Encoding": "identity"}  # else a server may pack it once more

Info = dict[str, Any]


class Status(NamedTuple):
    """Bytes of a file, 0 where the far end does not say, and what changes with it."""

    st_size: int
    tag: str | None


@dataclass(frozen=True)
class RemoteFile:
    """A file at a ``url`` without secrets; ``whole_url`` has them."""

    url: str
    whole_url: str = field(repr=False, compare=False)
    listed: Status | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return self.url

    @property
    def _path(self) -> PurePosixPath:
        protocol, _, place = self.url.partition("://")
        if protocol in ("http", "https"):
            place = unquote(place.partition("?")[0])
        return PurePosixPath(place.partition("/")[2] if protocol in HOSTED else place)

    @property
    def parent_name(self) -> str:
        """What the folder is called; empty at the top."""
        return self._path.parent.name

    @property
    def name(self) -> str:
        return self._path.name

    @property
    def suffix(self) -> str:
        return self._path.suffix

    @property
    def stem(self) -> str:
        return self._path.stem

    def samefile(self, other: object) -> bool:
        return self == other

    def stat(self) -> Status:
        """As it was when it was listed or first asked for."""
        return self._first

    @cached_property
    def _first(self) -> Status:
        return self.listed or self.look()

    def look(self) -> Status:
        """Size and tag now. Raises ``ValueError`` where nothing is there, ``OSError`` where it cannot be told."""
        return remote.again(self.url, self._look, pauses=(0,))  # a connection may have been idle for too long

    def _look(self) -> Status:
        system, path = remote.open_system(self.whole_url)
        with remote.told(self.url):
            system.invalidate_cache()
            return status_of(system.info(path))

    def fingerprint(self, status: Status) -> tuple[int, str]:
        """Bytes, and a digest: of size and tag where the far end gives both, else of all bytes, which are read."""
        if status.st_size and status.tag:
            return status.st_size, cache.digest([status.st_size, status.tag])
        state, size = xxhash.xxh3_128(), 0
        with self.open() as file:
            while block := file.read(BLOCK):
                state.update(block)
                size += len(block)
        return size, state.hexdigest()

    def open(self, mode: str = "rb", buffering: int = BLOCK) -> IO[bytes]:
        """Its bytes. A lost connection is made again up to three times, and the reading goes on where it was.

        Raises ``ConnectionError`` then, ``ValueError`` where the file changed meanwhile."""
        return io.BufferedReader(_Stream(self), max(buffering, BLOCK))


def status_of(info: Info) -> Status:
    """What fsspec told about a file."""
    tag = next((str(info[name]) for name in TAGS if info.get(name)), None)
    return Status(int(info.get("size") or info.get("Size") or 0), tag)


class _Stream(io.RawIOBase):
    """From the start on. Over the web it is one answer; after a lost connection the rest comes by parts."""

    def __init__(self, file: RemoteFile) -> None:
        self._file, self._status, self._at = file, file.stat(), 0
        self._open: Any = None
        self._lost = False
        self._copy: IO[bytes] | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._status.st_size > 0

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        at = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._status.st_size}[whence] + offset
        if at != self._at:
            self._close()
            if self._file.url.startswith(("http://", "https://")) and self._copy is None:
                self._copy = self._bring()
        self._at = at
        return at

    def _bring(self) -> IO[bytes]:
        """The whole file in a temporary one (``TMPDIR``): not each web server gives parts, and an archive asks for
        many."""
        copy = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed with this stream
        with self._file.open() as file:
            shutil.copyfileobj(file, copy, BLOCK)
        return copy

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # all that BufferedReader passes
        block = remote.again(self._file.url, lambda: self._read(len(buffer)), PAUSES)
        buffer[: len(block)] = block
        self._at += len(block)
        return len(block)

    def _read(self, size: int) -> bytes:
        if self._status.st_size and self._at >= self._status.st_size:
            return b""
        if self._copy:
            self._copy.seek(self._at)
            return self._copy.read(size)
        self._open = self._open or self._opened()
        try:
            with remote.told(self._file.url):
                block = self._block(min(size, self._status.st_size - self._at) if self._status.st_size else size)
            if not block and self._status.st_size:
                raise ConnectionError(f"{self._file} ended after {self._at:,} of {self._status.st_size:,} bytes")
        except ConnectionError:
            self._close()
            self._lost = True
            raise
        return block

    def _block(self, size: int) -> bytes:
        if hasattr(self._open, "readv"):  # paramiko's: many requests on their way at once; read waits for each
            return b"".join(self._open.readv([(self._at, size)]))
        return bytes(self._open.read(size))

    def _opened(self) -> Any:
        if self._lost and self._file.look() != self._status:
            raise ValueError(f"{self._file} changed while it was read; run again")
        system, path = remote.open_system(self._file.whole_url)
        with remote.told(self._file.url):
            if "http" not in system.protocol:
                opened = system.open(path, "rb", block_size=AHEAD)
            elif not self._at:
                opened = system.open(path, "rb", block_size=0, size=self._status.st_size or None, headers=PLAIN)
            else:
                opened = system.open(path, "rb", block_size=AHEAD, size=self._status.st_size, headers=PLAIN)
            if self._at:
                opened.seek(self._at)
            return opened

    def _close(self) -> None:
        opened, self._open = self._open, None
        if opened is not None:
            with suppress(Exception):  # the connection is lost
                opened.close()

    def close(self) -> None:
        self._close()
        if self._copy:
            self._copy.close()
        super().close()
