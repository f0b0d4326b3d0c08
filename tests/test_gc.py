"""``ciliu gc`` removes what no kept run needs and nothing else; history, diff, logs, tag and plan --why tell of one."""

import errno
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import CILIU, Front, write_articles

from pipeline import cache, damage, gc, runs
from pipeline.cli.gc import Size
from pipeline.export.verification import find_faults
from pipeline.lock import is_held, lock_partial

# 猫 cat, 狗 dog, 喜欢 likes, 吃 eat, 鱼 fish, 骨头 bones
SENTENCES = ["猫喜欢吃鱼。", "狗喜欢吃骨头。", "猫喜欢狗，狗喜欢猫。"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of two runs: window 5, then window 3. They share all but Train, Evaluate and Export."""
    front = Front(tmp_path_factory.mktemp("made"))
    text = front.data.parent / "text"
    write_articles(text / "pets.jsonl", [{"text": SENTENCES[i % 3] * (i + 1)} for i in range(30)])
    front.run(text, *Front.quick)
    front.run("--set", "Train.window=3")
    return front.data


@pytest.fixture
def two(made: Path, front: Front) -> Front:
    shutil.copytree(made, front.data)
    return front


@pytest.fixture
def shown(two: Front, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What a verb prints."""

    def show(*arguments: str) -> str:
        capsys.readouterr()
        two(*arguments)
        return capsys.readouterr().out

    return show


def outputs(front: Front) -> set[str]:
    return {f"{path.parent.parent.name}/{path.parent.name}" for path in front.data.glob(f"*/*/{cache.MANIFEST}")}


def test_without_delete_it_only_shows(two: Front, shown: Callable[..., str]) -> None:
    before = sorted(two.data.rglob("*"))
    said = shown("gc", "--keep-runs", "1")
    assert sorted(two.data.rglob("*")) == before
    assert "3 folders would go" in said
    assert "Nothing was deleted: add --delete." in said


def test_it_keeps_what_the_newest_runs_need(two: Front, shown: Callable[..., str]) -> None:
    before, newest = outputs(two), {f"{stage}/{key}" for stage, key in two.keys().items()}
    assert "0 folders deleted" in shown("gc", "--keep-runs", "2", "--delete")
    assert outputs(two) == before
    assert "3 folders deleted" in shown("gc", "--keep-runs", "1", "--delete")
    assert outputs(two) == newest
    assert two.run() == set()
    shown("gc", "--keep-runs", "0", "--delete")
    assert outputs(two) == set()
    assert "export" in two.run()


def test_it_keeps_what_a_tag_names(two: Front, shown: Callable[..., str]) -> None:
    before = outputs(two)
    first = runs.read_all(two.data)[1]["run"]
    assert f"run {first} is best" in shown("tag", first, "best")
    assert "0 folders deleted" in shown("gc", "--keep-runs", "1", "--delete")
    assert outputs(two) == before
    assert first in shown("status", "--run", "best")
    shown("tag", "last", "best")  # a name stands for one run
    assert [record.get("tags", []) for record in runs.read_all(two.data)] == [["best"], []]
    shown("tag", "--remove", "best", "best")
    assert "3 folders deleted" in shown("gc", "--keep-runs", "1", "--delete")


def test_names_that_are_given_at_the_same_time_are_all_kept(two: Front) -> None:
    names = [f"n{number}" for number in range(8)]
    given = [subprocess.Popen([*CILIU, "tag", "--data", two.data, "last", name]) for name in names]
    assert [process.wait(60) for process in given] == [0] * 8
    assert runs.tags(runs.find(two.data)) == names


def test_a_name_that_moves_is_never_without_a_run(two: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full between the two notes."""
    first = runs.read_all(two.data)[1]["run"]
    two("tag", first, "best")
    real, calls = runs._note, iter([False, True])

    def note(folder: Path, facts: cache.Json) -> None:
        if next(calls):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(folder, facts)

    monkeypatch.setattr(runs, "_note", note)
    with pytest.raises(SystemExit):
        two("tag", "last", "best")
    assert [runs.tags(record) for record in runs.read_all(two.data)] == [["best"], ["best"]]
    assert runs.find(two.data, "best")["run"] != first
    assert not list(two.data.glob("runs/*/run.[0-9]*"))


def test_nothing_goes_while_a_record_cannot_be_read(two: Front, capsys: pytest.CaptureFixture[str]) -> None:
    """It may have had a tag."""
    before, first = outputs(two), runs.read_all(two.data)[1]["run"]
    two("tag", first, "best")
    path = two.data / "runs" / first / runs.RECORD
    path.write_bytes(path.read_bytes().replace(b"best", b"rest"))
    with pytest.raises(SystemExit) as stopped:
        two("gc", "--keep-runs", "1", "--delete")
    assert stopped.value.code == 3
    assert f"{path} is damaged or must not be read: what that run needs is not known" in capsys.readouterr().err
    assert outputs(two) == before
    two("history")
    assert f"{path} is damaged or must not be read: that run is left out" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stopped:
        two("verify", "--data", two.data)
    assert stopped.value.code == 6
    assert "2 runs; 1 damaged" in capsys.readouterr().out
    shutil.rmtree(path.parent)
    two("gc", "--keep-runs", "1", "--delete")
    assert len(outputs(two)) == len(before) - 3


def test_an_export_that_cannot_be_noted_is_said(
    two: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(folder: Path, facts: cache.Json) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(runs, "_note", full)
    two("export", "--to", tmp_path / "bundle", "--allow-failed")
    assert "ciliu gc will not keep the run for it" in capsys.readouterr().err


def test_a_stage_that_must_not_be_looked_into_is_not_called_whole(tmp_path: Path) -> None:
    """As another user; from within, for nobody may pass the folder of the tests."""
    output = tmp_path / "export" / ("0" * 32)
    output.mkdir(parents=True)
    (output / cache.MANIFEST).touch()
    output.parent.chmod(0)
    tmp_path.chmod(0o755)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.chdir(tmp_path)
            if os.getuid() == 0:
                os.setuid(65534)
            list(damage.check_all(Path()))
        except PermissionError as error:
            status = 0 if str(error.filename) == "export" else 2
        finally:
            os._exit(status)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    output.parent.chmod(0o755)
    assert ended == 0


def test_a_name_with_a_line_end_breaks_no_table(two: Front, tmp_path: Path, shown: Callable[..., str]) -> None:
    write_articles(tmp_path / "猫\n\x1b[1m狗.jsonl", [{"text": "".join(SENTENCES)}])  # cat, dog
    shown("run", str(tmp_path / "猫\n\x1b[1m狗.jsonl"), "--until", "articles", "--quiet")
    (line,) = [line for line in shown("history").splitlines() if "猫" in line]
    assert "猫\\n\\x1b[1m狗.jsonl" in line
    assert len(shown("history").splitlines()) == 4
    assert any("猫\\n" in line for line in shown("plan", "--why", "articles", "--until", "articles").splitlines())


def test_max_size_deletes_the_oldest_and_no_more_than_it_takes(two: Front, shown: Callable[..., str]) -> None:
    two.run("--set", "Train.window=4")
    found = gc.mark(two.data, two.keys(), keep_runs=1)
    total = gc.choose(found, None)[2] + sum(gc.choose(found, None)[1])
    oldest = {leftover.folder.parent.name for leftover in found.leftovers[:3]}
    assert oldest == {"train", "evaluate", "export"} == {left.folder.parent.name for left in found.leftovers[3:]}
    assert gc.choose(found, total)[0] == []
    going, freed, stays = gc.choose(found, total - 1)
    assert [going, stays] == [found.leftovers[: len(going)], total - sum(freed)]
    assert 0 < len(going) < 6
    assert "More would have to go" in shown("gc", "--keep-runs", "1", "--max-size", "1K")


@pytest.mark.parametrize(
    ("text", "size"), [("200G", 200 * 10**9), ("1.5t", 15 * 10**11), ("7", 7), ("3 MB", 3 * 10**6)]
)
def test_sizes(text: str, size: int) -> None:
    assert Size().convert(text, None, None) == size


def test_dead_partial_folders_go_and_held_ones_stay(two: Front, shown: Callable[..., str]) -> None:
    dead, held = two.data / "segment" / f"{'0' * 32}.partial", two.data / "segment" / f"{'1' * 32}.partial"
    dead.mkdir()
    (dead / cache.RECIPE).write_text("{}", encoding="utf-8")
    code = "import sys, time, pathlib; from pipeline.lock import lock_partial\n"
    code += "with lock_partial(pathlib.Path(sys.argv[1])): print(1, flush=True); time.sleep(60)"
    holder = subprocess.Popen([sys.executable, "-c", code, held.with_suffix("")], stdout=subprocess.PIPE)
    try:
        assert holder.stdout
        holder.stdout.readline()
        assert "left by a run that ended in its middle" in shown("gc", "--delete")
        assert (dead.exists(), held.exists()) == (False, True)
    finally:
        holder.kill()
        holder.wait()
    shown("gc", "--delete")
    assert not held.exists()


def test_the_shards_of_the_last_failed_run_stay_for_the_next(two: Front, shown: Callable[..., str]) -> None:
    two.run("--set", "Train.window=7")
    folder = two.folder("train")
    folder.rename(folder.with_name(folder.name + ".partial"))  # as if it had been killed
    (folder.with_name(folder.name + ".partial") / cache.MANIFEST).unlink()
    (folder.with_name(folder.name + ".partial") / cache.RECIPE).write_text("{}", encoding="utf-8")
    shown("gc", "--delete")
    assert folder.with_name(folder.name + ".partial").exists()


def test_a_run_that_goes_on_keeps_its_outputs_whatever_its_age(two: Front) -> None:
    before, first = outputs(two), runs.read_all(two.data)[1]
    with runs.recorded(
        two.data, {"sources": [], "preset": None, "set": [], "keys": first["keys"]}, "complete"
    ) as folder:
        assert is_held(folder)
        gc.collect(two.data, two.keys(), 0, None)
        assert outputs(two) == {f"{stage}/{key}" for stage, key in first["keys"].items()} < before
    assert not is_held(folder)


def test_what_luigi_itself_is_making_keeps_its_inputs(two: Front) -> None:
    """Without a record of a run only the lock tells of it. The recipe names Dictionary by no key: all of them stay."""
    segment = two.folder("segment")
    with lock_partial(segment.with_name("2" * 32)) as partial:
        recipe = json.loads(two.manifest("segment")["recipe"])
        cache.write_json(partial / cache.RECIPE, recipe)
        gc.collect(two.data, two.keys(), 0, None)
        assert outputs(two) == {f"{stage}/{two.keys()[stage]}" for stage in ("dedup", "dictionary")}


def test_what_is_being_exported_stays(two: Front) -> None:
    with runs.kept(two.data, None) as record:
        gc.collect(two.data, two.keys(), 0, None)
        assert outputs(two) == {f"{stage}/{key}" for stage, key in record["keys"].items()}
    gc.collect(two.data, two.keys(), 0, None)
    assert outputs(two) == set()


def test_what_was_exported_stays_as_long_as_the_bundle_lies_where_it_was_put(
    two: Front, shown: Callable[..., str], tmp_path: Path
) -> None:
    first = runs.read_all(two.data)[1]
    two("export", "--run", first["run"], "--to", tmp_path / "models", "--release", "1")
    shown("gc", "--keep-runs", "0", "--delete")
    assert outputs(two) == {f"{stage}/{key}" for stage, key in first["keys"].items()}
    assert find_faults(tmp_path / "models" / "1", quick=False) == []
    shutil.rmtree(tmp_path / "models")
    shown("gc", "--keep-runs", "0", "--delete")
    assert outputs(two) == set()


def test_nobody_asks_a_server_whether_a_bundle_still_lies_there(two: Front) -> None:
    first = runs.read_all(two.data)[1]
    runs.note_export(two.data, first, "s3://models/1")
    assert {leftover.folder.name for leftover in gc.mark(two.data, two.keys(), 0).leftovers} == {
        two.keys()[stage] for stage in ("train", "evaluate", "export")
    }


def test_it_never_deletes_what_it_did_not_make(two: Front, shown: Callable[..., str]) -> None:
    mine = [
        two.data / "notes.txt", two.data / "mine" / ("a" * 32) / "x", two.data / "train" / "best model" / "x",
        two.data / "train" / ("b" * 32) / "x", two.folder("export") / "bundle" / "my evaluation.txt",
    ]  # fmt: skip
    for path in mine:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x", encoding="utf-8")
    elsewhere = two.data.parent / "elsewhere"
    two.folder("train").rename(elsewhere)
    two.folder("train").symlink_to(elsewhere)
    said = shown("gc", "--keep-runs", "0", "--delete")
    assert all(path.exists() for path in mine)
    assert (elsewhere / cache.MANIFEST).exists()
    assert f"kept, for Ciliu did not make all of it: {two.folder('export')}" in said


def test_only_runs_of_ciliu_are_collected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(SystemExit) as stopped:
        Front(tmp_path)("gc")
    assert stopped.value.code == 3
    assert "holds no run of Ciliu" in capsys.readouterr().err


# --- runs -------------------------------------------------------------------------------------------------------------


def test_history_lists_runs_the_newest_first(two: Front, shown: Callable[..., str]) -> None:
    first, *lines = shown("history").splitlines()
    assert first.split() == ["run", "tags", "state", "seconds", "size", "words", "gate", "sources", "preset", "set"]
    assert ["Train.window=3" in line for line in lines] == [True, False]
    rows = [json.loads(line) for line in shown("history", "--json").splitlines()]
    assert [row["state"] for row in rows] == ["complete", "complete"]
    assert rows[0]["words"] == two.manifest("vocabulary")["counts"]["different_words"]
    assert rows[0]["bytes"] == sum(
        file["size"] for stage in rows[0]["keys"] for file in two.manifest(stage)["files"].values()
    )
    assert rows[0]["seconds"] > 0


def test_diff_shows_what_was_asked_for_and_what_came_out(two: Front, shown: Callable[..., str]) -> None:
    new, old = (record["run"] for record in runs.read_all(two.data))
    rows = [json.loads(line) for line in shown("diff", old, new, "--json").splitlines()]
    assert {"stage": "", "name": "window", "before": 5, "after": 3} in rows
    assert {row["stage"] for row in rows} == {"", "train", "evaluate", "export"}
    assert "window" in shown("diff", old, new)
    assert "They are the same" in shown("diff", old, old)


def test_why_shows_the_keys_inputs_value_by_value(two: Front, shown: Callable[..., str]) -> None:
    lines = shown("plan", "--why", "train", "--set", "Train.window=6").splitlines()
    assert [line for line in lines if line.startswith("≠")] == [next(x for x in lines if "parameters.window" in x)]
    assert re.search(r"≠ +parameters\.window +[35] +6$", "\n".join(lines), re.MULTILINE)
    assert any(line.startswith("=") and "inputs.segment" in line for line in lines)
    assert lines[-1].endswith(": missing")
    assert "inputs.sources.1. text/pets.jsonl" in shown("plan", "--why", "articles")
    assert "inputs.files" in shown("plan", "--why", "dictionary")


def test_logs_print_what_a_run_said(two: Front, shown: Callable[..., str]) -> None:
    assert re.search(r"INFO train .*vectors of 8", shown("logs"))
    events = [json.loads(line) for line in shown("logs", "--json").splitlines()]
    made = [event["stage"] for event in events if event.get("event") == "stage"]
    assert made == ["train", "evaluate", "export"]
    assert all(
        {"counts", "seconds", "shards_made"} <= event.keys() for event in events if event.get("event") == "stage"
    )
    with pytest.raises(SystemExit) as stopped:
        shown("logs", "--run", "nosuch")
    assert stopped.value.code == 3
