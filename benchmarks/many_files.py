"""How long does the machinery take by itself? ``python benchmarks/many_files.py``.

``--number`` source files of a line each in 200 folders: ``ciliu plan`` that sees them for the first time (each is
hashed), and again (nothing changed). The goals are for 100,000: less than 10 s and less than 3 s, from a warm disk.

With ``--corpus``, three whole runs over it with the default parameters: how much of them is our own part, that is all
but the work of the stages (the start of Python, fingerprints, plan, flushing, hashing, records)? The goal is less than
1 % on 500 MB.
"""

import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import report
from pipeline import runs

FOLDERS = 200
TIMES = 3
GOALS = {"cold": 10.0, "warm": 3.0}  # seconds
GOAL_OWN = 0.01  # share of a run
QUIET = 3.0  # seconds: a file that changed just now is not remembered


def write_files(folder: Path, number: int) -> None:
    """今天天气很好: the weather is fine today."""
    for at in range(number):
        below = folder / f"{at % FOLDERS:03d}"
        if at < FOLDERS:
            below.mkdir(parents=True)
        (below / f"{at}.txt").write_bytes(f"第{at}篇：今天天气很好。".encode())


def plan(text: Path, data: Path) -> report.Measured:
    return report.run_measured([report.CILIU, "plan", str(text), "--data", str(data)], text)


def look(folder: Path, number: int) -> dict[str, Any]:
    """Seconds and CPU seconds of the first look and of the next ones."""
    write_files(folder / "text", number)
    time.sleep(QUIET)
    found = {"cold": [], "warm": []}  # type: dict[str, list[report.Measured]]
    for at in range(TIMES):
        data = folder / f"data{at}"
        data.mkdir()
        for name in found:
            found[name].append(plan(folder / "text", data))
    numbers = {
        name: {part: statistics.median(run[part] for run in looks) for part in ("seconds", "cpu_seconds")}
        for name, looks in found.items()
    }
    return {"files": number, **numbers, "goal_seconds": GOALS}


def own_part(corpus: Path, folder: Path) -> dict[str, Any]:
    """Runs with the default parameters, from a warm disk: the one in the middle by our own share, and all shares."""
    made = []
    for at in range(TIMES):
        data = folder / f"run{at}"
        data.mkdir()
        made.append(whole_run(corpus, data))
        shutil.rmtree(data)
    made.sort(key=lambda run: float(run["own_share"]))
    shares = [run["own_share"] for run in made]
    return {**made[TIMES // 2], "own_shares": shares, "goal_share": GOAL_OWN}


def whole_run(corpus: Path, data: Path) -> dict[str, Any]:
    """A run's seconds, those of the stages, and what is left."""
    for path in corpus.iterdir():
        path.read_bytes()
    run = report.run_measured([report.CILIU, "run", str(corpus), "--data", str(data), "--quiet"], data)
    record = runs.read_all(data)[0]
    stages = {stage: made["seconds"] for stage, made in report.read_manifests(data).items()}
    own = run["seconds"] - sum(stages.values())
    return {
        "text_bytes": sum(path.stat().st_size for path in corpus.iterdir()),
        "seconds": run["seconds"],
        "recorded_seconds": record["seconds"],
        "stages": stages,
        "own_seconds": round(own, 3),
        "own_share": round(own / run["seconds"], 4),
    }


def main() -> None:
    parser = report.make_parser(__doc__, shared=False)
    parser.add_argument("--number", type=int, default=100_000, help="files [100,000]")
    parser.add_argument("--corpus", type=Path, help="a folder of text (make corpus SIZE=500M)")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    elsewhere = report.cpu_elsewhere()
    folder = Path(tempfile.mkdtemp(prefix="many-files-", dir=given.work)).resolve()
    try:
        facts = look(folder, given.number)
        if given.corpus:
            facts["run"] = own_part(given.corpus.resolve(), folder)
    finally:
        shutil.rmtree(folder)
    facts["others_cpu_seconds"] = round(report.cpu_elsewhere() - elsewhere, 1)
    print({name: facts[name] for name in ("cold", "warm")}, facts.get("run", ""))
    report.write_result("many_files", facts, given.results)


if __name__ == "__main__":
    main()
