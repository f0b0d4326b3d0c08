"""Machines that die, and slow ones, in each stage on Spark: ``python benchmarks/spark_kills.py --shared ../shared``.

On a cluster of a master and two workers on the loopback (``spark_cluster``) the stages up to Vocabulary, and NewWords,
run over real text. In each piece of work a task is held, in one run before it begins, in the next when its files are
written and its result is not known; the worker or the executor where it is held is killed; the others go on.
Every file has to be what processes make. Then a run in which the first attempt at one job of each piece of work waits
until Spark has made it somewhere else (speculation).
"""

import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import corpus
import report
import spark_cluster
from pipeline import cache, shards, spark
from pipeline.cli import ciliu
from pipeline.dedup import partitions
from pipeline.processes import Job

# What each stage maps over shards, in the order of a run.
WORK = {
    "articles": ["read_shard"],
    "dedup": [
        "hash_shard",
        "part_digests",
        "choose_part",
        "order_part",
        "sign_shard",
        "pair_band",
        "judge_shard",
        "hash_lines",
        "drop_shard",
    ],
    "segment": ["segment_shard"],
    "vocabulary": ["count_group"],
    "newwords": ["count_shard", "vote_shard", "look_shard"],
}
VICTIMS = ("executor", "worker")
MOMENTS = ("before", "after")
ASKED = ("--set", "Dedup.near=true", "--set", "Dedup.lines=3", "--set", "Vocabulary.min_count=2")
SPECULATION = {
    "speculation": "true",
    "speculation.multiplier": "1.5",
    "speculation.quantile": "0.1",
    "speculation.interval": "100ms",
    "speculation.task.duration.threshold": "5s",  # where a piece of work is one task
    "eventLog.enabled": "true",
    "eventLog.compress": "false",
}
ARTICLES = {"tech": 250, "cn_laws": 100, "xwlb": 300}
SHARD = 1 << 16  # bytes
PARTITION = 400  # digests
PATIENCE = 240.0  # seconds
HOLD = "CILIU_HOLD"  # the folder in which a task and the one that kills it leave each other notes

Facts = dict[str, Any]


# ---------------------------------------------------------------- in a task


def make_shard(work: shards.Work, shard: shards.Shard, output: Path, key: str) -> tuple[list[str], cache.Counts]:
    """``shards._make_shard`` that notes its beginning and its end, and is held where that is asked for."""
    notes = Path(os.environ[HOLD])
    name = f"{work.__name__}-{shard.name}"

    @functools.wraps(work)
    def held(folder: Path, *arguments: Any) -> cache.Counts:
        hold(notes, work.__name__, "before", name)
        counts = work(folder, *arguments)
        hold(notes, work.__name__, "after", name)
        return counts

    made = make_whole(held, shard, output, key)
    (notes / f"ended-{name}-{os.getpid()}").touch()
    return made


def run_held(function: Callable[..., Any], number: int, *arguments: Any) -> Any:
    """The same for a job that makes no shard."""
    notes = Path(os.environ[HOLD])
    name = f"{function.__name__}-{number}"
    hold(notes, function.__name__, "before", name)
    result = function(*arguments)
    hold(notes, function.__name__, "after", name)
    (notes / f"ended-{name}-{os.getpid()}").touch()
    return result


def run_jobs(context: Any, jobs: Sequence[Job]) -> Generator[tuple[int, Any], None, None]:
    """``spark.run_jobs`` of jobs that can be held."""
    held = [job if job[0] is make_shard else (run_held, (job[0], number, *job[1])) for number, job in enumerate(jobs)]
    yield from run_jobs_whole(context, held)


make_whole, run_jobs_whole = shards._make_shard, spark.run_jobs  # before ``drive`` changes them


def hold(notes: Path, work: str, moment: str, name: str) -> None:
    """Say that this task is here, and wait as long as the one who kills, or speculation, wants it to."""
    if (notes / f"hold-{work}-{moment}").exists():
        (notes / f"held-{name}-{os.getpid()}").touch()
        wait_for(lambda: not (notes / f"hold-{work}-{moment}").exists())
    if moment == "before" and (notes / "slow").exists():
        try:
            (notes / f"slow-{work}").mkdir()  # one shard of each piece of work, its first attempt
        except FileExistsError:
            return
        wait_for(lambda: list(notes.glob(f"ended-{name}-*")))
        time.sleep(1)  # so that the other attempt is known to have ended first


def wait_for(condition: Callable[[], object], process: "subprocess.Popen[bytes] | None" = None) -> None:
    """Raises ``RuntimeError`` if it never comes, or ``process`` ends before."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end or (process and process.poll() is not None):
            raise RuntimeError(f"waited {PATIENCE:.0f} s in vain" if time.monotonic() > end else "the run has ended")
        time.sleep(0.01)


# ---------------------------------------------------------------- a run


def drive(arguments: Sequence[str]) -> None:
    """In a process of its own: ``ciliu`` with small shards, made by ``make_shard``."""
    shards.SIZE, partitions.PARTITION = SHARD, PARTITION
    if HOLD in os.environ:
        shards._make_shard, spark.run_jobs = make_shard, run_jobs
    ciliu.main(list(arguments))


def write_text(folder: Path, shared: Path) -> Path:
    """Real articles; some of them twice, some twice and a little longer."""
    folder.mkdir(parents=True)
    for name, count in ARTICLES.items():
        articles = list(islice(corpus.read_articles(shared / "corpora" / f"{name}.jsonl.zst"), count))
        longer = [{**article, "text": f"{article['text']}\n转载自互联网。"} for article in articles[10:20]]  # reprinted
        with (folder / f"{name}.jsonl").open("w", encoding="utf-8") as lines:
            lines.writelines(json.dumps(one, ensure_ascii=False) + "\n" for one in articles + articles[:10] + longer)
    return folder


def start(
    text: Path, data: Path, until: str, cluster: spark_cluster.Cluster | None = None, settings: str = ""
) -> "subprocess.Popen[bytes]":
    """A run in the background, on the ``cluster`` or by processes here; it is held by notes beside ``data``."""
    command = [sys.executable, "-c", "import sys, spark_kills; spark_kills.drive(sys.argv[1:])"]
    asked = ["run", str(text), "--data", str(data), "--until", until, "--anyway", *ASKED]
    own = str(Path(__file__).parent)
    environment = {**os.environ, "PYTHONPATH": own}
    if cluster:
        notes = data.parent / "notes"
        notes.mkdir(parents=True, exist_ok=True)
        asked += ["--on", cluster.master]
        given = {"PYTHONPATH": own, HOLD: str(notes)}
        said = " ".join(f"--conf spark.executorEnv.{name}={value}" for name, value in given.items())
        environment |= {
            **cluster.environment,
            HOLD: str(notes),
            "PYSPARK_SUBMIT_ARGS": f"{said} {settings} pyspark-shell",
        }
    data.parent.mkdir(parents=True, exist_ok=True)
    with (data.parent / "said.txt").open("ab") as log:
        return subprocess.Popen([*command, *asked], stdout=log, stderr=log, start_new_session=True, env=environment)


def finish(process: "subprocess.Popen[bytes]", data: Path) -> None:
    """Raises ``RuntimeError`` with what it said if it failed."""
    if process.wait(900):
        raise RuntimeError(f"the run ended with {process.returncode}:\n{read_said(data)}")


def read_said(data: Path) -> str:
    """The end of what a run said."""
    return (data.parent / "said.txt").read_text(encoding="utf-8")[-3000:]


def made(data: Path) -> Facts:
    """Each file of each output with its digest, and the counts; raises ``RuntimeError`` where an attempt left files."""
    if left := list(data.rglob(f"{cache.WORK}*")):
        raise RuntimeError(f"left behind: {left}")
    found = report.read_manifests(data)
    return {stage: [one[name] for name in ("key", "files", "counts")] for stage, one in found.items()}


def by_processes(text: Path, data: Path) -> Facts:
    """What processes make of the text."""
    for until in ("vocabulary", "newwords"):
        finish(start(text, data, until), data)
    return made(data)


def with_kills(cluster: spark_cluster.Cluster, text: Path, data: Path, turn: int) -> list[Facts]:
    """A run in which a task of each piece of work is killed, with its executor or its worker by turns; one entry for
    each kill. Odd turns begin with a worker, and hold tasks whose files are written."""
    victims = cycle(VICTIMS if turn % 2 == 0 else VICTIMS[::-1])
    moment = MOMENTS[turn % 2]
    notes = data.parent / "notes"
    notes.mkdir(parents=True)
    kills = []
    for until, stages in (("vocabulary", list(WORK)[:-1]), ("newwords", ["newwords"])):
        works = [(stage, work) for stage in stages for work in WORK[stage]]
        for _, work in works:
            (notes / f"hold-{work}-{moment}").touch()
        process = start(text, data, until, cluster)
        try:
            for stage, work in works:
                facts = kill_one(cluster, process, notes, work, moment, next(victims))
                kills.append({"stage": stage, **facts})
            finish(process, data)
        except RuntimeError as error:
            raise RuntimeError(f"after {kills[-1:]}: {error}\n{read_said(data)}") from None
        finally:
            process.kill()
            process.wait()
    return kills


def kill_one(
    cluster: spark_cluster.Cluster,
    process: "subprocess.Popen[bytes]",
    notes: Path,
    work: str,
    moment: str,
    victim: str,
) -> Facts:
    """Wait until a task of ``work`` is held, kill where it is, and let the others go."""
    shard, executor, worker, task = find_held(cluster, process, notes, work)
    if victim == "worker":
        cluster.kill(worker)
    else:
        os.kill(executor, signal.SIGKILL)
    wait_for(lambda: not alive(executor) and not alive(task))
    (notes / f"hold-{work}-{moment}").unlink()
    if (notes / f"ended-{work}-{shard}-{task}").exists():
        raise RuntimeError(f"{work} of shard {shard} came to its end before it was killed")
    if victim == "worker":
        cluster.start(worker, wait=False)
    print(f"  killed the {victim} where {work} of shard {shard} was held {moment} its work", flush=True)
    return {"work": work, "victim": victim, "moment": moment, "shard": shard}


def find_held(
    cluster: spark_cluster.Cluster, process: "subprocess.Popen[bytes]", notes: Path, work: str
) -> tuple[str, int, str, int]:
    """A task that is held: its shard, its executor, that one's worker, its own process."""
    found: list[tuple[str, int, str, int]] = []

    def look() -> bool:
        for note in notes.glob(f"held-{work}-*"):
            shard, task = note.name.rsplit("-", 2)[1:]
            for worker, pid in cluster.pids.items():
                below = report.descendants(pid) if worker != "master" else []
                for executor in cluster.executors() if int(task) in below else []:
                    if int(task) in report.descendants(executor):
                        found.append((shard, executor, worker, int(task)))
        return bool(found)

    wait_for(look, process)
    return found[0]


def alive(pid: int) -> bool:
    """Does the process run (and is no zombie)?"""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def with_speculation(cluster: spark_cluster.Cluster, text: Path, data: Path) -> dict[str, int]:
    """A run in which the first attempt at a job of each piece of work waits for a second one to end its work; by piece
    of work how many second attempts Spark began. (The run ends, so in each one came to its end.)"""
    events = data.parent / "events"
    (data.parent / "notes").mkdir(parents=True)
    (data.parent / "notes" / "slow").touch()
    events.mkdir()
    settings = {**SPECULATION, "eventLog.dir": events.as_uri()}
    given = " ".join(f"--conf spark.{name}={value}" for name, value in settings.items())
    for until in ("vocabulary", "newwords"):
        process = start(text, data, until, cluster, given)
        try:
            finish(process, data)
        finally:
            process.kill()
            process.wait()
    return count_speculated(events)


def count_speculated(events: Path) -> dict[str, int]:
    """Out of Spark's event logs: speculative attempts, by piece of work."""
    found: Counter[str] = Counter()
    for path in events.rglob("*"):
        names: dict[int, str] = {}
        for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else []:
            if '"SparkListenerJobStart"' in line:
                job = json.loads(line)
                names |= dict.fromkeys(job["Stage IDs"], job["Properties"]["spark.job.description"])
            elif '"SparkListenerTaskStart"' in line:
                task = json.loads(line)
                found[names[task["Stage ID"]]] += task["Task Info"]["Speculative"]
    return dict(found)


def main() -> None:
    parser = report.make_parser(__doc__)
    parser.add_argument("--turns", type=int, default=2, help="runs with kills")
    given = parser.parse_args()
    given.work.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="spark-kills-", dir=given.work) as name:
        work = Path(name).resolve()
        text = write_text(work / "text", given.shared)
        expected = by_processes(text, work / "processes" / "data")
        kills: list[Facts] = []
        with spark_cluster.running(work / "cluster") as cluster:
            for turn in range(given.turns):
                kills += with_kills(cluster, text, work / f"turn{turn}" / "data", turn)
                if made(work / f"turn{turn}" / "data") != expected:
                    raise RuntimeError(f"turn {turn}: other bytes")
                print(f"turn {turn}: {len(kills)} kills so far, the same bytes", flush=True)
                shutil.rmtree(work / f"turn{turn}")
            speculated = with_speculation(cluster, text, work / "slow" / "data")
            if made(work / "slow" / "data") != expected:
                raise RuntimeError("speculation: other bytes")
    by_stage: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for kill in kills:
        by_stage[kill["stage"]][kill["victim"]] += 1
    facts = {"kills": len(kills), "by_stage": by_stage, "equal_bytes": True, "speculated": speculated, "each": kills}
    print(json.dumps({name: facts[name] for name in ("kills", "by_stage", "speculated")}))
    report.write_result("spark_kills", facts, given.results)


if __name__ == "__main__":
    main()
