"""Map a function over shards: processes, progress, what is finished kept, what is unchanged taken over.

A shard's function is pure: it fills a folder of its own with files that are named after the shard, from arguments that
pickle, and returns counts. So it could as well run on another machine.
"""

import json
import logging
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import cache, damage, progress, sealed
from pipeline.processes import Job, cpus, run_jobs

Work = Callable[..., cache.Counts]  # work(folder, name, *arguments) -> counts
Runner = Callable[[Sequence[Job], int], Generator[tuple[int, Any], None, None]]

# Who makes shards, by the contract of ``processes.run_jobs``: processes here, unless the front door chose another
# (``pipeline.spark``). No stage knows, and no key.
runner: Runner = run_jobs

# Bytes of source text a shard. At 4 MiB Segment does 45 % of the kernel's speed in one process, at 16 MiB 55 %: each
# shard meets its words for the first time once more.
SIZE = 16 << 20

ALL = ("",)  # the endings of all files


@dataclass(frozen=True)
class Shard:
    """One piece of work: its ``name`` (the start of its files' names), what its result depends on, and its
    arguments."""

    name: str
    content: object  # JSON: the content that the arguments stand for, without paths
    arguments: tuple[Any, ...]
    size: int = 1  # bytes, for the progress bar


@dataclass
class Earlier:
    """A finished shard: where it lies and what its note says."""

    folder: Path
    note: cache.Json


def total(results: Iterable[Mapping[str, Any]]) -> cache.Counts:
    """The counts of several shards added up, nested ones too."""
    summed: cache.Counts = {}
    for counts in results:
        for name, value in counts.items():
            summed[name] = (
                total([summed.get(name, {}), value]) if isinstance(value, dict) else summed.get(name, 0) + value
            )
    return summed


def map_shards(
    work: Work,
    shards: Sequence[Shard],
    output: Path,
    *,
    sharded: str,
    processes: int = 1,
    label: str = "",
    verify: tuple[str, ...] = (),
    only: Sequence[str] | None = None,
) -> list[cache.Counts]:
    """Run ``work`` on each shard into ``output``; the counts come back in the order of ``shards``.

    A shard that an earlier output (or a killed attempt at this one) holds with the same content, parameters and
    versions is linked instead of made. ``sharded`` names the stage's input that the shards are pieces of: the rest of
    the recipe counts for every shard, or, with ``only``, of its inputs none and of its parameters these. What is taken
    over from a complete output is hashed by whoever reads it; of its own shards' files that a stage reads, it gives the
    endings to ``verify`` here. (To hash all of it here as well made 1 % more articles at 5 GB take 14 seconds.) Where
    an output of the stage was found damaged, all is hashed, for outputs share files.

    Raises what ``work`` raised, or ``RuntimeError`` if a worker process died.
    """
    (output / cache.SHARDS).mkdir(exist_ok=True)
    keys = _shard_keys(work, shards, output, sharded, only)
    earlier = _find_earlier(output) if keys else {}
    if any(output.parent.glob("*.damaged-*")):
        verify = ALL
    results: dict[str, cache.Counts] = {}
    missing: list[Shard] = []
    taken: list[cache.Json] = []  # the notes of what was taken over
    resumed: list[Path] = []  # a killed attempt's files, which nobody flushed
    with progress.bar(label or output.parent.name, sum(shard.size for shard in shards)) as bar:
        for shard in shards:
            found = earlier.get(keys.get(shard.name, ""))
            note = _take_over(found, shard, output, verify) if found else None
            if found is None or note is None:
                missing.append(shard)
            else:
                taken.append(note)
                resumed += [output / name for name in found.note["files"] if found.folder == output]
                results[shard.name] = note["counts"]
                bar.update(shard.size)
        # in one file: they are most of all where little is new
        _write_notes(output, f"taken.{work.__name__}", taken, output)
        missing.sort(key=lambda shard: -shard.size)  # the largest first, so that the processes end together
        jobs = [(_make_shard, (work, shard, output, keys.get(shard.name, ""))) for shard in missing]
        with (
            ThreadPoolExecutor(1) as disk,  # flushes what is finished while the next shards are made
            closing(start(jobs, processes)) as finished,
        ):
            flushed = [disk.submit(_flush, resumed)]
            for index, (files, counts) in finished:
                flushed.append(disk.submit(_flush, [output / name for name in files]))
                results[missing[index].name] = counts
                bar.update(missing[index].size)
            for future in flushed:
                future.result()
    return [results[shard.name] for shard in shards]


def run_all(jobs: Sequence[Job], processes: int) -> list[Any]:
    """What ``jobs`` return, in order; they run where shards are made. Raises what one raised."""
    with closing(start(jobs, processes)) as finished:
        return [result for _, result in sorted(finished, key=lambda pair: pair[0])]


def start(jobs: Sequence[Job], processes: int) -> Generator[tuple[int, Any], None, None]:
    """Run ``jobs`` where shards are made; yields (index, result) as they finish. Raises what one raised."""
    return runner(jobs, min(processes or cpus(), len(jobs)))


def _shard_keys(
    work: Work, shards: Sequence[Shard], output: Path, sharded: str, only: Sequence[str] | None
) -> dict[str, str]:
    """A key for each shard by name; empty where the folder has no recipe (a stage called by itself)."""
    try:
        recipe = json.loads((output / cache.RECIPE).read_bytes())
    except FileNotFoundError:
        return {}
    recipe.pop("anew")
    recipe["inputs"] = {name: value for name, value in recipe["inputs"].items() if name != sharded and only is None}
    if only is not None:
        recipe["parameters"] = {name: recipe["parameters"][name] for name in only}
    recipe["work"] = work.__name__
    return {shard.name: cache.digest([recipe, shard.content]) for shard in shards}


def _find_earlier(output: Path) -> dict[str, Earlier]:
    """Finished shards by key: of this attempt's killed predecessor, and of the complete outputs beside it."""
    found = {}
    if not json.loads((output / cache.RECIPE).read_bytes())["anew"]:
        for other in output.parent.iterdir():
            manifest = cache.read_manifest(other) if other.suffix != ".partial" else None  # also what was set aside
            for note in manifest["shards"] if manifest else []:
                found[note["key"]] = Earlier(other, note)
    for path in (output / cache.SHARDS).glob("*.json"):
        try:
            notes = sealed.read(path)["notes"]
        except ValueError:  # a power cut tore it: the notes are not flushed
            path.unlink()
        else:
            found |= {note["key"]: Earlier(output, note) for note in notes}
    return found


def _take_over(earlier: Earlier, shard: Shard, output: Path, verify: tuple[str, ...]) -> cache.Json | None:
    """Link an earlier shard's files under this shard's name. Returns its note, None if a file is damaged or gone.

    What a killed attempt left is always hashed: it was not flushed, and a power cut may have taken it.
    """
    renamed = {name: shard.name + name.removeprefix(earlier.note["name"]) for name in earlier.note["files"]}
    for name, entry in earlier.note["files"].items():
        path = earlier.folder / name
        if not damage.is_whole(path, entry, hashed=name.endswith(verify) or earlier.folder == output):
            progress.say(f"{path} is damaged or gone: its shard is made again", level=logging.WARNING)
            return None
    if earlier.folder == output and earlier.note["name"] == shard.name:
        return earlier.note
    for name, new in renamed.items():
        (output / new).unlink(missing_ok=True)
        try:
            cache.link(earlier.folder / name, output / new)
        except FileNotFoundError:  # deleted between the two looks
            return None
    files = {renamed[name]: entry for name, entry in earlier.note["files"].items()}
    return {**earlier.note, "name": shard.name, "files": files, "taken": True}


def _flush(paths: Sequence[Path]) -> None:
    for path in paths:
        cache.sync(path)


def _make_shard(work: Work, shard: Shard, output: Path, key: str) -> tuple[list[str], cache.Counts]:
    """In a worker: have the shard's files made in a folder of their own, then move them and note what they are. Returns
    their names, not flushed yet, and the counts."""
    folder = Path(tempfile.mkdtemp(prefix=cache.WORK, dir=output))
    try:
        counts = work(folder, shard.name, *shard.arguments)
        files = cache.describe_files(folder, {})
        for name in files:
            (folder / name).replace(output / name)
        note = {"key": key, "work": work.__name__, "name": shard.name, "files": files, "counts": counts, "taken": False}
        _write_notes(output, f"{shard.name}.{work.__name__}", [note], folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # of an attempt that nobody waits for, perhaps gone already
    return list(files), counts


def _write_notes(output: Path, name: str, notes: Sequence[cache.Json], folder: Path) -> None:
    """By way of ``folder``, the writer's own: two may note one shard at the same time, on two machines."""
    unfinished = folder / f"{name}.json"
    sealed.write(unfinished, {"notes": notes}, flush=False)
    unfinished.replace(output / cache.SHARDS / unfinished.name)
