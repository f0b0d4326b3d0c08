"""Near-duplicates among the articles that repeat none exactly: signatures by shard, pairs by band, each pair judged by
its texts, groups by union-find."""

from collections.abc import Sequence
from functools import lru_cache, partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline import cache, shard_files, shards
from pipeline.dedup import candidates, grams, signatures
from pipeline.dedup.candidates import Indexes
from pipeline.dedup.exact import read_offsets
from pipeline.dedup.groups import Groups
from pipeline.dedup.partitions import REPEAT
from pipeline.shards import Shard

VERSIONS = ("rensa", "unicode")

OTHER, ALIKE, NUMBERS = 0, 1, 2  # the verdict on a pair


def require() -> None:
    """Raise ``ValueError`` where rensa is not installed."""
    if find_spec("rensa") is None:
        raise ValueError("Dedup.near needs rensa, which is not installed: pip install rensa (or Ciliu's extra [near])")


def add(
    files: Sequence[shard_files.File],
    ends: Indexes,
    repeats: Path,
    output: Path,
    threshold: float,
    values: int,
    processes: int,
) -> cache.Counts:
    """Add the near-duplicates among the articles that are not in the file ``repeats`` (``REPEAT``) to it; counts."""
    exact = np.fromfile(repeats, dtype=REPEAT)
    offsets = read_offsets(files, output)
    unique = np.ones(len(offsets), dtype=bool)
    unique[exact["number"]] = False
    firsts, counts = find(files, ends, offsets, unique, output, repeats.parent, threshold, values, processes)
    later = np.flatnonzero(unique & (firsts != np.arange(len(firsts))))
    alike = np.ones(len(later), dtype=REPEAT)
    alike["number"], alike["of"], alike["offset"] = later, firsts[later], offsets[firsts[later]]
    every = np.concatenate([exact, alike])
    every[np.argsort(every["number"])].tofile(repeats)
    return counts


def find(
    files: Sequence[shard_files.File],
    ends: Indexes,
    offsets: Indexes,
    unique: npt.NDArray[np.bool_],
    output: Path,
    work: Path,
    threshold: float,
    values: int,
    processes: int,
) -> tuple[Indexes, cache.Counts]:
    """For each article of ``files`` the first of its group, and counts. ``ends``: where each file's articles end among
    all; ``offsets``: where each one's line starts; ``unique``: those to look at."""
    rows = signatures.band_rows(values, threshold)
    names = [file.path.stem for file in files]
    signing = [
        Shard(file.path.stem, file.digest, (str(file.path), file.digest, values, rows), file.size) for file in files
    ]
    map_shards = partial(shards.map_shards, output=output, sharded="articles", processes=processes, verify=shards.ALL)
    map_shards(signatures.sign_shard, signing, label="dedup (signatures)")
    signed = candidates.Signed(output, names, ends, values, values // rows)
    one, other, short = candidates.find(signed, unique, threshold, work, processes)
    by_shard = np.argsort(np.searchsorted(ends, other, side="right"), kind="stable")
    one, other = one[by_shard], other[by_shard]
    judging = share_out(files, ends, offsets, one, other, threshold, work)
    map_shards(judge_shard, judging, label="dedup (pairs)")
    verdicts = [np.fromfile(output / f"{shard.name}.verdicts", dtype="u1") for shard in judging]
    firsts, counts = group(len(unique), one, other, np.concatenate([*verdicts, np.zeros(0, dtype="u1")]))
    return firsts, {**counts, "too_short": short}


def share_out(
    files: Sequence[shard_files.File],
    ends: Indexes,
    offsets: Indexes,
    one: Indexes,
    other: Indexes,
    threshold: float,
    work: Path,
) -> list[Shard]:
    """What ``judge_shard`` does. A shard's pairs are those whose ``other`` article, the later one, it holds."""
    bounds = np.searchsorted(np.searchsorted(ends, other, side="right"), np.arange(len(files) + 1))
    judging = []
    for file, start, end in zip(files, bounds, bounds[1:], strict=False):
        if start == end:
            continue
        earlier = one[start:end]
        owners, owner = np.unique(np.searchsorted(ends, earlier, side="right"), return_inverse=True)
        pairs = np.stack([offsets[other[start:end]], owner, offsets[earlier]], axis=1)
        content = [file.digest, [files[number].digest for number in owners], pairs.tolist()]
        needed = [(each.path, each.digest) for each in (file, *(files[number] for number in owners))]
        arguments = (needed, pairs, threshold, work)
        judging.append(Shard(file.path.stem, cache.digest(content), arguments, file.size))
    return judging


def judge_shard(
    folder: Path, name: str, needed: Sequence[tuple[Path, str]], pairs: Indexes, threshold: float, work: Path
) -> cache.Counts:
    """A byte for each of one shard's ``pairs`` (n × 3: its article's offset, index into the owners, offset there).
    ``needed``: path and digest of the shard and of the owners; ``work``: as for ``check_once``."""
    read_grams.cache_clear()
    for path, digest in needed:
        shard_files.check_once(path, digest, work)
    path, *owners = (path for path, _ in needed)
    verdicts = [
        judge(read_grams(owners[owner], offset), read_grams(path, own), threshold)
        for own, owner, offset in pairs.tolist()
    ]
    (folder / f"{name}.verdicts").write_bytes(bytes(verdicts))
    return {}


@lru_cache(maxsize=2)  # the pairs of one earlier article follow each other
def read_grams(path: Path, offset: int) -> grams.Grams:
    """The 3-grams of the article whose line starts at ``offset`` of a shard."""
    return grams.cut(shard_files.read_article(path, offset)["text"])


def judge(one: grams.Grams, other: grams.Grams, threshold: float) -> int:
    """The verdict on two texts."""
    if grams.similarity(one, other) < threshold:
        return OTHER
    return NUMBERS if grams.differ_in_numbers(one, other) else ALIKE


def group(size: int, one: Indexes, other: Indexes, verdicts: npt.NDArray[np.uint8]) -> tuple[Indexes, cache.Counts]:
    """For each of ``size`` articles the first of the group that the pairs make, and counts: articles that go, and
    those that would go but for their numbers."""
    groups = Groups(size)

    def join(verdict: int) -> int:
        chosen = verdicts == verdict
        return sum(groups.join(*pair) for pair in zip(one[chosen].tolist(), other[chosen].tolist(), strict=True))

    dropped = join(ALIKE)
    firsts = groups.firsts()
    return firsts, {"near_duplicates": dropped, "kept_apart_by_numbers": join(NUMBERS)}
