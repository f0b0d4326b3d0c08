"""What shards are made by in tests of Spark; its workers find this module by PYTHONPATH."""

import os
import signal
from pathlib import Path

import pytest

from pipeline import cache, shards
from pipeline.segment import open_segmenter


def die(folder: Path, name: str) -> cache.Counts:
    """What happens when the system's out-of-memory killer comes along."""
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def write(folder: Path, name: str, text: str) -> cache.Counts:
    (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return {"written": 1}


def make_with_and_without_core(
    work: shards.Work, shard: shards.Shard, output: Path, key: str
) -> tuple[list[str], cache.Counts]:
    """Make a shard; some, but of Segment's one alone (jieba takes a second to begin), as on a machine where the native
    core does not load."""
    if work.__name__ != "count_group" and int(shard.name) != 1:
        return make_shard(work, shard, output, key)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ciliu.segmenter.import_native", lambda: None)
        patch.setattr("pipeline.vocabulary.counter.import_native", lambda: None)
        patch.setattr("pipeline.articles.native.core", None)
        open_segmenter.cache_clear()
        made = make_shard(work, shard, output, key)
    open_segmenter.cache_clear()
    (output.parent / f"without_core-{work.__name__}").touch()
    return made


make_shard = shards._make_shard  # before a test changes it


def find(secret: str, folder: Path) -> list[str]:
    """The files in ``folder`` that hold the secret; Spark's temporary files, while a job runs that was given it."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file() and secret.encode() in path.read_bytes():
            found.append(path.name)
    return found


def count_files(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))
