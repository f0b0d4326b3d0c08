"""What a file from outside contains, without reading it twice: a memo on (path, inode, size, mtime).

The memo serves files from outside only; what lies in the cache is hashed when it is read.
"""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from pipeline import cache, sealed

MEMO = "fingerprints.json"
SETTLED = 2 * 10**9  # ns: a file that changed less than this ago may change again within one tick of its clock


class Fingerprints:
    """A memo in the data folder. ``of`` looks, ``save`` writes back what is new."""

    def __init__(self, data: Path) -> None:
        self._path = data / MEMO
        self._fresh: dict[str, list[Any]] = {}

    @cached_property
    def _memo(self) -> dict[str, list[Any]]:
        """What was noted before; read when it is first asked for, once as long as it is the same file."""
        try:
            stat = self._path.stat()
            return dict(_read(self._path, (stat.st_ino, stat.st_size, stat.st_mtime_ns)))
        except (OSError, ValueError):
            return {}

    def of(self, path: Path, kind: str, compute: Callable[[Path], Any], stat: os.stat_result | None = None) -> Any:
        """``compute(path)``, or what it gave for the same inode, size and mtime (``stat``, where the caller has it).
        ``kind`` names the computation.

        Raises ``ValueError`` if there is no such file.
        """
        try:
            stat = stat or path.stat()
        except FileNotFoundError:
            raise ValueError(f"there is no file {path}") from None
        name = f"{kind} {os.path.abspath(path)}"
        state = [stat.st_ino, stat.st_size, stat.st_mtime_ns]
        known = self._memo.get(name)
        if known and known[0] == state:
            return known[1]
        value = compute(path)
        if time.time_ns() - stat.st_mtime_ns > SETTLED:
            self._fresh[name] = [state, value]
            self._memo[name] = self._fresh[name]
        return value

    def save(self) -> None:
        """Add what is new to the memo on disk; losing a race with another run only costs a second look."""
        if not self._fresh:
            return
        merged = {**Fingerprints(self._path.parent)._memo, **self._fresh}
        unfinished = self._path.with_suffix(f".{os.getpid()}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            sealed.write(unfinished, merged, flush=False)
            unfinished.replace(self._path)
        except OSError:  # a full disk, a folder to read only: it is but a memo
            with suppress(OSError):
                unfinished.unlink()
        self._fresh = {}


@lru_cache(maxsize=1)
def _read(path: Path, state: tuple[int, int, int]) -> dict[str, list[Any]]:
    memo: dict[str, list[Any]] = sealed.read(path)
    return memo


def file_contents(paths: list[Path], data: str) -> list[list[str]]:
    """[name, digest] of each file. Raises ``ValueError`` for one that is not there."""
    fingerprints = Fingerprints(Path(data))
    contents = [[path.name, fingerprints.of(path, "bytes", cache.file_digest)] for path in paths]
    fingerprints.save()
    return contents
