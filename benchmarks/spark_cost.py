"""What does Spark cost beside processes on one machine? ``python benchmarks/spark_cost.py --shared ../shared``.

Runs the pipeline up to Vocabulary on three sizes of text, by two processes and on ``local[2]`` by turns, on the smaller
ones on ``local[1]`` too: seconds, CPU seconds, memory; the fixed cost and the slope of each; what of a run is serial,
which no second machine makes shorter. Then what very many shards cost before the first of them is made. The figures go
into docs/spark.md, between two marks.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Generator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import numpy as np

import corpus
import report
from pipeline import cache, progress, shards, spark
from pipeline.cli import ciliu
from pipeline.processes import Job, run_jobs

SIZES = ("500M", "1G", "2G")
ONE_CORE = "spark, one core"
SIDES = {"processes": ("--processes", "2"), "spark": ("--on", "local[2]"), ONE_CORE: ("--on", "local[1]")}
PAGE = report.REPOSITORY / "docs" / "spark.md"
MARKS = ("<!-- make bench-spark: -->\n", "<!-- :make bench-spark -->\n")
WORDS = (65e9, 650e9)  # of the published recipe, and ten times that
CORES = (2, 20, 200)
SHARDS = (10_000, 100_000)
TASKS = 200  # of very many, until it is clear what one costs
UP_TO = ("--until", "vocabulary", "--quiet", "--anyway")

ALONE = [sys.executable, "-c", "import spark_cost; spark_cost.main()", "--shared", "-"]  # so that Spark's find it too

Facts = dict[str, Any]


class Watch:
    """The stage under way, and the highest RSS so far of each process below this one, by kind."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.peaks: defaultdict[str, int] = defaultdict(int)

    def __call__(self) -> str:
        for pid in report.descendants(os.getpid()):
            with suppress(OSError, IndexError, ValueError):
                command = Path(f"/proc/{pid}/cmdline").read_bytes()
                kind = "java" if b"org.apache.spark" in command else "driver" if b"--until" in command else "workers"
                status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
                self.peaks[kind] = max(self.peaks[kind], int(status.split("VmHWM:")[1].split()[0]) * 1024)
        return report.stage_under_way(self.data)


def run(source: Path, side: str, work: Path) -> tuple[Facts, Facts]:
    """What one side takes; the digests of what it made."""
    data = Path(tempfile.mkdtemp(prefix="data-spark-", dir=work))
    watch = Watch(data)
    os.environ["PYTHONPATH"] = str(Path(__file__).parent)
    command = [report.CILIU, "run", str(source), "--data", str(data), *UP_TO, *SIDES[side]]
    if side == "processes":
        command = [*ALONE, "--part", "serial", str(source), str(data)]
    try:
        measured = report.run_measured(command, work, interval=0.3, phase=watch)
        made = report.read_manifests(data)
        stages = {name: manifest["seconds"] for name, manifest in made.items()}
        disk = {name: sum(file["size"] for file in manifest["files"].values()) for name, manifest in made.items()}
        facts = {name: measured[name] for name in ("seconds", "cpu_seconds", "others_cpu_seconds", "peak_bytes")}
        facts["machine_cpu_seconds"] = add_cpu(facts)
        peaks = dict(watch.peaks)
        shard_count = len(made["segment"]["shards"])
        articles = made["articles"]["counts"]["articles"]
        words = made["segment"]["counts"]["words"]
        known = {"articles": articles, "words": words, "shards": shard_count}
        if side == "processes":
            known |= json.loads(measured["output"].splitlines()[-1])
        return {**facts, "peak_rss": peaks, "stages": stages, "disk": disk, **known}, {
            name: manifest["digest"] for name, manifest in made.items()
        }
    finally:
        shutil.rmtree(data)


def fit(runs: Sequence[Facts], name: str) -> Facts:
    """``name`` = fixed + slope × GB, by least squares."""
    slope, fixed = np.polyfit([entry["bytes"] / 1e9 for entry in runs], [entry[name] for entry in runs], 1)
    return {"fixed": round(float(fixed), 2), "per_gb": round(float(slope), 2)}


def time_serial(source: Path, data: Path) -> Facts:
    """In a process of its own: a run by two processes, and by stage the seconds of it when shards are made; all else
    takes place on the machine of the command, on Spark too."""
    inside: defaultdict[str, float] = defaultdict(float)

    def timed(jobs: Sequence[Job], processes: int) -> Generator[tuple[int, Any], None, None]:
        started = time.monotonic()
        yield from run_jobs(jobs, processes)
        if jobs:
            function, arguments = jobs[0]
            work = arguments[0] if function is shards._make_shard else function
            inside[work.__module__.split(".")[1]] += time.monotonic() - started

    shards.runner = timed
    ciliu.main(["run", str(source), "--data", str(data), *UP_TO, *SIDES["processes"]], standalone_mode=False)
    return {"making_shards": {name: round(seconds, 2) for name, seconds in inside.items()}}


def nothing(folder: Path, name: str, path: str, stop_words: Sequence[str]) -> cache.Counts:
    """A shard's work that is none."""
    return {"articles": 1}


def plan(count: int, folder: Path) -> Facts:
    """In a process of its own: so many shards on ``local[2]``, until the first comes back; they are shared out as
    Segment's are, with a stop list of a thousand words."""
    output = folder / "output"
    output.mkdir()
    cache.write_json(output / cache.RECIPE, {"inputs": {}, "anew": False})
    dropped = tuple(f"停用词{number}" for number in range(1000))
    before = report.memory_of(os.getpid())
    with spark.on("local[2]", folder / "spark.log"):
        list(shards.runner([(int, ())], 2))  # Spark is there
        started = time.monotonic()
        work = [shards.Shard(f"{number:07d}", number, (f"/text/{number}", dropped)) for number in range(count)]
        keys = shards._shard_keys(nothing, work, output, "sources", None)
        earlier = shards._find_earlier(output)
        (output / cache.SHARDS).mkdir()
        jobs = [(shards._make_shard, (nothing, shard, output, keys[shard.name])) for shard in work]
        with closing(shards.runner(jobs, 2)) as finished:
            next(finished)
            seconds = time.monotonic() - started
            for _ in range(TASKS):
                next(finished)
            a_task = (time.monotonic() - started - seconds) / TASKS
            java = [
                pid for pid in report.descendants(os.getpid()) if b"java" in Path(f"/proc/{pid}/cmdline").read_bytes()
            ]
            facts = {
                "shards": count,
                "seconds_to_the_first": round(seconds, 2),
                "seconds_a_task": round(a_task, 5),
                "driver_bytes": report.memory_of(os.getpid()) - before,
                "java_bytes": report.memory_of(java[0]),
                "earlier": len(earlier),
            }
    return facts


def in_a_process(*arguments: str | Path) -> Facts:
    """What one of the parts above says, in a process of its own."""
    work = Path(str(arguments[-1]))
    os.environ["PYTHONPATH"] = str(Path(__file__).parent)  # Spark's workers are to find ``nothing``
    measured = report.run_measured([*ALONE, *map(str, arguments)], work.parent)
    facts: Facts = json.loads(measured["output"].splitlines()[-1])
    return {**facts, "cpu_seconds": measured["cpu_seconds"]}


def alone(given: Any) -> None:
    """A part that ``in_a_process`` asked for."""
    progress.mode = "quiet"
    what, *rest = given.part
    folder = Path(rest[-1])
    facts = plan(int(rest[0]), folder) if what == "plan" else time_serial(Path(rest[0]), folder)
    print(json.dumps(facts))


def compare(given: Any) -> Facts:
    """Both sides on all sizes."""
    sides: dict[str, list[Facts]] = {side: [] for side in SIDES}
    for name in given.sizes:
        size = corpus.parse_size(name)
        source = (given.work / name).resolve()
        built = corpus.build(source, size, given.shared)
        digests = []
        for side, runs in sides.items():
            if side == ONE_CORE and name == given.sizes[-1]:
                continue
            facts, made = run(source, side, given.work.resolve())
            digests.append(made)
            runs.append({"size": name, "bytes": built["bytes"], **facts})
            print(f"{name} {side}: {facts['seconds']} s, {facts['machine_cpu_seconds']} s of CPU", flush=True)
        if any(made != digests[0] for made in digests):
            raise RuntimeError(f"{name}: Spark made other bytes")
    fitted = ("seconds", "machine_cpu_seconds")
    fits = {side: {name: fit(runs, name) for name in fitted} for side, runs in sides.items()}
    return {"equal_bytes": True, "runs": sides, "fits": fits, "model": model(sides, fits)}


def add_cpu(run: Facts) -> float:
    """CPU seconds of the whole machine while a run went on: nobody waits for the Python workers of Spark's Java, and
    theirs count as others'."""
    return float(round(run["cpu_seconds"] + run["others_cpu_seconds"], 3))


def serial_parts(runs: Sequence[Facts]) -> Facts:
    """Seconds a GB, by stage: in all, and those that are serial (not the making of shards), from runs by processes."""
    found = {}
    for stage in ("articles", "dedup", "segment", "vocabulary"):
        rows = [
            {"bytes": one["bytes"], "all": one["stages"][stage],
             "serial": one["stages"][stage] - one["making_shards"][stage]}
            for one in runs
        ]  # fmt: skip
        found[stage] = {name: max(0.0, fit(rows, name)["per_gb"]) for name in ("all", "serial")}
    return found


def model(sides: dict[str, list[Facts]], fits: Facts) -> Facts:
    """Seconds = fixed + GB × (serial + parallel / cores), from the runs by processes, taken apart, and Spark's fixed
    cost; beside what Spark took, and for text that was never run."""
    by_stage = serial_parts(sides["processes"])
    stages_serial = sum(stage["serial"] for stage in by_stage.values())
    making = sum(stage["all"] - stage["serial"] for stage in by_stage.values())
    whole = fits["processes"]["seconds"]["per_gb"]
    parts: dict[str, float] = {
        "fixed": fits["spark"]["seconds"]["fixed"],
        "serial_per_gb": round(max(stages_serial, whole - making), 2),  # digests of the sources are of no stage
        "parallel_per_gb": round(making * 2, 2),
    }

    def seconds(text: float, cores: int) -> float:
        return round(parts["fixed"] + text * (parts["serial_per_gb"] + parts["parallel_per_gb"] / cores), 1)

    checks = [
        {
            "size": entry["size"],
            "cores": cores,
            "predicted": seconds(entry["bytes"] / 1e9, cores),
            "measured": entry["seconds"],
        }
        for side, cores in (("spark", 2), (ONE_CORE, 1))
        for entry in sides[side]
    ]
    largest = sides["spark"][-1]
    a_gb = {name: round(largest[name] / largest["bytes"] * 1e9) for name in ("words", "articles", "shards")}
    disk = {
        stage: round(size / largest["bytes"], 3) for stage, size in largest["disk"].items() if stage != "dictionary"
    }
    larger = []
    for words in WORDS:
        text = words / a_gb["words"]
        hours = {cores: round(seconds(text, cores) / 3600, 2) for cores in CORES}
        written = round(text * sum(disk.values()))
        larger.append(
            {
                "words": words,
                "gb": round(text),
                "gb_written": written,
                "shards": round(text * a_gb["shards"]),
                "hours_by_cores": hours,
            }
        )
    first = max(by_stage, key=lambda stage: by_stage[stage]["serial"])
    return {
        **parts,
        "by_stage": by_stage,
        "limit_first": first,
        "a_gb": a_gb,
        "written_by_text": disk,
        "checks": checks,
        "larger": larger,
    }


def main() -> None:
    parser = report.make_parser(__doc__)
    parser.add_argument("--sizes", nargs="+", default=SIZES)
    parser.add_argument("--shards", nargs="+", type=int, default=SHARDS)
    parser.add_argument("--page", type=Path, default=PAGE, help="where the tables go, between two marks")
    parser.add_argument("--part", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.part:
        alone(given)
        return
    given.work.mkdir(exist_ok=True)
    facts = compare(given)
    planning = []
    for count in given.shards:
        with tempfile.TemporaryDirectory(prefix="data-spark-", dir=given.work) as folder:
            planning.append(in_a_process("--part", "plan", str(count), Path(folder).resolve()))
    print(tables(facts, planning))
    report.write_result("spark_cost", {**facts, "planning": planning}, given.results)
    if given.page:
        write_page(given.page, tables(facts, planning))


def tables(facts: Facts, planning: Sequence[Facts]) -> str:
    """The tables of docs/spark.md."""
    rows = ["| text | by | seconds | CPU seconds | memory, MB |", "|---|---|---|---|---|"]
    for side, runs in facts["runs"].items():
        for one in runs:
            figures = f"{one['seconds']:.0f} | {one['machine_cpu_seconds']:.0f} | {one['peak_bytes'] / 1e6:,.0f}"
            rows.append(f"| {one['size']} | {side} | {figures} |")
    rows += ["", "| by | fixed, s | s a GB | fixed, CPU s | CPU s a GB |", "|---|---|---|---|---|"]
    for side, fits in facts["fits"].items():
        seconds, cpu = fits["seconds"], fits["machine_cpu_seconds"]
        rows.append(f"| {side} | {seconds['fixed']} | {seconds['per_gb']} | {cpu['fixed']} | {cpu['per_gb']} |")
    known = facts["model"]
    parts = f"{known['fixed']} + GB × ({known['serial_per_gb']} + {known['parallel_per_gb']} / cores)"
    rows += ["", f"    seconds = {parts}", "", "| stage | s a GB on two cores | of these serial |", "|---|---|---|"]
    rows += [f"| {stage} | {part['all']:.2f} | {part['serial']:.2f} |" for stage, part in known["by_stage"].items()]
    rows += [
        "",
        f"The first limit as cores are added: {known['limit_first']}'s serial part. Checked against the runs:",
        "",
    ]
    rows += ["| text | cores | predicted, s | measured, s |", "|---|---|---|---|"]
    rows += [f"| {one['size']} | {one['cores']} | {one['predicted']} | {one['measured']} |" for one in known["checks"]]
    rows += ["", "Beyond what was run:", "", "| words | GB of text | GB written | shards | hours, by cores |"]
    rows += ["|---|---|---|---|---|"]
    for one in known["larger"]:
        hours = ", ".join(f"{cores}: {value}" for cores, value in one["hours_by_cores"].items())
        rows.append(f"| {one['words']:,.0f} | {one['gb']:,} | {one['gb_written']:,} | {one['shards']:,} | {hours} |")
    rows += ["", "| shards | seconds to the first | ms a task | memory of the driver, MB | of its Java, MB |"]
    rows += ["|---|---|---|---|---|"]
    for one in planning:
        memory = f"{one['driver_bytes'] / 1e6:.0f} | {one['java_bytes'] / 1e6:.0f}"
        rows.append(
            f"| {one['shards']:,} | {one['seconds_to_the_first']} | {one['seconds_a_task'] * 1000:.1f} | {memory} |"
        )
    return "\n".join(rows) + "\n"


def write_page(page: Path, text: str) -> None:
    """Put ``text`` between the marks of a page."""
    before, rest = page.read_text(encoding="utf-8").split(MARKS[0])
    page.write_text(f"{before}{MARKS[0]}\n{text}\n{MARKS[1]}{rest.split(MARKS[1])[1]}", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
