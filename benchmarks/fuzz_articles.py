"""Does damaged input ever crash or hang Articles? ``python benchmarks/fuzz_articles.py``.

``--number`` inputs, the same of each format, damaged by a seed (``damage.py``), each as a file on disk through the
whole stage: the result is articles and rejections that add up to the last character, or one ``ValueError``. Then trees
of folders with what is no file: loops of links, pipes, sockets, names that are no UTF-8, folders that nobody may read.

Jobs are processes of their own with a limit on memory and a watchdog. One that dies is halved until the input is found.
Finished jobs are noted under ``--work``, by the seed and the code that reads: a stopped run goes on where it was.
It ends with status 1 if an input made another exception, ended its process, took longer than ``SLOW`` seconds of CPU,
or more memory than ``MEMORY``.
"""

import faulthandler
import json
import multiprocessing
import os
import random
import resource
import shutil
import socket
import tempfile
import time
from collections import Counter
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import lxml.html  # noqa: F401 - imported once, before the jobs fork
import trafilatura  # noqa: F401 - the same

import damage
import report
from pipeline import articles, cache, progress
from pipeline.articles.sources import find, read_state
from pipeline.fingerprints import Fingerprints
from pipeline.processes import cpus

SLOW = 30.0  # seconds of CPU of an input
HANG = 300  # seconds, after which a job is ended: the machine may be busy with other things
MEMORY = 1 << 30  # bytes of a process; an article may have 16 MiB, and trafilatura holds a page's tree
SPACE = 8 << 30  # bytes of addresses of a process: what asks for more meets a MemoryError
JOB = 250  # inputs
TREES = 5_000

Facts = dict[str, Any]
Job = tuple[str, int, int]  # format, first input, inputs
FOLDERS = "folders"


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
    written = [len(json.loads(line)["text"]) for path in output.glob("0*.jsonl") for line in path.open("rb")]
    rejected = (output / "rejected.jsonl").read_bytes().count(b"\n")
    kept = counts["characters_in"] - sum(counts["rejected_characters"].values())
    kept += sum(counts["added"].values()) - sum(counts["removed"].values())
    if (len(written), rejected, counts["records"]) != (counts["articles"], counts["rejected"], len(written) + rejected):
        raise RuntimeError(f"{counts} do not add up with {len(written)} articles and {rejected} rejections")
    if not sum(written) == counts["characters"] == kept:
        raise RuntimeError(f"{sum(written)} characters written, {counts['characters']} counted, {kept} kept")
    return "rejected some" if rejected else "read"


def run_inputs(suffix: str, first: int, number: int, seed: int) -> Facts:
    """``number`` inputs of a format: outcomes by kind of damage, the slowest, failures."""
    outcomes: dict[str, Counter[str]] = {}
    failures: list[str] = []
    slowest = (0.0, "")
    with tempfile.TemporaryDirectory() as folder:
        for at in range(first, first + number):
            faulthandler.dump_traceback_later(HANG, exit=True)
            name, kind, content = damage.make(suffix, at, seed)
            path, output = Path(folder) / name, Path(folder) / "output"
            path.write_bytes(content)
            began = time.process_time()
            try:
                outcome = read(path, output)
            except Exception as error:  # noqa: BLE001 - that none comes is what is looked at
                outcome = "failed"
                failures.append(f"{name} ({kind}): {type(error).__name__}: {error}"[:500])
            slowest = max(slowest, (time.process_time() - began, f"{name} ({kind})"))
            outcomes.setdefault(kind, Counter())[outcome] += 1
            path.unlink()
            shutil.rmtree(output, ignore_errors=True)
    return {"outcomes": outcomes, "failures": failures, "slowest": slowest}


def run_job(job: Job, seed: int, note: Path) -> None:
    """In a process of its own: the job, and its note."""
    progress.mode = "quiet"
    resource.setrlimit(resource.RLIMIT_AS, (SPACE, SPACE))
    began = time.process_time()
    facts = (run_trees if job[0] == FOLDERS else run_inputs)(*job, seed)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    facts |= {"format": job[0], "memory": memory, "cpu": time.process_time() - began}
    unfinished = note.with_suffix(".part")
    unfinished.write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
    unfinished.replace(note)


def grow_tree(folder: Path, rng: random.Random) -> tuple[set[str], list[Path], Counter[str]]:
    """Folders with files and what is none: the names of the files, the folder that may not be read, if any, and how
    many there are of each kind."""
    files: set[str] = set()
    kinds: Counter[str] = Counter()
    closed: list[Path] = []
    folders = [folder]
    for at in range(rng.randint(3, 15)):
        above = rng.choice(folders)
        path = above / rng.choice((f"{at}.txt", f"{at}\n.txt", f"新闻{at}.txt", f"{at}"))
        kind = rng.choice(("file", "file", "folder", "loop", "self", "pipe", "socket", "bytes", "gone"))
        kinds[kind] += 1
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
        kinds["closed"] += 1
    return files, closed, kinds


def run_trees(_: str, first: int, number: int, seed: int) -> Facts:
    """Trees: every file is found, nothing else is opened, a closed folder is an error."""
    outcomes: Counter[str] = Counter()
    held: Counter[str] = Counter()
    failures = []
    with tempfile.TemporaryDirectory() as above:
        if os.geteuid() == 0:
            Path(above).chmod(0o777)
            os.seteuid(65534)  # root may read every folder
        for at in range(first, first + number):
            faulthandler.dump_traceback_later(HANG, exit=True)
            folder = Path(tempfile.mkdtemp(dir=above))
            files, closed, kinds = grow_tree(folder, random.Random(f"{seed} tree {at}"))
            held += kinds
            outcome = look_through(folder, files, bool(closed))
            outcomes[outcome] += 1
            if outcome == "wrong":
                failures.append(f"tree {at}")
            for path in closed:
                path.chmod(0o700)
            shutil.rmtree(folder)
        if os.getuid() == 0:
            os.seteuid(0)
    return {"outcomes": {"tree": outcomes}, "failures": failures, "slowest": (0.0, ""), "held": held}


def look_through(folder: Path, files: set[str], closed: bool) -> str:
    try:
        found = {str(path) for _, path in find([str(folder)])[0]}
    except OSError:
        return "refused" if closed else "wrong"
    except ValueError:
        return "no file" if not files else "wrong"
    real = {path for path in found if not any(Path(above).is_symlink() for above in Path(path).parents)}
    return "found" if real == files and not closed else "wrong"


def code_digest() -> str:
    """What reads, by the bytes of its sources and the versions of the libraries, and what damages."""
    folders = ("pipeline", "pipeline/articles", "ciliu", "ciliu/native")
    paths = [path for folder in folders for path in sorted((report.REPOSITORY / folder).glob("*.[pch]*"))]
    paths += [Path(damage.__file__), Path(__file__)]
    return cache.digest([report.describe_machine()["libraries"], *(cache.file_digest(path) for path in paths)])


def run_jobs(jobs: list[Job], seed: int, notes: Path, processes: int) -> list[Facts]:
    """What the jobs' notes say, made where they are missing; a job whose process dies is halved down to the input."""
    results: list[Facts] = []
    running: dict[object, tuple[BaseProcess, Job, Path]] = {}  # by sentinel
    began = time.monotonic()
    while jobs or running:
        while jobs and len(running) < processes:
            job = jobs.pop()
            note = notes / ("-".join(map(str, job)) + ".json")
            if note.exists():
                results.append(cache.read_json(note))
                continue
            process = multiprocessing.get_context("fork").Process(target=run_job, args=(job, seed, note))
            process.start()
            running[process.sentinel] = process, job, note
        for sentinel in wait([ended.sentinel for ended, _, _ in running.values()]) if running else ():
            ended, job, note = running.pop(sentinel)
            ended.join()
            if note.exists():
                results.append(cache.read_json(note))
            elif job[2] > 1:
                jobs += [(job[0], job[1] + job[2] // 2, job[2] - job[2] // 2), (job[0], job[1], job[2] // 2)]
            else:
                results.append(died(job, seed, ended.exitcode))
            if len(results) % 20 == 0:
                print(f"{len(results):,} jobs done, {len(jobs):,} to do, {time.monotonic() - began:.0f} s", flush=True)
    return results


def died(job: Job, seed: int, code: int | None) -> Facts:
    """The result of an input that ended its process: a crash, or the watchdog (exit code 1)."""
    name, kind = (f"tree {job[1]}", "tree") if job[0] == FOLDERS else damage.make(job[0], job[1], seed)[:2]
    failure = f"{name} ({kind}): its process ended with exit code {code}"
    outcomes = {kind: {"failed": 1}}
    return {
        "format": job[0],
        "outcomes": outcomes,
        "failures": [failure],
        "slowest": (0.0, ""),
        "memory": 0,
        "cpu": 0.0,
    }


def main() -> None:
    parser = report.make_parser(__doc__, shared=False)
    parser.add_argument("--number", type=int, default=200_000, help="inputs [200,000]")
    parser.add_argument("--seed", type=int, default=1, help="[1]")
    parser.add_argument("--processes", type=int, default=cpus(), help="jobs at the same time [as many as CPUs]")
    given = parser.parse_args()
    each = -(-given.number // len(damage.FORMATS))
    notes = given.work / "fuzz_articles" / f"{given.seed}-{code_digest()}"
    notes.mkdir(parents=True, exist_ok=True)
    ends = dict.fromkeys(damage.FORMATS, each) | {FOLDERS: min(TREES, each)}
    jobs = [(name, first, min(JOB, end - first)) for name, end in ends.items() for first in range(0, end, JOB)]
    damage.make_bombs()  # once, before the jobs fork
    jobs.sort(key=lambda job: -job[1])  # the last of the list is done first: some of each format
    facts = add_up(run_jobs(jobs, given.seed, notes, given.processes)) | {"seed": given.seed}
    print(json.dumps(facts, ensure_ascii=False, indent=1))
    report.write_result("fuzz_articles", facts, given.results)
    if facts["failures"] or not facts["held"]:
        raise SystemExit(1)


def add_up(results: list[Facts]) -> Facts:
    """All jobs together."""
    formats: dict[str, dict[str, Counter[str]]] = {}
    kinds: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for result in results:
        held.update(result.get("held", {}))
        for kind, outcomes in result["outcomes"].items():
            formats.setdefault(result["format"], {}).setdefault(kind, Counter()).update(outcomes)
            kinds[kind] += sum(outcomes.values())
    slowest = max(result["slowest"] for result in results)
    memory = max(result["memory"] for result in results)
    return {
        "inputs": kinds.total(),
        "by_format": {name: sum(map(Counter.total, formats[name].values())) for name in (*damage.FORMATS, FOLDERS)},
        "by_damage": dict(kinds.most_common()),
        "in_folders": dict(held.most_common()),
        "outcomes": {
            name: {kind: dict(sorted(formats[name][kind].items())) for kind in sorted(formats[name])}
            for name in formats
        },
        "failures": [failure for result in results for failure in result["failures"]],
        "slowest_cpu_seconds": round(slowest[0], 2),
        "slowest": slowest[1],
        "peak_bytes": memory,
        "cpu_minutes": round(sum(result["cpu"] for result in results) / 60, 1),
        "bounds": {"cpu_seconds": SLOW, "hang_seconds": HANG, "bytes": MEMORY},
        "held": slowest[0] <= SLOW and memory <= MEMORY,
    }


if __name__ == "__main__":
    main()
