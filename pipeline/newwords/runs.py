"""Runs of n-grams in Python: the reference, and what counts where ``ciliu._native`` was not built. The bytes are equal.

A unit is a Latin letter, a digit, or one of the Han that jieba joins; any other character parts what stands before it
from what stands behind. A run is the n-grams at each place of a text (shorter at an end), sorted, a record each: a byte
with the number of units shared with the record before (high four bits) and of new ones, the new ones (uint16), the
count (LEB128).
"""

import heapq
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

UNITS = re.compile("[0-9A-Za-z\u4e00-\u9fd5]+")


def shared_units(one: str, other: str) -> int:
    """With how many units two n-grams both begin."""
    pairs = zip(one, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def count_grams(text: bytes, order: int) -> bytes:
    """The run of a text."""
    counts: Counter[str] = Counter()
    for line in UNITS.findall(text.decode("utf-8")):
        counts.update(line[at : at + order] for at in range(len(line)))
    return write_run(sorted(counts.items()))


def write_run(grams: Sequence[tuple[str, int]]) -> bytes:
    """The bytes of a run; ``grams`` are sorted."""
    run, before = bytearray(), ""
    for gram, count in grams:
        shared = shared_units(before, gram)
        run.append(shared << 4 | len(gram) - shared)
        run += gram[shared:].encode("utf-16-le")
        while count >= 0x80:
            run.append(count & 0x7F | 0x80)
            count >>= 7
        run.append(count)
        before = gram
    return bytes(run)


def read_run(run: bytes) -> Iterator[tuple[str, int]]:
    """The n-grams of a run with their counts. Raises ``ValueError`` where it is none."""
    at, gram = 0, ""
    while at < len(run):
        shared, new = run[at] >> 4, run[at] & 15
        end = at + 1 + 2 * new
        gram = gram[:shared] + run[at + 1 : end].decode("utf-16-le")
        shift = count = 0
        while end < len(run) and run[end] & 0x80:
            count |= (run[end] & 0x7F) << shift
            shift, end = shift + 7, end + 1
        if not new or len(gram) != shared + new or end >= len(run):
            raise ValueError("a run of n-grams is damaged")
        yield gram, count | run[end] << shift
        at = end + 1


def merge(paths: Sequence[str]) -> Iterator[tuple[str, int]]:
    """The n-grams of several runs, each once."""
    runs = [read_run(Path(path).read_bytes()) for path in paths]
    before, times = "", 0
    for gram, count in heapq.merge(*runs):
        if gram != before:
            if times:
                yield before, times
            before, times = gram, 0
        times += count
    if times:
        yield before, times


def merge_runs(paths: Sequence[bytes], target: bytes) -> None:
    """Write runs as one."""
    Path(target.decode()).write_bytes(write_run(list(merge([path.decode() for path in paths]))))
