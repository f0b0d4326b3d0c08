"""Parameters of tasks that are lists: names, and files from outside."""

from typing import Any

import luigi


class NamesParameter(luigi.ListParameter):
    """Names, as a JSON list or parted by commas."""

    def parse(self, text: str) -> Any:
        if text.lstrip().startswith("["):
            return super().parse(text)
        return tuple(name.strip() for name in text.split(",") if name.strip())


class FilesParameter(NamesParameter):
    """Paths of files from outside; the key takes their names and contents."""
