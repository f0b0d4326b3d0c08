"""Parameters of tasks: with a range or a choice, and lists of names, files, sources and sets."""

import operator
from pathlib import Path
from typing import Any

import luigi

from pipeline import database_urls, remote
from pipeline.evaluate.set_files import list_files


class NamesParameter(luigi.ListParameter):
    """Names, as a JSON list or parted by commas."""

    def parse(self, text: str) -> Any:
        if text.lstrip().startswith("["):
            return super().parse(text)
        return tuple(name.strip() for name in text.split(",") if name.strip())


class FilesParameter(NamesParameter):
    """Paths of files from outside; the key takes their names and contents."""


def whole(default: int, least: int, most: int, description: str) -> luigi.NumericalParameter[int]:
    """A whole number from ``least`` to ``most``."""
    text = f"{description} ({least:,}–{most:,})"
    parameter = luigi.NumericalParameter(default, var_type=int, min_value=least, max_value=most + 1)
    parameter.description = text  # Luigi would add the range in its own notation
    return parameter


def real(default: float, most: float, description: str, *, significant: bool = True) -> luigi.NumericalParameter[float]:
    """A number from 0 to ``most``."""
    parameter = luigi.NumericalParameter(
        default, var_type=float, min_value=0.0, max_value=most, right_op=operator.le, significant=significant
    )
    parameter.description = f"{description} (0–{most:g})"
    return parameter


def choice(default: str, *others: str, description: str, significant: bool = True) -> luigi.ChoiceParameter[str]:
    """One of some words."""
    words = [default, *others]
    return luigi.ChoiceParameter(default=default, choices=words, description=description, significant=significant)


class SourcesParameter(FilesParameter):
    """Files, folders, databases, URLs of others; a secret in one goes no further: into no task's id, no record."""

    def normalize(self, value: Any) -> Any:
        return tuple(remote.take(database_urls.take(source)) for source in super().normalize(value))


class SetsParameter(FilesParameter):
    """Files of questions, and folders of them."""

    def normalize(self, value: Any) -> Any:
        return tuple(str(path) for path in list_files([Path(path) for path in super().normalize(value)]))
