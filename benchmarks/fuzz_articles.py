"""Does damaged input ever crash or hang Articles? ``python benchmarks/fuzz_articles.py``.

``--number`` inputs, the same of each format, damaged by a seed (``damage.py``), each as a file on disk through the
whole stage: the result is articles and rejections that add up, or one ``ValueError``. Then trees of folders with what
is no file: loops of links, pipes, sockets, names that are no UTF-8, folders that nobody may read. It ends with status
1 if an input made another exception, took longer than ``SLOW`` seconds, or more memory than ``MEMORY``.
"""

import json
import os
import random
import resource
import shutil
import socket
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import damage
import report
from pipeline import articles, progress
from pipeline.articles.sources import find, read_state
from pipeline.fingerprints import Fingerprints
from pipeline.processes import cpus

SLOW = 30.0  # seconds of an input
MEMORY = 1 << 30  # bytes of a process; an article may have 16 MiB, and trafilatura holds a page's tree
JOB = 250  # inputs
TREES = 5_000

Facts = dict[str, Any]


def read(path: Path, output: Path) -> str:
    """One file through the stage. Raises ``RuntimeError`` where the counts do not add up."""
    output.mkdir()
    try:
        files, _ = find([str(path)])
        counts = articles.run(read_state(files, Fingerprints(output)), output, max_rejected=1.0)
    except ValueError as error:
        if not str(error) or "\n" in str(error).replace(str(path), ""):
            raise RuntimeError(f"no sentence: {error!r}") from error
        return "no article" if "hold no article" in str(error) else "stopped"
    written = sum(path.read_bytes().count(b"\n") for path in output.glob("0*.jsonl"))
    rejected = (output / "rejected.jsonl").read_bytes().count(b"\n")
    if (written, rejected, counts["records"]) != (counts["articles"], counts["rejected"], written + rejected):
        raise RuntimeError(f"{counts} do not add up with {written} articles and {rejected} rejections")
    return "rejected some" if rejected else "read"


def run_job(suffix: str, first: int, number: int, seed: int) -> Facts:
    """``number`` inputs of a format: outcomes, the slowest, failures."""
    progress.mode = "quiet"
    outcomes: Counter[str] = Counter()
    failures: list[str] = []
    slowest = (0.0, "")
    with tempfile.TemporaryDirectory() as folder:
        for at in range(first, first + number):
            name, kind, content = damage.make(suffix, at, seed)
            path, output = Path(folder) / name, Path(folder) / "output"
            path.write_bytes(content)
            began = time.monotonic()
            try:
                outcomes[f"{kind}: {read(path, output)}"] += 1
            except Exception as error:  # noqa: BLE001 - that none comes is what is looked at
                outcomes["failed"] += 1
                failures.append(f"{name} ({kind}): {type(error).__name__}: {error}"[:500])
            slowest = max(slowest, (time.monotonic() - began, f"{name} ({kind})"))
            path.unlink()
            shutil.rmtree(output, ignore_errors=True)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"format": suffix, "outcomes": outcomes, "failures": failures, "slowest": slowest, "memory": memory}


def grow_tree(folder: Path, rng: random.Random) -> tuple[set[str], list[Path]]:
    """Folders with files and what is none; the names of the files, and the folder that may not be read, if any."""
    files: set[str] = set()
    closed: list[Path] = []
    folders = [folder]
    for at in range(rng.randint(3, 15)):
        above = rng.choice(folders)
        path = above / rng.choice((f"{at}.txt", f"{at}\n.txt", f"新闻{at}.txt", f"{at}"))
        kind = rng.choice(("file", "file", "folder", "loop", "self", "pipe", "socket", "bytes", "gone"))
        if kind == "file":
            path = path.with_suffix(".txt")
            path.write_bytes(b"x")
            files.add(str(path))
        elif kind == "folder":
            path.mkdir()
            folders.append(path)
        elif kind in ("loop", "self", "gone"):
            path.symlink_to({"loop": folder, "self": path, "gone": folder / "nowhere"}[kind])
        elif kind == "pipe":
            os.mkfifo(path.with_suffix(".txt"))
        elif kind == "socket":
            with socket.socket(socket.AF_UNIX) as end:
                end.bind(str(path))
        else:
            name = os.fsencode(above) + b"/%d\xff.txt" % at
            Path(os.fsdecode(name)).write_bytes(b"x")
            files.add(os.fsdecode(name))
    if rng.random() < 0.2 and len(folders) > 1:
        closed = [rng.choice(folders[1:])]
        closed[0].chmod(0)
    return files, closed


def run_trees(first: int, number: int, seed: int) -> Facts:
    """Trees: every file is found, nothing else is opened, a closed folder is an error."""
    outcomes: Counter[str] = Counter()
    failures = []
    if os.geteuid() == 0:
        os.seteuid(65534)  # root may read every folder
    for at in range(first, first + number):
        folder = Path(tempfile.mkdtemp())
        files, closed = grow_tree(folder, random.Random(f"{seed} tree {at}"))
        outcome = look_through(folder, files, bool(closed))
        outcomes[f"tree: {outcome}"] += 1
        if outcome == "wrong":
            failures.append(f"tree {at}")
        for path in closed:
            path.chmod(0o700)
        shutil.rmtree(folder)
    if os.getuid() == 0:
        os.seteuid(0)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"format": "folders", "outcomes": outcomes, "failures": failures, "slowest": (0.0, ""), "memory": memory}


def look_through(folder: Path, files: set[str], closed: bool) -> str:
    try:
        found = {str(path) for _, path in find([str(folder)])[0]}
    except OSError:
        return "refused" if closed else "wrong"
    except ValueError:
        return "no file" if not files else "wrong"
    real = {path for path in found if not any(Path(above).is_symlink() for above in Path(path).parents)}
    return "found" if real == files and not closed else "wrong"


def main() -> None:
    parser = report.make_parser(__doc__)
    parser.add_argument("--number", type=int, default=200_000, help="inputs [200,000]")
    parser.add_argument("--seed", type=int, default=1, help="[1]")
    given = parser.parse_args()
    each = -(-given.number // len(damage.FORMATS))
    trees = min(TREES, each)
    began = time.monotonic()
    with ProcessPoolExecutor(cpus()) as pool:
        jobs = [
            pool.submit(run_job, suffix, first, min(JOB, each - first), given.seed)
            for first in range(0, each, JOB)
            for suffix in damage.FORMATS
        ]
        jobs += [pool.submit(run_trees, first, min(JOB, trees - first), given.seed) for first in range(0, trees, JOB)]
        results = []
        for number, job in enumerate(jobs, 1):
            results.append(job.result())
            if number % 20 == 0:
                print(f"{number:,} of {len(jobs):,} jobs, {time.monotonic() - began:.0f} s", flush=True)
    facts = add_up(results) | {"seed": given.seed, "seconds": round(time.monotonic() - began, 1)}
    print(json.dumps(facts, ensure_ascii=False, indent=1))
    report.write_result("fuzz_articles", facts, given.results)
    if facts["failures"] or not facts["held"]:
        raise SystemExit(1)


def add_up(results: list[Facts]) -> Facts:
    """All jobs together."""
    formats: dict[str, Counter[str]] = {}
    for result in results:
        formats.setdefault(result["format"], Counter()).update(result["outcomes"])
    slowest = max(result["slowest"] for result in results)
    memory = max(result["memory"] for result in results)
    return {
        "inputs": sum(sum(outcomes.values()) for outcomes in formats.values()),
        "outcomes": {name: dict(sorted(outcomes.items())) for name, outcomes in formats.items()},
        "failures": [failure for result in results for failure in result["failures"]],
        "slowest_seconds": round(slowest[0], 2),
        "slowest": slowest[1],
        "peak_bytes": memory,
        "bounds": {"seconds": SLOW, "bytes": MEMORY},
        "held": slowest[0] <= SLOW and memory <= MEMORY,
    }


if __name__ == "__main__":
    main()
