"""The files of Vocabulary, read."""

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


def read_maps(output: Path) -> Iterator[tuple[str, npt.NDArray[np.int32]]]:
    """Each shard's name and its map, memory-mapped."""
    path = output / "maps.bin"
    maps = np.memmap(path, dtype="<i4", mode="r") if path.stat().st_size else np.empty(0, dtype="<i4")
    for line in (output / "maps.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        name, start, length = line.split("\t")
        yield name, maps[int(start) : int(start) + int(length)]
