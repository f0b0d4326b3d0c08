"""Vocabulary: the words that stand often enough, by count.

Writes ``vocab.tsv`` (word, count, rank: most frequent first, equal counts by code point), ``dropped.tsv`` (the words
below the minimum count), ``vocabulary.json`` (totals), and the maps from the ids of Segment's shards to ranks, so that
another minimum count encodes nothing again.

Neighbouring shards are counted in groups: ``.numbers`` says for each line of the shards' word lists which of the
group's words it is, ``.ranks`` the rank, or -1, of each of these, and ``maps.tsv`` where a shard's numbers begin. A
group whose shards did not change is taken over: more articles cost their own counting, the merging of the groups, and
new ranks. (Ranks for each line of each list, written anew with every change, were six times as many bytes.)

Memory: the words of the whole corpus with their counts and ranks, 90 to 140 bytes a different word (190 without the
native core), and four bytes for each word of each group.
"""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline import cache, shard_files, shards
from pipeline.shard_files import File
from pipeline.shards import Shard
from pipeline.vocabulary.counter import Counter, make_counter

VERSION = 3
VERSIONS: tuple[str, ...] = ()

EXAMPLES = 10
BLOCK = 100_000  # words between two writes
HAN = re.compile(rb"\n([\xe4-\xe9][^\t]*)")  # of what is lost, a Chinese word says more than a number
LINE = re.compile(rb"\n([^\t]+)")

Numbers = npt.NDArray[np.int32]  # of words in a counter


def run(segment: Path, output: Path, *, min_count: int, processes: int = 1) -> cache.Counts:
    """Count the words of ``segment`` and keep those that stand at least ``min_count`` times.

    Raises ``ValueError`` with the sizes if none does.
    """
    groups = make_groups(shard_files.files(segment, ".words"))
    work = [
        Shard(
            group[0].path.stem,
            [file.digest for file in group],
            ([(str(file.path), file.digest) for file in group],),
            sum(file.size for file in group),
        )
        for group in groups
    ]
    grouped = shards.map_shards(count_group, work, output, sharded="segment", processes=processes, verify=shards.ALL)
    counter, numbers = merge_groups([output / f"{shard.name}.counts" for shard in work])
    kept, words, words_in = counter.rank(min_count)
    if not kept:
        raise ValueError(
            f"no word stands Vocabulary.min_count = {min_count:,} times among {words_in:,} words: {_top(counter)}"
        )
    with ThreadPoolExecutor(2) as writers:  # the core releases the interpreter's lock
        written = [
            writers.submit(write_words, output / "dropped.tsv", counter, kept, len(counter)),
            writers.submit(write_words, output / "vocab.tsv", counter, 0, kept),
        ]
        ranks = as_numbers(counter.ranks())
        for shard, merged in zip(work, numbers, strict=True):
            ranks[merged].tofile(output / f"{shard.name}.ranks")
        sentences = count_sentences(segment)
        for future in written:
            future.result()
    write_places(output / "maps.tsv", groups, [counts["lengths"] for counts in grouped])
    facts = {
        "min_count": min_count,
        "different_words_in": len(counter),
        "different_words": kept,
        "words_in": words_in,
        "words": words,
        "sentences": sentences,
    }
    cache.write_json(output / "vocabulary.json", facts)
    return {**facts, "examples_dropped": find_examples(output / "dropped.tsv")}


def make_groups(files: Sequence[File]) -> list[list[File]]:
    """Neighbouring shards, about as many in a group as there are groups.

    A group ends where a shard's digest says so, not after so many shards: one more shard in the middle changes one
    group, and not all behind it.
    """
    size = 1 << round(np.log2(max(1, len(files))) / 2)
    groups: list[list[File]] = [[]]
    for file in files:
        groups[-1].append(file)
        if int(file.digest, 16) % size == 0:
            groups.append([])
    return [group for group in groups if group]


def count_group(folder: Path, name: str, lists: Sequence[tuple[str, str]]) -> cache.Counts:
    """The words of some shards (path and digest of each list) with their counts, ``.counts``; and for each line of the
    shards' lists which of these it is, ``.numbers``, int32."""
    counter = make_counter()
    lengths = []
    with (folder / f"{name}.numbers").open("wb") as file:
        for path, digest in lists:
            numbers = counter.add(shard_files.read_whole(Path(path), digest))
            file.write(numbers)
            lengths.append(len(numbers) // 4)
    (folder / f"{name}.counts").write_bytes(counter.counts())
    return {"lengths": lengths}


def merge_groups(paths: Sequence[Path]) -> tuple[Counter, list[Numbers]]:
    """The words of the groups' ``.counts`` files in one counter, and for each group its words' numbers there."""
    counter = make_counter()
    return counter, [as_numbers(counter.add(path.read_bytes())) for path in paths]


def as_numbers(numbers: bytes) -> Numbers:
    """int32, as a counter gives them."""
    return np.frombuffer(numbers, dtype="<i4")


def _top(counter: Counter) -> str:
    if not len(counter):
        return "there are no words"
    word, count, _ = counter.lines(0, 1).decode("utf-8").split("\t")
    return f"the most frequent, {word}, stands {int(count):,} times"


def write_words(path: Path, counter: Counter, first: int, last: int) -> None:
    """``word count rank`` with a head line, the ranks from ``first`` to before ``last``."""
    with path.open("wb") as file:
        file.write(b"word\tcount\trank\n")
        for start in range(first, last, BLOCK):
            file.write(counter.lines(start, min(start + BLOCK, last)))


def write_places(path: Path, groups: Sequence[Sequence[File]], lengths: Sequence[Sequence[int]]) -> None:
    """``shard group start length``: where in the group's ``.numbers`` a shard's begin, and how many they are."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("shard\tgroup\tstart\tlength\n")
        for group, sizes in zip(groups, lengths, strict=True):
            start = 0
            for shard, length in zip(group, sizes, strict=True):
                file.write(f"{shard.path.stem}\t{group[0].path.stem}\t{start}\t{length}\n")
                start += length


def find_examples(dropped: Path) -> list[str]:
    """The most frequent Chinese words below the minimum count, or else the most frequent words."""
    content = dropped.read_bytes()
    lines = list(islice(HAN.finditer(content), EXAMPLES)) or list(islice(LINE.finditer(content), EXAMPLES))
    return [line[1].decode("utf-8") for line in lines]


def count_sentences(segment: Path) -> int:
    """As Segment's manifest says; where it has none (a stage called by itself), the ends among its ids."""
    manifest = cache.read_manifest(segment)
    if manifest:
        return int(manifest["counts"]["sentences"])
    ids = (np.fromfile(file.path, dtype="<i4") for file in shard_files.files(segment, ".ids"))
    return sum(int(np.count_nonzero(shard == shard_files.END_OF_SENTENCE)) for shard in ids)


def summary(counts: cache.Counts) -> str:
    """The closing line: in, out, dropped."""
    kept, words = counts["different_words"], counts["different_words_in"]
    lost = 1 - counts["words"] / counts["words_in"]
    examples = " ".join(counts["examples_dropped"][:5])
    return f"kept {kept:,} of {words:,} words ({kept / words:.1%}); of the running text {lost:.2%} lost" + (
        f", such as {examples}" if examples else ""
    )
