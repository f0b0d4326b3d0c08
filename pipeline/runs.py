"""The record of a run, ``data/runs/<id>/run.json``: what was asked for and which keys it led to. A note, not a
cache; ``ciliu gc`` keeps what the newest records name."""

import datetime
import logging
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cache as memoize
from pathlib import Path

from pipeline import cache, progress, remote, sealed
from pipeline.lock import hold

FOLDER = "runs"
RECORD = "run.json"
LAST = "keys"  # the last entry of a record without a seal


@contextmanager
def recorded(data: Path, request: cache.Json, done: str) -> Iterator[Path]:
    """A run that begins now, with ``request`` (sources, preset, settings, keys) noted in the folder that is given, and
    how it ended: ``done``, or ``failed``. The folder is locked as long: what its keys name is kept by ``ciliu gc``."""
    (data / FOLDER).mkdir(parents=True, exist_ok=True)
    with hold(data / FOLDER, shared=True):  # nothing is collected between the record and its lock
        folder = _new_folder(data)
        lock = hold(folder)
        lock.__enter__()
        now = datetime.datetime.now(datetime.UTC).isoformat()
        number = 1 + max((_number(record) for record in read_all(data)), default=0)
        try:
            note(folder, {"run": folder.name, "number": number, "started": now, "state": "running", **request})
        except OSError:  # a full disk
            folder.rmdir()
            raise
    started = time.monotonic()
    try:
        yield folder
    except BaseException:
        with suppress(OSError, ValueError):  # a full disk, perhaps: what is raised says so
            note(folder, {"state": "failed", "seconds": round(time.monotonic() - started, 3)})
        raise
    finally:
        lock.__exit__(None, None, None)
    note(folder, {"state": done, "seconds": round(time.monotonic() - started, 3)})


def _new_folder(data: Path) -> Path:
    identity = f"{datetime.datetime.now(datetime.UTC):%Y%m%d-%H%M%S}-{os.getpid()}"
    folder = data / FOLDER / identity
    number = 1
    while folder.exists():
        number += 1
        folder = folder.with_name(f"{identity}-{number}")
    folder.mkdir()
    return folder


def note(folder: Path, facts: cache.Json) -> None:
    """Add ``facts`` to a run's record; whole or not at all. Others who note something wait."""
    with hold(folder.parent.parent):
        _note(folder, facts)


def _note(folder: Path, facts: cache.Json) -> None:
    path = folder / RECORD
    unfinished = folder / f"run.{os.getpid()}"
    try:
        sealed.write(unfinished, {**(sealed.read(path, LAST) if path.exists() else {}), **facts})
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def read_all(data: Path) -> list[cache.Json]:
    """The records of all runs, the newest first. One that cannot be read is left out, and said."""
    records, unreadable = look(data)
    for path in unreadable:
        _say_unreadable(path)
    return records


@memoize
def _say_unreadable(path: Path) -> None:
    progress.say(f"{path} is damaged or must not be read: that run is left out", level=logging.WARNING)


def look(data: Path) -> tuple[list[cache.Json], list[Path]]:
    """The records of all runs, the newest first; those that are damaged or must not be read."""
    records: list[cache.Json] = []
    unreadable = []
    folder = data / FOLDER
    for path in (run / RECORD for run in (sorted(folder.iterdir()) if folder.is_dir() else ())):
        try:
            records.append(sealed.read(path, LAST))
        except (FileNotFoundError, NotADirectoryError):  # a run that is not noted yet; a file of somebody's
            continue
        except (OSError, ValueError):
            unreadable.append(path)
    records.sort(key=lambda record: (_number(record), record["started"], record["run"]), reverse=True)
    return records, unreadable


def _number(record: cache.Json) -> int:
    """Runs are counted, for clocks are set back; those of an earlier version are not."""
    number: int = record.get("number", 0)
    return number


def find(data: Path, run: str | None = None) -> cache.Json:
    """The record of ``run`` (its id or a tag), or the latest complete one. Raises ``ValueError`` if there is none."""
    records = read_all(data)
    for record in records:
        if run in (record["run"], *tags(record)) or (run is None and record["state"] == "complete"):
            return record
    known = ", ".join(record["run"] for record in records[:5])
    wanted = f"there is no run {run} in {data}" if run else f"no run in {data} is complete"
    raise ValueError(f"{wanted}; {f'there is {known}' if known else 'make one: ciliu run SOURCES…'}")


@contextmanager
def kept(data: Path, run: str | None) -> Iterator[cache.Json]:
    """The record of a run (as ``find``) whose outputs ``ciliu gc`` leaves alone as long."""
    record = find(data, run)
    with ExitStack() as held:
        with hold(data / FOLDER, shared=True):
            held.enter_context(hold(data / FOLDER / record["run"], shared=True))
        yield record


def exports(record: cache.Json) -> list[str]:
    """Where bundles of a run were exported to and still are; of a URL nobody asks."""
    given: list[str] = record.get("exports", [])
    return [place for place in given if remote.is_remote(place) or Path(place).exists()]


def note_export(data: Path, record: cache.Json, place: str) -> None:
    """Note in a run's record that a bundle of it lies at ``place`` now; where that cannot be noted, say it."""
    where = place if remote.is_remote(place) else os.path.abspath(place)
    try:
        with hold(data):
            there = {*exports(find(data, record["run"])), where}
            _note(data / FOLDER / record["run"], {"exports": sorted(there)})
    except OSError as error:  # a full disk, or a folder to read only
        text = f"that {where} was made of this run cannot be noted in {data} ({error.strerror}): "
        progress.say(f"{text}ciliu gc will not keep the run for it", level=logging.WARNING)


def tags(record: cache.Json) -> Sequence[str]:
    """The names that ``ciliu tag`` gave a run."""
    given: list[str] = record.get("tags", [])
    return given


def tag(data: Path, run: str | None, name: str) -> cache.Json:
    """Give a run a name, which another run loses if it has it: afterwards, so that no failure leaves the name with
    none. Returns its record."""
    with hold(data):
        record = find(data, run)
        _note(data / FOLDER / record["run"], {"tags": sorted({*tags(record), name})})
        for other in read_all(data):
            if name in tags(other) and other["run"] != record["run"]:
                _untag(data, other, name)
    return record


def untag(data: Path, run: str | None, name: str) -> cache.Json:
    """Take a name from a run. Returns its record."""
    with hold(data):
        record = find(data, run)
        _untag(data, record, name)
    return record


def _untag(data: Path, record: cache.Json, name: str) -> None:
    _note(data / FOLDER / record["run"], {"tags": [other for other in tags(record) if other != name]})
