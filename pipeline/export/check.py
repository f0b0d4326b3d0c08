"""Each format is loaded back before anybody sees it: are the words equal in order, the values, the neighbours?"""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline import cache
from pipeline.export.formats import Format
from pipeline.export.segmenter import write_part
from pipeline.export.table import Matrix, Table, release, unit

PART = 2_000  # words for a library that holds all it reads, several times over: 2.8 GB of 352,196 words × 256
OURS = "Ciliu's reader"
ASKED, NEAREST = 100, 10  # of so many words, so many neighbours
LEAST_KEPT = 0.8  # of the neighbours, in a format that loses digits


def check(one: Format, folder: Path, table: Table) -> cache.Json:
    """What the manifest says of a format: who loaded it back, and what it lost.

    Raises ``ValueError`` where words or values are not those of the table. Equal values have equal neighbours; where
    digits are lost, ``neighbours_kept`` is measured: the share of the ten nearest of a hundred words that are the same.
    """
    in_part = is_in_part(one)
    if in_part:
        _check_part(one, folder, first_words(table))
    read = one.module.read_by_library if one.library and not in_part else one.module.read
    loss = _compare(one, read(folder, one.packing, table), table)
    found = loss.measured() if loss else {}
    if found and found["neighbours_kept"] < LEAST_KEPT:
        raise ValueError(f"{one.file} would keep {found['neighbours_kept']:.0%} of the nearest neighbours: too few")
    told = {"file": one.file, "loaded_by": loaded_by(one, table), "exact": loss is None}
    return {**told, **({"loss": found} if found else {})}


def is_in_part(one: Format) -> bool:
    """Whether the library of a format reads the first words alone, for it would hold the whole several times over."""
    return bool(one.library) and getattr(one.module, "IN_PART", False)


def first_words(table: Table) -> Table:
    """The part of a table for such a library."""
    return replace(table, words=table.words[:PART], counts=table.counts[:PART], matrix=table.matrix[:PART])


def _check_part(one: Format, folder: Path, part: Table) -> None:
    """Write ``part`` alike to a folder of its own, and have the library read that."""
    with tempfile.TemporaryDirectory(prefix=".part-", dir=folder) as name:
        beside = Path(name)
        write_part(folder, set(part.words), beside)
        one.module.write(part, beside, one.packing)
        _compare(one, one.module.read_by_library(beside, one.packing, part), part)


def _compare(one: Format, parts: Iterator[tuple[list[str], Matrix]], table: Table) -> "_Loss | None":
    """What was lost, where the format loses digits. Raises ``ValueError`` where the words or exact values differ."""
    loss, start = None if getattr(one.module, "EXACT", True) else _Loss(table), 0
    for words, rows in parts:
        end = start + len(words)
        if words != table.words[start:end]:
            raise ValueError(f"{one.file} does not give back the words that were written, from word {start + 1:,} on")
        if loss:
            loss.add(start, rows)
        elif not np.array_equal(rows, table.matrix[start:end]):
            raise ValueError(f"{one.file} does not give back the values that were written, from word {start + 1:,} on")
        start = end
        release(table.matrix)
    if start != len(table.words):
        raise ValueError(f"{one.file} gives back {start:,} of {len(table.words):,} words")
    return loss


def loaded_by(one: Format, table: Table) -> str:
    """Who loads a format back here: its own library with its version, else our reader; or each what it can hold."""
    library = f"{one.library} {version(one.library)}" if one.library else ""
    both = f"{library} (the first {len(first_words(table).words):,} words), {OURS} (all)"
    return both if is_in_part(one) else library or OURS


class _Loss:
    """Compares rows that lost digits with those of the table."""

    def __init__(self, table: Table) -> None:
        self._table, self._largest, self._least_cosine = table, 0.0, 1.0
        asked = np.unique(np.linspace(0, len(table.words) - 1, ASKED).astype(np.int64))
        self._asked = unit(np.asarray(table.matrix[asked])).T
        self._left, self._right = _Nearest(asked), _Nearest(asked)

    def add(self, start: int, rows: Matrix) -> None:
        given = np.asarray(self._table.matrix[start : start + len(rows)])
        self._largest = max(self._largest, float(np.abs(given - rows).max()))
        ours, theirs = unit(rows), unit(given)
        products = np.einsum("ij,ij->i", theirs, ours)
        self._least_cosine = min(self._least_cosine, float(products[np.abs(given).max(axis=1) > 0].min(initial=1)))
        self._left.add(start, ours @ self._asked)
        self._right.add(start, theirs @ self._asked)

    def measured(self) -> dict[str, float]:
        left, right = self._left.found(), self._right.found()
        kept = sum(len(ours & theirs) for ours, theirs in zip(left, right, strict=True))
        return {
            "largest_difference": float(f"{self._largest:.3g}"),
            "least_cosine": float(f"{self._least_cosine:.6f}"),
            "neighbours_kept": round(kept / max(1, sum(map(len, right))), 4),
        }


class _Nearest:
    """Of each word that is asked for the rows of the greatest cosines, its own left out."""

    def __init__(self, asked: npt.NDArray[np.int64]) -> None:
        self._asked = asked
        self._rows = np.empty((0, len(asked)), np.int64)
        self._cosines = np.empty((0, len(asked)), np.float32)

    def add(self, start: int, cosines: npt.NDArray[np.float32]) -> None:
        """``cosines``: rows from ``start`` on × words that are asked for."""
        rows = np.arange(start, start + len(cosines))[:, None]
        cosines = np.where(rows == self._asked, -np.inf, cosines)
        cosines = np.concatenate([self._cosines, cosines])
        rows = np.concatenate([self._rows, np.broadcast_to(rows, (len(rows), len(self._asked)))])
        best = np.argpartition(-cosines, min(NEAREST, len(cosines) - 1), axis=0)[:NEAREST]
        self._rows, self._cosines = np.take_along_axis(rows, best, 0), np.take_along_axis(cosines, best, 0)

    def found(self) -> list[set[int]]:
        """The rows of the nearest, a set for each word."""
        pairs = zip(self._rows.T, self._cosines.T, strict=True)
        return [set(rows[np.isfinite(cosines)].tolist()) for rows, cosines in pairs]
