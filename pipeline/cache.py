"""Outputs on disk: the key that names one, the manifest that completes it, the order of writing that survives a kill.

An output is ``data/<stage>/<key>/``. While it is being made it is ``<key>.partial/`` beside it, held by a lock on that
folder; it is renamed into place whole, with ``manifest.json`` inside. Complete means: that manifest is there.

xxh3_128 answers "is this the same, is this undamaged"; it does not resist somebody who makes collisions on purpose.
"""

import fcntl
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xxhash

from pipeline import progress

MANIFEST = "manifest.json"
RECIPE = "recipe.json"  # in a .partial folder only: what its shards may be taken over by
SHARDS = ".shards"  # in a .partial folder only: notes of the finished shards; each file holds a list of them
WORK = ".work-"  # in a .partial folder only: how the folder of an unfinished shard begins
HOLDER = ".holder"  # in a .partial folder only: who is filling it
INTERNAL = {MANIFEST, RECIPE, HOLDER}

Json = dict[str, Any]
Counts = dict[str, Any]


def canonical(value: object) -> str:
    """``value`` as JSON text in one form only, so that equal values give equal text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(value: object) -> str:
    """xxh3_128 of ``value``'s canonical JSON, 32 hexadecimal digits."""
    return xxhash.xxh3_128_hexdigest(canonical(value).encode("utf-8", "surrogatepass"))


def file_digest(path: Path) -> str:
    """xxh3_128 of a file's bytes; the same digits as ``xxh128sum`` prints."""
    state = xxhash.xxh3_128()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            state.update(block)
    return state.hexdigest()


def read_manifest(output: Path) -> Json | None:
    """The manifest of an output, or None where the output is not complete. Only looks."""
    try:
        manifest: Json = json.loads((output / MANIFEST).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    return manifest


def read_json(path: Path) -> Any:
    """The value of a JSON file. Raises ``OSError`` or ``ValueError``."""
    return json.loads(path.read_bytes())


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """``value`` as JSON, a line for each entry, on disk when this returns. (Python indents ten times as slowly as it
    writes lines, and a manifest of a thousand shards is half a megabyte.)"""
    lines = (f" {_line(name)}: {_line(entry)}" for name, entry in value.items())
    with path.open("w", encoding="utf-8", errors="surrogatepass", newline="\n") as file:  # a path may be no UTF-8
        file.write("{\n" + ",\n".join(lines) + "\n}\n")
        file.flush()
        os.fsync(file.fileno())


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def sync(path: Path) -> None:
    """Flush a file or folder to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def link(source: Path, target: Path) -> None:
    """The same bytes under a second name: a hard link, or a copy where the file system has none."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
        sync(target)


def output_digest(files: Mapping[str, Mapping[str, Any]]) -> str:
    """One digest for the data of an output. What stands under ``report/`` is for people and left out: no stage
    reads it."""
    return digest({name: entry["xxh3_128"] for name, entry in files.items() if not name.startswith("report/")})


@contextmanager
def lock_partial(final: Path) -> Iterator[Path]:
    """Hold ``<key>.partial/``, made if need be. Waits for whoever fills it, and says for whom.

    The lock is an flock on the folder itself: it ends with the process, leaves no file behind, and goes along when the
    folder is renamed, so that whoever waited looks again.
    """
    partial = final.with_name(final.name + ".partial")
    while True:
        partial.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(partial, os.O_RDONLY)
        except FileNotFoundError:  # renamed into place between the two calls
            continue
        try:
            _wait_for_lock(handle, partial)
            if _is_same(handle, partial):
                write_json(partial / HOLDER, {"pid": os.getpid(), "command": sys.argv, "since": time.time()})
                yield partial
                return
        finally:
            os.close(handle)


def _wait_for_lock(handle: int, partial: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        try:
            holder = json.loads((partial / HOLDER).read_bytes())["pid"]
        except (OSError, ValueError, KeyError):
            holder = "unknown"
        progress.say(f"waiting for process {holder}, which is making {partial.parent.name}/{partial.stem}")
        fcntl.flock(handle, fcntl.LOCK_EX)


def _is_same(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def make(
    final: Path, description: Json, work: Callable[[Path], Counts], *, current: Callable[[], bool], anew: bool
) -> bool:
    """Have ``work`` fill the output ``final`` and publish it whole, unless ``current()`` says it is there.

    ``description`` holds the manifest's fields that are known beforehand (``recipe`` among them). Finished shards
    that a killed run left are kept for ``work``, unless everything is to be made ``anew``. Returns whether it was
    made.
    """
    with lock_partial(final) as partial:
        if current():
            shutil.rmtree(partial)
            return False
        for unfinished in partial.glob("*" if anew else f"{WORK}*"):
            _remove(unfinished)
        write_json(partial / RECIPE, {**description["recipe"], "anew": anew})
        started = time.monotonic()
        counts = work(partial)
        _commit(partial, final, description, counts, time.monotonic() - started)
    return True


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    elif path.name != HOLDER:
        path.unlink()


def _commit(partial: Path, final: Path, description: Json, counts: Counts, seconds: float) -> None:
    listed = [note for path in (partial / SHARDS).glob("*.json") for note in json.loads(path.read_bytes())]
    notes = [note for _, note in sorted({(note["name"], note["work"]): note for note in listed}.items())]
    shutil.rmtree(partial / SHARDS, ignore_errors=True)
    known = {name: entry for note in notes for name, entry in note["files"].items()}
    files = describe_files(partial, known)
    for name in files.keys() - known.keys():  # the shards' are flushed already
        sync(partial / name)
    manifest = {
        **{name: value for name, value in description.items() if name != "recipe"},
        "counts": counts,
        "seconds": round(seconds, 3),
        "shards_made": sum(not note["taken"] for note in notes),
        "shards_taken": sum(note["taken"] for note in notes),
        "digest": output_digest(files),
        "recipe": canonical(description["recipe"]),
        "shards": [{name: note[name] for name in ("key", "work", "name", "files", "counts")} for note in notes],
        "files": files,
    }
    for name in (RECIPE, HOLDER):
        (partial / name).unlink()
    write_json(partial / MANIFEST, manifest)
    for folder in {partial, *(path for path in partial.rglob("*") if path.is_dir())}:
        sync(folder)
    aside = final.with_name(f"{final.name}.old-{os.getpid()}")
    if final.exists():  # made anew: the old output goes only now that the new one is whole
        final.rename(aside)
    partial.rename(final)
    sync(final.parent)
    shutil.rmtree(aside, ignore_errors=True)


def describe_files(folder: Path, known: Mapping[str, Json]) -> dict[str, Json]:
    """Size and xxh3_128 of each file below ``folder``, by name; what is not ``known`` yet is hashed."""
    paths = (Path(parent, name) for parent, _, names in os.walk(folder) for name in names)
    named = sorted((path.relative_to(folder).as_posix(), path) for path in paths)
    return {name: known.get(name) or describe_file(path) for name, path in named if name not in INTERNAL}


def describe_file(path: Path) -> Json:
    """Size and xxh3_128 of a file."""
    return {"size": path.stat().st_size, "xxh3_128": file_digest(path)}
