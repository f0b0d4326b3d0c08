"""Is the whole job as fast as the plain script? ``python benchmarks/job.py --shared ../shared``.

``ciliu run`` in a fresh data folder against ``plain_script.py``: the same articles, the same parameters (gensim's
defaults), two cores, by turns. Ciliu cuts in two processes, the script in one, as such scripts do; Ciliu also writes
what the script keeps in memory. The goal: no slower.
"""

import json
import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import report
from pipeline.cli.tables import align

THREADS = 2
PARAMETERS = {"vector_size": 100, "window": 5, "epochs": 5, "min_count": 5, "negative": 5, "sample": 1e-3}
NUMBERS = ("seconds", "cpu_seconds", "others_cpu_seconds", "peak_bytes")
SCRIPT = Path(__file__).with_name("plain_script.py")

Facts = dict[str, Any]


def run_ciliu(source: Path, folder: Path) -> Facts:
    """One run of Ciliu; ``folder`` is empty."""
    assignments = [f"Train.threads={THREADS}"]
    for name, value in PARAMETERS.items():
        assignments.append(f"{'Vocabulary' if name == 'min_count' else 'Train'}.{name}={value}")
    options = [part for assignment in assignments for part in ("--set", assignment)]
    command = [report.CILIU, "run", str(source), "--data", str(folder), "--processes", str(THREADS), "--quiet"]
    measured = report.run_measured([*command, *options], folder, interval=1.0)
    made = report.read_manifests(folder)
    counts = {
        "articles": made["dedup"]["counts"]["articles"],
        "sentences": made["segment"]["counts"]["sentences"],
        "words": made["segment"]["counts"]["words"],
        "different_words": made["train"]["counts"]["different_words"],
    }
    return describe(measured, {name: manifest["seconds"] for name, manifest in made.items()}, counts)


def run_script(source: Path, folder: Path) -> Facts:
    """One run of the plain script; ``folder`` is empty."""
    options = [part for name, value in PARAMETERS.items() for part in (f"--{name}", str(value))]
    command = [sys.executable, str(SCRIPT), str(source), str(folder), "--workers", str(THREADS), *options]
    measured = report.run_measured(command, folder, interval=1.0)
    told = json.loads(measured["output"])
    return describe(measured, told["seconds"], told["counts"])


def describe(measured: report.Measured, stages: dict[str, float], counts: dict[str, int]) -> Facts:
    """What is kept of a run; ``rest`` is the time outside the stages: imports, start and end."""
    rest = round(measured["seconds"] - sum(stages.values()), 3)
    numbers: Facts = {**measured}
    kept = {name: numbers[name] for name in NUMBERS}
    return {**kept, "stages": {**stages, "rest": rest}, "counts": counts}


def run_pair(source: Path, work: Path) -> tuple[Facts, Facts]:
    """Ciliu, then the script, each in a folder of its own that is deleted."""
    results = []
    for side in (run_ciliu, run_script):
        folder = Path(tempfile.mkdtemp(prefix="data-job-", dir=work)).resolve()
        try:
            results.append(side(source, folder))
        finally:
            shutil.rmtree(folder)
        print(f"{side.__name__}: {results[-1]['seconds']:.1f} s", flush=True)
    return results[0], results[1]


def medians(runs: Sequence[Facts]) -> Facts:
    """The median of each number over the runs of one side."""
    numbers = {name: statistics.median(run[name] for run in runs) for name in NUMBERS}
    stages = {name: statistics.median(run["stages"][name] for run in runs) for name in runs[0]["stages"]}
    return {**numbers, "stages": stages, "counts": runs[0]["counts"]}


def show(ciliu: Facts, script: Facts, ratios: Sequence[float]) -> None:
    """The table on standard output."""
    rows = [["", "ciliu", "plain script"]]
    rows += [[name, f"{ciliu[name]:.1f}", f"{script[name]:.1f}"] for name in NUMBERS[:3]]
    rows.append(["peak, MB", *(f"{side['peak_bytes'] / 10**6:.0f}" for side in (ciliu, script))])
    rows += [[name, *(f"{side['counts'][name]:,}" for side in (ciliu, script))] for name in ciliu["counts"]]
    rows += [[f"{stage}, s", f"{seconds:.1f}", ""] for stage, seconds in ciliu["stages"].items()]
    rows += [[f"{stage}, s", "", f"{seconds:.1f}"] for stage, seconds in script["stages"].items()]
    print("\n" + "\n".join(align(rows)))
    pairs = ", ".join(f"{ratio:.3f}" for ratio in ratios)
    print(f"\nciliu / plain script, pair by pair: {pairs}; median {statistics.median(ratios):.3f} (goal: at most 1)")


def main() -> None:
    parser = report.make_parser(__doc__)
    parser.add_argument("--runs", type=int, default=3, help="pairs of runs [3]")
    parser.add_argument("--corpus", default="xwlb", help="one of shared/corpora [xwlb]")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    source = (given.shared / "corpora" / f"{given.corpus}.jsonl.zst").resolve()
    pairs = [run_pair(source, given.work) for _ in range(given.runs)]
    ratios = [round(ciliu["seconds"] / script["seconds"], 3) for ciliu, script in pairs]
    ciliu, script = (medians(side) for side in zip(*pairs, strict=True))
    show(ciliu, script, ratios)
    facts = {
        "corpus": given.corpus, "threads": THREADS, "parameters": PARAMETERS, "ratios": ratios,
        "ratio": statistics.median(ratios), "ciliu": ciliu, "plain_script": script,
        "runs": [{"ciliu": first, "plain_script": second} for first, second in pairs],
    }  # fmt: skip
    report.write_result("job", facts, given.results)


if __name__ == "__main__":
    main()
