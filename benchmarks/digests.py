"""How much memory do the digests of very many articles take? ``python benchmarks/digests.py``.

Synthetic digests in shards of 20,000, one article in five the repeat of an earlier one. A process of its own finds the
first of those that are equal and shares the work out, as Dedup does, with partitions and, for a number that fits into
memory, in one piece, as was done before. Each repeat found is checked. Memory is at its highest, by the system.
"""

import json
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import report
from pipeline import cache, dedup
from pipeline.cli.tables import align
from pipeline.dedup import exact, partitions
from pipeline.shard_files import File

SHARD = 20_000
LINE = 3_000  # bytes of an article's line
GOAL = 10**9  # bytes at 100 million

Facts = dict[str, Any]
Numbers = partitions.Indexes


def first_of(article: Numbers) -> Numbers:
    """The first of the articles that say the same as these: by the rule, each fifth one repeats another."""
    while (repeats := article % 5 == 4).any():
        article = np.where(repeats, article // 2, article)
    return article


def mix(numbers: Numbers, salt: int) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """Different numbers, far apart (splitmix64)."""
    mixed = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(salt)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))


def write_digests(folder: Path, number: int) -> list[File]:
    """The shards' ``.digests``; the shards themselves are never read."""
    files = []
    for shard, start in enumerate(range(0, number, SHARD)):
        article = np.arange(start, min(number, start + SHARD))
        rows = np.empty(len(article), dtype=partitions.ROW)
        rows["high"], rows["low"] = (mix(first_of(article), salt) for salt in (1, 2))
        rows["offset"] = (article - start) * LINE
        rows.tofile(folder / f"{shard:06d}.digests")
        files.append(File(folder / f"{shard:06d}.jsonl", len(article) * LINE, cache.digest(shard)))
    return files


def check(repeats: Path, number: int) -> int:
    """How many repeats there are. Raises ``ValueError`` unless they are those of the rule, in order."""
    at, found = 4, 0
    with repeats.open("rb") as file:
        while len(rows := np.fromfile(file, dtype=partitions.REPEAT, count=1 << 18)):
            article = at + 5 * np.arange(len(rows))
            of = first_of(article)
            if not (np.array_equal(rows["number"], article) and np.array_equal(rows["of"], of)
                    and np.array_equal(rows["offset"], of % SHARD * LINE)):  # fmt: skip
                raise ValueError(f"wrong repeats behind number {at:,}")
            at, found = int(article[-1]) + 5, found + len(rows)
    if found != number // 5:
        raise ValueError(f"{found:,} repeats instead of {number // 5:,}")
    return found


def run_stage(folder: Path, number: int, partition: int) -> Facts:
    """What is measured, in this process."""
    partitions.PARTITION = partition
    files = [
        File(folder / f"{shard:06d}.jsonl", min(SHARD, number - shard * SHARD) * LINE, cache.digest(shard))
        for shard in range(-(-number // SHARD))
    ]
    work = Path(tempfile.mkdtemp(dir=folder))
    began, cpu = time.monotonic(), time.process_time()
    repeats, ends = exact.find_repeats(files, folder, work)
    found = time.monotonic()
    dedup.share_out(files, repeats, ends)
    shared, used = time.monotonic(), time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"seconds_find": round(found - began, 2), "seconds_share_out": round(shared - found, 2),
            "cpu_seconds": round(used, 2), "peak_bytes": peak, "repeats": check(repeats, number)}  # fmt: skip


def measure(number: int, partition: int, work: Path) -> Facts:
    """In a process of its own."""
    folder = Path(tempfile.mkdtemp(prefix="digests-", dir=work))
    try:
        write_digests(folder, number)
        command = [sys.executable, __file__, "--stage", str(folder.resolve()), str(number), str(partition)]
        measured = report.run_measured(command, report.REPOSITORY)
    finally:
        shutil.rmtree(folder)
    whole = partition >= number
    others = {"others_cpu_seconds": measured["others_cpu_seconds"]}
    return {"digests": number, "in_one_piece": whole, **json.loads(measured["output"]), **others}


def main() -> None:
    if sys.argv[1:2] == ["--stage"]:
        print(json.dumps(run_stage(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))))
        return
    parser = report.make_parser(__doc__, shared=False)
    parser.add_argument("--sizes", type=int, nargs="*", default=[1_000_000, 10_000_000, 100_000_000], help="digests")
    parser.add_argument("--whole", type=int, default=10_000_000, help="up to here also in one piece [10000000]")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    partition = partitions.PARTITION
    measured = []
    for number in given.sizes:
        measured += [measure(number, number, given.work)] if partition < number <= given.whole else []
        measured.append(measure(number, partition, given.work))
    rows = [["digests", "in one piece", "seconds", "CPU seconds", "peak MB"]]
    for part in measured:
        seconds = part["seconds_find"] + part["seconds_share_out"]
        facts = (f"{seconds:.1f}", f"{part['cpu_seconds']:.1f}", f"{part['peak_bytes'] / 10**6:.0f}")
        rows.append([f"{part['digests']:,}", str(part["in_one_piece"]), *facts])
    print("\n" + "\n".join(align(rows)))
    report.write_result("digests", {"partition": partition, "goal_bytes": GOAL, "measured": measured}, given.results)


if __name__ == "__main__":
    main()
