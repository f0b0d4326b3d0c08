"""What may go from a data folder: outputs that no kept run needs, and what killed attempts left.

A run is kept if it is among the newest, has a tag, goes on or is exported right now, or was exported to a place where
the bundle still lies; then all outputs that its record names are.
Only what a stage made is ever looked at: a folder with a key for its name, under the name of a stage, whose files are
those that its manifest lists.
"""

import os
import re
import shutil
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline import cache, runs
from pipeline.lock import HOLDER, hold, is_held

NAME = re.compile(r"[0-9a-f]{32}(\.(?:partial|old-\d+|damaged-\d+|trash))?")
TRASH = ".trash"


@dataclass(frozen=True)
class Leftover:
    """A folder that may go: why, and when something last used it (seconds since 1970)."""

    folder: Path
    reason: str
    used: float
    debris: bool  # no output: what a killed attempt left, or what was set aside


@dataclass(frozen=True)
class Found:
    """What ``mark`` found: what may go, oldest first; what must stay; what is none of ours."""

    leftovers: list[Leftover]
    kept: list[Path]
    foreign: list[Path]


def mark(data: Path, stages: Collection[str], keep_runs: int) -> Found:
    """Look at every output and decide. Deletes nothing. Raises ``ValueError`` where a run's record cannot be read: it
    may have a tag, and what it needs is not known."""
    records, unreadable = runs.look(data)
    if unreadable:
        raise ValueError(
            f"{unreadable[0]} is damaged or must not be read: what that run needs is not known, so nothing may go; "
            f"delete {unreadable[0].parent} if the run is not wanted any more"
        )
    kept = [
        record
        for number, record in enumerate(records)
        if number < keep_runs
        or runs.tags(record)
        or runs.exports(record)
        or is_held(data / runs.FOLDER / record["run"])
    ]
    needed = {(stage, key) for record in kept for stage, key in record["keys"].items()}
    needed |= _needed_by_locks(data, stages)
    last = {item: _used(data, record) for record in reversed(records) for item in record["keys"].items()}
    found = Found([], [], [])
    for stage in sorted(stages):
        for folder in sorted((data / stage).glob("*")):
            _judge(folder, stage, needed, last, found)
    found.leftovers.sort(key=lambda leftover: (not leftover.debris, leftover.used))
    return found


def _used(data: Path, record: cache.Json) -> float:
    path: Path = data / runs.FOLDER / record["run"] / runs.RECORD
    return path.stat().st_mtime


def _needed_by_locks(data: Path, stages: Collection[str]) -> set[tuple[str, str]]:
    """Inputs of what is being made by a process without a record (Luigi's own command). A recipe names Dictionary by
    its identity, which is no key: so all of a stage's outputs where none has the name."""
    needed = set()
    for partial in (path for stage in stages for path in (data / stage).glob("*.partial") if is_held(path)):
        try:
            inputs = cache.read_json(partial / cache.RECIPE)["inputs"]
        except (OSError, ValueError):
            inputs = dict.fromkeys(stages)
        for stage in inputs.keys() & set(stages):
            named = data / stage / str(inputs[stage])
            needed |= {(stage, path.name) for path in ([named] if named.is_dir() else (data / stage).glob("*"))}
    return needed


def _judge(
    folder: Path, stage: str, needed: Collection[tuple[str, str]], last: dict[tuple[str, str], float], found: Found
) -> None:
    named = NAME.fullmatch(folder.name)
    if not named or folder.is_symlink() or not folder.is_dir() or not _is_ours(folder, stage, named[1] or ""):
        found.foreign.append(folder)
        return
    key, suffix = folder.name[:32], named[1] or ""
    wanted = (stage, key) in needed
    used = max(last.get((stage, key), 0.0), folder.stat().st_mtime)
    if suffix == ".partial" and not is_held(folder) and (not wanted or cache.read_manifest(folder.with_suffix(""))):
        found.leftovers.append(Leftover(folder, "left by a run that ended in its middle", used, debris=True))
    elif suffix.startswith((".old", ".damaged", TRASH)) and not is_held(folder):
        reason = "damaged, and set aside" if ".damaged" in suffix else "left by a process that ended in its middle"
        found.leftovers.append(Leftover(folder, reason, used, debris=True))
    elif suffix or wanted:
        found.kept.append(folder)
    else:
        found.leftovers.append(Leftover(folder, "no kept run needs it", used, debris=False))


def _is_ours(folder: Path, stage: str, suffix: str) -> bool:
    """Did a stage make all of it? A file that somebody put into an output keeps the output."""
    if suffix == ".partial":
        return (folder / cache.RECIPE).exists() or (folder / HOLDER).exists() or not any(folder.iterdir())
    manifest = cache.read_manifest(folder)
    if manifest is None:
        return suffix != ""
    files = {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir() or path.is_symlink()
    }
    return manifest["stage"] == stage and files <= {*manifest["files"], cache.MANIFEST}


def sizes(folders: Sequence[Path]) -> tuple[int, list[int]]:
    """The bytes that ``folders`` hold together, and the bytes that become free with each if they are deleted in this
    order: a file with several names goes with the last of them."""
    inodes = [_inodes(folder) for folder in folders]
    left = Counter(inode for files in inodes for inode in files)
    total = sum({inode: size for files in inodes for inode, size in files.items()}.values())
    freed = []
    for files in inodes:
        left.subtract(files.keys())
        freed.append(sum(size for inode, size in files.items() if not left[inode]))
    return total, freed


def _inodes(folder: Path) -> dict[tuple[int, int], int]:
    stats = [Path(parent, name).lstat() for parent, _, names in os.walk(folder) for name in names]
    return {(stat.st_dev, stat.st_ino): stat.st_blocks * 512 for stat in stats}


def choose(found: Found, max_size: int | None) -> tuple[list[Leftover], list[int], int]:
    """Which leftovers go, the bytes that each frees, and the bytes that stay. All go; with ``max_size`` (bytes) the
    debris, and of the outputs those that were used longest ago until the rest is no larger."""
    order = found.leftovers
    total, freed = sizes([*(leftover.folder for leftover in order), *found.kept, *found.foreign])
    going: list[Leftover] = []
    for leftover, size in zip(order, freed, strict=False):
        if max_size is not None and not leftover.debris and total <= max_size:
            break
        going.append(leftover)
        total -= size
    return going, freed[: len(going)], total


def collect(data: Path, stages: Collection[str], keep_runs: int, max_size: int | None) -> list[Leftover]:
    """Delete. No run begins between the look and the moment when the folders lose their names."""
    with hold(data / runs.FOLDER):
        going = choose(mark(data, stages, keep_runs), max_size)[0]
        trash = [_to_trash(leftover.folder) for leftover in going]
    for folder in dict.fromkeys(trash):
        shutil.rmtree(folder)
    return going


def _to_trash(folder: Path) -> Path:
    if folder.name.endswith(TRASH):
        return folder
    target = folder.with_name(folder.name[:32] + TRASH)
    if target.exists():
        shutil.rmtree(target)
    folder.rename(target)
    return target
