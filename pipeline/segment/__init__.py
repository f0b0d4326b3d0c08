"""Segment: articles to words.

Writes for each shard its words as int32 ids (``.ids``, little-endian, -1 ends a sentence) over the shard's own word
list (``.words``: word, TAB, count; the line number is the id; never white space within a word).
``shard_files.read_sentences`` and ``ciliu sentences`` give the words themselves: as files they would be 1.4 times the
size of the ids, and the disk is what bounds this stage.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from ciliu import Protect, Segmenter
from ciliu.segmenter import choose_engine
from pipeline import cache, shard_files, shards
from pipeline.plain_text import read_lines
from pipeline.segment.lexicon import make_lexicon
from pipeline.shards import Shard

VERSION = 2
VERSIONS = ("jieba", "unicode")


def run(
    dedup: Path,
    dictionary: Path,
    stop_words: Sequence[Path],
    protect: Sequence[Path],
    output: Path,
    *,
    engine: str = "auto",
    HMM: bool,
    keep_punctuation: bool,
    processes: int = 1,
) -> cache.Counts:
    """Cut the articles of ``dedup`` with the compiled ``dictionary`` into ``output``.

    ``HMM`` is jieba's; ``stop_words`` are files with a word a line that is dropped. ``engine``: ``native`` and
    ``jieba`` give the same bytes, ``auto`` is the faster of those that are there; ``none`` takes the text as cut
    already, words parted by white space. ``protect`` are files of words and patterns that are kept whole.
    """
    if engine != "none":
        choose_engine(
            engine
        )  # one that is not to be had stops the run before any work; each machine chooses for itself
    dropped = tuple(sorted({word for path in stop_words for word in read_lines(path)} - {""}))
    Protect.read(protect)  # a bad line stops the run before any work
    arguments = (str(dictionary), engine, tuple(map(str, protect)), HMM, keep_punctuation, dropped)
    work = [
        Shard(file.path.stem, file.digest, (str(file.path), *arguments, file.digest), file.size)
        for file in shard_files.files(dedup, ".jsonl")
    ]
    return shards.total(shards.map_shards(segment_shard, work, output, sharded="dedup", processes=processes))


@lru_cache(maxsize=2)  # tests compare two engines in one process; opening jieba takes half a second
def open_segmenter(dictionary: str, engine: str, protect: Sequence[str]) -> Segmenter | None:
    """The segmenter, opened once a process; None for the engine ``none``."""
    kept = Protect.read(protect) if protect else None
    return None if engine == "none" else Segmenter(dictionary, engine, kept)


def segment_shard(
    folder: Path,
    name: str,
    path: str,
    dictionary: str,
    engine: str,
    protect: Sequence[str],
    HMM: bool,
    keep_punctuation: bool,
    stop_words: Sequence[str],
    digest: str = "",
) -> cache.Counts:
    """One shard: its articles' sentences as ids, and its word list."""
    lexicon = make_lexicon(open_segmenter(dictionary, engine, protect), HMM, keep_punctuation, stop_words)
    lines = shard_files.read_whole(Path(path), digest)  # a shard's size, or one article's
    at = articles = 0
    with (folder / f"{name}.ids").open("wb") as ids:
        while at < len(lines):
            at, more = lexicon.encode_lines(lines, at)
            articles += more
            lexicon.flush(ids)
    (folder / f"{name}.words").write_bytes(lexicon.words())
    return {"articles": articles, **lexicon.counts()}


def summary(counts: cache.Counts) -> str:
    """The closing line: in, out, dropped."""
    dropped = ", ".join(
        f"{counts['dropped'][name]:,} {name.replace('_', ' ')}" for name in ("punctuation", "stop_words")
    )
    return f"{counts['words']:,} words in {counts['sentences']:,} sentences; dropped {dropped}"
