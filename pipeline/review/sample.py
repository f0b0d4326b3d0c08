"""Some lines of the corpus, for a look at what a dictionary does."""

from collections.abc import Iterator
from pathlib import Path

from pipeline import shard_files

SAMPLE = 8 << 20  # characters


def sample_lines(dedup: Path, size: int = SAMPLE) -> Iterator[str]:
    """The lines of the first articles of each shard, about as much of each."""
    files = shard_files.files(dedup, ".jsonl")
    for file in files:
        left = size // len(files) + 1
        for article in shard_files.read_articles(file.path):
            yield from (line for line in article["text"].split("\n") if line.strip())
            left -= len(article["text"])
            if left < 0:
                break
