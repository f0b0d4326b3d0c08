"""The files of Vocabulary, read."""

import mmap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt


def read_vocabulary(vocabulary: Path, name: str = "vocab.tsv") -> Iterator[tuple[str, int]]:
    """(word, count) in the order of ``vocab.tsv``; of ``dropped.tsv`` too, which has the words below the minimum."""
    with (vocabulary / name).open(encoding="utf-8", newline="\n") as file:
        next(file)
        for line in file:
            word, count, _ = line.split("\t")
            yield word, int(count)


def count_dropped(vocabulary: Path, word: str) -> int:
    """How often a word stands that ``dropped.tsv`` has; 0 where it does not."""
    with (vocabulary / "dropped.tsv").open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        before = f"\n{word}\t".encode("utf-8", "surrogatepass")
        at = data.find(before)
        return 0 if at < 0 else int(data[at + len(before) : at + len(before) + 20].split(b"\t")[0])


def read_maps(output: Path) -> Iterator[tuple[str, npt.NDArray[np.int32]]]:
    """Each shard's name and its map, memory-mapped."""
    path = output / "maps.bin"
    maps = np.memmap(path, dtype="<i4", mode="r") if path.stat().st_size else np.empty(0, dtype="<i4")
    for line in (output / "maps.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        name, start, length = line.split("\t")
        yield name, maps[int(start) : int(start) + int(length)]
