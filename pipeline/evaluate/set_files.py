"""Sets of questions, pairs and groups: what a file holds is seen by its lines."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.plain_text import read_lines

SHIPPED = Path(__file__).parent / "sets"  # written for this project
SUFFIXES = (".txt", ".tsv")


@dataclass
class Sets:
    """By name: analogies as (section, a, b, c, d), pairs as (word, word, score of people), groups of words by kind."""

    analogies: dict[str, list[tuple[str, str, str, str, str]]] = field(default_factory=dict)
    pairs: dict[str, list[tuple[str, str, float]]] = field(default_factory=dict)
    groups: dict[str, dict[str, list[str]]] = field(default_factory=dict)


def list_files(paths: Sequence[Path]) -> list[Path]:
    """The files themselves, and those of folders by name. Raises ``ValueError`` for a path that is not there, or a
    folder without a set."""
    files: list[Path] = []
    for path in paths:
        found = sorted(p for p in path.iterdir() if p.suffix in SUFFIXES) if path.is_dir() else [path]
        if not found:
            raise ValueError(f"{path} holds no set of questions, pairs or groups (.txt, .tsv)")
        files += found
    return files


def read_sets(paths: Sequence[Path]) -> Sets:
    """What the files hold. Two of the same name are told apart by a number.

    Raises ``ValueError`` with file, line and what stands there for a line that is none of a set.
    """
    sets = Sets()
    for path in paths:
        kind, found = read_set(path)
        into = getattr(sets, kind)
        name, number = path.stem, 1
        while name in into:
            number += 1
            name = f"{path.stem} {number}"
        into[name] = found
    return sets


def read_set(path: Path) -> tuple[str, object]:
    """The kind of a set (a field of ``Sets``) and what it holds, by its first line: ``: section`` or four words is an
    analogy (word2vec's form), two words and a number a pair (wordsim's), ``kind: words…`` a group."""
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    lines = [(place, line.split()) for place, line in enumerate(read_lines(path), 1) if line]
    if not lines:
        raise ValueError(f"{path} is empty")
    first = lines[0][1]
    if len(first) > 2 and first[0].endswith(":") and first[0] != ":":
        return "groups", dict(_groups(path, lines))
    if first[0].startswith(":") or (len(first) == 4):
        return "analogies", list(_analogies(path, lines))
    return "pairs", list(_pairs(path, lines))


Lines = list[tuple[int, list[str]]]


def _groups(path: Path, lines: Lines) -> Iterator[tuple[str, list[str]]]:
    for place, (head, *words) in lines:
        if not head.endswith(":") or not words:
            raise ValueError(f"{path}, line {place}: a group is 'kind: words', not {' '.join([head, *words])!r}")
        yield head[:-1], words


def _analogies(path: Path, lines: Lines) -> Iterator[tuple[str, str, str, str, str]]:
    section = path.stem
    for place, fields in lines:
        if fields[0].startswith(":"):
            section = " ".join(fields).lstrip(": ")
        elif len(fields) == 4:
            a, b, c, d = fields
            yield section, a, b, c, d
        else:
            raise ValueError(f"{path}, line {place}: a question is four words, not {' '.join(fields)!r}")


def _pairs(path: Path, lines: Lines) -> Iterator[tuple[str, str, float]]:
    for place, fields in lines:
        try:
            one, other, score = fields
            number = float(score)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise ValueError(f"{path}, line {place}: a pair is two words and a number, not {' '.join(fields)!r}")
        yield one, other, number
