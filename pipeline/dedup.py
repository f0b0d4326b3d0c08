"""Dedup: articles whose text says the same, but for white space, once: the first in source order stays.

Writes for each shard of Articles the articles kept (the same file where all are), ``duplicates.jsonl`` (each duplicate
with the article it repeats), and the digests, so that more articles hash nothing again. Near-duplicates are not looked
for here.

Memory: about 80 bytes an article while the digests are sorted (24 of them the digest and its place).
"""

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xxhash

from pipeline import cache, shard_files, shards
from pipeline.shards import Shard

VERSION = 1
VERSIONS: tuple[str, ...] = ()

ROW = np.dtype([("high", "<u8"), ("low", "<u8"), ("offset", "<u8")])  # an article's digest and where its line starts
Rows = npt.NDArray[Any]


def text_digest(text: str) -> bytes:
    """xxh3_128 over the UTF-8 of ``text`` without white space: 16 bytes, equal for texts that say the same."""
    return xxhash.xxh3_128_digest("".join(text.split()).encode("utf-8"))


def first_occurrences(high: npt.NDArray[np.uint64], low: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """For each of n digests (two arrays of n) the index of the first that equals it; its own index if it is the
    first."""
    order = np.argsort(high)
    same = high[order[1:]] == high[order[:-1]]
    twice = np.zeros(len(high), dtype=bool)
    twice[order[1:][same]] = twice[order[:-1][same]] = True
    places = np.flatnonzero(twice)  # few, as a rule: only they are ordered by the whole digest, and stably
    high, low = high[places], low[places]
    order = np.lexsort((low, high))
    new = np.ones(len(order), dtype=bool)
    new[1:] = (high[order][1:] != high[order][:-1]) | (low[order][1:] != low[order][:-1])
    first = np.arange(len(twice))
    first[places[order]] = places[order[np.flatnonzero(new)[np.cumsum(new) - 1]]]
    return first


def run(articles: Path, output: Path, *, processes: int = 1) -> cache.Counts:
    """Deduplicate the output ``articles`` of Articles into ``output``."""
    files = shard_files.files(articles, ".jsonl")
    hashing = [Shard(file.path.stem, file.digest, (str(file.path), file.digest), file.size) for file in files]
    read = shards.map_shards(
        hash_shard, hashing, output, sharded="articles", processes=processes, label="dedup (digests)", verify=True
    )
    rows = [np.fromfile(output / f"{file.path.stem}.digests", dtype=ROW) for file in files]
    dropping = find_duplicates(files, rows)
    del rows
    dropped = shards.map_shards(drop_shard, dropping, output, sharded="articles", processes=processes)
    shard_files.join(output, ".duplicates", output / "duplicates.jsonl")
    counts = shards.total([*read, *dropped])
    counts["articles"] = counts["articles_in"] - counts["duplicates"]
    counts["characters"] = counts["characters_in"] - counts.pop("characters_dropped")
    return counts


def hash_shard(folder: Path, name: str, path: str, digest: str) -> cache.Counts:
    """The digests of one shard's articles, 24 bytes each, in order."""
    rows = []
    offset = characters = 0
    for line in io.BytesIO(shard_files.read_whole(Path(path), digest)):
        text = json.loads(line)["text"]
        row = text_digest(text)
        rows.append((int.from_bytes(row[:8], "big"), int.from_bytes(row[8:], "big"), offset))
        offset += len(line)
        characters += len(text)
    np.array(rows, dtype=ROW).tofile(folder / f"{name}.digests")
    return {"articles_in": len(rows), "characters_in": characters}


def find_duplicates(files: Sequence[shard_files.File], rows: Sequence[Rows]) -> list[Shard]:
    """For each shard the work of ``drop_shard``: which of its lines repeat which article (24 bytes a duplicate)."""
    ends = np.cumsum([len(part) for part in rows])
    starts = ends - [len(part) for part in rows]
    first = first_occurrences(*(np.concatenate([part[half] for part in rows]) for half in ("high", "low")))
    offsets = np.concatenate([part["offset"] for part in rows]).astype(np.int64)
    work = []
    for file, start, end in zip(files, starts, ends, strict=True):
        lines = np.flatnonzero(first[start:end] != np.arange(start, end))
        of = first[start:end][lines]
        owners, owner = np.unique(np.searchsorted(ends, of, side="right"), return_inverse=True)
        repeats = np.stack([lines, owner, offsets[of]], axis=1)
        content = [file.digest, [files[number].digest for number in owners], repeats.tolist()]
        arguments = (str(file.path), file.digest, repeats, [str(files[number].path) for number in owners])
        work.append(Shard(file.path.stem, cache.digest(content), arguments, file.size))
    return work


def drop_shard(
    folder: Path, name: str, path: str, digest: str, repeats: npt.NDArray[np.int64], owners: Sequence[str]
) -> cache.Counts:
    """One shard without the lines that ``repeats`` (n × 3: line, index into ``owners``, offset there) lists."""
    kept = folder / f"{name}.jsonl"
    if not len(repeats):
        cache.link(Path(path), kept)
        return {"duplicates": 0, "characters_dropped": 0}
    of = {line: (owners[owner], offset) for line, owner, offset in repeats.tolist()}
    characters = 0
    with (
        io.BytesIO(shard_files.read_whole(Path(path), digest)) as articles,
        kept.open("wb") as rest,
        (folder / f"{name}.duplicates").open("w", encoding="utf-8", newline="\n") as dropped,
    ):
        for number, line in enumerate(articles):
            if number not in of:
                rest.write(line)
                continue
            article = json.loads(line)
            characters += len(article["text"])
            row = {"id": article["id"], "source": article["source"], "repeats": read_name(*of[number])}
            dropped.write(json.dumps(row, ensure_ascii=False) + "\n")
    return {"duplicates": len(of), "characters_dropped": characters}


def read_name(path: str, offset: int) -> dict[str, str]:
    """Id and source of the article whose line starts at ``offset`` of a shard."""
    with Path(path).open("rb") as articles:
        articles.seek(offset)
        article = json.loads(articles.readline())
    return {"id": article["id"], "source": article["source"]}


def summary(counts: cache.Counts) -> str:
    """The closing line: in, out, dropped."""
    share = counts["articles"] / max(1, counts["articles_in"])
    return f"kept {counts['articles']:,} of {counts['articles_in']:,} articles ({share:.1%})"
