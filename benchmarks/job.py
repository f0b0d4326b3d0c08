"""How many times as fast as the plain script is the whole job? ``python benchmarks/job.py --shared ../shared``.

``ciliu run`` in a fresh data folder against ``plain_script.py``: the same articles, the same parameters (one epoch, 256
dimensions, window 10, five negative samples), two cores, by turns. Ciliu cuts in two processes, the script in one, as
such scripts do; Ciliu also writes what the script keeps in memory. The floor: 10 times; the goal: 20.
"""

import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from gensim.models import KeyedVectors

import corpus
import quality_scores
import report
from pipeline.cli.tables import align

THREADS = 2
PARAMETERS = {"vector_size": 256, "window": 10, "epochs": 1, "min_count": 5, "negative": 5, "sample": 1e-3}
NUMBERS = ("seconds", "cpu_seconds", "others_cpu_seconds", "peak_bytes")
SCRIPT = Path(__file__).with_name("plain_script.py")

Facts = dict[str, Any]


def run_ciliu(source: Path, folder: Path) -> Facts:
    """One run of Ciliu; ``folder`` is empty."""
    assignments = [f"Train.threads={THREADS}"]
    for name, value in PARAMETERS.items():
        assignments.append(f"{'Vocabulary' if name == 'min_count' else 'Train'}.{name}={value}")
    options = [part for assignment in assignments for part in ("--set", assignment)]
    command = [
        str(report.CILIU),
        "run",
        str(source),
        "--data",
        str(folder),
        "--processes",
        str(THREADS),
        "--quiet",
    ]
    measured = report.run_measured([*command, *options], folder, interval=1.0)
    made = report.read_manifests(folder)
    counts = {
        "articles": made["dedup"]["counts"]["articles"],
        "sentences": made["segment"]["counts"]["sentences"],
        "words": made["segment"]["counts"]["words"],
        "different_words": made["train"]["counts"]["different_words"],
    }
    seconds = {name: manifest["seconds"] for name, manifest in made.items()}
    return describe(measured, seconds, counts, folder / "export" / made["export"]["key"] / "bundle")


def run_script(source: Path, folder: Path) -> Facts:
    """One run of the plain script; ``folder`` is empty."""
    options = [part for name, value in PARAMETERS.items() for part in (f"--{name}", str(value))]
    command = [sys.executable, str(SCRIPT), str(source), str(folder), "--workers", str(THREADS), *options]
    measured = report.run_measured(command, folder, interval=1.0)
    told = json.loads(measured["output"])
    return describe(measured, told["seconds"], told["counts"], folder)


def describe(measured: report.Measured, stages: dict[str, float], counts: dict[str, int], model: Path) -> Facts:
    """What is kept of a run; ``rest`` is the time outside the stages: imports, start and end."""
    rest = round(measured["seconds"] - sum(stages.values()), 3)
    numbers: Facts = {**measured}
    kept = {name: numbers[name] for name in NUMBERS}
    to_model = numbers["seconds"] - stages.get("export", 0.0)
    return {**kept, "to_model_seconds": round(to_model, 3), "stages": {**stages, "rest": rest}, "counts": counts,
            "model": str(model)}  # fmt: skip


def score(folder: Path, shared: Path) -> dict[str, float]:
    """Mean score in percent of the test sets (``quality_scores.py``; of the lines whose words are known), and how many
    are known."""
    vectors = KeyedVectors.load_word2vec_format(str(folder / "vectors.bin"), binary=True)
    unit = quality_scores.normalize_rows(vectors.vectors)
    scores = {}
    for name, test in quality_scores.read_sets(shared, vectors.index_to_key).items():
        scores[name] = round(100 * quality_scores.total(test, quality_scores.score(test, unit)), 2)
        scores[f"{name} known"] = len(test.ranks)
    return scores


def run_pair(source: Path, work: Path, shared: Path) -> tuple[Facts, Facts]:
    """Ciliu, then the script, each in a folder of its own that is deleted."""
    results = []
    for side in (run_ciliu, run_script):
        folder = Path(tempfile.mkdtemp(prefix="data-job-", dir=work)).resolve()
        try:
            facts = side(source, folder)
            facts["scores"] = score(Path(facts.pop("model")), shared)
        finally:
            shutil.rmtree(folder)
        results.append(facts)
        print(f"{side.__name__}: {facts['seconds']:.1f} s", flush=True)
    return results[0], results[1]


def show(ciliu: Facts, script: Facts) -> None:
    """The table on standard output."""
    rows = [["", "ciliu", "plain script"]]
    for name in ("seconds", "to_model_seconds", "cpu_seconds", "others_cpu_seconds"):
        rows.append([name, f"{ciliu[name]:.1f}", f"{script[name]:.1f}"])
    rows.append(["peak, MB", *(f"{side['peak_bytes'] / 10**6:.0f}" for side in (ciliu, script))])
    rows += [[name, *(f"{side['counts'][name]:,}" for side in (ciliu, script))] for name in ciliu["counts"]]
    rows += [[name, *(f"{side['scores'][name]:g}" for side in (ciliu, script))] for name in ciliu["scores"]]
    rows += [[f"{stage}, s", f"{seconds:.1f}", ""] for stage, seconds in ciliu["stages"].items()]
    rows += [[f"{stage}, s", "", f"{seconds:.1f}"] for stage, seconds in script["stages"].items()]
    print("\n" + "\n".join(align(rows)))


def main() -> None:
    parser = report.make_parser(__doc__)
    parser.add_argument("--runs", type=int, default=1, help="pairs of runs [1]; the script takes a quarter of an hour")
    parser.add_argument("--size", default="500M", type=corpus.parse_size, help="bytes of text [500M]")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    source = (given.work / corpus.name_size(given.size)).resolve()
    corpus.build(source, given.size, given.shared)
    pairs = [run_pair(source, given.work, given.shared) for _ in range(given.runs)]
    ratios = [round(script["to_model_seconds"] / ciliu["to_model_seconds"], 2) for ciliu, script in pairs]
    whole = [round(script["seconds"] / ciliu["seconds"], 2) for ciliu, script in pairs]
    show(*pairs[0])
    print(f"\nas fast as the plain script: {ratios} times to the model, {whole} with Export (floor 10, goal 20)")
    facts = {
        "text_bytes": given.size, "threads": THREADS, "parameters": PARAMETERS,
        "times_as_fast": statistics.median(ratios), "times_as_fast_with_export": statistics.median(whole),
        "runs": [{"ciliu": first, "plain_script": second} for first, second in pairs],
    }  # fmt: skip
    report.write_result("job", facts, given.results)


if __name__ == "__main__":
    main()
