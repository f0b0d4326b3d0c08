"""A real standalone cluster on the loopback: all corpora, machines that die, slow ones, a driver that is killed."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import CILIU, CORPORA, SHARED

from pipeline import cache

pytest.importorskip("pyspark", reason="needs pyspark")
sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
import spark_cluster
import spark_kills

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not shutil.which("java"), reason="needs Java")]

STAGES = ("articles", "dedup", "segment", "vocabulary")
WORK = [work for works in spark_kills.WORK.values() for work in works]
QUICK = ("--set", "Train.vector_size=8", "--set", "Train.epochs=1", "--set", "Train.threads=1")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with spark_cluster.running(tmp_path_factory.mktemp("cluster") / "spark") as started:
        yield started


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Some real text in some forty shards, and what processes make of it."""
    if not (SHARED / "corpora").exists():
        pytest.skip("needs the corpora in ../shared")
    folder = tmp_path_factory.mktemp("few")
    text = spark_kills.write_text(folder / "text", SHARED)
    return text, spark_kills.by_processes(text, folder / "data")


def ciliu(
    text: Path, data: Path, *options: str, cluster: Any = None, command: list[str] = CILIU
) -> "subprocess.Popen[bytes]":
    on = ("--on", cluster.master) if cluster else ()
    given = [*command, "run", str(text), "--data", str(data), *spark_kills.ASKED, *options, *on]
    environment = {**os.environ, **(cluster.environment if cluster else {})}
    data.parent.mkdir(parents=True, exist_ok=True)
    with (data.parent / "said.txt").open("ab") as said:
        return subprocess.Popen(given, stderr=said, stdout=said, start_new_session=True, env=environment)


def wait_for(condition: Any, process: "subprocess.Popen[bytes]", seconds: float = 300) -> bool:
    """Until ``condition``, or the end of the process, which is False."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        if process.poll() is not None:
            return False
        time.sleep(0.01)
    return True


def test_all_corpora_give_the_same_bytes_and_one_thread_the_same_model(cluster: Any, tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.mkdir()
    for name in CORPORA:
        if not (SHARED / "corpora" / f"{name}.jsonl.zst").exists():
            pytest.skip("needs the corpora in ../shared")
        (text / f"{name}.jsonl.zst").symlink_to(SHARED / "corpora" / f"{name}.jsonl.zst")
    command = [sys.executable, "-c", "import pipeline.cli; pipeline.cli.main()"]
    for name, place in (("there", cluster), ("here", None)):
        process = ciliu(text, tmp_path / name / "data", "--until", "train", *QUICK, cluster=place, command=command)
        assert process.wait(3600) == 0, (tmp_path / name / "said.txt").read_text(encoding="utf-8")
    there, here = (spark_kills.made(tmp_path / name / "data") for name in ("there", "here"))
    assert [there[stage] for stage in STAGES] == [here[stage] for stage in STAGES]
    assert there["train"][1] == here["train"][1]


@pytest.mark.parametrize("turn", range(2))
def test_workers_and_executors_that_are_killed_change_no_byte(
    cluster: Any, few: tuple[Path, dict[str, Any]], tmp_path: Path, turn: int
) -> None:
    """One kill in the middle of each piece of work of each stage, of a worker and of an executor by turns; that each
    hit a task, ``with_kills`` looks. Thirty in both turns; ``make spark-kills`` keeps a list."""
    text, expected = few
    kills = spark_kills.with_kills(cluster, text, tmp_path / "data", turn)
    assert [kill["work"] for kill in kills] == WORK
    assert spark_kills.made(tmp_path / "data") == expected


def test_speculation_changes_no_byte(cluster: Any, few: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    """The first attempt at a job of each piece of work is slow: Spark makes it a second time, at the same time, and
    that attempt wins."""
    text, expected = few
    speculated = spark_kills.with_speculation(cluster, text, tmp_path / "data")
    assert {work for work in WORK if speculated.get(work)} == set(WORK)
    assert spark_kills.made(tmp_path / "data") == expected


@pytest.mark.parametrize("stage", ["articles", "segment"])
def test_after_a_killed_driver_the_executors_end_and_the_next_run_goes_on(
    cluster: Any, few: tuple[Path, dict[str, Any]], tmp_path: Path, stage: str
) -> None:
    text, expected = few
    data = tmp_path / "data"
    process = ciliu(text, data, "--until", "vocabulary", cluster=cluster)
    notes = f"{stage}/*.partial/{cache.SHARDS}/0*.json"
    assert wait_for(lambda: len(list(data.glob(notes))) > 1, process)
    process.kill()
    process.wait()
    end = time.monotonic() + 60
    while cluster.executors():
        assert time.monotonic() < end
        time.sleep(0.1)
    finished = {path.name[:5]: path.stat().st_mtime_ns for path in data.glob(notes)}
    assert finished
    (files,) = data.glob(f"{stage}/*.partial")
    before = {path.name: path.stat().st_ino for path in files.iterdir() if path.name[:5] in finished}
    assert ciliu(text, data, "--until", "vocabulary", cluster=cluster).wait(400) == 0
    (files,) = data.glob(f"{stage}/*")
    assert {name: (files / name).stat().st_ino for name in before if (files / name).exists()} == before
    assert spark_kills.made(data) == {stage: of for stage, of in expected.items() if stage != "newwords"}
