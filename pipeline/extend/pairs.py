"""Where new words stand in the sources, and which known words stand around them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline import shard_files

Ids = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]

UNKNOWN = -1


@dataclass(frozen=True)
class Text:
    """A piece of the sources without the words that nobody knows: for each word its row, the number of its sentence,
    and its place (0 to 1) in the whole of the sources. The piece ends at the place ``end``."""

    row: Ids
    sentence: Ids
    place: npt.NDArray[np.float32]
    end: float

    def take(self, which: npt.NDArray[np.bool_]) -> "Text":
        return Text(self.row[which], self.sentence[which], self.place[which], self.end)


@dataclass(frozen=True)
class Pairs:
    """A new word and a known word near it, by their rows; ``place`` is where in the sources. In an order in which a
    ``turn`` has each new word once at most, with all of its neighbours there."""

    new: Ids
    known: Ids
    place: npt.NDArray[np.float32]
    turn: Places

    def batches(self, most: int) -> Iterator[slice]:
        """The turns one after the other, in pieces of ``most`` pairs."""
        bounds = [*np.flatnonzero(np.diff(self.turn, prepend=-1)).tolist(), len(self.turn)]
        for start, end in pairwise(bounds):
            for first in range(start, end, most):
                yield slice(first, min(first + most, end))


def read_texts(segment: Path, rows: Mapping[str, int]) -> Iterator[Text]:
    """The shards of an output of Segment in order; ``rows`` are those of the words, known and new."""
    files = shard_files.files(segment, ".ids")
    total, before = sum(file.size for file in files) // 4, 0
    for file in files:
        lines = file.path.with_suffix(".words").read_text(encoding="utf-8").split("\n")
        row_of = np.array([*(rows.get(line.split("\t", 1)[0], UNKNOWN) for line in lines), UNKNOWN], dtype=np.int32)
        ids = np.fromfile(file.path, dtype="<i4")
        row = row_of[ids]  # the end of a sentence is -1, and reads the last
        sentence = np.cumsum(ids == shard_files.END_OF_SENTENCE, dtype=np.int32)
        place = ((before + np.arange(len(ids))) / total).astype(np.float32)
        before += len(ids)
        yield Text(row, sentence, place, before / total).take(row != UNKNOWN)


def find_pairs(text: Text, first_new: int, reach: Ids, window: int, *, new_is_centre: bool) -> Pairs:
    """The pairs of ``text``. ``reach`` is for each place how far its word sees, as gensim draws it: it is that of the
    known word which counts, or, if ``new_is_centre``, that of the new one."""
    places = np.flatnonzero(text.row >= first_new)
    found = []
    for offset in (*range(-window, 0), *range(1, window + 1)):
        new, known = _at_offset(text, first_new, places, offset)
        seen = reach[new if new_is_centre else known] >= abs(offset)
        found.append((new[seen], known[seen]))
    new, known = (np.concatenate(column) for column in zip(*found, strict=True))
    turns = np.zeros(len(text.row), dtype=np.int64)
    turns[places] = count_before(text.row[places])
    order = np.lexsort((text.row[new], turns[new]))
    new, known = new[order], known[order]
    return Pairs(text.row[new], text.row[known], text.place[new], turns[new])


def _at_offset(text: Text, first_new: int, places: Places, offset: int) -> tuple[Places, Places]:
    others = places + offset
    inside = (others >= 0) & (others < len(text.row))
    new, known = places[inside], others[inside]
    good = (text.sentence[new] == text.sentence[known]) & (text.row[known] < first_new)
    return new[good], known[good]


def count_before(rows: Ids) -> Places:
    """For each place how often its row stood before: [7, 9, 7, 7] → [0, 0, 1, 2]."""
    order = np.argsort(rows, kind="stable")
    ordered = rows[order]
    counted = np.empty(len(rows), dtype=np.int64)
    counted[order] = np.arange(len(rows)) - np.searchsorted(ordered, ordered)
    return counted
