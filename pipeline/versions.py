"""The versions of what is installed."""

import platform
import unicodedata
from functools import cache
from importlib.metadata import version


def library_version(name: str) -> str:
    """The version of an installed library; ``unicode`` is Python's own character table."""
    return unicodedata.unidata_version if name == "unicode" else version(name)


@cache
def environment() -> dict[str, str]:
    """Versions that a person may want to know; those that shape the bytes of a stage are in its key."""
    names = ("gensim", "jieba", "luigi", "numpy", "scipy", "xxhash")
    return {"python": platform.python_version(), **{name: library_version(name) for name in names}}
