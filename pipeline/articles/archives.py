"""Archives: the members of ``.tar`` (compressed too) and ``.zip``, in their order, as streams.

Nothing is unpacked here, and no member's name is used as a path. Links, special files and names that lead out of the
archive are told, and not read.
"""

import stat
import struct
import tarfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, cast

from pipeline.articles import packing
from pipeline.articles.records import LeftOut, Rejected
from pipeline.remote_file import RemoteFile

ARCHIVES = (".tar", ".zip")
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)  # LZMA may ask for any memory
HEADER = 1 << 20  # bytes of a name or of attributes in a .tar; tarfile reads them whole
EXTENSIONS = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)

Member = tuple[str, IO[bytes] | Rejected | LeftOut]


def members(path: Path | RemoteFile, kind: str, found: Counter[str]) -> Iterator[Member]:
    """(name, its bytes or why it is not read) of each member but folders. Each stream is to be read before the next.

    Raises what is in ``packing.DAMAGED`` where the archive is damaged or ends too early.
    """
    try:
        yield from _read_zip(path, found) if kind == ".zip" else _read_tar(path, found)
    except zipfile.BadZipFile as error:
        if isinstance(error.__context__, ConnectionError):  # zipfile takes it for the file's fault
            raise error.__context__ from None
        raise
    except (ValueError, IndexError, RuntimeError, OverflowError, struct.error) as error:  # what they let through
        raise OSError(str(error)) from error


def _read_tar(path: Path | RemoteFile, found: Counter[str]) -> Iterator[Member]:
    with (
        packing.open_source(path) as stream,
        tarfile.open(fileobj=stream, mode="r|", tarinfo=_Header, encoding="utf-8", errors="surrogateescape") as archive,
    ):
        while member := archive.next():
            archive.members = []  # type: ignore[attr-defined] # tarfile would keep them all
            name = _readable(member.name.encode("utf-8", "surrogateescape"), found)
            problem = _unsafe(name) or ("a link" if member.issym() or member.islnk() else None)
            if not problem and (not member.isreg() or member.issparse()):
                problem = "no regular file"
            if problem and not member.isdir():
                yield name, LeftOut(problem)
            elif not problem:
                yield name, cast(IO[bytes], archive.extractfile(member))
        _refuse_more(cast(IO[bytes], archive.fileobj))


def _refuse_more(stream: IO[bytes]) -> None:
    """Read on to the end, so that a checksum is looked at; what is no padding would be lost."""
    for block in packing.blocks_of(stream):
        if block.strip(b"\0"):
            raise EOFError("something stands behind the end of the archive")


class _Header(tarfile.TarInfo):
    """A header that is damaged or missing is an error: tarfile takes it for the end of the archive."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str | None, errors: str) -> "_Header":
        try:
            header = super().frombuf(buf, encoding or "utf-8", errors)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined] # tarfile's own, of the two blocks at the end
            raise
        except tarfile.HeaderError as error:
            raise EOFError(f"{error} where a member of the archive, or its end, should be") from None
        if header.type in EXTENSIONS and header.size > HEADER:
            raise EOFError(f"a member's name or attributes of {header.size:,} bytes")
        return header


def _read_zip(path: Path | RemoteFile, found: Counter[str]) -> Iterator[Member]:
    with path.open("rb") as file, zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            if member.is_dir():
                continue
            raw = member.orig_filename.encode("utf-8" if member.flag_bits & 0x800 else "cp437", "surrogateescape")
            name = _readable(raw, found)
            problem = _unsafe(name) or _zip_problem(member)
            if problem:
                yield name, LeftOut(problem)
            elif member.flag_bits & 0x41:
                yield name, Rejected("it is encrypted")
            else:
                yield name, archive.open(member)


def _zip_problem(member: zipfile.ZipInfo) -> str | None:
    mode = member.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "a link" if stat.S_ISLNK(mode) else "no regular file"
    return None if member.compress_type in METHODS else f"compressed by method {member.compress_type}"


def _readable(raw: bytes, found: Counter[str]) -> str:
    """A name as UTF-8, or as GB18030: in a .zip made on a Chinese Windows it is that, and nothing says so."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        name = raw.decode("gb18030")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "backslashreplace")
    found["names of members in GB18030"] += 1
    return name


def _unsafe(name: str) -> str | None:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or (path.parts and path.parts[0].endswith(":")):
        return "its name leads out of the archive"
    return "hidden" if any(part.startswith(".") for part in path.parts) else None
