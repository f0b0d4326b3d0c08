"""Outputs on disk: the key that names one, the manifest that completes it, the order of writing that survives a kill.

An output is ``data/<stage>/<key>/``. While it is being made it is ``<key>.partial/`` beside it, held by a lock on that
folder; it is renamed into place whole, with ``manifest.json`` inside. Complete means: that manifest is there.

xxh3_128 answers "is this the same, is this undamaged"; it does not resist somebody who makes collisions on purpose.
"""

import errno
import json
import logging
import os
import shutil
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import xxhash

from pipeline import progress, resources, sealed
from pipeline.lock import HOLDER, lock_partial

MANIFEST = "manifest.json"
RECIPE = "recipe.json"  # in a .partial folder only: what its shards may be taken over by
SHARDS = ".shards"  # in a .partial folder only: notes of the finished shards; each file holds a list of them
WORK = ".work-"  # in a .partial folder only: how the folder of an unfinished shard begins
INTERNAL = {MANIFEST, RECIPE, HOLDER}
THREADS = 16  # that flush and hash files side by side: both give way to other threads meanwhile

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
    """The manifest of an output, or None where the output is not complete, or its manifest damaged. Only looks."""
    try:
        manifest: Json = sealed.read(output / MANIFEST, last="files")
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return manifest


def manifest_of(output: Path) -> Json:
    """The manifest of an output that is needed. Raises ``DamageError`` if there is none."""
    manifest = read_manifest(output)
    if manifest is None:
        raise DamageError(output / MANIFEST)
    return manifest


class DamageError(ValueError):
    """A cached file is not what its manifest says, or gone. Whoever runs the stages has its output made again."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.path = path

    def __str__(self) -> str:
        return f"{self.path} is damaged or gone; ciliu run sets its output aside and makes it again"


class KeptError(ValueError):
    """An output that other versions made is needed, and damaged or gone: these versions would make another."""

    def __str__(self) -> str:
        way = "the same command without --keep-versions makes it and all after it anew"
        return f"{self.args[0]} is damaged or gone, and other versions made it: {way}"


def read_json(path: Path) -> Any:
    """The value of a JSON file. Raises ``OSError`` or ``ValueError``."""
    return json.loads(path.read_bytes())


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """``value`` as JSON, a line for each entry, on disk when this returns."""
    path.write_bytes(sealed.entries(value) + b"\n}\n")
    sync(path)


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
        if final.exists() and read_manifest(final) is None:
            progress.say(f"{final / MANIFEST} is damaged: the output is made again", level=logging.WARNING)
        _remove_unfinished(partial, anew=anew)
        write_json(partial / RECIPE, {**description["recipe"], "anew": anew})
        started = time.monotonic()
        try:
            counts = work(partial)
            _commit(partial, final, description, counts, time.monotonic() - started)
        except OSError as error:
            if resources.is_full(error):
                raise _give_back_space(partial, error) from None
            raise
    return True


def _give_back_space(partial: Path, error: OSError) -> OSError:
    """Remove what is unfinished, so that a full disk is not full for everybody; whole shards stay for the next run."""
    used = resources.own_size(partial)
    _remove_unfinished(partial)
    text = f"{resources.why_full(error)}: {partial.parent.name} had written {resources.show(used)}; "
    text += "what was unfinished is removed, whole shards stay (ciliu plan says what a run needs, ciliu gc what may go)"
    return resources.FullError(error.errno or errno.ENOSPC, text, str(partial.parent.parent))


def _remove_unfinished(partial: Path, *, anew: bool = False) -> None:
    """All but whole shards and checkpoints; those too if everything is to be made ``anew``. A killed attempt's other
    files would be in the way: some are second names of a file that is linked again."""
    whole = set()
    for path in (partial / SHARDS).glob("*.json"):
        with suppress(ValueError):  # a power cut tore it
            whole |= {name for note in sealed.read(path)["notes"] for name in note["files"]}
    for path in partial.iterdir():
        hidden = path.name.startswith(".") and not path.name.startswith(WORK)
        if path.name != HOLDER and (anew or (path.name not in whole and not hidden)):
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def _commit(partial: Path, final: Path, description: Json, counts: Counts, seconds: float) -> None:
    listed = [note for path in (partial / SHARDS).glob("*.json") for note in sealed.read(path)["notes"]]
    notes = [note for _, note in sorted({(note["name"], note["work"]): note for note in listed}.items())]
    known = {name: entry for note in notes for name, entry in note["files"].items()}
    files = describe_files(partial, known, flush=True)
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
    sealed.write(partial / MANIFEST, manifest)
    shutil.rmtree(partial / SHARDS, ignore_errors=True)  # not before: whoever is killed here keeps the shards
    for folder in {partial, *(partial / parent for name in files for parent in Path(name).parents)}:
        sync(folder)
    aside = final.with_name(f"{final.name}.old-{os.getpid()}")
    if final.exists():  # made anew: the old output goes only now that the new one is whole
        final.rename(aside)
    partial.rename(final)
    for folder in final.glob(f"{WORK}*"):  # of attempts at a shard that another made sooner, perhaps still at it
        shutil.rmtree(folder, ignore_errors=True)
    sync(final.parent)
    shutil.rmtree(aside, ignore_errors=True)


def describe_files(folder: Path, known: Mapping[str, Json], *, flush: bool = False) -> dict[str, Json]:
    """Size and xxh3_128 of each file below ``folder``, by name; what is not ``known`` yet is hashed, and with ``flush``
    on disk when this returns. What is unfinished is left out. Raises ``FileNotFoundError`` where a known file is
    gone."""
    paths = (Path(parent, name) for parent, _, names in os.walk(folder) for name in names)
    named = {path.relative_to(folder).as_posix(): path for path in paths}
    if gone := known.keys() - named.keys():  # another machine's run, where locks do not reach it, or a person
        raise FileNotFoundError(errno.ENOENT, "a finished shard was taken away meanwhile", str(folder / min(gone)))
    ours = sorted(name for name in named if name not in INTERNAL and not name.startswith((f"{SHARDS}/", WORK)))
    new = [named[name] for name in ours if name not in known]
    with ThreadPoolExecutor(THREADS) as pool:
        flushed = pool.map(sync, new if flush else ())
        described = pool.map(describe_file, new)
        files = {name: known.get(name) or next(described) for name in ours}
        list(flushed)  # raises what went wrong
    return files


def describe_file(path: Path) -> Json:
    """Size and xxh3_128 of a file."""
    return {"size": path.stat().st_size, "xxh3_128": file_digest(path)}
