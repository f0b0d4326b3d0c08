"""Where a bundle goes: a folder, a ``.tar.zst``, or a URL that fsspec knows (``sftp://``, ``s3://`` …); a version of it
below that, and ``latest``, a file that names the newest. Whole or not at all: the manifest comes last.
"""

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import xxhash

from pipeline import cache
from pipeline.export import tar
from pipeline.export.bundled import verify
from pipeline.export.verification import ARCHIVE
from pipeline.publish import new_folder

BLOCK = 1 << 20
LATEST = "latest"
VERSION = re.compile(r"[\w][\w.+-]*")

Fill = Callable[[Path], None]


def publish(fill: Fill, to: str, release: str | None) -> str:
    """Let ``fill`` make a bundle in a folder, and bring it to ``to``, or to ``release`` below it. Returns where it is.

    Raises ``ValueError`` where something is there already, or arrived damaged.
    """
    if release is not None and (not VERSION.fullmatch(release) or release == LATEST or to.endswith(ARCHIVE)):
        raise ValueError(f"version {release!r}: letters, digits and . + - _ below a folder, and not {LATEST!r}")
    place = f"{to.rstrip('/')}/{release}" if release else to
    if "://" in to:
        _to_url(fill, place)
    elif to.endswith(ARCHIVE):
        _to_archive(fill, Path(to))
    else:
        with new_folder(Path(place)) as unfinished:
            fill(unfinished)
            refuse_damaged(unfinished)
    if release:
        _point(to.rstrip("/"), release)
    return hide_password(place)


def refuse_damaged(folder: Path) -> None:
    """Raises ``ValueError`` with the first fault of the bundle in ``folder``."""
    for fault in verify.find_faults(folder, quick=True):
        raise ValueError(f"the copy is not sound: {fault}")


def hide_password(url: str) -> str:
    """The URL as it may be shown."""
    return re.sub(r"(://[^/@:]*):[^/]*@", r"\1:…@", url)


def _to_archive(fill: Fill, path: Path) -> None:
    if path.exists():
        raise ValueError(f"{path} is there already: give a new name")
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        with filled(fill) as folder, tempfile.TemporaryDirectory() as again:
            tar.pack(folder, unfinished, path.name.removesuffix(ARCHIVE))
            tar.unpack(unfinished, Path(again))
            refuse_damaged(Path(again))
        cache.sync(unfinished)
        unfinished.rename(path)
        cache.sync(path.parent)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


@contextmanager
def filled(fill: Fill) -> Iterator[Path]:
    """A bundle in a folder that goes away."""
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder))
        yield Path(folder)


def _to_url(fill: Fill, url: str) -> None:
    """File after file under a temporary name, read again there, then moved; the manifest last. What an attempt that was
    cut off brought there is taken, if it is sound."""
    system, root = open_url(url)
    last = (verify.SUMS, verify.MANIFEST)
    if system.exists(root if url.endswith(ARCHIVE) else f"{root}/{verify.MANIFEST}"):
        raise ValueError(f"{hide_password(url)} is there already: give a new place")
    with filled(fill) as folder:
        if url.endswith(ARCHIVE):
            with tempfile.TemporaryDirectory() as other:
                path = Path(other) / root.rsplit("/", 1)[-1]
                tar.pack(folder, path, path.name.removesuffix(ARCHIVE))
                _upload(system, path, root)
            return
        names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        for name in [*(name for name in names if name not in last), *last]:
            _upload(system, folder / name, f"{root}/{name}")


def open_url(url: str) -> tuple[Any, str]:
    """fsspec's file system for ``url``, and the path on it. Raises ``ValueError`` where a library is missing, or the
    place cannot be reached."""
    try:
        fsspec = import_module("fsspec")
        system, root = fsspec.core.url_to_fs(url)
        return system, str(root).rstrip("/")
    except ImportError as error:
        raise ValueError(f"{hide_password(url)}: {error}; pip install 'ciliu[remote]'") from None


def _upload(system: Any, path: Path, target: str) -> None:
    expected = verify.digest(path)
    if system.exists(target) and _digest(system, target) == expected:
        return
    system.makedirs(target.rsplit("/", 1)[0], exist_ok=True)
    temporary = f"{target}.partial"
    system.put_file(str(path), temporary)
    if _digest(system, temporary) != expected:
        raise ValueError(f"{path.name} arrived damaged; the same command goes on from here")
    if system.exists(target):
        system.rm_file(target)
    system.mv(temporary, target)


def _digest(system: Any, path: str) -> str:
    state = xxhash.xxh3_128()
    system.invalidate_cache()
    with system.open(path, "rb") as file:
        while block := file.read(BLOCK):
            state.update(block)
    return state.hexdigest()


def _point(to: str, release: str) -> None:
    """Let ``latest`` name ``release``; another one before the end of it, never half of one."""
    text = f"{release}\n"
    if "://" in to:
        system, root = open_url(to)
        system.pipe_file(f"{root}/{LATEST}.partial", text.encode("utf-8"))
        if system.exists(f"{root}/{LATEST}"):
            system.rm_file(f"{root}/{LATEST}")
        system.mv(f"{root}/{LATEST}.partial", f"{root}/{LATEST}")
        return
    unfinished = Path(to) / f".{LATEST}.partial-{os.getpid()}"
    unfinished.write_text(text, encoding="utf-8", newline="\n")
    cache.sync(unfinished)
    unfinished.replace(Path(to) / LATEST)
    cache.sync(Path(to))
