"""Does another machine make the bytes that this one would? Where a library there has another version, it refuses."""

import platform
import socket
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

Versions = dict[str, str]

SHAPING = ("jieba", "opencc", "rensa", "lxml", "trafilatura", "warcio", "pyarrow")  # libraries that shape bytes


@cache
def versions() -> Versions:
    """The versions of what shapes bytes on this machine."""
    found = {"python": ".".join(platform.python_version_tuple()[:2]), "unicode": unicodedata.unidata_version}
    for name in SHAPING:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def run_alike(wanted: Versions, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Run a job where it makes the bytes that it would make where ``wanted`` comes from, or raise ``RuntimeError``."""
    here = versions()
    for name, other in wanted.items():
        if here.get(name) != other:
            found = f"{name} {here[name]}" if name in here else f"no {name}"
            raise RuntimeError(
                f"{socket.gethostname()} has {found}, and this machine {other}: its bytes could be others; "
                "every machine needs the same environment (docs/spark.md)"
            )
    return function(*arguments)
