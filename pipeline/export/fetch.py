"""A bundle on another machine, brought into a private temporary folder (``TMPDIR``) to be looked at.

What comes is bounded by what its manifest says, and by the disk: of a file one byte more than is listed at most, of a
file that is not listed nothing but its name.
"""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from pipeline import remote, resources
from pipeline.export.bundled.verify import LARGEST, MANIFEST, SUMS
from pipeline.export.verification import ARCHIVE
from pipeline.remote_file import BLOCK, RemoteFile


@contextmanager
def at_hand(bundle: str) -> Iterator[Path]:
    """``bundle`` as a path: itself, or what is at that URL.

    Raises ``ValueError`` where nothing is, or more than the disk holds, ``OSError`` where nobody answers."""
    if not remote.is_remote(bundle):
        yield Path(bundle)
        return
    root = RemoteFile(remote.take(bundle).rstrip("/"), bundle.rstrip("/"))
    with tempfile.TemporaryDirectory() as folder:
        if root.name.endswith(ARCHIVE):
            path = Path(folder) / root.name
            _refuse_large(root.stat().st_size, root)
            _copy(root, path, root.stat().st_size)
            yield path
            return
        _fetch(root, Path(folder))
        yield Path(folder)


def _fetch(root: RemoteFile, folder: Path) -> None:
    there = _listed(root)
    if there is not None and MANIFEST not in there:
        problem = "holds versions of a bundle: give one of them" if "latest" in there else f"holds no {MANIFEST}"
        raise ValueError(f"{root} {problem}" if there else f"there is nothing at {root}")
    _copy(_below(root, MANIFEST), folder / MANIFEST, LARGEST)
    sizes = {SUMS: LARGEST, **_sizes(folder)}
    _refuse_large(sum(sizes.values()), root)
    for name in sorted((sizes.keys() if there is None else there) - {MANIFEST}):
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise ValueError(f"{root}: the name {name!r} leads out of the bundle")
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name not in sizes:
            path.touch()
            continue
        try:
            _copy(_below(root, name), path, sizes[name])
        except ValueError:
            continue  # it is not there, and will be found missing


def _below(root: RemoteFile, name: str) -> RemoteFile:
    end = quote(name) if root.url.startswith("http") else name
    return RemoteFile(f"{root.url}/{end}", f"{root.whole_url}/{end}")


def _listed(root: RemoteFile) -> set[str] | None:
    """The names of all files below; None over the web, where there are no folders."""
    if root.url.startswith(("http://", "https://")):
        return None
    system, path = remote.open_system(root.whole_url)
    with remote.told(root.url):
        system.invalidate_cache()
        start = path.rstrip("/") + "/"
        return {str(name).removeprefix(start) for name in system.find(path) if str(name).startswith(start)}


def _sizes(folder: Path) -> dict[str, int]:
    """Bytes of each file by the manifest; none where it is damaged, which will be found."""
    try:
        files = json.loads((folder / MANIFEST).read_bytes())["files"]
        return {str(name): max(0, int(entry["size"])) for name, entry in files.items()}
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return {}


def _refuse_large(size: int, root: RemoteFile) -> None:
    free = resources.free_disk(Path(tempfile.gettempdir()))
    if size > free:
        raise ValueError(f"{root} has {size:,} bytes, and {tempfile.gettempdir()} has room for {free:,} (TMPDIR)")


def _copy(file: RemoteFile, path: Path, most: int) -> None:
    """At most one byte more than ``most``."""
    left = most + 1
    with file.open() as source, path.open("wb") as target:
        while left and (block := source.read(min(BLOCK, left))):
            target.write(block)
            left -= len(block)
