"""Kills, full disks, runs at once, damage, power cuts, and all of it in any order, on the real stages over some fifty
articles; counts what came out wrong. ``python benchmarks/torture.py``.

Each part goes on from where it was stopped, as long as the code that is tested is the same (``--work``). After each
attack the next run must give what a clean folder gives, byte for byte. ``--only steps --only kills`` are parts alone.
Exit status 1 if anything went wrong.
"""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import machine
import pipeline.shards
import report
from machine import STAGES, Machine, members
from pipeline import cache, damage

METHODS = ("forkserver", "spawn", "fork")
RUN = """
import multiprocessing, sys, pipeline.cli, pipeline.processes, pipeline.shards
pipeline.shards.SIZE = {size}
if {method!r} != "forkserver":
    pipeline.processes._context = lambda: multiprocessing.get_context({method!r})
if __name__ == "__main__":
    pipeline.cli.main()
"""
SIZE = 1 << 12  # bytes of a shard, so that little text makes many
SECONDS = 600  # that no run may take
GONE = 20  # seconds until a killed run's processes are gone, on a busy machine
PARTS = ("kills", "full", "at-once", "damages", "power-cuts", "steps")
INSIDE = 0.1  # share of the kills that must be inside each stage's work
MIB = 1 << 20

Json = dict[str, Any]


class Torture:
    """A folder with sources, an undisturbed data folder, and what has been counted so far."""

    def __init__(self, work: Path, seed: int) -> None:
        work.mkdir(parents=True, exist_ok=True)
        self.work, self.seed = work, seed
        self.tested = digest_of_code()
        self.notes = work / f"{self.tested[:8]}-{seed}.json"
        self.counts: Json = json.loads(self.notes.read_bytes()) if self.notes.exists() else {}
        pipeline.shards.SIZE = SIZE  # for the runs that are forks
        shutil.rmtree(work / "machine", ignore_errors=True)
        (work / "machine").mkdir()
        self.machine = Machine(work / "machine")
        self.machine.set_sources({"a", "b", "c"})
        self.whole = work / "machine" / "whole"
        began = time.monotonic()
        status, said = self.finish(self.run(self.whole, "forkserver"))
        if status:
            raise RuntimeError(said)
        self.took = time.monotonic() - began
        self.expected = machine.digests(self.whole)
        self.walked: Machine | None = None
        self.clean_notes = work / f"{self.tested[:8]}-clean.json"
        self.seconds = {name: made["seconds"] for name, made in report.read_manifests(self.whole).items()}

    def part(
        self,
        name: str,
        target: int,
        attack: Callable[[random.Random, Counter[str]], str],
        enough: Callable[[Counter[str]], bool] = lambda counted: True,
    ) -> None:
        """Call ``attack`` until it was counted ``target`` times and what it counted is ``enough``; an attack returns
        what was wrong."""
        note = self.counts.setdefault(name, {"done": 0, "wrong": [], "counts": {}, "seconds": 0.0})
        while note["done"] < target or (note["done"] < 3 * target and not enough(Counter(note["counts"]))):
            counted = Counter(note["counts"])
            began = time.monotonic()
            wrong = attack(random.Random(f"{self.seed} {name} {note['done']}"), counted)
            note.update(done=note["done"] + 1, counts=dict(counted))
            note["seconds"] = round(note["seconds"] + time.monotonic() - began, 1)
            if wrong:
                note["wrong"].append(wrong)
                print(f"{name} {note['done']}: {wrong}", flush=True)
            unfinished = self.notes.with_suffix(".unfinished")
            unfinished.write_text(json.dumps(self.counts, ensure_ascii=False, indent=1), encoding="utf-8")
            unfinished.replace(self.notes)
        if target:
            print(f"{name}: {note['done']}, wrong {len(note['wrong'])}, {note['counts']}", flush=True)

    def run(self, data: Path, method: str, *options: str, **environment: str) -> subprocess.Popen[str]:
        """The command in a session of its own, with two processes and small shards."""
        code = self.work / "machine" / f"run_{method}.py"
        code.write_text(RUN.format(method=method, size=SIZE), encoding="utf-8")
        given = [*self.machine.arguments(), "--processes", "2", "--data", str(data), *options]
        return subprocess.Popen(
            [sys.executable, str(code), "run", *given], start_new_session=True, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, encoding="utf-8", errors="replace", cwd=report.REPOSITORY,
            env={**os.environ, "PYTHONPATH": str(report.REPOSITORY), **environment},
        )  # fmt: skip

    def finish(self, process: subprocess.Popen[str]) -> tuple[int, str]:
        """Exit status and what was said; -1000 for a hang."""
        try:
            said = process.communicate(timeout=SECONDS)[1]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return -1000, process.communicate()[1]
        return process.returncode, said

    def fresh(self, without: str = "") -> Path:
        """A copy of the undisturbed folder, without a stage and all after it."""
        data = self.work / "machine" / "data"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(self.whole, data, copy_function=os.link)
        for stage in machine.AFTER[without] if without else ():
            shutil.rmtree(data / stage)
        return data

    def compare(self, data: Path) -> str:
        """A run that nobody disturbs: what is wrong after it. It is a fork of this process, where all is imported."""
        log = self.work / "machine" / "log"
        status = machine.run_forked(["run", *self.machine.arguments()], data, log)
        if status:
            return f"the next run: status {status}: {log.read_text(encoding='utf-8', errors='replace')[-1000:]}"
        found = machine.digests(data)
        if found != self.expected:
            return f"other outputs: {sorted(set(found.items()) ^ set(self.expected.items()))}"
        return "; ".join(f"{output}: {names}" for output, names in damage.check_all(data) if names)

    # --- kills --------------------------------------------------------------------------------------------------------

    def kill(self, drawn: random.Random, counted: Counter[str]) -> str:
        """SIGKILL of the main process, the whole group or one worker, within a stage's work."""
        stage = min(STAGES, key=lambda name: counted[f"in {name}"])
        method = min(METHODS, key=lambda name: counted[name])
        whom = drawn.choice(["main", "group", "worker"])
        data = self.fresh(without=stage)
        process = self.run(data, method, "--until", stage)
        ended = time.monotonic() + SECONDS
        while not list((data / stage).glob(f"*.partial/{cache.RECIPE}")) and process.poll() is None:
            if time.monotonic() > ended:
                return "hung before the stage"
            time.sleep(0.001)
        time.sleep(drawn.random() * self.seconds[stage])
        inside = bool(list((data / stage).glob("*.partial"))) and process.poll() is None
        self._kill(process.pid, whom)
        status, said = self.finish(process)
        began = time.monotonic()
        while members(process.pid):
            if time.monotonic() - began > GONE:
                os.killpg(process.pid, signal.SIGKILL)
                return f"orphans of {stage} by {method}, {whom} killed: {members(process.pid)}"
            time.sleep(0.01)
        counted[f"in {stage}" if inside else f"after {stage}"] += 1
        counted[method] += 1
        counted[whom] += 1
        if status not in (0, 5, -9):
            return f"{stage}, {method}, {whom}: status {status}: {said[-500:]}"
        return self.compare(data)

    def _kill(self, main: int, whom: str) -> None:
        others = [member for member in members(main) if member != main]
        victims = {"main": [main], "group": [main, *others], "worker": others[-1:] or [main]}[whom]
        for victim in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)

    # --- full disks ---------------------------------------------------------------------------------------------------

    def full(self, counted: Counter[str], number: int, library: Path) -> str:
        """The disk is full from write ``number`` on; then there is room again."""
        data = self.work / "machine" / "data"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(self.whole / "dictionary", data / "dictionary", copy_function=os.link)
        status, said = self.finish(self.run(data, "forkserver", "--anyway", **self.faults(data, library, number)))
        counted[f"status {status}"] += 1
        if status not in (0, 4) or "Traceback" in said or (status == 4 and "full" not in said):
            return f"write {number}: status {status}: {said[-1000:]}"
        left = [str(path) for path in data.glob(f"*/*.partial/{cache.WORK}*")]
        wrong = self.compare(data)
        return f"write {number}: left {left} {wrong}" if left or wrong else ""

    def faults(self, data: Path, library: Path, number: int) -> dict[str, str]:
        counter = self.work / "machine" / "counter"
        counter.write_bytes(bytes(8))
        return {"LD_PRELOAD": str(library), "FAULT_FOLDER": str(data), "FAULT_COUNTER": str(counter),
                "FAULT_AT": str(number)}  # fmt: skip

    def writes(self, library: Path) -> int:
        """How many writes an undisturbed run does."""
        data = self.work / "machine" / "data"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(self.whole / "dictionary", data / "dictionary", copy_function=os.link)
        self.finish(self.run(data, "forkserver", **self.faults(data, library, 0)))
        return int.from_bytes((self.work / "machine" / "counter").read_bytes(), sys.byteorder)

    # --- eight at once ------------------------------------------------------------------------------------------------

    def at_once(self, drawn: random.Random, counted: Counter[str]) -> str:
        """Eight runs on one data folder; half of them with another window."""
        data = self.fresh(without=drawn.choice(STAGES))
        started = [self.run(data, METHODS[n % 3], *(("--set", "Train.window=5") if n % 2 else ())) for n in range(8)]
        ended = [self.finish(process) for process in started]
        counted["waited"] += sum("waiting for process" in said for _, said in ended)
        counted["runs"] += 8
        bad = [f"status {status}: {said[-500:]}" for status, said in ended if status]
        for name in machine.AFTER["train"]:  # of the other window; what is left is compared
            for path in (data / name).glob("*"):
                if path.name not in self.expected[name]:
                    shutil.rmtree(path)
        return "; ".join(bad) or self.compare(data)

    # --- damage -------------------------------------------------------------------------------------------------------

    def damaged(self, drawn: random.Random, counted: Counter[str]) -> str:
        """Each region of each file in turn; what reads it is made anew."""
        files = sorted(
            path for path in self.whole.glob("*/*/**/*")
            if path.is_file() and path.stat().st_size and "runs" not in path.parts
        )  # fmt: skip
        number = counted["attempts"]
        counted["attempts"] += 1
        path = files[number % len(files)]
        region = number // len(files)
        stage, name = path.relative_to(self.whole).parts[0], path.relative_to(self.whole)
        data = self.fresh()
        victim = data / name
        victim.unlink()
        shutil.copy2(path, victim)
        machine.flip(victim, int(path.stat().st_size * ((region * 0.61803) % 1)))
        if not damage.find(data.joinpath(*name.parts[:2])):
            return f"{name}: damage not found"
        for after in machine.AFTER[stage]:
            if after != stage:
                shutil.rmtree(data / after)
        counted[stage] += 1
        self.machine.data = data
        status = machine.run_forked(["run", *self.machine.arguments()], data, self.work / "machine" / "log")
        if status:
            return f"{name}: status {status}: {(self.work / 'machine' / 'log').read_text(encoding='utf-8')[-500:]}"
        if machine.digests(data)["export"] != self.expected["export"]:
            return f"{name}: another model"
        if any(names for output, names in damage.check_all(data) if output.parent.name == "export"):
            return f"{name}: a damaged model"
        counted["read and mended"] += bool(list(data.glob("*/*.damaged-1"))) or name.name == cache.MANIFEST
        return ""

    # --- power cuts ---------------------------------------------------------------------------------------------------

    def power_cut(self, drawn: random.Random, counted: Counter[str]) -> str:
        """A run on a file system in a file; a copy of that file at a random moment, mounted: is all that looks whole
        whole, and does the next run go on?"""
        with tempfile.TemporaryDirectory(dir=self.work) as folder:
            image, copy, disk = Path(folder) / "image", Path(folder) / "copy", Path(folder) / "disk"
            disk.mkdir()
            with image.open("wb") as file:
                file.truncate(400 * MIB)
            subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
            subprocess.run(["mount", "-o", "loop,commit=5", image, disk], check=True)
            try:
                process = self.run(disk / "data", "forkserver")
                time.sleep(drawn.random() * self.took)
                subprocess.run(["cp", "--sparse=always", image, copy], check=True)
                self.finish(process)
            finally:
                subprocess.run(["umount", "-l", disk], check=True)
            subprocess.run(["mount", "-o", "loop", copy, disk], check=True)
            try:
                there = (disk / "data").is_dir()  # it may be cut before the folder itself is on the disk
                found = [output for output, names in damage.check_all(disk / "data") if names] if there else []
                counted["outputs there"] += len(list((disk / "data").glob(f"*/*/{cache.MANIFEST}")))
                return f"damaged: {found}" if found else self.compare(disk / "data")
            finally:
                subprocess.run(["umount", "-l", disk], check=True)

    # --- all of it in any order ---------------------------------------------------------------------------------------

    def step(self, drawn: random.Random, counted: Counter[str]) -> str:
        """One step of the state machine, on a folder that all steps share."""
        if self.walked is None:
            self.walked = Machine(self.work / "machine" / "steps", clean=self.clean())
        self.walked.counts.clear()
        machine.step(self.walked, drawn)
        counted.update(self.walked.counts)
        wrong = "; ".join(self.walked.wrong)
        self.walked.wrong.clear()
        self.clean_notes.write_text(json.dumps(self.walked.clean), encoding="utf-8")
        return wrong

    def clean(self) -> dict[str, dict[str, str]]:
        """What clean folders gave, by their settings, remembered over sessions."""
        return json.loads(self.clean_notes.read_bytes()) if self.clean_notes.exists() else {}


def digest_of_code() -> str:
    """What is tested: the digest of all that a run is made of."""
    files = [path for folder in ("pipeline", "ciliu") for path in (report.REPOSITORY / folder).rglob("*")]
    sources = sorted(path for path in files if path.suffix in {".py", ".c", ".h"})
    return cache.digest([cache.file_digest(path) for path in (*sources, report.REPOSITORY / "tasks.py")])


def inside_each(counted: Counter[str], target: int) -> bool:
    """Were enough of the kills inside the work of each stage?"""
    return all(counted[f"in {stage}"] >= INSIDE * target for stage in STAGES if target > len(STAGES) / INSIDE)


def compile_faults(work: Path) -> Path | None:
    """The library that makes writes fail; None where there is no C compiler."""
    library = work / "fault.so"
    source = Path(__file__).with_name("fault.c")
    built = (
        shutil.which("cc")
        and not subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], check=False).returncode
    )
    return library if built else None


def can_mount(work: Path) -> bool:
    """Are there loop devices, and may they be mounted?"""
    with tempfile.TemporaryDirectory(dir=work) as folder:
        image = Path(folder) / "image"
        image.write_bytes(b"")
        os.truncate(image, 8 * MIB)
        for command in (["mkfs.ext4", "-q", "-F", str(image)], ["mount", "-o", "loop", str(image), folder]):
            if (
                not shutil.which(str(command[0]))
                or subprocess.run(command, capture_output=True, check=False).returncode
            ):
                return False
        subprocess.run(["umount", "-l", folder], check=True)
    return True


def main() -> None:
    parser = report.make_parser(__doc__, shared=False)
    amounts = {"kills": 200, "full": 0, "at-once": 20, "damages": 1000, "steps": 10_000, "power-cuts": 51}
    for name, amount in amounts.items():
        parser.add_argument(f"--{name}", type=int, default=amount, help=f"how many  [{amount or 'each write'}]")
    parser.add_argument("--only", action="append", choices=PARTS, help="this part alone; may stand several times")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--name", default="torture", help="of the JSON")
    given = parser.parse_args()
    torture = Torture(given.work.absolute() / "torture", given.seed)
    skipped = {}
    for name in given.only or PARTS:
        why = do_part(torture, name, vars(given)[name.replace("-", "_")])
        if why:
            skipped[name] = why
            print(f"{name}: left out: {why}", flush=True)
    wrong = {name: note["wrong"] for name, note in torture.counts.items()}
    hangs = sum("-1000" in entry or "hung" in entry for entries in wrong.values() for entry in entries)
    orphans = sum("orphans" in entry for entries in wrong.values() for entry in entries)
    total = {"lost or wrong": sum(map(len, wrong.values())) - hangs - orphans, "orphans": orphans, "hangs": hangs}
    facts = {"total": total, "skipped": skipped, "code": torture.tested, "parts": torture.counts}
    report.write_result(given.name, facts, given.results)
    print(total)
    sys.exit(any(total.values()))


def do_part(torture: Torture, name: str, amount: int) -> str:
    """One part; why it is left out, if it is."""
    if name == "full":
        return fill_disks(torture, amount)
    if name == "power-cuts" and not can_mount(torture.work):
        return "no loop device can be mounted here"
    attack = {"kills": torture.kill, "at-once": torture.at_once, "damages": torture.damaged,
              "power-cuts": torture.power_cut, "steps": torture.step}[name]  # fmt: skip
    enough = partial(inside_each, target=amount) if name == "kills" else lambda counted: True
    torture.part(name, amount, attack, enough)
    return ""


def fill_disks(torture: Torture, amount: int) -> str:
    """``amount`` of the writes of a run, or each if 0, meet a full disk."""
    library = compile_faults(torture.work)
    if library is None:
        return "no C compiler"
    writes = torture.writes(library)
    number = amount or writes

    def attack(drawn: random.Random, counted: Counter[str]) -> str:
        return torture.full(counted, 1 + torture.counts["full"]["done"] * writes // number, library)

    torture.part("full", number, attack)
    torture.counts["full"]["writes of a run"] = writes
    return ""


if __name__ == "__main__":
    main()
