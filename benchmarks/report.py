"""What the benchmarks share: run a command and measure it, read a data folder, write a result.

A result (``results/<name>.json``) says which machine and versions it comes from, but names no host and no path.
"""

import argparse
import contextlib
import ctypes
import datetime
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypedDict

import xxhash

from pipeline import cache
from pipeline.processes import cpus

# Where Python may not keep what it compiled, each start compiles 150 modules again: no user's machine is so.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

REPOSITORY = Path(__file__).parent.parent
CILIU = str(Path(sys.executable).with_name("ciliu"))
LIBRARIES = ("backports.zstd", "ciliu", "click", "gensim", "jieba", "luigi", "numpy", "scipy", "xxhash")

PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
PATIENCE = 10.0  # seconds for the processes that a command leaves behind (a forkserver) to end


class Measured(TypedDict):
    """A command's run. ``peaks`` is bytes of PSS of the whole process tree at its highest, by phase of the run;
    ``others_cpu_seconds`` is what everything else on the machine took meanwhile: if it is much, nothing is proven."""

    seconds: float
    cpu_seconds: float
    others_cpu_seconds: float
    peak_bytes: int
    peaks: dict[str, int]
    exit_code: int
    output: str


def run_measured(
    command: Sequence[str], cwd: Path, *, interval: float = 0.1, phase: Callable[[], str] = lambda: "whole"
) -> Measured:
    """Run ``command`` in ``cwd``; look at its memory each ``interval`` seconds, ask ``phase`` what it is doing.

    CPU is that of all its processes. Raises ``RuntimeError`` with the end of its standard error if it fails.
    """
    _adopt_orphans()
    before, machine_before = _children_cpu(), _machine_cpu()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.monotonic()
        process = subprocess.Popen(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        sampler = _Sampler(interval, phase)
        sampler.start()
        code = process.wait()
        seconds = time.monotonic() - started
        sampler.stop()
        _reap_orphans()
        if code:
            raise RuntimeError(f"{' '.join(command)} ended with exit code {code}:\n{_read(err)[-2_000:]}")
        own, machine = _children_cpu() - before, _machine_cpu() - machine_before
        return {
            "seconds": round(seconds, 3),
            "cpu_seconds": round(own, 3),
            "others_cpu_seconds": round(max(0.0, machine - own), 2),
            "peak_bytes": max(sampler.peaks.values(), default=0),
            "peaks": dict(sampler.peaks),
            "exit_code": code,
            "output": _read(out),
        }


def _read(file: Any) -> str:
    file.seek(0)
    return str(file.read().decode("utf-8", "replace"))


def _adopt_orphans() -> None:
    """What outlives the command becomes our child: else the CPU of multiprocessing's forkserver would be lost."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _reap_orphans() -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.02)
        except ChildProcessError:
            return
    raise RuntimeError(f"the command left processes behind that still run after {PATIENCE:.0f} s")


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _machine_cpu() -> float:
    """Seconds that all CPUs were busy, or taken by the host, since the start of the machine."""
    user, nice, system, _, _, *others = map(int, Path("/proc/stat").read_text(encoding="ascii").split()[1:9])
    return (user + nice + system + sum(others)) / os.sysconf("SC_CLK_TCK")


def cpu_elsewhere() -> float:
    """Seconds that all CPUs were busy with other things than this process and its children that ended, up to now. The
    difference of two calls is what else went on in between: if it is much, nothing is proven."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    return _machine_cpu() - own.ru_utime - own.ru_stime - _children_cpu()


class _Sampler(threading.Thread):
    """Looks at the memory of all processes below this one until it is stopped."""

    def __init__(self, interval: float, phase: Callable[[], str]) -> None:
        super().__init__(daemon=True)
        self.peaks: defaultdict[str, int] = defaultdict(int)
        self._interval, self._phase = interval, phase
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.wait(self._interval):
            name = self._phase()
            self.peaks[name] = max(self.peaks[name], sum(memory_of(pid) for pid in descendants(os.getpid())))

    def stop(self) -> None:
        self._stopped.set()
        self.join()


def descendants(root: int) -> list[int]:
    """The processes below ``root``, transitively."""
    children = defaultdict(list)
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            parent = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1]
            children[int(parent)].append(int(folder.name))
    found = [root]
    for pid in found:
        found += children[pid]
    return found[1:]


def memory_of(pid: int) -> int:
    """Bytes of PSS (shared pages in equal parts), of RSS where the system gives no PSS, 0 for a process that ended."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) * 1024
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()
    return 0


def read_manifests(data: Path) -> dict[str, cache.Json]:
    """The manifest of each stage in a data folder that holds one run, in the order they were made."""
    paths = sorted(data.glob(f"*/*/{cache.MANIFEST}"), key=lambda path: path.stat().st_mtime_ns)
    return {manifest["stage"]: manifest for manifest in map(cache.read_json, paths)}


def stage_under_way(data: Path) -> str:
    """The stage that a run in ``data`` makes just now."""
    return next((path.parent.name for path in data.glob("*/*.partial")), "between stages")


def describe_machine() -> dict[str, Any]:
    """CPU, memory, kernel, versions."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return {
        "cpu": next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown"),
        "cores": cpus(),
        "memory_bytes": os.sysconf("SC_PHYS_PAGES") * resource.getpagesize(),
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
    }


TRAINING = ("alias", "chunks", "skipgram", "train")  # how the sources of the training begin


def core_digest(beginnings: tuple[str, ...] = ("",)) -> str:
    """xxh3_128 of the native core's sources, or of those whose names begin so: which core a result is about."""
    sources = xxhash.xxh3_128()
    for path in sorted((REPOSITORY / "ciliu" / "native").glob("*.[ch]")):
        if path.name.startswith(beginnings):
            sources.update(path.name.encode() + path.read_bytes())
    return sources.hexdigest()


def cutter_digest(*names: str) -> str:
    """xxh3_128 of the sources that shape the words, and of others that are named."""
    sources = ("build.c", "cut.c", "hmm.c", "lists.c", *names)
    return xxhash.xxh3_128_hexdigest(
        b"".join((REPOSITORY / "ciliu" / "native" / name).read_bytes() for name in sources)
    )


def write_result(name: str, facts: dict[str, Any], folder: Path) -> None:
    """``<folder>/<name>.json``: date, machine, ``facts``."""
    folder.mkdir(parents=True, exist_ok=True)
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    result = {"benchmark": name, "date": today, "machine": describe_machine(), **facts}
    path = folder / f"{name}.json"
    path.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"\n{path}")


def make_parser(description: str | None, *, shared: bool = True) -> argparse.ArgumentParser:
    """The options that all benchmarks have; ``shared`` says whether the corpora are needed."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", required=shared, type=Path, help="the folder that holds corpora/")
    parser.add_argument("--work", type=Path, default=REPOSITORY / "corpus", help="for corpora and data folders")
    parser.add_argument("--results", type=Path, default=REPOSITORY / "benchmarks" / "results", help="for the JSON")
    return parser
