"""The files of Vocabulary, read."""

import mmap
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

Ranks = npt.NDArray[np.int32]


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


def read_maps(vocabulary: Path) -> Iterator[tuple[str, Ranks]]:
    """Each shard's name and its map: the rank, or -1, of each word of its list."""
    ranks = {path.stem: np.fromfile(path, dtype="<i4") for path in vocabulary.glob("*.ranks")}
    for line in (vocabulary / "maps.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        name, group, start, length = line.split("\t")
        numbers = np.fromfile(vocabulary / f"{group}.numbers", dtype="<i4", count=int(length), offset=4 * int(start))
        yield name, ranks[group][numbers]


def keep_maps(vocabulary: Path, folder: Path) -> list[tuple[str, Ranks]]:
    """``read_maps``, memory-mapped from a file in ``folder`` that has no name: they grow with the text, four bytes for
    each word of each shard."""
    with tempfile.TemporaryFile(dir=folder) as file:
        lengths = []
        for name, ranks in read_maps(vocabulary):
            file.write(ranks.data)
            lengths.append((name, len(ranks)))
        file.flush()
        maps = np.memmap(file, dtype="<i4", mode="r") if file.tell() else np.empty(0, dtype="<i4")
    ends = np.cumsum([length for _, length in lengths])
    return [(name, maps[end - length : end]) for (name, length), end in zip(lengths, ends, strict=True)]
