"""A run that is killed or stopped: no process works on, nothing half made counts, the next run goes on."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import CILIU, read_corpus, write_articles

from pipeline import cache
from pipeline.cli import run

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
from machine import members

# Eight dimensions and one pass fail the evaluation.
QUICK = (
    *("--set", "Train.vector_size=8", "--set", "Train.epochs=1", "--set", "Train.threads=1"),
    *("--processes", "2", "--allow-failed"),
)


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1.7 MB of real text, some thirty shards: enough to be caught at work."""
    return write_articles(tmp_path_factory.mktemp("text") / "classics.jsonl", read_corpus("modern_translation", 0, 100))


@pytest.fixture(scope="module")
def undisturbed(text: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The digests of a run that nobody disturbs."""
    data = tmp_path_factory.mktemp("undisturbed")
    subprocess.run([*CILIU, "run", text, "--data", data, *QUICK, "--quiet"], check=True, timeout=120)
    return digests(data)


def digests(data: Path) -> dict[str, str]:
    outputs = [path.parent for path in data.glob(f"*/*/{cache.MANIFEST}")]
    return {output.parent.name: cache.read_json(output / cache.MANIFEST)["digest"] for output in outputs}


@pytest.fixture
def start(text: Path, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts the run in a session of its own, so that all its processes can be found."""
    processes = []

    def begin(*settings: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*CILIU, "run", text, "--data", tmp_path / "data", *QUICK, *settings],
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, encoding="utf-8", start_new_session=True,
        )  # fmt: skip
        processes.append(process)
        return process

    yield begin
    for process in processes:
        for member in members(process.pid):
            os.kill(member, signal.SIGKILL)
        process.wait(10)


def wait_for(condition: Callable[[], object], seconds: float) -> float:
    """How long it took until ``condition`` held; fails after ``seconds``."""
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > seconds:
            pytest.fail(f"waited {seconds} s in vain")
        time.sleep(0.02)
    return time.monotonic() - started


def finished_shards(data: Path) -> list[Path]:
    return list(data.glob(f"segment/*.partial/{cache.SHARDS}/[0-9]*.json"))


def test_after_a_kill_no_process_works_on_and_the_next_run_goes_on(
    start: Callable[..., subprocess.Popen[str]], undisturbed: dict[str, str], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    process = start()
    wait_for(lambda: finished_shards(data), 60)
    process.kill()
    process.wait(10)
    wait_for(lambda: not members(process.pid), 5)
    assert list(data.glob("segment/*.partial"))
    assert not list(data.glob(f"segment/*/{cache.MANIFEST}"))
    finished = [
        name for path in finished_shards(data) for note in cache.read_json(path)["notes"] for name in note["files"]
    ]
    partial = next(data.glob("segment/*.partial"))
    kept = {name: (partial / name).stat().st_mtime_ns for name in finished}
    again = start()
    assert again.wait(120) == 0
    assert digests(data) == undisturbed
    output = next(path.parent for path in data.glob(f"segment/*/{cache.MANIFEST}"))
    assert kept
    assert {name: (output / name).stat().st_mtime_ns for name in kept} == kept  # not made a second time
    assert not list(data.glob("*/*.partial"))


@pytest.mark.parametrize(
    ("number", "status", "stage"),
    [
        (signal.SIGINT, 130, "segment"),
        (signal.SIGTERM, 143, "train"),
        pytest.param(signal.SIGINT, 130, "train", marks=pytest.mark.slow),
        pytest.param(signal.SIGTERM, 143, "segment", marks=pytest.mark.slow),
    ],
)
def test_a_signal_stops_it_within_a_second_with_a_sentence(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path, number: int, status: int, stage: str
) -> None:
    data = tmp_path / "data"
    process = start("--set", "Train.epochs=500")  # so that it is caught in the middle
    where = f"{stage}/*.partial"
    wait_for(lambda: list(data.glob(where)) or process.poll() is not None, 60)
    assert process.poll() is None
    if stage == "segment":
        wait_for(lambda: len(members(process.pid)) > 3, 10)  # main, fork server, tracker, workers
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # Ctrl-C reaches the whole group
    else:
        process.send_signal(number)
    took = wait_for(lambda: process.poll() is not None and not members(process.pid), 5)
    message = process.stderr.read() if process.stderr else ""
    assert process.returncode == status, message
    assert took < 1.5  # one second, and what this test itself takes to look
    assert "finished shards are kept" in message
    assert "goes on from here: ciliu run" in message
    assert "Traceback" not in message
    assert not list(data.glob(f"{stage}/*/{cache.MANIFEST}"))


def test_two_runs_at_once_make_each_output_once(
    start: Callable[..., subprocess.Popen[str]], undisturbed: dict[str, str], tmp_path: Path
) -> None:
    first, second = start(), start()
    said = [process.communicate(timeout=120)[1] for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), said
    assert digests(tmp_path / "data") == undisturbed
    made = [sum(line.startswith(f"{stage} ") and "cache" not in line for text in said for line in text.splitlines())
            for stage in run.STAGES]  # fmt: skip
    assert made == [1] * 8
    assert any("waiting for process" in text for text in said)


def test_a_worker_that_is_killed_is_a_failure_that_says_so_and_the_next_run_goes_on(
    start: Callable[..., subprocess.Popen[str]], undisturbed: dict[str, str], tmp_path: Path
) -> None:
    """As by the system's out-of-memory killer."""
    data = tmp_path / "data"
    process = start()
    wait_for(lambda: list(data.glob(f"segment/*.partial/{cache.WORK}*")), 60)
    os.kill(process.pid, signal.SIGSTOP)  # or the stage may be done before the worker is found
    workers = [member for member in members(process.pid) if _is_worker(member, process.pid)]
    os.kill(max(workers), signal.SIGKILL)
    os.kill(process.pid, signal.SIGCONT)
    message = process.communicate(timeout=30)[1]
    assert process.returncode == 5, message
    died = (
        "a worker process died in the middle of its work (exit code -9; -9 is often the system's out-of-memory killer)"
    )
    assert [line for line in message.splitlines() if line.startswith("Error")] == [f"Error: {died}"]
    assert "The same command goes on from here: ciliu run" in message
    wait_for(lambda: not members(process.pid), 5)
    assert not list(data.glob(f"segment/*/{cache.MANIFEST}"))
    assert start().wait(120) == 0
    assert digests(data) == undisturbed


def _is_worker(process: int, main: int) -> bool:
    parent = int(Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    return process != main and parent != main  # workers are children of the fork server
