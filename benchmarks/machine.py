"""A data folder that is changed, deleted from, damaged, killed in, collected and run in any order; after each run its
outputs must be those of a clean folder.

The stages are the real ones over some fifty small articles. Each run is a fork of this process, which kills itself, or
meets a full disk, at a file operation that was drawn before. Used by tests/test_machine.py and by torture.py.
"""

import errno
import json
import os
import random
import select
import shutil
import signal
import sys
import traceback
from collections import Counter
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from pipeline import cache, damage
from pipeline.cli import ciliu

STAGES = ("articles", "dedup", "dictionary", "segment", "vocabulary", "train", "evaluate", "export")
AFTER = {stage: STAGES[number:] for number, stage in enumerate(STAGES)} | {
    "articles": ("articles", "dedup", "segment", "vocabulary", "train", "evaluate", "export"),
    "dedup": ("dedup", "segment", "vocabulary", "train", "evaluate", "export"),
}
BEFORE = {end: tuple(stage for stage in STAGES if end in AFTER[stage]) for end in STAGES}
QUICK = (
    "--set", "Train.vector_size=8", "--set", "Train.epochs=1", "--set", "Train.threads=1", "--processes", "1",
    "--allow-failed",
)  # fmt: skip
WORDS = [
    "猫喜欢吃鱼",
    "狗喜欢吃骨头",
    "孩子抱着猫",
    "爸爸给狗洗澡",
    "我们每天读新闻",
    "云计算平台很大",
    "她在院子里跑",
    "邻居养了两只猫",
]
PARAMETERS = {"Segment.HMM": ("false", "true"), "Vocabulary.min_count": ("1", "3"), "Train.window": ("2", "5")}
EVENTS = {"open", "os.rename", "os.link", "os.mkdir", "os.remove", "os.rmdir"}
IMPORTED = (  # by a run, while it works: here once, before the forks; that is half of what most runs would take
    "gensim.models", "pipeline.cli.gc", "pipeline.cli.needs", "pipeline.cli.request", "pipeline.cli.run",
    "pipeline.cli.tables", "pipeline.evaluate.gate", "pipeline.gc",
)  # fmt: skip
HANG = 600.0  # seconds


def write_sources(folder: Path) -> None:
    """Three files of articles, a third of them twice. 猫 cat, 狗 dog, 孩子 child, 爸爸 father, 新闻 news, 云计算 cloud
    computing, 院子 yard, 邻居 neighbour."""
    folder.mkdir(parents=True)
    drawn = random.Random(7)
    for name in ("a", "b", "c"):
        texts = ["。".join(drawn.choices(WORDS, k=drawn.randint(3, 60))) for _ in range(12)]
        lines = [json.dumps({"text": text}, ensure_ascii=False) for text in [*texts, *texts[:4]]]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def run_forked(arguments: list[str], data: Path, log: Path, at: int = 0, how: str = "") -> int:
    """``ciliu ARGUMENTS`` in a fork. At its file operation number ``at`` in the data folder it is killed (``kill``), or
    the disk is full from there on (``full``). Returns the exit status, negative for a signal; -1000 for a hang."""
    child = os.fork()
    if child == 0:
        _live(arguments, data, log, at, how)
    handle = os.pidfd_open(child)
    ended, _, _ = select.select([handle], [], [], HANG)
    os.close(handle)
    if not ended:
        os.kill(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return status if ended else -1000


def _live(arguments: list[str], data: Path, log: Path, at: int, how: str) -> None:
    status = 99
    try:
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(out, 1)
        os.dup2(out, 2)
        sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
        _trap(data, at, how)
        ciliu.main([*arguments, "--data", str(data)], standalone_mode=False)
        status = 0
    except SystemExit as end:
        status = int(end.code or 0)
    except BaseException:  # noqa: BLE001 - this process ends here, whatever it was
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _trap(data: Path, at: int, how: str) -> None:
    seen = 0

    def look(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal seen
        if event in EVENTS and str(data) in str(arguments):
            seen += 1
            if seen == at and how == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            if seen >= at and how == "full" and _takes_space(event, arguments):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if at:
        sys.addaudithook(look)


def _takes_space(event: str, arguments: tuple[Any, ...]) -> bool:
    return event in ("os.link", "os.mkdir") or (event == "open" and bool(arguments[2] & (os.O_WRONLY | os.O_RDWR)))


def draw_operation(drawn: random.Random) -> int:
    """The number of a file operation, 1 to 400; in the log, for many runs have a dozen."""
    return int(400 ** drawn.random())


@dataclass
class Machine:
    """The folder, what is set, and what clean folders gave, by setting."""

    folder: Path
    sources: set[str] = field(default_factory=lambda: {"a", "b"})
    settings: dict[str, str] = field(default_factory=lambda: {name: values[0] for name, values in PARAMETERS.items()})
    clean: dict[str, dict[str, str]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    said: str = ""

    def __post_init__(self) -> None:
        for name in IMPORTED:
            import_module(name)
        write_sources(self.folder / "all")
        (self.folder / "text").mkdir()
        self.data = self.folder / "data"

    def arguments(self) -> list[str]:
        given = [part for name, value in self.settings.items() for part in ("--set", f"{name}={value}")]
        return [str(self.folder / "text"), *given, *QUICK]

    def set_sources(self, names: set[str]) -> None:
        """The files that are there from now on."""
        self.sources = names or {"a"}
        for name in ("a", "b", "c"):
            (self.folder / "text" / f"{name}.jsonl").unlink(missing_ok=True)
        for name in self.sources:
            shutil.copy2(self.folder / "all" / f"{name}.jsonl", self.folder / "text")

    def expected(self) -> dict[str, str]:
        """Key and digest by stage, of a clean folder with these settings."""
        name = json.dumps([sorted(self.sources), self.settings])
        if name not in self.clean:
            data = self.folder / "clean"
            if self.data.joinpath("dictionary").is_dir() and not any(damage.check_all(self.data)):
                shutil.copytree(self.data / "dictionary", data / "dictionary")  # it takes a second to compile
            if run_forked(["run", *self.arguments()], data, self.folder / "clean.log"):
                raise RuntimeError((self.folder / "clean.log").read_text(encoding="utf-8"))
            self.clean[name] = digests(data)
            shutil.rmtree(data)
        return self.clean[name]

    def run(self, *options: str, at: int = 0, how: str = "") -> int:
        """A run; unless it was killed or met a full disk, its outputs are compared."""
        self.set_sources(self.sources)
        log = self.folder / "run.log"
        events = self.folder / "events.jsonl"
        events.unlink(missing_ok=True)
        given = ["run", *self.arguments(), *options, "--log-json", str(events)]
        status = run_forked(given, self.data, log, at, how)
        self.said = log.read_text(encoding="utf-8", errors="replace")
        self.counts[f"run {' '.join(option for option in options if option.startswith('--'))}".strip()] += 1
        allowed = {"": {0}, "kill": {0, -signal.SIGKILL}, "full": {0, 4}}[how]
        if status not in allowed or "Traceback" in self.said:
            self.wrong.append(f"{given}: status {status}: {self.said[-2000:]}")
        if status == 0:
            self._compare(options, events if how != "full" else None)
        self.counts[f"{how or 'undisturbed'}: status {status}"] += 1
        return status

    def _compare(self, options: tuple[str, ...], events: Path | None) -> None:
        end = value(options, "--only") or value(options, "--until") or "export"
        expected, found = self.expected(), digests(self.data)
        for entry in {expected[stage] for stage in (end,)} - set(found.values()):
            self.wrong.append(f"{options} {self.settings} {self.sources}: no {entry} in {found}")
        output = self.data / expected[end].rpartition(" ")[0]
        if damage.find(output):
            self.wrong.append(f"{options}: {output} is damaged after the run")
        if events:
            lines = [json.loads(line) for line in events.read_text(encoding="utf-8").splitlines()]
            made = {line["stage"] for line in lines if line.get("event") == "stage"}
            least = must_be_made(options, end)
            if not least <= made <= set(BEFORE[end]):
                self.wrong.append(f"{options}: made {made}, not {least}")

    def outputs(self) -> list[Path]:
        """All complete outputs, in order."""
        return sorted(path.parent for path in self.data.glob(f"*/*/{cache.MANIFEST}") if not path.parent.suffix)

    def delete(self, number: int) -> None:
        """One of the outputs."""
        outputs = self.outputs()
        if outputs:
            shutil.rmtree(outputs[number % len(outputs)])
            self.counts["delete"] += 1

    def damage(self, number: int, place: int) -> str:
        """Up to sixteen bytes of one file of one output, in place (so in all that share it); its dates stay."""
        files = [path for output in self.outputs() for path in sorted(output.rglob("*")) if path.is_file()]
        files = [path for path in files if path.stat().st_size]
        if not files:
            return ""
        path = files[number % len(files)]
        flip(path, place)
        self.counts["damage"] += 1
        return str(path.relative_to(self.data))

    def collect(self, keep_runs: int) -> None:
        """``ciliu gc``."""
        if (self.data / "runs").is_dir():
            status = run_forked(["gc", "--delete", "--keep-runs", str(keep_runs)], self.data, self.folder / "gc.log")
            self.counts["gc"] += 1
            if status:
                self.wrong.append(f"gc: {status}: {(self.folder / 'gc.log').read_text(encoding='utf-8')}")


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


def flip(path: Path, place: int) -> None:
    """Change up to sixteen bytes at ``place`` of a file; its dates stay."""
    stat = path.stat()
    with path.open("r+b") as file:
        file.seek(place % stat.st_size)
        block = file.read(16)
        file.seek(place % stat.st_size)
        file.write(bytes(byte ^ 0x55 for byte in block))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def digests(data: Path) -> dict[str, str]:
    """``stage/key digest`` of each complete output, by the stage's name, of further ones of a stage with the key."""
    found = {}
    for path in sorted(data.glob(f"*/*/{cache.MANIFEST}")):
        manifest = None if path.parent.suffix else cache.read_manifest(path.parent)
        if manifest:
            name = manifest["stage"] if manifest["stage"] not in found else f"{manifest['stage']} {manifest['key']}"
            found[name] = f"{manifest['stage']}/{manifest['key']} {manifest['digest']}"
    return found


def value(options: tuple[str, ...], name: str) -> str | None:
    """What follows an option."""
    return options[options.index(name) + 1] if name in options else None


def must_be_made(options: tuple[str, ...], end: str) -> set[str]:
    """The stages that a run has to make, whatever lies in the folder."""
    if "--force" in options:
        return set(BEFORE[end])
    first = value(options, "--from")
    if first:
        return set(AFTER[first]) & set(BEFORE[end])
    only = value(options, "--only")
    return {only} if only else set()


def draw_options(drawn: random.Random) -> tuple[str, ...]:
    """``--until``, ``--from``, ``--only`` or ``--force``, in all combinations that there are."""
    end = drawn.choice(["export"] * 3 + list(STAGES))
    until = () if end == "export" else ("--until", end)
    kind = drawn.choice(["plain"] * 5 + ["from", "only", "force"])
    if kind == "only":
        return "--only", end
    if kind == "from":
        return *until, "--from", drawn.choice(BEFORE[end])
    return (*until, "--force") if kind == "force" else until


def step(machine: Machine, drawn: random.Random) -> None:
    """One change of any kind, or one run."""
    what = drawn.choice(["set", "sources", "delete", "damage", "damage", "kill", "full", "gc", "run", "run", "run"])
    if what == "set":
        name = drawn.choice(list(PARAMETERS))
        machine.settings[name] = drawn.choice(PARAMETERS[name])
    elif what == "sources":
        machine.sources = {name for name in "abc" if drawn.random() < 0.6} or {"a"}
    elif what == "delete":
        machine.delete(drawn.randrange(1000))
    elif what == "damage":
        machine.damage(drawn.randrange(10**6), drawn.randrange(10**9))
    elif what == "gc":
        machine.collect(drawn.randrange(4))
    elif what == "run":
        machine.run(*draw_options(drawn))
    else:
        machine.run(*draw_options(drawn), at=draw_operation(drawn), how=what)
