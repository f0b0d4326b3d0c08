"""A real Spark cluster on the loopback: a master and two workers of a core each, as processes of their own.

``python benchmarks/spark_cluster.py up`` (``make spark-up``) starts it and prints what ``--on`` takes; ``down``
(``make spark-down``) ends it. Its logs, and the settings of jobs (``SPARK_CONF_DIR``), are in ``--folder``.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pyspark

from report import REPOSITORY, descendants

HOSTS = ("master", "worker1", "worker2")
PATIENCE = 120.0  # seconds for a process to say that it is there
DEFAULTS = {
    "spark.driver.memory": "512m",
    "spark.executor.memory": "512m",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}


@dataclass
class Cluster:
    """The processes of a cluster, and the folder with their logs."""

    folder: Path
    master: str = ""
    pids: dict[str, int] = field(default_factory=dict)
    inside: Callable[[str], list[str]] = lambda name: []  # the command that a host's processes are started by

    @property
    def environment(self) -> dict[str, str]:
        """For whoever runs jobs."""
        return {"SPARK_CONF_DIR": str(self.folder), "SPARK_LOCAL_IP": "127.0.0.1"}

    def start(self, name: str, *, wait: bool = True) -> None:
        """Start ``master``, or the worker ``name``, and ``wait`` until it is there."""
        kind = "master.Master" if name == "master" else "worker.Worker"
        host = f"127.0.0.{HOSTS.index(name) + 1}"  # Spark tries no task a second time on the same host
        given = ["--host", host, "--port", "0", "--webui-port", "0"]
        if name != "master":
            given += ["--cores", "1", "--memory", "1g", "--work-dir", str(self.folder / name), self.master]
        log = self.folder / f"{name}.log"
        spark = Path(pyspark.__file__).parent
        with log.open("wb") as said:
            process = subprocess.Popen(
                [*self.inside(name), spark / "bin" / "spark-class", f"org.apache.spark.deploy.{kind}", *given],
                stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True,
                env={**os.environ, **self.environment, "SPARK_LOCAL_IP": host, "SPARK_HOME": str(spark),
                     "SPARK_DAEMON_MEMORY": "256m", "SPARK_NO_DAEMONIZE": "1"},
            )  # fmt: skip
        self.pids[name] = process.pid
        if name == "master":
            self.master = _wait_for(log, r"Starting Spark master at (spark://\S+)")
        elif wait:
            _wait_for(log, r"Successfully registered with (\S+)")

    def kill(self, name: str) -> None:
        """Kill a worker, and with it its executor and what runs there."""
        os.kill(self.pids.pop(name), signal.SIGKILL)

    def executors(self) -> list[int]:
        """The executors' processes: the workers' children."""
        own = {pid for name, pid in self.pids.items() if name != "master"}
        below = {child for pid in own for child in descendants(pid)}
        return [
            pid
            for pid, command in (commands(below) if below else {}).items()
            if "CoarseGrainedExecutorBackend" in command
        ]

    def stop(self) -> None:
        """End all of it."""
        for pid in self.pids.values():
            with suppress(ProcessLookupError):
                if "org.apache.spark.deploy" in commands().get(pid, ""):
                    os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + 20
        while time.monotonic() < end and any(str(self.folder) in command for command in commands().values()):
            time.sleep(0.1)
        for pid in self.pids.values():
            with suppress(ProcessLookupError):
                if "org.apache.spark.deploy" in commands().get(pid, ""):
                    os.killpg(pid, signal.SIGKILL)
        self.pids = {}


def commands(pids: Iterable[int] = ()) -> dict[int, str]:
    """The command line of ``pids``, or of each process."""
    found = {}
    for pid in pids or [int(path.name) for path in Path("/proc").glob("[0-9]*")]:
        path = Path(f"/proc/{pid}/cmdline")
        with suppress(OSError):
            found[pid] = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return found


def _wait_for(log: Path, pattern: str) -> str:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = re.search(pattern, log.read_text(encoding="utf-8", errors="replace"))
        if found:
            return found[1]
        time.sleep(0.1)
    raise RuntimeError(f"no {pattern!r} in {log} within {PATIENCE:.0f} s")


def up(folder: Path, inside: Callable[[str], list[str]] = lambda name: []) -> Cluster:
    """Start a cluster, each host ``inside`` a command of its own. Raises ``RuntimeError`` if it does not come up."""
    folder.mkdir(parents=True)
    settings = "".join(f"{name} {value}\n" for name, value in DEFAULTS.items())
    (folder / "spark-defaults.conf").write_text(settings, encoding="utf-8")
    cluster = Cluster(folder, inside=inside)
    try:
        for name in HOSTS:
            cluster.start(name)
    except BaseException:
        cluster.stop()
        raise
    return cluster


@contextmanager
def running(folder: Path, inside: Callable[[str], list[str]] = lambda name: []) -> Iterator[Cluster]:
    """A cluster while this lasts, as ``up`` starts it."""
    cluster = up(folder, inside)
    try:
        yield cluster
    finally:
        cluster.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["up", "down"])
    parser.add_argument("--folder", type=Path, default=REPOSITORY / "corpus" / "spark")
    given = parser.parse_args()
    state = given.folder / "cluster.json"
    if state.exists():
        kept = json.loads(state.read_text(encoding="utf-8"))
        Cluster(given.folder, kept["master"], kept["pids"]).stop()
    shutil.rmtree(given.folder, ignore_errors=True)
    if given.what == "up":
        cluster = up(given.folder.resolve())
        state.write_text(json.dumps({"master": cluster.master, "pids": cluster.pids}), encoding="utf-8")
        settings = " ".join(f"{name}={value}" for name, value in cluster.environment.items())
        print(f"{settings} ciliu run SOURCES --on {cluster.master}")


if __name__ == "__main__":
    main()
