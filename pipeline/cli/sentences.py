"""``ciliu sentences``: the words of a run's text."""

import sys
from itertools import islice
from pathlib import Path

import click

from pipeline import cache, runs, shard_files
from pipeline.cli import front

BLOCK = 10_000  # sentences between two writes


@click.command(epilog="Example: ciliu sentences > words.txt")
@front.option_data
@click.option(
    "--run", "run_id", help="Which run (ciliu status --runs lists them).  [default: the latest that has them]"
)
@front.guarded
def sentences(data: Path, run_id: str | None) -> None:
    """Print the words that Segment made of the text: a sentence a line, a space between words. For a look, and for
    other tools that read such text (fastText, GloVe, word2vec)."""
    read = shard_files.read_sentences(find_segment(data, run_id))
    out = sys.stdout.buffer
    while block := list(islice(read, BLOCK)):
        out.write("".join(" ".join(words) + "\n" for words in block).encode("utf-8"))
    out.flush()


def find_segment(data: Path, run_id: str | None) -> Path:
    """Segment's output of ``run_id``, or of the latest run that has one. Raises ``ValueError`` if there is none."""
    records = [runs.find(data, run_id)] if run_id else runs.read_all(data)
    for record in records:
        output = data / "segment" / str(record["keys"].get("segment"))
        if cache.read_manifest(output):
            return output
    where = f"run {run_id}" if run_id else str(data)
    raise ValueError(f"there are no words in {where}: make them with ciliu run SOURCES… --only segment")
