"""Lines that stand in more than a number of articles: they stay in the first of them only.

A line is a line of the normal form, so a paragraph where hard wraps are joined. Two are the same if they are but for
white space.
"""

import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from pipeline import cache, shard_files, shards
from pipeline.dedup import partitions
from pipeline.dedup.exact import halves, text_digest
from pipeline.dedup.partitions import REPEAT, ROW, Indexes, Rows
from pipeline.shards import Shard

DIGESTS = ".line_digests"
BLANK = text_digest("")

COUNTS = ("emptied", "lines_removed", "line_characters_removed")

Removed = dict[int, set[bytes]]  # by the number of an article in its shard: the digests of lines
Shared = dict[int, dict[bytes, int]]  # the same: in how many articles


def cut(text: str) -> list[tuple[bytes, str]]:
    """The lines of a text with their digests."""
    return [(text_digest(line), line) for line in text.split("\n")]


def shorten(article: dict[str, str], gone: set[bytes], counts: Counter[str]) -> dict[str, str]:
    """``article`` without the lines of its text whose digests are ``gone``, counted; its text is empty if only blank
    ones are left."""
    if not gone:
        return article
    whole = cut(article["text"])
    rest = [(digest, line) for digest, line in whole if digest not in gone]
    empty = all(digest == BLANK for digest, _ in rest)
    text = "" if empty else "\n".join(line for _, line in rest).strip("\n")
    counts["lines_removed"] += len(whole) - len(rest)
    counts["line_characters_removed"] += len(article["text"]) - len(text)
    counts["emptied"] += empty
    return {**article, "text": text}


def describe(article: dict[str, str], shared: Mapping[bytes, int]) -> list[cache.Json]:
    """Lines of ``shared_lines.jsonl``: those that stay in ``article`` and in no other."""
    where = {name: article[name] for name in ("id", "source")}
    first = dict(reversed(cut(article["text"]))) if shared else {}
    return [{"line": first[digest], "articles": times, **where} for digest, times in shared.items()]


def hash_lines(folder: Path, name: str, path: str, digest: str) -> cache.Counts:
    """The digests of the different lines of each of one shard's articles (``ROW``; the offset is the article's number),
    24 bytes each. Blank ones are none."""
    rows = []
    for number, line in enumerate(io.BytesIO(shard_files.read_whole(Path(path), digest))):
        different = dict.fromkeys(digest for digest, _ in cut(json.loads(line)["text"]))
        rows += [(*halves(digest), number) for digest in different if digest != BLANK]
    np.array(rows, dtype=ROW).tofile(folder / f"{name}{DIGESTS}")
    return {}


def find(
    files: Sequence[shard_files.File], repeats: Path, ends: Indexes, output: Path, most: int, processes: int
) -> tuple[Path, Indexes]:
    """A file beside ``repeats`` with a ``REPEAT`` for each line that stands in more than ``most`` articles, in each of
    them (the note is in how many); where each shard's lines end among all. Articles in ``repeats`` do not count."""
    hashing = [Shard(file.path.stem, file.digest, (str(file.path), file.digest), file.size) for file in files]
    shards.map_shards(
        hash_lines, hashing, output, sharded="articles", processes=processes, label="dedup (lines)", verify=shards.ALL
    )
    paths = [output / f"{file.path.stem}{DIGESTS}" for file in files]
    stay = partitions.place(paths, (part for part, _ in partitions.by_shard(repeats, ends)))
    ends = partitions.ends_of(paths)
    total = int(ends[-1]) if len(ends) else 0
    shared = partial(shared_of, most=most)
    return partitions.find(stay, total, shared, repeats.with_name("lines"), processes), ends


def shared_of(rows: Rows, most: int) -> Rows:
    """Those of ``rows`` (``PLACED``, by number) that are more than ``most`` with their equals, as ``REPEAT``."""
    first = partitions.first_occurrences(rows["high"], rows["low"])
    times = np.bincount(first, minlength=len(first))[first]
    chosen = np.flatnonzero(times > most)
    shared = np.zeros(len(chosen), dtype=REPEAT)
    shared["number"], shared["of"] = rows["number"][chosen], rows["number"][first[chosen]]
    shared["note"] = times[chosen]
    return shared


def read(part: partitions.Part, digests: Path) -> tuple[Removed, Shared]:
    """What goes from one shard's articles, and what stays in them because it stands there first."""
    removed: Removed = {}
    shared: Shared = {}
    own = np.fromfile(digests, dtype=ROW)
    for number, of, _, times in part.read().tolist():
        high, low, article = own[number - part.start].tolist()
        digest = high.to_bytes(8, "big") + low.to_bytes(8, "big")
        if of == number:
            shared.setdefault(article, {})[digest] = times
        else:
            removed.setdefault(article, set()).add(digest)
    return removed, shared
