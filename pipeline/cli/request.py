"""From what a person asked for to the tasks that make it."""

import errno
import logging
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import click

import tasks
from pipeline import cache, damage, database_urls, progress, remote, resources, runs, settings, spark
from pipeline.build import build
from pipeline.cli.needs import needs, show_plan
from pipeline.plan import Step
from pipeline.task import StageTask

PRESETS = Path(tasks.__file__).parent / "presets"
STAGES = {task.__name__.lower(): task for task in tasks.STAGES}
RUN = "run"  # the section of a preset that is no task's
SHARDED = ("articles", "dedup", "segment", "vocabulary", "newwords")  # the stages that map shards

Request = dict[str, Any]  # sources, preset, set: what a person asked for


def complete_request(sources: Sequence[str], preset: str | None, assignments: Sequence[str], data: Path) -> Request:
    """What is asked for; without ``sources`` it builds on the last run's request. Raises ``UsageError``."""
    last: Request = {"preset": None, "set": []}
    if not sources:
        records = runs.read_all(data)
        if not records:
            raise click.UsageError(f"no SOURCES are given, and {data} holds no run to take them from")
        last = records[0]
    if preset and preset.endswith(".toml"):
        preset = os.path.abspath(preset)
    given = [*([] if preset else last["set"]), *assignments]
    latest = {text.partition("=")[0].strip(): text for text in given}  # of two for one parameter the later counts
    return {
        "sources": [_place(source, data) for source in sources] or last["sources"],
        "preset": preset or last["preset"],
        "set": list(latest.values()),
    }


def assign_queries(query: str | None, fingerprint_query: str | None) -> tuple[str, ...]:
    """``--query`` and ``--fingerprint-query`` as ``--set`` says them."""
    given = {"query": query, "fingerprint_query": fingerprint_query}
    return tuple(f"Articles.{name}={value}" for name, value in given.items() if value is not None)


def _place(source: str, data: Path) -> str:
    """A source as it is kept: what does not depend on the working folder, and no password. Raises ``UsageError``."""
    if source == "-":
        return os.path.abspath(keep_input(sys.stdin.buffer, data))
    if source.startswith("@") and not os.path.lexists(source):
        return f"@{os.path.abspath(source[1:])}"
    if source.startswith("sqlite:///"):
        return f"sqlite:///{os.path.abspath(source.removeprefix('sqlite:///'))}"
    try:
        if database_urls.is_database(source):
            return database_urls.take(source)
        return remote.take(source) if remote.is_remote(source) else os.path.abspath(source)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def keep_input(stream: IO[bytes], data: Path) -> Path:
    """Standard input as a file of the data folder that is called by its content: a source like any other, also for the
    next run. Raises ``ValueError`` if there is nothing."""
    folder = data / "stdin"
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{os.getpid()}"
    try:
        with unfinished.open("wb") as file:
            shutil.copyfileobj(stream, file, 1 << 20)
        size = unfinished.stat().st_size
        if not size:
            raise ValueError("standard input holds nothing")
        path = folder / f"{cache.file_digest(unfinished)}.jsonl"
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    click.echo(f"standard input: {size:,} bytes, kept as {path}", err=True)
    return path


def make_end(request: Request, data: Path, processes: int | None, only: str | None, **once: bool) -> StageTask:
    """The last task of the request, with every parameter given: no ``luigi.cfg`` changes one. Raises ``UsageError``.

    What is set ``once`` (``allow_failed``, ``anyway``) is so for this time alone: the next run asks again."""
    StageTask.clear_instance_cache()
    try:
        values = _resolve(request)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    values |= {"sources": tuple(request["sources"]), "data": str(data)}
    if processes is not None:
        values["processes"] = processes
    values |= {name: True for name, given in once.items() if given}
    task = STAGES[only or "export"]
    parameters = dict(task.get_params())
    defaults = {name: parameter._default for name, parameter in parameters.items()}
    return task(**{name: values.get(name, default) for name, default in defaults.items()})


def _resolve(request: Request) -> settings.Settings:
    values: settings.Settings = {}
    for section, given in _sections(request).items():
        if section != RUN:
            values |= settings.resolve_section(section, given, tasks.STAGES, f"preset {request['preset']}")
    for text in request["set"]:
        section, given = settings.parse_assignment(text)
        values |= settings.resolve_section(section, given, tasks.STAGES, f"--set {text}")
    return values


def _sections(request: Request) -> dict[str, Mapping[str, Any]]:
    return settings.read_preset(request["preset"], PRESETS) if request["preset"] else {}


def choose_place(request: Request, on: str | None) -> str | None:
    """The Spark where the stages up to Vocabulary are to run, by ``--on`` or else the preset; None: processes here.
    It is no part of a key. Raises ``UsageError`` or ``OSError`` if it is not to be had."""
    try:
        chosen = on or settings.resolve_run(_sections(request).get(RUN, {}), f"preset {request['preset']}")
        if chosen is None or chosen == spark.HERE:
            return None
        spark.require(chosen)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    return chosen


def mark_anew(end: StageTask, from_stage: str | None, only: str | None, force: bool) -> None:
    """Mark the tasks that are to be made although they are there."""
    for task in end.walk():
        names = {given.name for given in task.walk()}
        task.anew = force or task.name == only or from_stage in names


def last_keys(data: Path) -> dict[str, str]:
    """The keys of the run before, by stage; none if there was none."""
    records = runs.read_all(data)
    return records[0]["keys"] if records else {}


def note_left_out(end: StageTask) -> None:
    """Name the files below the sources that no reader takes: none is left out without a word."""
    articles = end.walk()[0]
    if not isinstance(articles, tasks.Articles):  # --only dictionary
        return
    articles.read_sources()  # a stage that is made anew has not looked at them yet
    left_out = articles.left_out
    if left_out:
        names = ", ".join(left_out[:3])
        click.echo(
            f"left out (hidden, or of another kind): {len(left_out):,}: {names}{' …' if left_out[3:] else ''}",
            err=True,
        )


def make(
    steps: Sequence[Step], end: StageTask, data: Path, request: Request, *, anyway: bool, on: str | None = None
) -> bool:
    """Make the steps that are to run, those that map shards ``on`` a Spark, and keep a record of it; was anything made?
    Raises what a stage raised; ``ValueError`` if disk or memory will not do, unless ``anyway``."""
    resources.try_to_write(data)
    needed = needs(steps, end)
    if needed and not anyway:
        advice = "make room, or try it --anyway; it is a guess"
        resources.refuse_without(needed[1], needed[2], data, advice)
    keys = {step.task.name: step.task.key for step in steps}
    done = "complete" if end.name == "export" else f"only {end.name}"
    with runs.recorded(data, {**request, "settings": end.param_kwargs, "keys": keys}, done) as folder:
        log_to(folder)
        if needed:
            seconds, memory, disk = needed
            progress.say(show_plan(steps, needed, data), event="plan", seconds=seconds, memory=memory, disk=disk)
        return make_steps(steps, end, (on, folder / "spark.log") if on else None)


def make_steps(steps: Sequence[Step], end: StageTask, place: tuple[str, Path] | None = None) -> bool:
    """Make the steps that are to run, and what turns out to be damaged; with a ``place``, the Spark for those that map
    shards and its log. Was anything made? Raises what a stage raised."""
    for step in steps:
        if not step.runs:
            report_cached(step.task)
    asked = [step.task for step in steps if step.runs] or [end]
    mended: set[Path] = set()
    while True:
        try:
            if place:
                with spark.on(*place):  # it ends before Train, which may take days
                    build([task for task in asked if task.name in SHARDED and not task.complete()])
            build([task for task in asked if not task.complete()] or [end])
            # what was made now was hashed while it was written, but for the shards that were taken over
            if not steps[-1].runs or mended or cache.manifest_of(end.folder)["shards_taken"]:
                damage.check(end.folder)
            return bool(mended) or any(step.runs for step in steps)
        except cache.DamageError as error:
            output = damage.output_of(error.path)
            if output in mended:
                raise OSError(errno.EIO, "what was just made is damaged again: look at the disk", str(output)) from None
            mended.add(output)
            damage.set_aside(output)


def report_cached(task: StageTask) -> None:
    """The closing line of a stage that did not run."""
    manifest = cache.read_manifest(task.folder)
    state = f"{task.stage.summary(manifest['counts'])}  [from the cache]" if manifest else "not needed"
    progress.say(f"{task.name:<11}{state}", event="cached", stage=task.name, key=task.key)


def log_to(folder: Path) -> None:
    """Keep the run's log beside its record: ``run.log`` for people, ``events.jsonl`` with each event's fields."""
    forms = {
        "run.log": logging.Formatter("%(asctime)s %(levelname)s %(message)s"),
        "events.jsonl": progress.JsonLines(),
    }
    for name, form in forms.items():
        handler = logging.FileHandler(folder / name, encoding="utf-8", errors="backslashreplace")
        handler.setFormatter(form)
        progress.log.addHandler(handler)
