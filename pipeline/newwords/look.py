"""Where the candidates stand in a shard: how often, in how many articles, beside what, in titles and quotes.

All numbers are whole, so that shards add up to the same whatever their order.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline import cache, shard_files
from pipeline.newwords import grams

AT_ONCE = 1 << 19  # rows of SIDE that are added up
PLACES = 3  # of a candidate that are kept: in different articles
END = re.compile("[。！？!?\n]")
MARKS = [("《", "》"), ("“", "”")]

# A candidate: how often it stands, in how many articles, how often alone between marks, in how many titles.
SEEN = np.dtype([(name, "<i8") for name in ("word", "count", "articles", "marked", "titles")])
# A unit before or behind a candidate, and how often.
SIDE = np.dtype([(name, "<i8") for name in ("word", "unit", "count")])
# Where an article begins in a shard's .jsonl, and a candidate in the bytes of its text.
PLACE = np.dtype([(name, "<i8") for name in ("word", "line", "at")])

Rows = npt.NDArray[np.void]
Numbers = npt.NDArray[np.int64]


@dataclass
class Texts:
    """The articles of a shard: their texts one below the other, and where each begins there and in the file."""

    text: bytes
    titles: bytes
    starts: Numbers
    lines: Numbers


def read_texts(path: Path, digest: str = "") -> Texts:
    """The articles of a shard."""
    texts, titles, lines, at = [], [], [], 0
    for line in shard_files.read_whole(path, digest).splitlines(keepends=True):
        article = json.loads(line)
        texts.append(str(article["text"]).encode("utf-8"))
        titles.append(str(article.get("title") or "").replace("\n", " ").encode("utf-8"))
        lines.append(at)
        at += len(line)
    starts = np.cumsum([0, *(len(text) + 1 for text in texts)])[:-1]
    return Texts(b"\n".join(texts), b"\n".join(titles), starts, np.array(lines, dtype=np.int64))


def look_shard(folder: Path, name: str, path: str, digest: str, words: str) -> cache.Counts:
    """One shard: ``.seen``, ``.left`` and ``.right`` (``SIDE``), ``.places`` of the ``words`` in a file."""
    texts, listed = read_texts(Path(path), digest), Path(words).read_bytes()
    core, lengths = grams.core(), np.array([len(word) for word in listed.split(b"\n")])
    found = np.frombuffer(core.find_words(listed, texts.text), dtype=grams.PLACE)
    word, at = found["word"].astype(np.int64), found["at"].astype(np.int64)
    article = np.searchsorted(texts.starts, at, side="right") - 1
    first = np.unique(word * (len(texts.starts) + 1) + article, return_index=True)[1]  # of a word in an article
    size = len(lengths)
    titles = np.frombuffer(core.find_words(listed, texts.titles), dtype=grams.PLACE)
    line_of = np.frombuffer(texts.titles + b"\n", dtype=np.uint8) == ord("\n")
    title = (np.cumsum(line_of) - line_of)[titles["at"]]
    in_titles = np.unique(titles["word"].astype(np.int64) * (len(texts.starts) + 1) + title) // (len(texts.starts) + 1)
    columns = [
        np.bincount(word, minlength=size),
        np.bincount(word[first], minlength=size),
        np.bincount(word[is_marked(texts.text, at, lengths[word])], minlength=size),
        np.bincount(in_titles.astype(np.int64), minlength=size),
    ]
    rows(SEEN, np.arange(size), *columns)[(columns[0] > 0) | (columns[3] > 0)].tofile(folder / f"{name}.seen")
    for side in ("left", "right"):
        pairs, times = np.unique(word << 16 | found[side], return_counts=True)
        rows(SIDE, pairs >> 16, pairs & 0xFFFF, times).tofile(folder / f"{name}.{side}")
    kept = first[rank_within(word[first]) < PLACES]
    places = rows(PLACE, word[kept], texts.lines[article[kept]], at[kept] - texts.starts[article[kept]])
    places.tofile(folder / f"{name}.places")
    return {"places": len(found)}


def rows(kind: np.dtype[np.void], *columns: npt.NDArray[np.generic]) -> Rows:
    """An array of ``kind`` out of its columns."""
    made = np.empty(len(columns[0]), dtype=kind)
    for name, column in zip(kind.names or (), columns, strict=True):
        made[name] = column
    return made


def is_marked(text: bytes, at: Numbers, lengths: Numbers) -> npt.NDArray[np.bool_]:
    """Whether a bracket or quote opens right before what begins at each byte, and closes right behind it."""
    raw = np.frombuffer(b"   " + text + b"   ", dtype=np.uint8)
    marked = np.zeros(len(at), dtype=bool)
    for pair in MARKS:
        stands = [
            np.all([raw[where + i] == byte for i, byte in enumerate(mark.encode("utf-8"))], axis=0)
            for mark, where in zip(pair, (at, at + 3 + lengths), strict=True)
        ]
        marked |= stands[0] & stands[1]
    return marked


def rank_within(groups: Numbers) -> Numbers:
    """The place of each of an ordered array's items among those equal to it, from 0."""
    new = np.ones(len(groups), dtype=bool)
    new[1:] = groups[1:] != groups[:-1]
    starts = np.flatnonzero(new)
    return np.arange(len(groups)) - starts[np.cumsum(new) - 1] if len(groups) else np.arange(0)


def add_seen(paths: Sequence[Path], size: int) -> Rows:
    """``SEEN`` of all shards, a row for each of ``size`` candidates."""
    total = np.zeros(size, dtype=SEEN)
    total["word"] = np.arange(size)
    for path in paths:
        part = np.fromfile(path, dtype=SEEN)
        for name in ("count", "articles", "marked", "titles"):
            total[name][part["word"]] += part[name]  # a word stands once in a part
    return total


@dataclass
class Side:
    """One side of each candidate: the entropy in nats of the units that stand there, and the share of the times that
    none does."""

    entropy: npt.NDArray[np.float64]
    ends: npt.NDArray[np.float64]


def entropies(paths: Sequence[Path], size: int) -> Side:
    """Of the ``SIDE`` files of all shards, in bands of candidates: each file is sorted by them."""
    band = max(1, size * AT_ONCE // (sum(path.stat().st_size for path in paths) // SIDE.itemsize + 1))
    edges = np.array([*range(0, size, band), size])
    places = [np.searchsorted(np.fromfile(path, dtype=SIDE)["word"], edges) for path in paths]
    side = Side(np.zeros(size), np.zeros(size))
    for i, (first, last) in enumerate(pairwise(edges.tolist())):
        parts = [read_rows(path, at[i], at[i + 1]) for path, at in zip(paths, places, strict=True)]
        sides = add_sides(parts)
        word, units = sides["word"] - first, sides["unit"] > 0
        ends = np.bincount(word, weights=sides["count"] * (sides["unit"] == 0), minlength=last - first)
        word, count = word[units], sides["count"][units]
        total = np.bincount(word, weights=count, minlength=last - first)
        sums = np.bincount(word, weights=count * np.log(count), minlength=last - first)
        side.entropy[first:last] = np.log(np.maximum(total, 1)) - sums / np.maximum(total, 1)
        side.ends[first:last] = ends / np.maximum(total + ends, 1)
    return side


def read_rows(path: Path, first: int, last: int) -> Rows:
    """Some rows of a file of ``SIDE``."""
    return np.fromfile(path, dtype=SIDE, count=last - first, offset=first * SIDE.itemsize)


def add_sides(parts: Sequence[Rows]) -> Rows:
    """The rows of several ``SIDE`` as one, each pair once, in order."""
    both = np.concatenate(parts)
    keys, at = np.unique(both["word"] << 16 | both["unit"], return_inverse=True)
    times = np.zeros(len(keys), dtype=np.int64)
    np.add.at(times, at, both["count"])
    return rows(SIDE, keys >> 16, keys & 0xFFFF, times)


def first_places(paths: Sequence[Path]) -> list[list[tuple[int, int, int]]]:
    """For each shard the places (word, line, byte) that are among the first ``PLACES`` of their word."""
    kept = []
    seen: dict[int, int] = {}
    for path in paths:
        chosen = []
        for word, line, at in np.fromfile(path, dtype=PLACE).tolist():
            if seen.get(word, 0) < PLACES:
                seen[word] = seen.get(word, 0) + 1
                chosen.append((word, line, at))
        kept.append(chosen)
    return kept


def sentence(text: bytes, at: int, size: int, around: int) -> str:
    """The sentence around the ``size`` bytes from ``at``, or of a long one so many characters to either side."""
    far = 4 * around + 4  # bytes: no character has more than four
    parts = (text[max(0, at - far) : at], text[at : at + size], text[at + size : at + size + far])
    before, word, behind = (part.decode("utf-8", "ignore") for part in parts)
    start, rest = END.split(before)[-1], END.search(behind)
    end = behind[: rest.end()] if rest else behind
    start = start if len(start) <= around else f"…{start[-around:]}"
    return (start + word + (end if len(end) <= around else f"{end[:around]}…")).strip()
