"""What a machine has left: memory and disk, looked at before work that takes hours."""

import errno
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline import cgroups

MIB, GIB = 1 << 20, 1 << 30


class FullError(OSError):
    """A full disk, or a quota, and the place that it is about."""


def free_memory() -> int | None:
    """Bytes of memory that may still be taken: the machine's, and no more than a cgroup's limit leaves. None where the
    system does not say."""
    left = [cgroups.memory_left()]
    with suppress(OSError, ValueError):
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                left.append(int(line.split()[1]) * 1024)
    return min((free for free in left if free is not None), default=None)


def free_disk(folder: Path) -> int:
    """Bytes that may still be written to where ``folder`` is."""
    return shutil.disk_usage(os.fspath(folder)).free


def is_full(error: OSError) -> bool:
    """Is it the disk, or a quota? numpy says ``2000 requested and 524 written``, without a number."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT) or (error.errno is None and " written" in str(error))


def why_full(error: OSError) -> str:
    """Disk or quota, as a person is told."""
    return "your quota of this disk is used up" if error.errno == errno.EDQUOT else "the disk is full"


@contextmanager
def writing(target: Path) -> Iterator[None]:
    """Around the writing of ``target``: where its disk is full, the error names it, and not a file that is copied there
    or none. Of two around each other the inner one is heard."""
    try:
        yield
    except FullError:
        raise
    except OSError as error:
        if is_full(error):
            raise FullError(error.errno or errno.ENOSPC, why_full(error), str(target)) from error
        raise


def try_to_write(folder: Path) -> None:
    """Make ``folder``, and make, rename and remove something in it, as a run will. Raises ``OSError`` that names it."""
    trial = folder / f".trial-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial.mkdir()
        renamed = trial.rename(folder / f".trial-{os.getpid()}.renamed")
        renamed.rmdir()
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(folder)) from None


def own_size(folder: Path) -> int:
    """Bytes of the files below ``folder`` that have no name elsewhere, each once: shards that were taken over and parts
    of other outputs are linked, and took no space."""
    found = [path.lstat() for path in folder.rglob("*") if not path.is_dir()]
    names = Counter(file.st_ino for file in found)
    return sum({file.st_ino: file.st_size for file in found if file.st_nlink == names[file.st_ino]}.values())


def show(size: float) -> str:
    """Bytes for people: ``1.3 GiB``, ``20 MiB``, ``700 KiB``."""
    if size < MIB:
        return f"{size / 1024:.0f} KiB"
    return f"{size / GIB:.1f} GiB" if size >= GIB else f"{size / MIB:.0f} MiB"


def refuse_without(memory: float, disk: float, folder: Path, advice: str) -> None:
    """Raise ``ValueError`` with the figures if there is less than ``memory`` or ``disk`` (bytes)."""
    for needed, free, what in (
        (memory, free_memory(), "memory"),
        (disk, free_disk(folder), f"disk space in {folder}"),
    ):
        if free is not None and needed > free:
            raise ValueError(f"this needs {show(needed)} of {what}, and {show(free)} is free: {advice}")
