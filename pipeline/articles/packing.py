"""Streams of bytes: plain or compressed, by the suffix of the name; and streams made of blocks."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path, PurePath
from typing import IO, cast

from backports import zstd

from pipeline.remote_file import RemoteFile

BLOCK = 1 << 20
MEMORY = 256 << 20  # what an .xz may ask for; `xz -9` asks for 65 MiB

COMPRESSED = (".gz", ".zst", ".bz2", ".xz")
SHORT = {".tgz": (".tar", ".gz"), ".tbz2": (".tar", ".bz2"), ".txz": (".tar", ".xz")}
PACKED_TEXT = (*COMPRESSED, *SHORT, ".zip", ".parquet")  # what is larger once it is read

# What the libraries raise for a file that is damaged, truncated or unreadable.
DAMAGED = (EOFError, OSError, zlib.error, zstd.ZstdError, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile)


def split_suffix(path: PurePath | RemoteFile | str) -> tuple[str, str]:
    """The suffix that says what a file holds, and the one that says how it is compressed: ``.tgz`` is ``.tar``,
    ``.gz``. ``path`` may be its last part alone."""
    name = path if isinstance(path, str) else path.name
    suffix = _suffix(name)
    if suffix in SHORT:
        return SHORT[suffix]
    return (_suffix(name.removesuffix(suffix)), suffix) if suffix in COMPRESSED else (suffix, "")


def _suffix(name: str) -> str:
    """As pathlib's, which takes three times as long."""
    start = name.rfind(".")
    return name[start:] if 0 < start < len(name) - 1 else ""


def open_source(path: Path | RemoteFile) -> IO[bytes]:
    """The bytes of a source, decompressed if its name says so. Raises ``EOFError`` for a compressed one of 0 bytes."""
    return unpack(path.open("rb", buffering=BLOCK), split_suffix(path)[1])


def unpack(stream: IO[bytes], packing: str) -> IO[bytes]:
    """The decompressed bytes of ``stream``, which is closed along with it. A file of 0 bytes is no compressed file."""
    if not packing:
        return stream
    head = stream.read(1)
    if not head:
        raise EOFError("it has 0 bytes, so it is no compressed file")
    whole = prefixed(head, stream)
    return from_blocks(UNPACKERS[packing](whole), whole)


def _unpack_parts(
    stream: IO[bytes], make: Callable[[], bz2.BZ2Decompressor | lzma.LZMADecompressor], padding: bytes
) -> Iterator[bytes]:
    """Part by part. The library's own files take whatever stands behind a whole part for padding, without a word."""
    decompressor = make()
    while True:
        raw = b""
        if decompressor.eof:
            raw = decompressor.unused_data.lstrip(padding) if padding else decompressor.unused_data
            while not raw:
                block = stream.read(BLOCK)
                if not block:
                    return
                raw = block.lstrip(padding) if padding else block
            decompressor = make()
        elif decompressor.needs_input and not (raw := stream.read(BLOCK)):
            raise EOFError("it ends before its end mark")
        yield decompressor.decompress(raw, BLOCK)


def _unpack_gzip(file: gzip.GzipFile) -> Iterator[bytes]:
    """As it comes: ``read`` would drop what it has read before it meets a flaw."""
    while block := file.read1(BLOCK):
        yield block


UNPACKERS: dict[str, Callable[[IO[bytes]], Iterator[bytes]]] = {
    ".gz": lambda stream: _unpack_gzip(gzip.GzipFile(fileobj=stream)),
    ".zst": lambda stream: blocks_of(cast(IO[bytes], zstd.ZstdFile(stream))),
    ".bz2": lambda stream: _unpack_parts(stream, bz2.BZ2Decompressor, b""),
    ".xz": lambda stream: _unpack_parts(stream, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, MEMORY), b"\0"),
}


def blocks_of(stream: IO[bytes]) -> Iterator[bytes]:
    """The rest of a stream, a block at a time."""
    while block := stream.read(BLOCK):
        yield block


def prefixed(head: bytes, stream: IO[bytes]) -> IO[bytes]:
    """``stream`` with what was read of it put back."""
    return from_blocks(chain([head], blocks_of(stream)), stream)


def from_blocks(blocks: Iterator[bytes], below: IO[bytes]) -> IO[bytes]:
    """Blocks of bytes as a buffered stream; ``below``, which they come from, is closed along with it."""
    return io.BufferedReader(_Blocks(blocks, below), BLOCK)


class _Blocks(io.RawIOBase):
    def __init__(self, blocks: Iterator[bytes], below: IO[bytes]) -> None:
        self._blocks, self._below = blocks, below
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # all that BufferedReader passes
        while not self._rest:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._rest = memoryview(block)
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size

    def close(self) -> None:
        self._below.close()
        super().close()
