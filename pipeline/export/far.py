"""A place on another machine that files are brought to: each whole, and the same as here, or not at all."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import xxhash

from pipeline import remote
from pipeline.export.bundled import verify
from pipeline.remote_file import BLOCK, RemoteFile

PARTIAL = ".partial"


class Far:
    """The place at ``url``. All raise ``OSError`` where the far end does not answer, or refuses."""

    def __init__(self, url: str) -> None:
        self.url, self.whole_url = remote.take(url.rstrip("/")), url.rstrip("/")
        self.system, root = remote.open_system(url)
        self.root = root.rstrip("/")

    def __str__(self) -> str:
        return self.url

    def _ask(self, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        with remote.told(self.url):
            return call(*arguments, **options)

    def exists(self, name: str) -> bool:
        """Whether there is a file ``name``, which begins with a slash or is empty: the place itself."""
        self.system.invalidate_cache()
        return bool(self._ask(self.system.exists, f"{self.root}{name}"))

    def names(self) -> set[str]:
        """Of all files below."""
        self.system.invalidate_cache()
        return {str(path).removeprefix(f"{self.root}/") for path in self._ask(self.system.find, self.root)}

    def bring(self, path: Path, name: str) -> None:
        """``path`` under ``name``: sent under another one, read again there, then moved. What is there and the same
        stays. Raises ``ValueError`` where it arrived damaged."""
        target, expected = f"{self.root}{name}", verify.digest(path)
        temporary = f"{target}{PARTIAL}"
        if not self.exists(name) or self._digest(name) != expected:
            self._ask(self.system.makedirs, target.rsplit("/", 1)[0], exist_ok=True)
            self._ask(self.system.put_file, str(path), temporary)
            if self._digest(f"{name}{PARTIAL}") != expected:
                raise ValueError(f"{self}: {path.name} arrived damaged; the same command goes on from here")
            self._move(temporary, target)
        elif self.exists(f"{name}{PARTIAL}"):
            self._ask(self.system.rm_file, temporary)

    def _move(self, source: str, target: str) -> None:
        """Where files are renamed that is one step. An object store copies and deletes: one object after the other,
        since not each of them takes s3fs's request to delete many."""
        from fsspec import AbstractFileSystem

        if type(self.system).mv is AbstractFileSystem.mv:
            self._ask(self.system.cp_file, source, target)
            self._ask(self.system.rm_file, source)
        else:
            self._ask(self.system.mv, source, target)

    def _digest(self, name: str) -> str:
        state = xxhash.xxh3_128()
        with RemoteFile(f"{self.url}{name}", f"{self.whole_url}{name}").open() as file:
            for block in iter(partial(file.read, BLOCK), b""):
                state.update(block)
        return state.hexdigest()
