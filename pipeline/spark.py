"""Shards made on Apache Spark instead of by processes here: a Spark task a shard.

What runs there are the same functions, by the same ``shards.map_shards``, into the same folder, which all machines have
to see. What ``map_shards`` does not map (cutting sources into shards, looking for equal digests, merging counts) stays
here.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import processes, progress, shards
from pipeline.alike import Versions, run_alike, versions
from pipeline.processes import Job

Result = tuple[int, Exception | None, Any]  # the job's index, what it raised, what it returned

if TYPE_CHECKING:  # a run without Spark needs neither pyspark nor Java
    from pyspark import Accumulator, Broadcast, SparkContext

HERE = "processes"  # instead of a master: no Spark
MASTER = re.compile(r"local(\[(\d+|\*)(,\d+)?\])?|spark://[^\s:,/]+:\d+(,[^\s:,/]+:\d+)*|yarn|k8s://\S+")
ENDING = 20.0  # seconds that Spark's Java process gets to end its executors
POLL = 0.05  # seconds between two looks at what has arrived


def require(master: str) -> None:
    """Raise ``ValueError`` where ``master`` is none, or pyspark or Java is missing; ``OSError`` if nobody answers."""
    if not MASTER.fullmatch(master):
        raise ValueError(f"{master} is no place to run: local[2], spark://HOST:PORT, yarn, k8s://…, or {HERE}")
    if find_spec("pyspark") is None:
        raise ValueError(f"{master} needs pyspark, which is not installed: pip install pyspark (or Ciliu's [spark])")
    home = os.environ.get("JAVA_HOME")
    if not shutil.which(f"{home}/bin/java" if home else "java"):
        where = f"JAVA_HOME={home} has none" if home else "there is none (apt-get install openjdk-17-jre-headless)"
        raise ValueError(f"Spark needs Java 17 or later, and {where}")
    if master.startswith("spark://") and not any(map(_answers, master.removeprefix("spark://").split(","))):
        raise ConnectionError(None, f"no Spark master answers at {master}")


def _answers(address: str) -> bool:
    """Does somebody listen at HOST:PORT? Spark itself would try for a minute."""
    host, port = address.rsplit(":", 1)
    with suppress(OSError), socket.create_connection((host, int(port)), timeout=5):
        return True
    return False


@contextmanager
def on(master: str, log: Path) -> Iterator[None]:
    """While this lasts, shards are made on the Spark at ``master``, which is started when the first one is missing.
    What its Java process says goes to ``log``. Raises as ``require`` does."""
    require(master)
    with ExitStack() as stack, use(cache(lambda: stack.enter_context(_start(master, log)))):
        yield


@contextmanager
def use(context: "Callable[[], SparkContext]") -> Iterator[None]:
    """While this lasts, shards are made by tasks of ``context()``, asked for when one is missing."""

    def run(jobs: Sequence[Job], _: int) -> Generator[tuple[int, Any], None, None]:
        if jobs:
            yield from run_jobs(context(), jobs)

    before, shards.runner = shards.runner, run
    try:
        yield
    finally:
        shards.runner = before


@contextmanager
def _start(master: str, log: Path) -> "Iterator[SparkContext]":
    from pyspark import SparkConf, SparkContext, java_gateway

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    if master.startswith("local"):  # nobody else is to reach it
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    conf = SparkConf().setMaster(master).setAppName("ciliu").set("spark.ui.showConsoleProgress", "false")
    conf.setIfMissing("spark.io.encryption.enabled", "true")  # a source's password goes through Spark's temporary files
    before = signal.getsignal(signal.SIGINT)
    with log.open("ab") as said, ExitStack() as ends:
        try:
            gateway = java_gateway.launch_gateway(conf, {"stdout": said, "stderr": said})  # type: ignore[no-untyped-call] # pyspark's
            ends.callback(_end, gateway)
            context = SparkContext(conf=conf, gateway=gateway)
        except Exception as error:  # noqa: BLE001 - pyspark's and py4j's are many
            progress.log.error(str(error))
            raise RuntimeError(f"Spark does not start at {master}: {log} says why") from None
        finally:
            if threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGINT, before)  # pyspark took Ctrl-C over
        progress.say(f"Spark {context.version} at {master}: {context.uiWebUrl}", event="spark", log=str(log))
        try:
            yield context
        finally:
            with suppress(Exception):  # it is gone already, perhaps
                context.stop()


def _end(gateway: Any) -> None:
    """End Spark's Java process; what comes after Vocabulary needs the memory."""
    from pyspark import SparkContext

    SparkContext._gateway = SparkContext._jvm = None
    gateway.shutdown()
    try:
        gateway.proc.communicate(timeout=ENDING)  # closes its standard input, at which it ends
    except subprocess.TimeoutExpired:
        gateway.proc.kill()


def run_jobs(context: "SparkContext", jobs: Sequence[Job]) -> Generator[tuple[int, Any], None, None]:
    """Run ``jobs`` in a task of ``context`` each; yields (index, result) as they finish. A job may run twice, at the
    same time too; its result comes once.

    Raises what a job raised; ``RuntimeError`` if a task was lost more often than Spark tries again.
    """
    arrived: deque[Result] = deque()
    finished = context.accumulator(arrived, _Stream())  # type: ignore[arg-type] # what it calls is there
    given = context.broadcast(jobs)
    lost: list[Exception] = []

    def work() -> None:
        try:
            context.setJobDescription(_name(jobs[0]))
            numbers = context.parallelize(range(len(jobs)), len(jobs))
            numbers.foreach(partial(_run_job, given, finished, Path.cwd(), versions()))
        except Exception as error:  # noqa: BLE001 - raised below
            lost.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while thread.is_alive() or arrived:
            while arrived:
                number, failure, result = arrived.popleft()
                if failure:
                    raise failure
                yield number, result
            thread.join(POLL)
        if lost:
            raise _explain(lost[0], jobs) from None
    finally:
        if thread.is_alive():
            with suppress(Exception):  # Spark is gone already, perhaps
                context.cancelAllJobs()


class _Stream:
    """How an accumulator takes additions: it keeps them. Spark sends those of a task when it has finished, once,
    whatever ran twice; so results come one by one, and hold up no other task."""

    def zero(self, value: object) -> list[Result]:
        return []

    def addInPlace(self, value: Any, more: Iterable[Result]) -> Any:  # noqa: N802 - Spark's name
        value.extend(more)
        return value


def _run_job(
    given: "Broadcast[Sequence[Job]]", finished: "Accumulator[Any]", folder: Path, wanted: Versions, number: int
) -> None:
    """In a task. A failure is a result too: Spark would try it three times more, and tell it in Java."""
    with suppress(OSError):  # so that relative names mean here what they mean there
        os.chdir(folder)
    failure, result = processes.attempt(run_alike, (wanted, *given.value[number]))
    finished.add([(number, _name_host(failure), result)])


def _name_host(failure: Exception | None) -> Exception | None:
    """An error of the system says on which machine: one that does not see a folder, or whose disk is full."""
    if not isinstance(failure, OSError) or failure.errno is None:
        return failure
    return type(failure)(failure.errno, f"{failure.strerror} (on {socket.gethostname()})", failure.filename)


def _explain(lost: Exception, jobs: Sequence[Job]) -> RuntimeError:
    """A sentence; Spark's own words, a stack of Java, go to the log of the run."""
    progress.log.error(str(lost), extra={"fields": {"event": "spark-failure"}})
    said = str(lost)
    python = re.findall(r"^\w+Error: .*$", said, re.MULTILINE)
    if python:  # what a job raises is a result: this comes from before it
        return RuntimeError(f"a machine of Spark cannot run Ciliu: {python[-1]} (docs/spark.md says what it needs)")
    found = re.search(
        r"Task (\d+) in stage \S+ failed (\d+) times.*?\(TID.*?\) \(.*?\): (?:[\w.]+: )?(.*?)(\. |\n|$)", said
    )
    if not found:
        return RuntimeError(f"Spark gave up: {' '.join(said.splitlines()[:2])[:300]}")
    job = jobs[int(found[1])]
    piece = next((f" of shard {part.name}" for part in job[1] if isinstance(part, shards.Shard)), "")
    return RuntimeError(f"Spark gave up: {_name(job)}{piece} failed {found[2]} times: {found[3]}")


def _name(job: Job) -> str:
    """What a job does: the function that it is, or that makes its shard."""
    function, arguments = job
    return str(getattr(next(iter(arguments), None), "__name__", function.__name__))
