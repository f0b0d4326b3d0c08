"""How fast are words cut? ``python benchmarks/segment_speed.py --shared ../shared``.

jieba, the native core and the engines of others: one process each on one and the same core, the same lines, bytes in
and bytes out (for an engine that takes a str: decode, cut, join, encode each line). They take turns: a quarter of the
lines by jieba, then all lines by each fast engine, four times a round; a round's ratio is of its own times. Then: two
threads and two processes against one, and memory. Wants an idle machine; the result says how idle it was.
"""

import os
import shutil
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dictionaries
import engines
import mixture
import one_engine
import report
import segment_memory
import segment_tables

ENGINES = tuple(one_engine.OPEN)
SLICED = ("jieba", "jieba-fast")  # a quarter of the lines at each stop: they take seconds for all
STOPS = 4
REPEATS = 8  # times that all lines are cut in a measurement with threads or processes: a second instead of a tenth
VARIANTS = [(name, False) for name in ("standard", "standard-thuocl", "large-thuocl")] + [("standard", True)]

Facts = dict[str, Any]
Times = dict[str, float]


def add(times: Sequence[Times]) -> Times:
    """Wall and CPU seconds, summed."""
    return {clock: sum(time[clock] for time in times) for clock in ("wall", "cpu")}


def run_round(running: dict[str, engines.Running]) -> dict[str, Times]:
    """Seconds that each engine took for all lines, in turns."""
    taken: dict[str, list[Times]] = {name: [] for name in running}
    for stop in range(STOPS):
        for name, engine in running.items():
            edges = [engine.lines * quarter // STOPS for quarter in range(STOPS + 1)]
            first, last = edges[stop : stop + 2] if name in SLICED else (0, engine.lines)
            taken[name].append(engine.do("time", first, last))
    sums = {name: add(times) for name, times in taken.items()}
    return {
        name: times if name in SLICED else {clock: seconds / STOPS for clock, seconds in times.items()}
        for name, times in sums.items()
    }


def measure_variant(name: str, HMM: bool, words: int, given: Any, text: Facts) -> Facts:
    """All engines with one dictionary."""
    elsewhere = report.cpu_elsewhere()
    running = {engine: start(engine, name, HMM, given) for engine in given.engines}
    try:
        differing = compare(running, given.folder)
        rounds = [run_round(running) for _ in range(given.rounds)]
        rows = {
            engine: {
                **summarize(engine, rounds, text["bytes"]),
                "differing_lines": differing[engine],
                "ready_seconds": round(process.ready["wall"], 3),
                "ready_cpu_seconds": round(process.ready["cpu"], 3),
                "peak_bytes": process.do("peak")["bytes"],
            }
            for engine, process in running.items()
        }
    finally:
        for process in running.values():
            process.end()
    others = round(report.cpu_elsewhere() - elsewhere, 1)
    return {
        "dictionary": name,
        "HMM": HMM,
        "words": words,
        "others_cpu_seconds": others,
        "engines": rows,
        "rounds": rounds,
    }


def start(engine: str, name: str, HMM: bool, given: Any, cpu: int | None = -1) -> engines.Running:
    """A process with the engine; a second one where the first only filled the engine's cache."""
    job = {
        "engine": engine, "HMM": HMM, "lines": given.folder / "lines", "folder": given.folder / name, "name": name,
        "shared": given.shared.resolve(), "cpu": given.cpu if cpu == -1 else cpu,
    }  # fmt: skip
    if engine == "jieba_fast_dat":
        engines.Running(job, given.environment).end()
    return engines.Running(job, given.environment)


def compare(running: dict[str, engines.Running], folder: Path) -> dict[str, int]:
    """Lines that each engine cuts in another way than jieba; the first cut of all, which warms it up."""
    wanted: list[bytes] = []
    differing = {}
    for number, (name, engine) in enumerate(running.items()):
        path = folder / f"cut-{number}"
        engine.do("write", str(path))
        lines = path.read_bytes().split(b"\n")
        wanted = wanted or lines  # jieba is the first
        differing[name] = sum(a != b for a, b in zip(lines, wanted, strict=True))
    return differing


def summarize(engine: str, rounds: Sequence[dict[str, Times]], size: int) -> Facts:
    """Speed, and how many times as fast as jieba: median, lowest and highest over the rounds, by CPU and wall time."""
    facts: Facts = {}
    for clock in ("cpu", "wall"):
        ratios = [times["jieba"][clock] / times[engine][clock] for times in rounds]
        speed = statistics.median(size / 10**6 / times[engine][clock] for times in rounds)
        facts[f"mb_a_second_{clock}"] = round(speed, 2)
        facts[f"ratio_{clock}"] = spread(ratios)
    return facts


def measure_two(given: Any, HMM: bool) -> list[Facts]:
    """Two threads, then two processes, against one; all cores."""
    elsewhere = report.cpu_elsewhere()
    pair = [start("ciliu", "standard", HMM, given, cpu=None) for _ in range(2)]
    try:
        rounds = [run_two(pair) for _ in range(given.rounds + 1)][1:]  # the first one prepares what is cut
    finally:
        for process in pair:
            process.end()
    others = round(report.cpu_elsewhere() - elsewhere, 1)
    return [
        {"what": what, "HMM": HMM, "ratio": spread([ratios[what] for ratios in rounds]), "others_cpu_seconds": others}
        for what in ("threads", "processes")
    ]


def run_two(pair: Sequence[engines.Running]) -> Times:
    """How many times as fast two are as one."""
    one, two = (pair[0].do("thread", threads, REPEATS)["wall"] for threads in (1, 2))
    alone = pair[0].do("time", 0, pair[0].lines, REPEATS)["wall"]
    half = pair[0].lines // 2
    pair[0].give("time", 0, half, REPEATS)
    pair[1].give("time", half, pair[1].lines, REPEATS)
    return {"threads": one / two, "processes": alone / max(process.take()["wall"] for process in pair)}


def spread(ratios: Sequence[float]) -> list[float]:
    """Median, lowest, highest."""
    return [round(of(ratios), 2) for of in (statistics.median, min, max)]


def measure(given: Any) -> Facts:
    """Everything, in ``given.folder``."""
    text = mixture.write_mixture(given.shared, given.folder / "lines")
    print(f"{text['lines']:,} lines, {text['bytes'] / 10**6:.1f} MB", flush=True)
    versions, failures = engines.install(given.environment)
    given.engines = [name for name in ENGINES if name not in failures]
    words = {}
    for name in dict.fromkeys(["standard", *(name for name, _ in VARIANTS)]):
        words[name] = dictionaries.compile_tokenizer(
            dictionaries.make_tokenizer(name, given.shared), given.folder / name
        )
    variants = []
    for name, HMM in VARIANTS:
        variants.append(measure_variant(name, HMM, words[name], given, text))
        print(f"{name}, HMM {'on' if HMM else 'off'}: done", flush=True)
    two = [row for HMM in (False, True) for row in measure_two(given, HMM)]
    cases = [(what, HMM) for what in ("blocks", "line", "run") for HMM in (False, True)]
    memory = [segment_memory.measure(given.folder / "standard", given.folder / "lines", *case) for case in cases]
    segment_tables.show(variants, two, memory, failures)
    return {
        "text": text, "versions": versions, "not_installed": failures, "variants": variants,
        "two": two, "memory": memory,
        "goals": {"memory_bytes": segment_memory.GOAL, "bytes_a_character": segment_memory.GOAL_CHARACTER},
    }  # fmt: skip


def main() -> None:
    parser = report.make_parser(__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="[5]")
    parser.add_argument("--cpu", type=int, default=max(os.sched_getaffinity(0)), help="the core [the last]")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    given.environment = (given.work / "venv-engines").resolve()
    given.folder = Path(tempfile.mkdtemp(prefix="segment-", dir=given.work)).resolve()
    try:
        facts = measure(given)
    finally:
        shutil.rmtree(given.folder)
    report.write_result("segment", {"core": report.core_digest(), "cpu": given.cpu, **facts}, given.results)


if __name__ == "__main__":
    main()
