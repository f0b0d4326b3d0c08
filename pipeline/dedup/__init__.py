"""Dedup: articles whose text says the same, but for white space, once: the first in source order stays. On request
near-duplicates too.

Writes for each shard of Articles the articles kept (the same file where all are), ``duplicates.jsonl`` (each duplicate
with the article it repeats), and the digests, so that more articles hash nothing again; with ``near`` the signatures
too.

Memory does not grow with the articles: digests are looked at in partitions. Near-duplicates take about 60 bytes an
article and 32 a pair.
"""

import io
import json
import shutil
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from pipeline import cache, shard_files, shards
from pipeline.dedup import grams, near_duplicates
from pipeline.dedup.exact import (
    REPEAT,
    Indexes,
    count_articles,
    find_repeats,
    first_occurrences,
    hash_shard,
    text_digest,
)
from pipeline.shards import Shard

__all__ = ["VERSION", "VERSIONS", "first_occurrences", "run", "summary", "text_digest", "versions"]

VERSION = 1
VERSIONS: tuple[str, ...] = ()


def versions(near: bool) -> tuple[str, ...]:
    """The libraries that shape the bytes. Raises ``ValueError`` where one is missing."""
    if near:
        near_duplicates.require()
    return near_duplicates.VERSIONS if near else VERSIONS


def run(
    articles: Path,
    output: Path,
    *,
    near: bool = False,
    near_threshold: float = 0.5,
    near_values: int = 128,
    processes: int = 1,
) -> cache.Counts:
    """Deduplicate the output ``articles`` of Articles into ``output``.

    ``near``: drop near-duplicates too, the articles whose 3-grams have a Jaccard of ``near_threshold`` with an earlier
    one's; they are found by signatures of ``near_values`` values.
    """
    files = shard_files.files(articles, ".jsonl")
    hashing = [Shard(file.path.stem, file.digest, (str(file.path), file.digest), file.size) for file in files]
    read = shards.map_shards(
        hash_shard, hashing, output, sharded="articles", processes=processes, label="dedup (digests)", verify=True
    )
    work = Path(tempfile.mkdtemp(prefix=cache.WORK, dir=output))
    ends = count_articles(files, output)
    repeats = find_repeats(files, output, work)
    found: cache.Counts = {}
    if near:
        found = near_duplicates.add(files, ends, repeats, output, near_threshold, near_values, processes)
    dropping = share_out(files, ends, repeats)
    dropped = shards.map_shards(drop_shard, dropping, output, sharded="articles", processes=processes)
    shutil.rmtree(work)
    shard_files.join(output, ".duplicates", output / "duplicates.jsonl")
    counts = {**shards.total([*read, *dropped]), **found}
    counts["articles"] = counts["articles_in"] - counts["duplicates"] - counts.get("near_duplicates", 0)
    counts["characters"] = counts["characters_in"] - counts.pop("characters_dropped")
    return counts


def share_out(files: Sequence[shard_files.File], ends: Indexes, repeats: Path) -> list[Shard]:
    """For each shard the work of ``drop_shard``: which rows of the file ``repeats`` (``REPEAT``) are about its lines.

    ``ends``: where each file's articles end among all.
    """
    owners = repeats.with_name("owners.json")
    named = zip(files, ends.tolist(), strict=True)
    cache.write_json(owners, [(str(file.path), file.digest, end) for file, end in named])
    work = []
    begin = start = 0
    with repeats.open("rb") as rest:
        for file, end in zip(files, ends.tolist(), strict=True):
            rest.seek(begin * REPEAT.itemsize)
            rows = np.fromfile(rest, dtype=REPEAT, count=end - start)
            rows = rows[: np.searchsorted(rows["article"], end)]
            of, lines = np.searchsorted(ends, rows["of"], side="right"), rows["article"] - start
            numbers, owner = np.unique(of, return_inverse=True)
            near = lines[rows["near"] > 0].tolist()
            content = [
                file.digest,
                [files[number].digest for number in numbers],
                np.stack([lines, owner, rows["offset"]], axis=1).tolist(),
                *([near] if near else []),
            ]
            arguments = (str(file.path), file.digest, repeats, (begin, len(rows)), start)
            work.append(Shard(file.path.stem, cache.digest(content), arguments, file.size))
            begin, start = begin + len(rows), end
    return work


@lru_cache(maxsize=1)  # a worker's shards all ask for the same
def read_owners(path: Path) -> tuple[list[tuple[str, str]], Indexes]:
    """Path and digest of each shard, and where its articles end among all."""
    rows = cache.read_json(path)
    return [(path, digest) for path, digest, _ in rows], np.array([end for *_, end in rows], dtype=np.int64)


def drop_shard(
    folder: Path, name: str, path: str, digest: str, repeats: Path, part: tuple[int, int], start: int
) -> cache.Counts:
    """One shard, whose first article is number ``start`` among all, without those of ``part`` (from which row on, how
    many) of the file ``repeats``."""
    kept = folder / f"{name}.jsonl"
    rows = np.fromfile(repeats, dtype=REPEAT, count=part[1], offset=part[0] * REPEAT.itemsize)
    if not len(rows):
        cache.link(Path(path), kept)
        return {"duplicates": 0, "characters_dropped": 0}
    owners, ends = read_owners(repeats.with_name("owners.json"))
    numbers = np.searchsorted(ends, rows["of"], side="right")
    of = {
        article - start: (owners[number], offset, near)
        for (article, _, offset, near), number in zip(rows.tolist(), numbers.tolist(), strict=True)
    }
    characters = at = 0
    with (
        io.BytesIO(shard_files.read_whole(Path(path), digest)) as articles,
        kept.open("wb") as rest,
        (folder / f"{name}.duplicates").open("w", encoding="utf-8", newline="\n") as dropped,
    ):
        for number, line in enumerate(articles):
            at += len(line)
            if number not in of:
                rest.write(line)
                continue
            article = json.loads(line)
            characters += len(article["text"])
            owner, offset, near = of[number]
            row = describe(article, owner, offset, (digest, at - len(line)) if near else None)
            dropped.write(json.dumps(row, ensure_ascii=False) + "\n")
    return {"duplicates": int((rows["near"] == 0).sum()), "characters_dropped": characters}


def describe(article: dict[str, str], owner: tuple[str, str], offset: int, near: tuple[str, int] | None) -> cache.Json:
    """A line of ``duplicates.jsonl``: an article and the one that it repeats, at ``offset`` of the shard ``owner``
    (path and digest). A near-duplicate, at ``near`` (its own shard's digest and offset), also gets their similarity,
    and where the two texts are."""
    path, digest = owner
    first = shard_files.read_article(Path(path), offset)
    row: cache.Json = {name: article[name] for name in ("id", "source")}
    row["repeats"] = {name: first[name] for name in ("id", "source")}
    if near is not None:
        similarity = grams.similarity(grams.cut(first["text"]), grams.cut(article["text"]))
        row |= {"similarity": round(similarity, 3), "at": [near, (digest, offset)]}
    return row


def summary(counts: cache.Counts) -> str:
    """The closing line: in, out, dropped."""
    share = counts["articles"] / max(1, counts["articles_in"])
    line = f"kept {counts['articles']:,} of {counts['articles_in']:,} articles ({share:.1%})"
    if "near_duplicates" not in counts:
        return line
    return (
        f"{line}; dropped {counts['duplicates']:,} duplicates, {counts['near_duplicates']:,} near-duplicates; "
        f"{counts['kept_apart_by_numbers']:,} kept apart by their numbers, {counts['too_short']:,} too short to compare"
    )
