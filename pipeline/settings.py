"""Presets and ``--set``: text to the parameters of the tasks, refused with the nearest right name where it is wrong.

A preset is a TOML file whose sections are task names and whose keys are their parameters.
"""

import difflib
import tomllib
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import luigi

from pipeline.task import StageTask

Settings = dict[str, Any]  # parameter -> value; no two tasks have a parameter of the same name


def nearest(wrong: str, names: Iterable[str]) -> str:
    """`` (did you mean x?)``, or the names there are."""
    names = sorted(names)
    if not names:
        return "; it has none"
    lower = {name.lower(): name for name in names}
    close = difflib.get_close_matches(wrong.lower(), lower, n=1)
    return f"; did you mean {lower[close[0]]}?" if close else f"; there is {', '.join(names)}"


def read_preset(name: str, folder: Path) -> dict[str, Mapping[str, Any]]:
    """The sections of a preset: a path, or a name in ``folder``. Raises ``ValueError`` if it is none."""
    path = Path(name) if name.endswith(".toml") else folder / f"{name}.toml"
    try:
        sections = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"there is no preset {name}{nearest(name, (p.stem for p in folder.glob('*.toml')))}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no TOML file: {error}") from None
    for section, values in sections.items():
        if not isinstance(values, dict):
            raise ValueError(f"{path}: {section} stands outside a section such as [Train]")
    return sections


def resolve_run(values: Mapping[str, Any], where: str) -> str | None:
    """Where to run, ``on`` of a preset's section ``[run]``. Raises ``ValueError``."""
    for name in values:
        if name != "on":
            raise ValueError(f"{where}: run has no parameter {name}{nearest(name, ['on'])}")
    on = values.get("on")
    if on is not None and not isinstance(on, str):
        raise ValueError(f"{where}: run.on cannot be {on!r} (a text such as local[2])")
    return on


def resolve_section(section: str, values: Mapping[str, Any], tasks: Sequence[type[StageTask]], where: str) -> Settings:
    """The values of one section, checked. Raises ``ValueError`` that names ``where``, section, key and value."""
    known = {task.__name__: {task.stage_name(name): name for name in task.own_parameters()} for task in tasks}
    parameters = {name: value for task in tasks for name, value in task.own_parameters().items()}
    if section not in known:
        raise ValueError(f"{where}: there is no task {section}{nearest(section, known)}")
    settings = {}
    for name, value in values.items():
        if name not in known[section]:
            raise ValueError(f"{where}: {section} has no parameter {name}{nearest(name, known[section])}")
        parameter = known[section][name]
        try:
            settings[parameter] = parse_value(parameters[parameter], value)
        except ValueError:
            meaning = parameters[parameter].description
            raise ValueError(f"{where}: {section}.{name} cannot be {value!r} ({meaning})") from None
    return settings


def parse_value(parameter: luigi.Parameter[Any], value: Any) -> Any:
    """``value`` (text, or a TOML value) as Luigi itself would read it from a command line. Raises ``ValueError``."""
    if isinstance(value, list):
        if not all(isinstance(item, str) for item in value):
            raise ValueError("a list of texts is wanted")
        return tuple(value)
    if isinstance(value, bool) and not isinstance(parameter, luigi.BoolParameter):
        raise ValueError("not true or false")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parsed = parameter.parse(str(value))
    if parsed is None:
        raise ValueError("true or false is wanted")
    return parsed


def parse_assignment(text: str) -> tuple[str, dict[str, str]]:
    """``Task.parameter=value`` as a section. Raises ``ValueError``."""
    name, equals, value = text.partition("=")
    section, dot, parameter = name.strip().partition(".")
    if not (equals and dot and section and parameter):
        raise ValueError(f"--set {text}: it should read Task.parameter=value, such as Train.window=10")
    return section, {parameter: value.strip()}
