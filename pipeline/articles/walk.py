"""From a source as it is given (a file, a folder, a pattern, a list of them) to files, none left out without a word.

Python's own ``glob`` passes over folders that cannot be read and walks loops of links many times, so it is not used.
"""

import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from pipeline import remote
from pipeline.articles.readers import KINDS, format_of
from pipeline.articles.records import Options

MAGIC = "*?["

Pattern = tuple[str, ...]  # the parts of a pattern that are still to be matched; (): all below is meant
ALL: frozenset[Pattern] = frozenset([()])


def expand(sources: Sequence[str]) -> Iterator[str]:
    """``sources`` with what stands in the lists among them (``@list.txt``: one a line, relative to the list, ``#``
    before a comment). Raises ``ValueError`` for a list that is not there, is not UTF-8 or holds another list."""
    for source in sources:
        if not source.startswith("@") or os.path.lexists(source):
            yield source
            continue
        path = Path(source[1:])
        try:
            lines = path.read_text(encoding="utf-8-sig").splitlines()
        except OSError as error:
            raise ValueError(f"there is no list of sources {path}: {error.strerror}") from None
        except UnicodeDecodeError:
            raise ValueError(f"{path} is no list of sources: it is not UTF-8") from None
        for number, line in enumerate(lines, 1):
            entry = line.strip()
            if entry.startswith("@"):
                raise ValueError(f"{path}, line {number}: {entry} is a list, and a list holds no lists")
            if entry and not entry.startswith("#"):
                # Path would lose a slash at the end
                yield entry if remote.is_remote(entry) else os.path.join(path.parent, entry)  # noqa: PTH118


def files_of(given: str, left_out: list[str], options: Options) -> Iterator[tuple[str, Path]]:
    """(name, path) of the files that a source names. Of a pattern the folder before its first wildcard is the one that
    gives the names, as if that folder had been given.

    Raises ``ValueError`` for a source that is not there, of an unknown kind, or a pattern that nothing matches.
    """
    path = Path(given)
    if not path.exists():
        yield from _matching(given, left_out, options)
    elif path.is_dir():
        yield from _walk(given, _name(path), ALL, left_out, options)
    elif format_of(path, options) is None:
        raise ValueError(f"{given} is of a kind that is not read; that is {KINDS}, or Articles.format")
    else:
        whole = Path(os.path.abspath(path))
        yield f"{whole.parent.name}/{whole.name}", path


def _matching(given: str, left_out: list[str], options: Options) -> Iterator[tuple[str, Path]]:
    parts = Path(given).parts
    first = next((at for at, part in enumerate(parts) if any(sign in part for sign in MAGIC)), None)
    folder = Path(*parts[:first])
    if first is None or not folder.is_dir():
        raise ValueError(f"there is no source {given}")
    none = True
    for file in _walk(str(folder), _name(folder), frozenset([parts[first:]]), left_out, options):
        none = False
        yield file
    if none:
        raise ValueError(f"no file that is read ({KINDS}) matches {given}")


def _name(folder: Path) -> str:
    return Path(os.path.abspath(folder)).name


def _walk(
    folder: str,
    name: str,
    patterns: frozenset[Pattern],
    left_out: list[str],
    options: Options,
    seen: frozenset[tuple[int, int]] = frozenset(),
) -> Iterator[tuple[str, Path]]:
    """(name, path) of the regular files of a known kind below ``folder``, called ``name``, that match, by name; a loop
    of links is walked once. (Plain strings: of 100,000 files pathlib would take two seconds.)"""
    status = os.stat(folder)  # noqa: PTH116
    here = (status.st_dev, status.st_ino)
    if here in seen:
        left_out.append(f"{folder} (a loop of links)")
        return
    with os.scandir(folder) as scan:
        entries = sorted(scan, key=lambda entry: entry.name)
    for entry in entries:
        rest = advance(patterns, entry.name)
        if not rest:
            continue
        kind = _kind(entry)
        if kind == "folder":
            yield from _walk(entry.path, f"{name}/{entry.name}", rest, left_out, options, seen | {here})
        elif () not in rest:
            continue  # a file where the pattern asks for a folder
        elif kind == "file" and format_of(entry.name, options):
            yield f"{name}/{entry.name}", Path(entry.path)
        else:
            left_out.append(entry.path)


def advance(patterns: frozenset[Pattern], name: str) -> frozenset[Pattern]:
    """What is left of the patterns below an entry called ``name``; empty: it matches none. ``**`` is any number of
    folders, and what matches whole takes all below along."""
    if patterns is ALL:
        return ALL
    left: set[Pattern] = set()
    for pattern in patterns:
        if not pattern:
            left.add(pattern)
        elif pattern[0] == "**":
            left |= {pattern, *(advance(frozenset([pattern[1:]]), name))}
        elif fnmatchcase(name, pattern[0]):
            left.add(pattern[1:])
    return frozenset(left)


def _kind(entry: os.DirEntry[str]) -> str:
    try:
        if entry.name.startswith("."):
            return "hidden"
        return "folder" if entry.is_dir() else "file" if entry.is_file() else "special"
    except OSError:  # a link to itself
        return "special"
