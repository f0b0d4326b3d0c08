"""A bundle as one ``.tar.zst``: the same bytes each time; read strictly, with bounded memory.

Only plain files in one folder are taken: a link, ``..``, a second file of a name, any other kind of entry is refused.
The manifest and the sums come first, so that each size is known before the file comes.
"""

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from backports import zstd

from pipeline.export.bundled.verify import LARGEST, MANIFEST, SUMS, read_manifest

BLOCK = 512
COPY = 1 << 20
MOST = 200  # times the size of the packed file; a bundle unpacks to two to ten times of it


def pack(folder: Path, path: Path, name: str) -> None:
    """Write the bundle ``folder`` as ``path``; in it all lies below ``name``."""
    files = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
    first = [MANIFEST, SUMS]
    with (
        path.open("wb") as raw,
        zstd.ZstdFile(raw, "wb") as packed,
        tarfile.open(fileobj=cast(IO[bytes], packed), mode="w|", format=tarfile.GNU_FORMAT) as tar,
    ):
        for file in [*first, *(one for one in files if one not in first)]:
            entry = tarfile.TarInfo(f"{name}/{file}")  # its date is 0, its owner nobody
            entry.size = (folder / file).stat().st_size
            with (folder / file).open("rb") as content:
                tar.addfile(entry, content)


def unpack(path: Path, folder: Path) -> None:
    """The bundle in a ``.tar.zst``, unpacked into ``folder``, which is empty.

    Raises ``ValueError`` where it is damaged, truncated, or anything but the plain files that its manifest lists.
    """
    told: dict[str, int] = {MANIFEST: LARGEST, SUMS: LARGEST}
    try:
        with zstd.open(path, "rb") as stream:
            for name, size in entries(cast(IO[bytes], stream), path):
                if size > told.pop(name, -1):
                    raise ValueError(f"{path.name}: {name} is not what the manifest lists, or larger than it says")
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                _copy(cast(IO[bytes], stream), target, size, path)
                if name == MANIFEST:
                    told |= _sizes(folder, path)
    except (EOFError, zstd.ZstdError) as error:
        raise ValueError(f"{path.name} cannot be unpacked to its end: {error}") from None
    if missing := sorted(told):
        raise ValueError(f"{path.name} ends without {missing[0]}")


def _sizes(folder: Path, path: Path) -> dict[str, int]:
    files = read_manifest(folder)["files"]
    try:
        sizes = {str(name): int(entry["size"]) for name, entry in files.items() if name not in (MANIFEST, SUMS)}
    except (TypeError, KeyError, ValueError):
        raise ValueError(f"{path.name}: its manifest gives no sizes") from None
    if sum(sizes.values()) > MOST * path.stat().st_size + LARGEST:
        raise ValueError(
            f"{path.name} would unpack to {sum(sizes.values()):,} bytes, more than {MOST} times its own size"
        )
    return sizes


def entries(stream: IO[bytes], path: Path) -> Iterator[tuple[str, int]]:
    """Name (without the folder that all lies in) and size of each file; whoever takes one reads its bytes from
    ``stream`` before the next. Raises ``ValueError`` for any entry that is no plain file below one folder."""
    top = None
    while True:
        head = stream.read(BLOCK)
        if len(head) < BLOCK:
            raise ValueError(f"{path.name} is truncated: the tar archive has no end")
        if head == bytes(BLOCK):
            return
        try:
            entry = tarfile.TarInfo.frombuf(head, "utf-8", "strict")  # looks at the checksum
        except (tarfile.HeaderError, UnicodeDecodeError, ValueError):
            raise ValueError(f"{path.name} is no tar archive, or damaged") from None
        if entry.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or entry.size < 0:
            raise ValueError(f"{path.name}: {entry.name!r} is no plain file but a link, a device or the like")
        folder, _, name = entry.name.partition("/")
        parts = [folder, *name.split("/")]
        if not name or any(part in ("", ".", "..") or "\\" in part or "\0" in part for part in parts):
            raise ValueError(f"{path.name}: the name {entry.name!r} leads out of its folder")
        if folder != (top or folder):
            raise ValueError(f"{path.name}: {entry.name!r} lies beside the folder {top}")
        top = folder
        yield name, entry.size


def _copy(stream: IO[bytes], target: Path, size: int, path: Path) -> None:
    with target.open("xb") as file:
        left = size
        while left:
            block = stream.read(min(COPY, left))
            if not block:
                raise ValueError(f"{path.name} is truncated within {target.name}")
            file.write(block)
            left -= len(block)
    padding = -size % BLOCK
    if len(stream.read(padding)) != padding:
        raise ValueError(f"{path.name} is truncated behind {target.name}")
