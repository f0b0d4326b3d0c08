"""The record of a run, ``data/runs/<id>/run.json``: what was asked for and which keys it led to. A note, not a
cache."""

import datetime
import logging
import os
from pathlib import Path

from pipeline import cache, progress, sealed

FOLDER = "runs"
RECORD = "run.json"
LAST = "keys"  # the last entry of a record without a seal


def start(data: Path, request: cache.Json) -> Path:
    """A folder for a run that begins now, with ``request`` (sources, preset, settings) noted in it."""
    now = datetime.datetime.now(datetime.UTC)
    identity = f"{now:%Y%m%d-%H%M%S}-{os.getpid()}"
    folder = data / FOLDER / identity
    number = 1
    while folder.exists():
        number += 1
        folder = folder.with_name(f"{identity}-{number}")
    folder.mkdir(parents=True)
    note(folder, {"run": folder.name, "started": now.isoformat(), "state": "running", **request})
    return folder


def note(folder: Path, facts: cache.Json) -> None:
    """Add ``facts`` to a run's record; whole or not at all."""
    path = folder / RECORD
    unfinished = folder / f"run.{os.getpid()}"
    sealed.write(unfinished, {**(sealed.read(path, LAST) if path.exists() else {}), **facts})
    unfinished.replace(path)


def read_all(data: Path) -> list[cache.Json]:
    """The records of all runs, the newest first."""
    records = []
    for path in (data / FOLDER).glob(f"*/{RECORD}"):
        try:
            records.append(sealed.read(path, LAST))
        except ValueError:
            progress.say(f"{path} is damaged: that run is left out", level=logging.WARNING)
    return sorted(records, key=lambda record: (record["started"], record["run"]), reverse=True)


def find(data: Path, run: str | None = None) -> cache.Json:
    """The record of ``run``, or of the latest complete run. Raises ``ValueError`` if there is none."""
    records = read_all(data)
    for record in records:
        if record["run"] == run or (run is None and record["state"] == "complete"):
            return record
    known = ", ".join(record["run"] for record in records[:5])
    wanted = f"there is no run {run} in {data}" if run else f"no run in {data} is complete"
    raise ValueError(f"{wanted}; {f'there is {known}' if known else 'make one: ciliu run SOURCES…'}")
