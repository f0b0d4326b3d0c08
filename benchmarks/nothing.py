"""How long does it take to find out that there is nothing to do? ``python benchmarks/nothing.py --shared ../shared``.

Makes a model of many .txt files once (small vectors, one epoch: only its presence matters), then times ``ciliu run``,
which has nothing left to make, and ``ciliu --help``. The goals: less than 2 s of wall time, less than 0.3 s of CPU.
"""

import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

import corpus
import report
from pipeline.cli.tables import align

TIMES = 5
GOAL_RUN, GOAL_HELP = 2.0, 0.3  # seconds of wall time, seconds of CPU
FIRST = ["--preset", "demo", "--set", "Train.epochs=1", "--set", "Train.vector_size=10", "--set", "Train.window=1"]
NOTHING = "(nothing to do: it was there)"


def time_nothing(data: Path) -> list[report.Measured]:
    """``ciliu run`` some times over. Raises ``RuntimeError`` if there was something to do."""
    runs = []
    for _ in range(TIMES):
        runs.append(report.run_measured([report.CILIU, "run", "--data", str(data)], data))
        if NOTHING not in runs[-1]["output"]:
            raise RuntimeError(f"there was something to do:\n{runs[-1]['output']}")
    return runs


def time_help(folder: Path) -> list[report.Measured]:
    return [report.run_measured([report.CILIU, "--help"], folder) for _ in range(TIMES)]


def summarize(runs: list[report.Measured]) -> dict[str, Any]:
    """Medians, and each run's numbers."""
    seconds, cpu_seconds = [run["seconds"] for run in runs], [run["cpu_seconds"] for run in runs]
    return {
        "seconds": statistics.median(seconds),
        "cpu_seconds": statistics.median(cpu_seconds),
        "others_cpu_seconds": round(sum(run["others_cpu_seconds"] for run in runs), 2),
        "peak_bytes": max(run["peak_bytes"] for run in runs),
        "runs": {"seconds": seconds, "cpu_seconds": cpu_seconds},
    }


def measure(source: Path, data: Path) -> dict[str, Any]:
    """The first run, runs with nothing to do, and the help text."""
    first = report.run_measured([report.CILIU, "run", str(source), "--data", str(data), *FIRST, "--quiet"], data)
    stages = {name: manifest["seconds"] for name, manifest in report.read_manifests(data).items()}
    kept = {name: first[name] for name in ("seconds", "cpu_seconds", "others_cpu_seconds", "peak_bytes")}
    return {
        "first_run": {**kept, "stages": stages},
        "nothing_to_do": {**summarize(time_nothing(data)), "goal_seconds": GOAL_RUN},
        "help": {**summarize(time_help(data)), "goal_cpu_seconds": GOAL_HELP},
    }


def show(facts: dict[str, Any]) -> None:
    """The table on standard output."""
    rows = [["", "seconds", "CPU seconds", "peak, MB", "goal"]]
    goals = {"first_run": "", "nothing_to_do": f"< {GOAL_RUN} s", "help": f"< {GOAL_HELP} s of CPU"}
    for name, goal in goals.items():
        part = facts[name]
        numbers = [f"{part['seconds']:.2f}", f"{part['cpu_seconds']:.2f}", f"{part['peak_bytes'] / 10**6:.0f}"]
        rows.append([name.replace("_", " "), *numbers, goal])
    print("\n" + "\n".join(align(rows)))


def main() -> None:
    parser = report.make_parser(__doc__)
    parser.add_argument("--size", type=corpus.parse_size, default="1G", help="bytes of text [1G]")
    parser.add_argument("--files", type=int, default=20_000, help=".txt files [20000]")
    given = parser.parse_args()
    source = (given.work / f"{corpus.name_size(given.size)}-{given.files}-files").resolve()
    built = corpus.build(source, given.size, given.shared, given.files)
    data = Path(tempfile.mkdtemp(prefix="data-nothing-", dir=given.work)).resolve()
    try:
        facts = {"text_bytes": built["bytes"], "files": built["files"], **measure(source, data)}
    finally:
        shutil.rmtree(data)
    show(facts)
    report.write_result("nothing", facts, given.results)


if __name__ == "__main__":
    main()
