"""The shards' files in an output: which there are, reading them, and the look at whether they are undamaged."""

import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import xxhash

from pipeline import cache, damage
from pipeline.cache import DamageError

END_OF_SENTENCE = -1  # among a shard's ids


@dataclass(frozen=True)
class File:
    """A shard's file in an output: where it is, its size in bytes, its xxh3_128."""

    path: Path
    size: int
    digest: str


def files(output: Path, suffix: str) -> list[File]:
    """The files ``NNNNN…<suffix>`` of an output's shards, in order."""
    manifest = cache.read_manifest(output) or {"files": cache.describe_files(output, {})}
    named = sorted(
        (name, entry) for name, entry in manifest["files"].items() if name[0].isdigit() and name.endswith(suffix)
    )
    return [File(output / name, entry["size"], entry["xxh3_128"]) for name, entry in named]


def read_whole(path: Path, digest: str = "") -> bytes:
    """A cached file. Raises ``DamageError`` if it is not what its manifest's ``digest`` says."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise DamageError(path) from None
    if digest and xxhash.xxh3_128_hexdigest(content) != digest:
        raise DamageError(path)
    return content


def verify(cached: Iterable[File]) -> None:
    """Hash files before they are mapped or read in pieces. Raises ``DamageError``."""
    for file in cached:
        if not damage.is_whole(file.path, {"size": file.size, "xxh3_128": file.digest}):
            raise DamageError(file.path)


@lru_cache(maxsize=1 << 16)
def check_once(path: Path, digest: str, work: Path) -> None:
    """Hash a shard's file before articles here and there in it are read: once a process for all who name the folder
    ``work``, which one run has. Raises ``DamageError``."""
    if not path.is_file() or cache.file_digest(path) != digest:
        raise DamageError(path)


def read_articles(path: Path) -> Iterator[dict[str, str]]:
    """The articles of one shard's ``.jsonl``."""
    with path.open("rb") as lines:
        for line in lines:
            yield json.loads(line)


def read_article(path: Path, offset: int) -> dict[str, str]:
    """The article whose line starts at ``offset`` of one shard's ``.jsonl``."""
    with path.open("rb") as lines:
        lines.seek(offset)
        article: dict[str, str] = json.loads(lines.readline())
    return article


def read_sentences(output: Path) -> Iterator[list[str]]:
    """The words of each sentence of an output of Segment, in order."""
    import numpy as np  # here, since verbs that only read articles would wait for it: a quarter of what --help takes

    for file in files(output, ".ids"):
        lines = file.path.with_suffix(".words").read_text(encoding="utf-8").split("\n")
        words = [line.split("\t", 1)[0] for line in lines]
        ids = np.fromfile(file.path, dtype="<i4")
        start = 0
        for end in np.flatnonzero(ids == END_OF_SENTENCE).tolist():
            yield [words[number] for number in ids[start:end].tolist()]
            start = end + 1


def join(output: Path, suffix: str, target: Path) -> None:
    """Write the shards' files ``NNNNN<suffix>``, those that there are, one behind the other into ``target``."""
    with target.open("wb") as joined:
        for part in sorted(output.glob(f"[0-9]*{suffix}")):
            with part.open("rb") as file:
                shutil.copyfileobj(file, joined)
