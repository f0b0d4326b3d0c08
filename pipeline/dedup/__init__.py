"""Dedup: articles whose text says the same, but for white space, once: the first in source order stays. On request
near-duplicates too.

Writes for each shard of Articles the articles kept (the same file where all are), ``duplicates.jsonl`` (each duplicate
with the article it repeats), and the digests, so that more articles hash nothing again; with ``near`` the signatures
too.

Memory: about 80 bytes an article while the digests are sorted (24 of them the digest and its place). Near-duplicates
take about 60 bytes an article and 32 a pair after that.
"""

import io
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline import cache, shard_files, shards
from pipeline.dedup import grams, near_duplicates
from pipeline.dedup.exact import find_first, first_occurrences, hash_shard, text_digest
from pipeline.shards import Shard

__all__ = ["VERSION", "VERSIONS", "find_first", "first_occurrences", "run", "summary", "text_digest", "versions"]

VERSION = 2
VERSIONS: tuple[str, ...] = ()

Indexes = npt.NDArray[np.int64]


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
    first, ends, offsets = find_first(files, output)
    similar = np.zeros(len(first), dtype=bool)
    found: cache.Counts = {}
    if near:
        unique = first == np.arange(len(first))
        firsts, found = near_duplicates.find(
            files, ends, offsets, unique, output, near_threshold, near_values, processes
        )
        similar = unique & (firsts != np.arange(len(first)))
        first[similar] = firsts[similar]
    dropping = share_out(files, ends, offsets, first, similar)
    dropped = shards.map_shards(drop_shard, dropping, output, sharded="articles", processes=processes)
    shard_files.join(output, ".duplicates", output / "duplicates.jsonl")
    counts = {**shards.total([*read, *dropped]), **found}
    counts["articles"] = counts["articles_in"] - counts["duplicates"] - counts.get("near_duplicates", 0)
    counts["characters"] = counts["characters_in"] - sum(counts["dropped_characters"].values())
    return counts


def share_out(
    files: Sequence[shard_files.File], ends: Indexes, offsets: Indexes, first: Indexes, similar: npt.NDArray[np.bool_]
) -> list[Shard]:
    """For each shard the work of ``drop_shard``: which of its lines repeat which article (24 bytes a duplicate), and
    which of those are near-duplicates.

    ``ends``: where each file's articles end among all; ``offsets``: where each article's line starts; ``first``: the
    article that it repeats, or itself.
    """
    starts = np.concatenate([[0], ends[:-1]])
    work = []
    for file, start, end in zip(files, starts, ends, strict=True):
        lines = np.flatnonzero(first[start:end] != np.arange(start, end))
        of = first[start:end][lines]
        owners, owner = np.unique(np.searchsorted(ends, of, side="right"), return_inverse=True)
        repeats = np.stack([lines, owner, offsets[of]], axis=1)
        near = lines[similar[start:end][lines]].tolist()
        content = [
            file.digest,
            [files[number].digest for number in owners],
            repeats.tolist(),
            *([near] if near else []),
        ]
        named = [(str(files[number].path), files[number].digest) for number in owners]
        arguments = (str(file.path), file.digest, repeats, named, frozenset(near))
        work.append(Shard(file.path.stem, cache.digest(content), arguments, file.size))
    return work


def drop_shard(
    folder: Path,
    name: str,
    path: str,
    digest: str,
    repeats: Indexes,
    owners: Sequence[tuple[str, str]],
    near: frozenset[int],
) -> cache.Counts:
    """One shard without the lines that ``repeats`` (n × 3: line, index into ``owners``, offset there) lists. Owners are
    paths and digests of shards; ``near`` are the lines that do not say the same."""
    kept = folder / f"{name}.jsonl"
    if not len(repeats):
        cache.link(Path(path), kept)
        return {"duplicates": 0, "dropped_characters": {}}
    of = {line: (owners[owner], offset) for line, owner, offset in repeats.tolist()}
    characters: Counter[str] = Counter()
    at = 0
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
            characters["near_duplicates" if number in near else "duplicates"] += len(article["text"])
            row = describe(article, *of[number], (digest, at - len(line)) if number in near else None)
            dropped.write(json.dumps(row, ensure_ascii=False) + "\n")
    return {"duplicates": len(of) - len(near), "dropped_characters": dict(characters)}


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
