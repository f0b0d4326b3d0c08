"""Damage in the data folder: found by hashing what the manifests list, set aside, so that it is made again.

A memo on size and date of change would miss it: a bad disk changes neither. xxh3_128 reads over 10 GB a second.
"""

import errno
import logging
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pipeline import cache, progress
from pipeline.cache import DamageError

KEY_LENGTH = 32  # hexadecimal digits


def is_whole(path: Path, entry: Mapping[str, Any], *, hashed: bool = True) -> bool:
    """Is a file what its manifest's ``entry`` says, if not ``hashed`` by its size alone? Raises ``OSError`` where it
    must not be read."""
    try:
        sized = path.stat().st_size == int(entry["size"])
        return sized and (not hashed or cache.file_digest(path) == str(entry["xxh3_128"]))
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return False
    except OSError as error:
        if error.errno == errno.EIO:  # the disk cannot read it
            return False
        raise


def find(output: Path, names: Iterable[str] | None = None) -> list[str]:
    """The files of a complete output, or those in ``names``, that are not what its manifest says, or gone."""
    manifest = cache.read_manifest(output)
    if manifest is None:
        return [cache.MANIFEST]
    listed = {name: manifest["files"][name] for name in names} if names is not None else manifest["files"]
    with ThreadPoolExecutor(cache.THREADS) as pool:
        whole = pool.map(lambda name: is_whole(output / name, listed[name]), listed)
        return [name for name, fine in zip(listed, whole, strict=True) if not fine]


def check(output: Path) -> None:
    """Hash an output. Raises ``DamageError`` with the first file that is not whole."""
    for name in find(output):
        raise DamageError(output / name)


def check_input(output: Path) -> None:
    """Hash what no shard made: the stage after it hashes the shards' files itself, as it reads them. Raises
    ``DamageError``."""
    manifest = cache.manifest_of(output)
    by_shard = {name for note in manifest["shards"] for name in note["files"]}
    for name in find(output, [name for name in manifest["files"] if name not in by_shard]):
        raise DamageError(output / name)


def output_of(path: Path) -> Path:
    """The output, ``data/<stage>/<key>``, that a file of the cache lies in."""
    return next(folder for folder in path.parents if len(folder.name.partition(".")[0]) == KEY_LENGTH)


def set_aside(output: Path) -> None:
    """Rename a damaged output to ``<key>.damaged-<n>``, and say which files are damaged. The shards that are whole are
    taken over from there. Does nothing where another run has put a whole output in its place meanwhile."""
    try:
        before = output.stat().st_ino
        damaged = find(output)
        if not damaged or output.stat().st_ino != before:
            return
        number = 1
        while (aside := output.with_name(f"{output.name}.damaged-{number}")).exists():
            number += 1
        output.rename(aside)
    except FileNotFoundError:  # another run set it aside
        return
    names = ", ".join(damaged[:3]) + (f" and {len(damaged) - 3:,} more" if len(damaged) > 3 else "")
    text = f"{output} is damaged ({names}): it is set aside as {aside.name} and made again"
    progress.say(text, level=logging.WARNING, event="damaged", stage=output.parent.name, files=damaged)


def check_all(data: Path) -> Iterator[tuple[Path, list[str]]]:
    """Each complete output of a data folder, also one whose manifest is damaged, with its damaged files. Raises
    ``OSError`` where a stage's folder must not be read: ``Path.glob`` would pass over it."""
    for stage in sorted(path for path in data.iterdir() if path.name.isalpha() and path.is_dir()):
        for output in sorted(stage.iterdir()):
            if not output.suffix and (output / cache.MANIFEST).exists():
                yield output, find(output)
