"""Killed at random moments of training, is the model the same? ``python benchmarks/train_kill.py --shared ../shared``.

A hundred times: a copy of a data folder that holds everything up to Vocabulary, Train in a process of its own with one
thread, SIGKILL at a moment drawn evenly over the time that an undisturbed training takes, then the same command again.
All files of the output must be those of the undisturbed training, byte for byte.
"""

import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import corpus
import report
from pipeline import cache
from pipeline.train import checkpoint

TRAIN = """
import sys, luigi, tasks
data, source = sys.argv[1:]
train = tasks.Train(sources=(source,), data=data, processes=2, threads=1, checkpoint_every=0.002, epochs=3)
sys.exit(not luigi.build([train], local_scheduler=True, log_level="WARNING"))
"""


def start(data: Path, source: Path) -> subprocess.Popen[bytes]:
    """The command, in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", TRAIN, str(data), str(source)], cwd=report.REPOSITORY, start_new_session=True
    )


def wait_for_training(data: Path, process: subprocess.Popen[bytes]) -> Path:
    """The folder that Train fills, once it is there."""
    while process.poll() is None:
        for folder in (data / "train").glob("*.partial"):
            if (folder / cache.RECIPE).exists():
                return folder
        time.sleep(0.002)
    raise RuntimeError("the training ended before it was killed")


def output_digest(data: Path) -> Any:
    """All files of Train's output with their digests."""
    return report.read_manifests(data)["train"]["files"]


def train_undisturbed(data: Path, source: Path) -> float:
    """Seconds from the moment that Train's folder is there to the end."""
    process = start(data, source)
    wait_for_training(data, process)
    began = time.monotonic()
    if process.wait():
        raise RuntimeError("the training failed")
    return time.monotonic() - began


def kill_and_go_on(data: Path, source: Path, seconds: float) -> dict[str, Any]:
    """Kill a training after ``seconds``, run it again: whether it was killed, and how many checkpoints it left."""
    process = start(data, source)
    folder = wait_for_training(data, process)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    killed = process.wait() == -signal.SIGKILL
    left = len(checkpoint.find(folder)) if folder.exists() else 0
    if start(data, source).wait():
        raise RuntimeError("the second run failed")
    return {"killed": killed, "checkpoints": left}


def measure(source: Path, work: Path, kills: int) -> dict[str, Any]:
    """The undisturbed training, and all that are killed."""
    undisturbed = work / "undisturbed"
    seconds = train_undisturbed(undisturbed, source)
    wanted = output_digest(undisturbed)
    chance = random.Random(1)
    trials: list[dict[str, Any]] = []
    different = 0
    while sum(trial["killed"] for trial in trials) < kills:  # some end before
        data = work / "killed"
        shutil.copytree(undisturbed, data, ignore=shutil.ignore_patterns("train"))
        trials.append(kill_and_go_on(data, source, chance.uniform(0, seconds)))
        different += output_digest(data) != wanted
        shutil.rmtree(data)
        print(f"\r{len(trials)} of {kills}, {different} different ", end="", flush=True)
    print()
    return {
        "kills": sum(trial["killed"] for trial in trials),
        "ended_before_the_kill": sum(not trial["killed"] for trial in trials),
        "different": different,
        "went_on_from_a_checkpoint": sum(trial["checkpoints"] > 0 for trial in trials if trial["killed"]),
        "undisturbed_seconds": round(seconds, 2),
        "checkpoints_left": statistics.mean(trial["checkpoints"] for trial in trials),
    }


def main() -> None:
    parser = report.make_parser(__doc__)
    parser.add_argument("--kills", type=int, default=100)
    given = parser.parse_args()
    source = given.work / "5M"
    corpus.build(source, 5_000_000, given.shared)
    with tempfile.TemporaryDirectory(dir=given.work) as folder:
        facts = measure(source.resolve(), Path(folder).resolve(), given.kills)
    print(facts)
    report.write_result("train_kill", {"core": report.core_digest(report.TRAINING), **facts}, given.results)
    sys.exit(1 if facts["different"] else 0)


if __name__ == "__main__":
    main()
