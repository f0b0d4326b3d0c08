"""The lock on an output that is being made: an flock on its ``.partial`` folder itself.

It ends with the process, leaves no file behind, and goes along when the folder is renamed, so that whoever waited looks
again.
"""

import errno
import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline import progress

HOLDER = ".holder"  # in a .partial folder only: who is filling it
NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL}  # what a network folder without flock says


@contextmanager
def lock_partial(final: Path) -> Iterator[Path]:
    """Hold ``<key>.partial/``, made if need be. Waits for whoever fills it, and says for whom."""
    partial = final.with_name(final.name + ".partial")
    while True:
        partial.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(partial, os.O_RDONLY)
        except FileNotFoundError:  # renamed into place between the two calls
            continue
        try:
            _wait(handle, partial)
            if is_same(handle, partial):
                holder = {"pid": os.getpid(), "command": sys.argv, "since": time.time()}
                (partial / HOLDER).write_text(json.dumps(holder), encoding="utf-8")
                yield partial
                return
        finally:
            os.close(handle)


@contextmanager
def hold(folder: Path, *, shared: bool = False) -> Iterator[None]:
    """Lock a folder, together with others if ``shared``; waits for whoever holds it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        _lock(handle, folder, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def is_held(folder: Path) -> bool:
    """Does a process that lives hold the lock of a folder?"""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return not lock_at_once(handle, folder)
    finally:
        os.close(handle)


def _wait(handle: int, partial: Path) -> None:
    if lock_at_once(handle, partial):
        return
    try:
        holder = json.loads((partial / HOLDER).read_bytes())["pid"]
    except (OSError, ValueError, KeyError):
        holder = "unknown"
    progress.say(f"waiting for process {holder}, which is making {partial.parent.name}/{partial.stem}")
    fcntl.flock(handle, fcntl.LOCK_EX)


def lock_at_once(handle: int, partial: Path) -> bool:
    """Lock an open folder if nobody holds it."""
    try:
        _lock(handle, partial, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock(handle: int, folder: Path, how: int) -> None:
    """flock. Raises ``OSError`` with a sentence where the file system has no locks: two runs would write into one
    folder."""
    try:
        fcntl.flock(handle, how)
    except OSError as error:
        if error.errno in NO_LOCKS:
            message = "this file system has no locks (flock): choose a data folder on another (--data)"
            raise OSError(error.errno, message, str(folder)) from None
        raise


def is_same(handle: int, path: Path) -> bool:
    """Is the open folder still the one under this name?"""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
