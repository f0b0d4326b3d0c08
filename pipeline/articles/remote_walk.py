"""From a URL (a file, a folder, a pattern) to the files on that machine, as ``walk`` does for this one."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from pipeline import remote
from pipeline.articles.readers import KINDS, format_of
from pipeline.articles.records import Options
from pipeline.articles.walk import ALL, Pattern, advance
from pipeline.remote_file import RemoteFile, status_of


def files_of(given: str, left_out: list[str], options: Options) -> Iterator[tuple[str, RemoteFile]]:
    """(name, file) of the files that a URL names, called as those of this machine are.

    Raises ``ValueError`` for a URL where nothing is, of an unknown kind, or a pattern that nothing matches, ``OSError``
    where the far end cannot be reached.
    """
    url = remote.take(given)
    folder, pattern = _split(url)
    file = RemoteFile(folder, _split(remote.whole(url))[0])
    if not pattern and not _is_folder(file):
        if format_of(file, options) is None:
            raise ValueError(f"{file} is of a kind that is not read; that is {KINDS}, or Articles.format")
        file.stat()  # whether it is there
        yield f"{file.parent_name}/{file.name}".lstrip("/"), file
        return
    none = True
    for name, found in _walk(file, "", frozenset([pattern]) if pattern else ALL, left_out, options):
        none = False
        yield f"{file.name}/{name}".lstrip("/"), found
    if none and pattern:
        raise ValueError(f"no file that is read ({KINDS}) matches {given}")


def _split(url: str) -> tuple[str, Pattern]:
    """The folder before the first wildcard, and the parts behind it. In a web address a ``?`` is none."""
    protocol, _, place = url.partition("://")
    parts = (place.partition("?")[0] if _is_web(url) else place).split("/")
    magic = re.compile(r"[*\[]" if _is_web(url) else r"[*?\[]")
    first = next((at for at, part in enumerate(parts[1:], 1) if magic.search(part)), None)
    if first is None:
        return url, ()
    return f"{protocol}://{'/'.join(parts[:first])}/", tuple(parts[first:])


def _is_web(url: str) -> bool:
    return url.startswith(("http://", "https://"))


def _is_folder(file: RemoteFile) -> bool:
    if _is_web(file.url):
        return file.url.endswith("/")  # nothing else tells
    return bool(_ask(file, "info")["type"] == "directory")


def _ask(file: RemoteFile, method: str, **options: Any) -> Any:
    """What fsspec's file system says of a file or folder."""

    def ask() -> Any:
        system, path = remote.open_system(file.whole_url)
        with remote.told(file.url):
            system.invalidate_cache()
            return getattr(system, method)(path, **options)

    return remote.again(file.url, ask, pauses=(0,))


def _walk(
    folder: RemoteFile, below: str, patterns: frozenset[Pattern], left_out: list[str], options: Options
) -> Iterator[tuple[str, RemoteFile]]:
    """(name below the folder that was given, file) of all that match, by name. A link to a folder is not followed."""
    for name, info in sorted(_entries(folder).items()):
        rest = advance(patterns, name)
        if not rest:
            continue
        end = "/" if info["type"] == "directory" else ""
        quoted = info["name"].rstrip("/").rpartition("/")[2]
        url, whole_url = (f"{one.rstrip('/')}/{quoted}{end}" for one in (folder.url, folder.whole_url))
        file = RemoteFile(url, whole_url, None if _is_web(url) else status_of(info))
        if name.startswith("."):
            left_out.append(f"{file} (hidden)")
        elif info["type"] == "directory":
            yield from _walk(file, f"{below}{name}/", rest, left_out, options)
        elif () not in rest:
            continue  # a file where the pattern asks for a folder
        elif info["type"] == "link" and _is_folder(file):
            left_out.append(f"{file} (a link to a folder)")
        elif format_of(file, options):
            yield below + name, RemoteFile(file.url, file.whole_url) if info["type"] == "link" else file
        else:
            left_out.append(str(file))


def _entries(folder: RemoteFile) -> dict[str, dict[str, Any]]:
    """What fsspec tells of each entry of a folder, by name. Of a page of links those are entries that lead one deeper.

    An object store may hold an object that is called as the folder; that is none of its files."""
    place = remote.open_system(folder.whole_url)[1].rstrip("/")
    entries = {}
    for info in _ask(folder, "ls", detail=True):
        parent, _, name = info["name"].rstrip("/").rpartition("/")
        if (
            name
            and info["name"].rstrip("/") != place
            and (not _is_web(folder.url) or (parent == place and "?" not in name))
        ):
            entries[unquote(name) if _is_web(folder.url) else name] = info
    return entries
