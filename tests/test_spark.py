"""Shards made on Apache Spark (``local[2]``): the same bytes, the same sentences, nothing left behind."""

import gzip
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click
import pytest
import spark_work
from conftest import CILIU, Front, read_corpus, write_articles

from pipeline import cache, processes, shards, spark
from pipeline.cli import ciliu
from pipeline.dedup import partitions
from pipeline.shards import Shard

pytest.importorskip("pyspark", reason="needs pyspark")
STAGES = ("articles", "dedup", "segment", "vocabulary")
TO_VOCABULARY = ("--until", "vocabulary", "--set", "Vocabulary.min_count=2")


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Spark in this process, started once: that takes some ten seconds."""
    if not shutil.which("java"):
        pytest.skip("needs Java")
    before = dict(os.environ)
    temporary = tmp_path_factory.getbasetemp() / "spark_temporary"
    given = f"--conf spark.local.dir={temporary} {SMALL}"
    os.environ |= {"PYTHONPATH": str(Path(__file__).parent), "PYSPARK_SUBMIT_ARGS": given}
    try:
        with spark._start("local[2,2]", tmp_path_factory.mktemp("spark") / "spark.log") as started:
            yield started
    finally:
        os.environ.clear()
        os.environ.update(before)


SMALL = "--driver-memory 512m pyspark-shell"  # of Java's heap


@pytest.fixture
def on_spark(context: Any) -> Callable[[], Any]:
    return lambda: spark.use(lambda: context)


@pytest.fixture
def text(tmp_path: Path, many_shards: None) -> Path:
    """Real articles in two files, one of them by far the larger; some of them twice."""
    law, tech = read_corpus("cn_laws", 0, 6), read_corpus("tech", 0, 12)
    write_articles(tmp_path / "text" / "law.jsonl", [*law, *law[:3]])
    write_articles(tmp_path / "text" / "tech.jsonl", tech)
    return tmp_path / "text"


def made(front: Front) -> dict[str, Any]:
    """Each file of each output up to Vocabulary with its digest, and what the stages counted."""
    manifests = {stage: front.manifest(stage) for stage in STAGES}
    return {stage: [manifest[name] for name in ("key", "files", "counts")] for stage, manifest in manifests.items()}


# ---------------------------------------------------------------- the same bytes


def test_spark_makes_the_files_that_processes_make_byte_for_byte_also_where_the_core_does_not_load(
    text: Path, tmp_path: Path, on_spark: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each machine chooses its engine for itself. Digests are shuffled too: few make a partition here. (Near-duplicates
    and new words: ``test_spark_cluster``.)"""
    asked = (text, *TO_VOCABULARY, "--set", "Dedup.lines=3")
    here, there = Front(tmp_path / "here"), Front(tmp_path / "there")
    for front in (here, there):
        front.data.parent.mkdir()
    here.run(*asked)
    monkeypatch.setattr(shards, "_make_shard", spark_work.make_with_and_without_core)
    monkeypatch.setattr(partitions, "PARTITION", 300)
    with on_spark():
        there.run(*asked)
    assert made(there) == made(here)
    assert there.manifest("segment")["shards_made"] > 5
    assert not list(there.data.rglob(f"{cache.WORK}*"))
    without = {path.name for path in there.data.glob("*/without_core-*")}
    assert without >= {f"without_core-{work}" for work in ("read_shard", "segment_shard", "count_group")}


@pytest.mark.slow
def test_what_processes_made_serves_a_run_on_spark_and_the_other_way_round(
    text: Path, front: Front, on_spark: Callable[[], Any]
) -> None:
    """The back-end is no part of a key; shards are taken over from the other too."""
    assert front.run(text, *TO_VOCABULARY) >= set(STAGES)
    with on_spark():
        assert front.run(text, *TO_VOCABULARY) == set()
        write_articles(text / "more.jsonl", read_corpus("tech", 30, 5))
        assert front.run(text, *TO_VOCABULARY) == set(STAGES)
    manifest = front.manifest("segment")
    assert manifest["shards_taken"] > manifest["shards_made"] > 0
    assert front.run(text, *TO_VOCABULARY) == set()
    write_articles(text / "still_more.jsonl", read_corpus("tech", 40, 5))
    assert front.run(text, *TO_VOCABULARY) == set(STAGES)
    manifest = front.manifest("segment")
    assert manifest["shards_taken"] > manifest["shards_made"] > 0


def test_a_shard_made_several_times_at_once_is_made_once(tmp_path: Path) -> None:
    """What Spark does where a machine is slow (speculation) or seemed lost."""
    (tmp_path / cache.SHARDS).mkdir()
    shard = Shard("00001", "content", ("猫喜欢鱼",))  # cats like fish
    jobs = [(shards._make_shard, (spark_work.write, shard, tmp_path, "key"))] * 12
    results = list(processes.run_jobs(jobs, 4))
    assert len(results) == 12
    assert {json.dumps(result) for _, result in results} == {'[["00001.txt"], {"written": 1}]'}
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["00001.txt"]
    assert [path.name for path in (tmp_path / cache.SHARDS).iterdir()] == ["00001.write.json"]
    assert not list(tmp_path.glob(f"{cache.WORK}*"))


def test_what_an_attempt_that_came_too_late_left_is_in_no_output(tmp_path: Path) -> None:
    def work(partial: Path) -> cache.Counts:
        (partial / cache.SHARDS).mkdir()
        (partial / "00001.txt").write_text("鱼", encoding="utf-8")  # fish
        (partial / f"{cache.WORK}late").mkdir()
        (partial / f"{cache.WORK}late" / "00001.txt").write_text("鱼", encoding="utf-8")
        return {}

    description = {"stage": "x", "recipe": {"inputs": {}}}
    final = tmp_path / "x" / "key"
    assert cache.make(final, description, work, current=lambda: False, anew=False)
    assert sorted(path.name for path in final.iterdir()) == ["00001.txt", cache.MANIFEST]
    assert list(cache.manifest_of(final)["files"]) == ["00001.txt"]


# ---------------------------------------------------------------- failures


@pytest.mark.slow
def test_a_source_that_breaks_off_gives_the_sentence_that_processes_give(
    text: Path, front: Front, on_spark: Callable[[], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    whole = gzip.compress((text / "tech.jsonl").read_bytes())
    (text / "broken.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    said = []
    for place in (nullcontext, on_spark):
        with place(), pytest.raises(SystemExit) as stopped:
            front.run(text, *TO_VOCABULARY)
        (sentence,) = (line for line in capsys.readouterr().err.splitlines() if line.startswith("Error"))
        said.append((stopped.value.code, sentence))
    assert said[0] == said[1]
    assert said[0][0] == 3
    assert "broken.jsonl.gz" in said[0][1]


def map_two(work: Any, output: Path, *arguments: Any) -> list[cache.Counts]:
    work_list = [Shard(name, name, arguments) for name in ("00001", "00002")]
    return shards.map_shards(work, work_list, output, sharded="x")


@pytest.mark.slow
def test_a_worker_that_dies_each_time_is_a_sentence_that_names_the_shard(
    tmp_path: Path, on_spark: Callable[[], Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Spark's hundred lines of Java go to the log of the run."""
    with caplog.at_level("ERROR", "ciliu"), on_spark(), pytest.raises(RuntimeError) as raised:
        map_two(spark_work.die, tmp_path)
    message = str(raised.value)
    assert "die of shard 0000" in message
    assert "failed 2 times: Python worker exited unexpectedly" in message
    assert "\n" not in message
    assert "org.apache.spark" in caplog.text


def test_a_machine_without_ciliu_is_a_sentence(tmp_path: Path, on_spark: Callable[[], Any]) -> None:
    """Here a module that is not there, of a shard's function."""
    module = tmp_path / "only_here.py"
    module.write_text("def work(): pass\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(tmp_path))
        import only_here

        with on_spark(), pytest.raises(RuntimeError) as raised:
            list(shards.runner([(only_here.work, ())], 0))
    message = str(raised.value)
    assert message.startswith("a machine of Spark cannot run Ciliu: ModuleNotFoundError: No module named 'only_here'")


def test_an_error_of_the_system_names_the_machine(tmp_path: Path, on_spark: Callable[[], Any]) -> None:
    missing = str(tmp_path / "not there")
    with on_spark(), pytest.raises(FileNotFoundError) as raised:
        list(shards.runner([(os.listdir, (missing,))], 0))
    assert raised.value.filename == missing
    assert f"No such file or directory (on {os.uname().nodename})" in str(raised.value)


def test_a_machine_with_another_library_is_refused(
    tmp_path: Path, on_spark: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = {**spark.versions(), "jieba": "0.39"}
    monkeypatch.setattr(spark, "versions", lambda: wanted)
    with on_spark(), pytest.raises(RuntimeError, match=r"has jieba 0\.42\.1, and this machine 0\.39"):
        map_two(spark_work.write, tmp_path, "鱼")


def test_no_temporary_file_of_spark_holds_a_secret(
    on_spark: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A source's password goes along with the jobs. The job itself looks, while it runs."""
    temporary = tmp_path_factory.getbasetemp() / "spark_temporary"
    with on_spark():
        found = dict(
            shards.start(
                [(spark_work.find, ("geheimes Passwort", temporary)), (spark_work.count_files, (temporary,))], 2
            )
        )
    assert found[0] == []
    assert found[1] > 0


def test_an_error_leaves_spark_ready_for_the_next_stage(tmp_path: Path, on_spark: Callable[[], Any]) -> None:
    with on_spark():
        with pytest.raises(ValueError, match="invalid literal"):
            list(shards.runner([(int, ("鱼",)), *[(time.sleep, (0.1,))] * 4], 0))
        assert map_two(spark_work.write, tmp_path, "鱼") == [{"written": 1}] * 2


# ---------------------------------------------------------------- what is asked for


def refused(front: Front, text: Path, *options: str) -> str:
    with pytest.raises(click.UsageError) as raised:
        front("run", text, *options)
    return str(raised.value)


def test_without_java_a_sentence_says_so(front: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = write_articles(tmp_path / "a.jsonl", [{"text": "猫喜欢鱼"}])
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert refused(front, text, "--on", "local[2]").startswith("Spark needs Java 17 or later, and there is none")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert f"JAVA_HOME={tmp_path} has none" in refused(front, text, "--on", "local[2]")


def test_without_pyspark_a_sentence_names_the_command(
    front: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = write_articles(tmp_path / "a.jsonl", [{"text": "猫喜欢鱼"}])
    monkeypatch.setattr(spark, "find_spec", lambda name: None)
    assert "pip install pyspark" in refused(front, text, "--on", "yarn")


@pytest.mark.parametrize("place", ["local(2)", "mesos://a:1", "spark://host", "4"])
def test_an_unknown_place_is_refused_before_any_work(front: Front, tmp_path: Path, place: str) -> None:
    text = write_articles(tmp_path / "a.jsonl", [{"text": "猫喜欢鱼"}])
    assert f"{place} is no place to run" in refused(front, text, "--on", place)
    assert not front.data.exists()


@pytest.mark.parametrize("url", ["s3://bucket/data", "hdfs://host:9000/data"])
def test_a_data_folder_that_is_a_url_is_refused_and_the_way_named(tmp_path: Path, url: str) -> None:
    text = write_articles(tmp_path / "a.jsonl", [{"text": "猫喜欢鱼"}])
    with pytest.raises(click.UsageError, match=r"a folder is wanted, .* mount the bucket, and give the folder"):
        ciliu.main(["run", str(text), "--data", url], standalone_mode=False)


def test_where_no_master_answers_the_run_ends_at_once(
    front: Front, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = write_articles(tmp_path / "a.jsonl", [{"text": "猫喜欢鱼"}])
    with pytest.raises(SystemExit) as end:
        front("run", text, "--on", "spark://127.0.0.1:9")
    assert end.value.code == 4
    assert "no Spark master answers at spark://127.0.0.1:9" in capsys.readouterr().err


def test_a_preset_says_where_and_the_option_overrules_it(front: Front, tmp_path: Path) -> None:
    text = write_articles(tmp_path / "a.jsonl", [{"text": "猫喜欢鱼"}] * 3)
    preset = tmp_path / "p.toml"
    preset.write_text('[run]\non = "spark:nowhere"\n[Vocabulary]\nmin_count = 1\n', encoding="utf-8")
    assert "spark:nowhere is no place" in refused(front, text, "--preset", str(preset))
    assert front.run(text, "--preset", preset, "--until", "vocabulary", "--on", "processes") >= set(STAGES)
    preset.write_text("[run]\nonn = 2\n", encoding="utf-8")
    assert "run has no parameter onn; did you mean on?" in refused(front, text, "--preset", str(preset))
    preset.write_text("[run]\non = 2\n", encoding="utf-8")
    assert "run.on cannot be 2" in refused(front, text, "--preset", str(preset))


# ---------------------------------------------------------------- the whole command


def of_group(session: int) -> list[int]:
    """The living processes of a session; Spark's Java and its Python are of the session of whoever started them."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, theirs = path.read_text(errors="replace").rpartition(")")[2].split()[:4]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(theirs) == session and state != "Z":
            found.append(int(path.parent.name))
    return found


def wait_for(condition: Callable[[], object], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds} s in vain"
        time.sleep(0.05)


@pytest.mark.skipif(not Path("/proc/self/stat").exists() or not shutil.which("java"), reason="looks into /proc; Java")
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_after_ctrl_c_or_a_kill_nothing_runs_on_and_the_next_run_goes_on(tmp_path: Path, number: int) -> None:
    """jieba in Python, so that it is caught in the middle."""
    text = write_articles(tmp_path / "text" / "a.jsonl", read_corpus("tech", 0, 300))
    data = tmp_path / "data"
    command = [*CILIU, "run", str(text.parent), *TO_VOCABULARY, "--set", "Segment.engine=jieba", "--data", str(data)]
    process = subprocess.Popen(
        [*command, "--on", "local[2]"],
        stderr=subprocess.PIPE, text=True, start_new_session=True, env={**os.environ, "PYSPARK_SUBMIT_ARGS": SMALL},
    )  # fmt: skip
    try:
        wait_for(lambda: list(data.glob(f"segment/*.partial/{cache.SHARDS}/0*.json")) or process.poll(), 150)
        assert process.poll() is None
        os.killpg(process.pid, number) if number == signal.SIGINT else process.kill()
        wait_for(lambda: not of_group(process.pid), 40)
    finally:
        for pid in of_group(process.pid):
            os.kill(pid, signal.SIGKILL)
        message = process.communicate()[1]
    notes = list(data.glob(f"segment/*.partial/{cache.SHARDS}/0*.json"))
    finished = {note.name[:5]: inode(note.parents[1] / f"{note.name[:5]}.ids") for note in notes}
    assert "http://" in message  # Spark's own web page
    assert "Traceback" not in message
    assert "py4j" not in message
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert "finished shards are kept" in message
    subprocess.run([*command, "--processes", "2"], check=True, stderr=subprocess.DEVNULL)
    (output,) = data.glob("segment/*")
    assert 0 < len(finished) < len(cache.manifest_of(output)["shards"])
    assert {name: inode(output / f"{name}.ids") for name in finished} == finished  # not made again


def inode(path: Path) -> int:
    return path.stat().st_ino
