"""What goes is dropped, shard by shard: articles that repeat another, lines that stand in too many."""

import io
import json
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import repeat
from pathlib import Path

import numpy as np

from pipeline import cache, shard_files
from pipeline.dedup import grams, lines, partitions
from pipeline.dedup.partitions import Indexes, Part
from pipeline.shards import Shard


def share_out(
    files: Sequence[shard_files.File], repeats: Path, ends: Indexes, shared: tuple[Path, Indexes] | None = None
) -> list[Shard]:
    """For each shard the work of ``drop_shard``: which rows of the file ``repeats`` are about its articles, which of
    the file ``shared`` about its lines; with each file where the shards' articles, and lines, end among all."""
    named = zip(files, ends.tolist(), strict=True)
    owners = [(str(file.path), file.digest, end) for file, end in named]
    repeats.with_name("owners.json").write_text(json.dumps(owners), encoding="utf-8")
    work = []
    of_lines = partitions.by_shard(*shared) if shared else repeat(None)
    for file, (part, rows), about_lines in zip(files, partitions.by_shard(repeats, ends), of_lines, strict=False):
        numbers, owner = np.unique(np.searchsorted(ends, rows["of"], side="right"), return_inverse=True)
        gone = rows["number"] - part.start
        near = gone[rows["note"] > 0].tolist()
        content = [
            file.digest,
            [files[number].digest for number in numbers],
            np.stack([gone, owner, rows["offset"]], axis=1).tolist(),
            *([near] if near or about_lines else []),
        ]
        if about_lines:
            line_part, line_rows = about_lines
            here = line_rows["of"] == line_rows["number"]
            content.append(np.stack([line_rows["number"] - line_part.start, here, line_rows["note"]], axis=1).tolist())
        digests = repeats.parents[1] / f"{file.path.stem}{lines.DIGESTS}"  # beside the folder with the file of rows
        arguments = (str(file.path), file.digest, part, about_lines and (about_lines[0], digests))
        work.append(Shard(file.path.stem, cache.digest(content), arguments, file.size))
    return work


@lru_cache(maxsize=1)  # a worker's shards all ask for the same
def read_owners(path: Path) -> tuple[list[tuple[str, str]], Indexes]:
    """Path and digest of each shard, and where its articles end among all."""
    rows = cache.read_json(path)
    return [(path, digest) for path, digest, _ in rows], np.array([end for *_, end in rows], dtype=np.int64)


def drop_shard(
    folder: Path, name: str, path: str, digest: str, part: Part, about_lines: tuple[Part, Path] | None
) -> cache.Counts:
    """One shard without the articles that ``part`` lists, and with ``about_lines`` (and where the digests of its lines
    are) without lines of the others."""
    kept = folder / f"{name}.jsonl"
    rows = part.read()
    removed, shared = lines.read(*about_lines) if about_lines else ({}, {})
    counts = Counter({"duplicates": int((rows["note"] == 0).sum())})
    characters: Counter[str] = Counter()
    if about_lines:
        counts.update(dict.fromkeys(lines.COUNTS, 0))
    if not len(rows) and not removed and not shared:
        shard_files.check_once(Path(path), digest, folder)  # or what is damaged would be noted as what it should be
        cache.link(Path(path), kept)
        return {**counts, "dropped_characters": {}}
    of = _owners(rows, part)
    dropped, said = [], []
    at = 0
    with io.BytesIO(shard_files.read_whole(Path(path), digest)) as articles, kept.open("wb") as rest:
        for number, line in enumerate(articles):
            at += len(line)
            if number not in of and number not in removed and number not in shared:
                rest.write(line)
                continue
            article = json.loads(line)
            if number in of:
                owner, offset, near = of[number]
                characters["near_duplicates" if near else "duplicates"] += len(article["text"])
                shard_files.check_once(Path(owner[0]), owner[1], part.path.parent)
                dropped.append(describe(article, owner, offset, (digest, at - len(line)) if near else None))
                continue
            said += lines.describe(article, shared.get(number, {}))
            shorter = lines.shorten(article, removed.get(number, set()), counts)
            if shorter["text"]:
                rest.write(
                    (json.dumps(shorter, ensure_ascii=False) + "\n").encode("utf-8") if number in removed else line
                )
            else:
                dropped.append({name: article[name] for name in ("id", "source")} | {"repeats": None})
    _write(folder / f"{name}.duplicates", dropped)
    _write(folder / f"{name}.shared_lines", said)
    return {**counts, "dropped_characters": dict(characters)}


def _owners(rows: partitions.Rows, part: Part) -> dict[int, tuple[tuple[str, str], int, int]]:
    """By the number of an article in its shard: the shard (path and digest) with the one that it repeats, where that
    begins there, whether they are only alike."""
    owners, ends = read_owners(part.path.with_name("owners.json"))
    numbers = np.searchsorted(ends, rows["of"], side="right").tolist()
    return {
        number - part.start: (owners[owner], offset, near)
        for (number, _, offset, near), owner in zip(rows.tolist(), numbers, strict=True)
    }


def _write(path: Path, rows: Sequence[cache.Json]) -> None:
    if rows:
        path.write_bytes(b"".join(map(_line, rows)))


def _line(row: cache.Json) -> bytes:
    return (json.dumps(row, ensure_ascii=False) + "\n").encode("utf-8")


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
