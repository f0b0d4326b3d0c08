"""Kills, full disks, runs at once, damage, power cuts, and all of it in any order, on the real stages over some fifty
articles; counts what came out wrong. ``python benchmarks/torture.py``.

Each part goes on from where it was stopped (``--work``). After each attack the next run must give what a clean folder
gives, byte for byte. ``--kills 0`` and so on leave a part out.
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
from pathlib import Path
from typing import Any

import machine
import pipeline.shards
import report
from machine import STAGES, Machine
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
SECONDS = 120  # that no run may take
MIB = 1 << 20

Json = dict[str, Any]


class Torture:
    """A folder with sources, an undisturbed data folder, and what has been counted so far."""

    def __init__(self, work: Path, seed: int) -> None:
        work.mkdir(parents=True, exist_ok=True)
        self.work, self.seed = work, seed
        self.notes = work / "torture.json"
        self.counts: Json = json.loads(self.notes.read_bytes()) if self.notes.exists() else {}
        pipeline.shards.SIZE = SIZE  # for the runs that are forks
        shutil.rmtree(work / "machine", ignore_errors=True)
        (work / "machine").mkdir()
        self.machine = Machine(work / "machine")
        self.machine.set_sources({"a", "b", "c"})
        self.whole = work / "machine" / "whole"
        self.run(self.whole, "forkserver").wait(SECONDS)
        self.expected = machine.digests(self.whole)
        self.seconds = {name: made["seconds"] for name, made in report.read_manifests(self.whole).items()}

    def part(self, name: str, target: int, attack: Callable[[random.Random, Counter[str]], str]) -> None:
        """Call ``attack`` until it was counted ``target`` times; an attack returns what was wrong."""
        note = self.counts.setdefault(name, {"done": 0, "wrong": [], "counts": {}, "seconds": 0.0})
        while note["done"] < target:
            counted = Counter(note["counts"])
            began = time.monotonic()
            wrong = attack(random.Random(f"{self.seed} {name} {note['done']}"), counted)
            note.update(done=note["done"] + 1, counts=dict(counted))
            note["seconds"] = round(note["seconds"] + time.monotonic() - began, 1)
            if wrong:
                note["wrong"].append(wrong)
                print(f"{name} {note['done']}: {wrong}", flush=True)
            self.notes.write_text(json.dumps(self.counts, ensure_ascii=False, indent=1), encoding="utf-8")
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

    def compare(self, data: Path, method: str = "forkserver") -> str:
        """A run that nobody disturbs: what is wrong after it."""
        status, said = self.finish(self.run(data, method))
        if status:
            return f"the next run: status {status}: {said[-1000:]}"
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
            if time.monotonic() - began > 5:
                os.killpg(process.pid, signal.SIGKILL)
                return f"orphans of {stage} by {method}, {whom} killed: {members(process.pid)}"
            time.sleep(0.01)
        counted[f"in {stage}" if inside else f"after {stage}"] += 1
        counted[method] += 1
        counted[whom] += 1
        if status not in (0, 5, -9):
            return f"{stage}, {method}, {whom}: status {status}: {said[-500:]}"
        return self.compare(data, method)

    def _kill(self, main: int, whom: str) -> None:
        others = [member for member in members(main) if member != main]
        victims = {"main": [main], "group": [main, *others], "worker": others[-1:] or [main]}[whom]
        for victim in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)

    # --- full disks ---------------------------------------------------------------------------------------------------

    def full(self, drawn: random.Random, counted: Counter[str], number: int, library: Path) -> str:
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
        for name in ("train", "export"):  # of the other window; what is left is compared
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
                time.sleep(0.5 + drawn.random() * 6)
                subprocess.run(["cp", "--sparse=always", image, copy], check=True)
                self.finish(process)
            finally:
                subprocess.run(["umount", "-l", disk], check=True)
            subprocess.run(["mount", "-o", "loop", copy, disk], check=True)
            try:
                found = [output for output, names in damage.check_all(disk / "data") if names]
                counted["outputs there"] += len(list((disk / "data").glob(f"*/*/{cache.MANIFEST}")))
                return f"damaged: {found}" if found else self.compare(disk / "data")
            finally:
                subprocess.run(["umount", "-l", disk], check=True)


def members(session: int) -> list[int]:
    """The processes of a session that live."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(entry.parent.name))
    return sorted(found)


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
    parser.add_argument("--no-full", action="store_true", help="leave full disks out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--name", default="torture", help="of the JSON")
    given = parser.parse_args()
    torture = Torture(given.work.absolute() / "torture", given.seed)
    skipped = {}
    torture.part("kills", given.kills, torture.kill)
    library = compile_faults(torture.work)
    if library and not given.no_full:
        writes = torture.writes(library)
        number = given.full or writes
        torture.part("full", number, lambda drawn, counted: torture.full(
            drawn, counted, 1 + torture.counts["full"]["done"] * writes // number, library))  # fmt: skip
        torture.counts["full"]["writes of a run"] = writes
    elif not library:
        skipped["full"] = "no C compiler"
    torture.part("at once", given.at_once, torture.at_once)
    torture.part("damages", given.damages, torture.damaged)
    if given.power_cuts and can_mount(torture.work):
        torture.part("power cuts", given.power_cuts, torture.power_cut)
    elif given.power_cuts:
        skipped["power cuts"] = "no loop device can be mounted here"
    walked = Machine(torture.work / "machine" / "steps")

    def step(drawn: random.Random, counted: Counter[str]) -> str:
        walked.counts.clear()
        machine.step(walked, drawn)
        counted.update(walked.counts)
        wrong = "; ".join(walked.wrong)
        walked.wrong.clear()
        return wrong

    torture.part("steps", given.steps, step)
    wrong = {name: note["wrong"] for name, note in torture.counts.items()}
    hangs = sum("-1000" in entry or "hung" in entry for entries in wrong.values() for entry in entries)
    orphans = sum("orphans" in entry for entries in wrong.values() for entry in entries)
    total = {"lost or wrong": sum(map(len, wrong.values())) - hangs - orphans, "orphans": orphans, "hangs": hangs}
    report.write_result(given.name, {"total": total, "skipped": skipped, "parts": torture.counts}, given.results)
    print(total, skipped)


if __name__ == "__main__":
    main()
