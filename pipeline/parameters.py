"""Parameters of tasks that are lists: names, and files from outside."""

from typing import Any

import luigi

from pipeline import database_urls


class NamesParameter(luigi.ListParameter):
    """Names, as a JSON list or parted by commas."""

    def parse(self, text: str) -> Any:
        if text.lstrip().startswith("["):
            return super().parse(text)
        return tuple(name.strip() for name in text.split(",") if name.strip())


class FilesParameter(NamesParameter):
    """Paths of files from outside; the key takes their names and contents."""


class SourcesParameter(FilesParameter):
    """Files, folders and databases; a password in an URL goes no further: into no task's id, no record."""

    def normalize(self, value: Any) -> Any:
        return tuple(database_urls.take(source) for source in super().normalize(value))
