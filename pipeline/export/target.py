"""Where a bundle goes: a folder, a ``.tar.zst``, or a URL that fsspec knows (``sftp://``, ``s3://`` …); a version of it
below that, and ``latest``, a file that names the newest. Whole or not at all: the manifest comes last.
"""

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline import cache, remote, resources
from pipeline.export import tar
from pipeline.export.bundled import verify
from pipeline.export.far import PARTIAL, Far
from pipeline.export.verification import ARCHIVE
from pipeline.publish import new_folder, write_file

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
    if remote.is_remote(to):
        _to_url(fill, place)
    elif to.endswith(ARCHIVE):
        _to_archive(fill, Path(to))
    else:
        with new_folder(Path(place)) as unfinished:
            fill(unfinished)
            refuse_damaged(unfinished)
    if release:
        _point(to.rstrip("/"), release)
    return remote.take(place)


def refuse_damaged(folder: Path) -> None:
    """Raises ``ValueError`` with the first fault of the bundle in ``folder``."""
    for fault in verify.find_faults(folder, quick=True):
        raise ValueError(f"the copy is not sound: {fault}")


def _to_archive(fill: Fill, path: Path) -> None:
    if path.exists():
        raise ValueError(f"{path} is there already: give a new name")
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        with filled(fill) as folder, scratch() as again:
            with resources.writing(path):
                tar.pack(folder, unfinished, path.name.removesuffix(ARCHIVE))
                cache.sync(unfinished)
            tar.unpack(unfinished, again)
            refuse_damaged(again)
        unfinished.rename(path)
        cache.sync(path.parent)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that goes away."""
    with resources.writing(Path(tempfile.gettempdir())), tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@contextmanager
def filled(fill: Fill) -> Iterator[Path]:
    """A bundle in a folder that goes away."""
    with scratch() as folder:
        fill(folder)
        yield folder


def _to_url(fill: Fill, url: str) -> None:
    """File after file under a temporary name, read again there, then moved; the manifest last. What an attempt that was
    cut off brought there is taken, if it is sound."""
    far = Far(url)
    if far.exists("" if url.endswith(ARCHIVE) else f"/{verify.MANIFEST}"):
        raise ValueError(f"{far} is there already: give a new place")
    with filled(fill) as folder:
        try:
            if url.endswith(ARCHIVE):
                _upload_archive(folder, far)
            else:
                _upload_folder(folder, far)
        except ConnectionError as error:
            raise ConnectionError(f"{error}; the same command goes on from here") from None


def _upload_folder(folder: Path, far: Far) -> None:
    last = (verify.SUMS, verify.MANIFEST)
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    if others := far.names() - {*names, *(f"{name}{PARTIAL}" for name in names)}:
        raise ValueError(f"{far} holds {min(others)}, which is not of this bundle: give a new place")
    for name in [*(name for name in names if name not in last), *last]:
        far.bring(folder / name, f"/{name}")


def _upload_archive(folder: Path, far: Far) -> None:
    with scratch() as other:
        path = other / far.root.rsplit("/", 1)[-1]
        tar.pack(folder, path, path.name.removesuffix(ARCHIVE))
        far.bring(path, "")


def _point(to: str, release: str) -> None:
    """Let ``latest`` name ``release``; another one before the end of it, never half of one."""
    text = f"{release}\n"
    if remote.is_remote(to):
        with scratch() as folder:
            path = folder / LATEST
            path.write_text(text, encoding="utf-8", newline="\n")
            Far(to).bring(path, f"/{LATEST}")
        return
    write_file(Path(to) / LATEST, text.encode("utf-8"))
    cache.sync(Path(to))
