"""A real standalone cluster on the loopback: all corpora, machines that die, slow ones, a driver that is killed."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import CILIU, CORPORA, SHARED, read_corpus, write_articles

from pipeline import cache

pytest.importorskip("pyspark", reason="needs pyspark")
sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
spark_cluster = pytest.importorskip("spark_cluster")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not shutil.which("java"), reason="needs Java")]

STAGES = ("articles", "dedup", "segment", "vocabulary")
ASKED = ("--set", "Dedup.near=true", "--set", "Dedup.lines=3", "--set", "Vocabulary.min_count=2")
QUICK = ("--set", "Train.vector_size=8", "--set", "Train.epochs=1", "--set", "Train.threads=1")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with spark_cluster.running(tmp_path_factory.mktemp("cluster") / "spark") as started:
        yield started


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Some real text in some twenty shards, and what processes make of it."""
    folder = tmp_path_factory.mktemp("few")
    for name, count in (("tech", 250), ("cn_laws", 100), ("xwlb", 300)):
        write_articles(folder / "text" / f"{name}.jsonl", read_corpus(name, 0, count))
    assert ciliu(folder / "text", folder / "data", "--until", "vocabulary", "--processes", "2").wait(600) == 0
    return folder / "text", made(folder / "data")


def ciliu(
    text: Path, data: Path, *options: str, cluster: Any = None, command: list[str] = CILIU
) -> "subprocess.Popen[bytes]":
    on = ("--on", cluster.master) if cluster else ()
    given = [*command, "run", str(text), "--data", str(data), *ASKED, *options, *on]
    environment = {**os.environ, **(cluster.environment if cluster else {})}
    data.parent.mkdir(parents=True, exist_ok=True)
    with (data.parent / "said.txt").open("ab") as said:
        return subprocess.Popen(given, stderr=said, stdout=said, start_new_session=True, env=environment)


def made(data: Path) -> dict[str, Any]:
    """Each file with its digest, and the counts, of each output of a data folder that holds one run."""
    found = {}
    for path in sorted(data.glob(f"*/*/{cache.MANIFEST}")):
        manifest = cache.manifest_of(path.parent)
        found[manifest["stage"]] = [manifest[name] for name in ("key", "digest", "files", "counts")]
    return found


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
    there, here = made(tmp_path / "there" / "data"), made(tmp_path / "here" / "data")
    assert [there[stage] for stage in STAGES] == [here[stage] for stage in STAGES]
    assert there["train"][1] == here["train"][1]


@pytest.mark.parametrize("turn", range(5))
def test_workers_and_executors_that_are_killed_change_no_byte(
    cluster: Any, few: tuple[Path, dict[str, Any]], tmp_path: Path, turn: int
) -> None:
    """Twenty kills: one in the middle of each stage, of a worker and of an executor by turns, at a drawn moment."""
    text, expected = few
    data = tmp_path / "data"
    drawn = random.Random(turn)
    process = ciliu(text, data, "--until", "vocabulary", cluster=cluster)
    try:
        for number, stage in enumerate(STAGES, turn):
            assert wait_for(cluster.executors, process)
            victim = drawn.choice(cluster.executors())
            assert wait_for(lambda stage=stage: list(data.glob(f"{stage}/*.partial")), process)
            time.sleep(drawn.random() * (0.1 if stage == "vocabulary" else 0.7))
            if number % 2:
                cluster.kill("worker1")
                cluster.start("worker1", wait=False)
            else:
                os.kill(victim, signal.SIGKILL)
            assert not list(data.glob(f"{stage}/*/{cache.MANIFEST}")) or number % 2, "the kill came too late"
        assert process.wait(400) == 0, (tmp_path / "said.txt").read_text(encoding="utf-8")
    finally:
        process.kill()
    assert made(data) == expected
    assert not list(data.rglob(f"{cache.WORK}*"))


def test_speculation_changes_no_byte(cluster: Any, few: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    """Each task that takes longer than a fiftieth of the median runs a second time, at the same time."""
    text, expected = few
    settings = {"speculation": "true", "speculation.multiplier": "0.02", "speculation.quantile": "0.05"}
    settings |= {"speculation.minTaskRuntime": "1ms", "speculation.interval": "5ms"}
    events = tmp_path / "events"
    events.mkdir()
    settings |= {"eventLog.enabled": "true", "eventLog.dir": events.as_uri(), "eventLog.compress": "false"}
    given = " ".join(f"--conf spark.{name}={value}" for name, value in settings.items())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_SUBMIT_ARGS", f"{given} pyspark-shell")
        process = ciliu(text, tmp_path / "data", "--until", "vocabulary", cluster=cluster)
        assert process.wait(400) == 0, (tmp_path / "said.txt").read_text(encoding="utf-8")
    assert made(tmp_path / "data") == expected
    said = "".join(path.read_text(encoding="utf-8") for path in events.rglob("*") if path.is_file())
    assert '"Speculative":true' in said  # there were such tasks


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
    assert made(data) == expected
