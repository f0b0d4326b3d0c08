"""The front door as a person meets it: verbs, sentences, exit statuses, Luigi's own commands."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import CILIU, Front, call_ciliu, write_articles
from luigi.interface import core

import tasks
from pipeline.cli import VERBS, run
from pipeline.task import StageTask

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in ("PYTHONUTF8", "LC_ALL", "LANG")}

# 猫 cat, 狗 dog, 喜欢 likes, 吃 eat, 鱼 fish, 骨头 bones, 每天 every day, 在 at, 家 home, 睡觉 sleep
SENTENCES = ["猫喜欢吃鱼。", "狗喜欢吃骨头。", "猫每天在家睡觉。", "狗每天在家睡觉。", "猫喜欢狗，狗喜欢猫。"]


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """Forty small articles, one of them twice."""
    articles = [{"id": str(i), "text": SENTENCES[i % 5] * (i + 1)} for i in range(40)]
    return write_articles(tmp_path / "text" / "pets.jsonl", [*articles, articles[0]])


def ciliu(*arguments: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The installed command, in a process of its own."""
    typed = [str(argument).encode("utf-8") for argument in arguments]  # this process may run in the locale C
    return subprocess.run(
        [BIN / "ciliu", *typed], cwd=cwd, env=ENVIRONMENT | environment, capture_output=True, text=True,
        encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip


def test_a_run_tells_what_went_in_what_came_out_and_what_to_do_next(text: Path, tmp_path: Path) -> None:
    done = ciliu("run", text, *Front.quick, "--processes", "1", "--log-json", "log.jsonl", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for stage in run.STAGES:
        assert re.search(rf"^{stage} .*\[\d+\.\d s\]$", done.stderr, re.MULTILINE), stage
    assert "kept 40 of 41 articles (97.6%)" in done.stderr
    assert re.search(r"^articles +41 +41 ", done.stdout, re.MULTILINE)
    assert re.search(r"^dedup +41 +40 ", done.stdout, re.MULTILINE)
    bundle = re.search(r"^model +(\S+)", done.stdout, re.MULTILINE)
    assert bundle
    assert (tmp_path / bundle[1] / "vectors.bin").is_file()
    events = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [event["stage"] for event in events if event.get("event") == "stage"] == list(run.STAGES)
    assert ciliu("similar", "猫", "狗", "-n", "3", cwd=tmp_path).stdout.startswith("猫")


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["run", "nowhere.jsonl"], 3, "there is no source"),
        (["run"], 2, "no SOURCES are given"),
        (["run", "{text}", "--set", "Trian.window=1"], 2, "there is no task Trian; did you mean Train?"),
        (["run", "{text}", "--set", "Train.widow=1"], 2, "Train has no parameter widow; did you mean window?"),
        (
            ["run", "{text}", "--set", "Train.window=0"],
            2,
            "Train.window cannot be '0' (words to either side (1–1,000))",
        ),
        (["run", "{text}", "--set", "Train.window=1.5"], 2, "Train.window cannot be '1.5'"),
        (["run", "{text}", "--set", "Segment.HMM=maybe"], 2, "Segment.HMM cannot be 'maybe'"),
        (["run", "{text}", "--set", "window=1"], 2, "it should read Task.parameter=value"),
        (["run", "{text}", "--preset", "wechta"], 2, "there is no preset wechta; did you mean wechat?"),
        (["run", "{text}", "--set", "Vocabulary.min_count=100000"], 3, "no word stands Vocabulary.min_count = 100,000"),
        (["run", "{text}", "--set", "Train.hs=0", "--set", "Train.negative=0"], 3, "nothing to train by"),
        (["run", "{text}", "--set", "Dictionary.files=no.txt"], 3, "there is no file no.txt"),
        (["run", "{text}", "--force", "--only", "train"], 2, "give one of --from, --only and --force"),
        (["rnu"], 2, "No such command 'rnu'"),
        (["status"], 3, "no run in data is complete"),
        (["similar", "猫"], 3, "make one: ciliu run"),
        (["export", "--to", "out"], 3, "make one: ciliu run"),
    ],
)
def test_a_mistake_gets_a_sentence_and_its_exit_status(
    text: Path, tmp_path: Path, arguments: list[str], status: int, sentence: str
) -> None:
    done = call_ciliu(*(argument.format(text=text) for argument in arguments), cwd=tmp_path)
    assert (done.returncode, sentence in done.stderr) == (status, True), done.stderr
    assert "Traceback" not in done.stderr


def test_a_failure_names_file_line_and_value_and_the_command_that_goes_on(text: Path, tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("微信 500\n云计算 1.5\n", encoding="utf-8")  # 微信 WeChat, 云计算 cloud computing
    done = call_ciliu("run", text, "--set", f"Dictionary.files={words}", cwd=tmp_path)
    assert done.returncode == 3
    assert "words.txt, line 2: '1.5' is no frequency" in done.stderr
    assert f"goes on from here: ciliu run {shlex.quote(str(text))}" in done.stderr


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
@pytest.mark.parametrize(
    "name", [b"n\xff.jsonl", b"it's\\ \n\xff9.jsonl", "猫".encode() + b"\xe7.jsonl"], ids=["bytes", "quotes", "Chinese"]
)
def test_the_command_that_goes_on_names_a_file_whose_name_is_not_utf_8(tmp_path: Path, name: bytes) -> None:
    done = subprocess.run([*CILIU, "run", name], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, check=False)
    assert done.returncode == 3, done.stderr
    command = done.stderr.decode("utf-8").partition("goes on from here: ciliu ")[2].rstrip("\n")
    said = subprocess.run(["bash", "-c", f"printf '%s|' {command}"], capture_output=True, check=True).stdout
    assert said == b"run|" + name + b"|"


def test_a_broken_preset_stops_before_any_work(text: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("[Train]\nwindow = 5\n[Vocab]\nmin_count = 5\n", encoding="utf-8")
    done = call_ciliu("run", text, "--preset", "mine.toml", cwd=tmp_path)
    assert (done.returncode, "there is no task Vocab; did you mean Vocabulary?" in done.stderr) == (2, True)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("preset", ["demo", "wechat", "wiki"])
def test_the_presets_are_valid(text: Path, tmp_path: Path, preset: str) -> None:
    done = call_ciliu("plan", text, "--preset", preset, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [line.split()[:2] for line in done.stdout.splitlines()[:-1]] == [[stage, "runs"] for stage in run.STAGES]


def test_the_wechat_preset_is_the_recipe_as_it_ran() -> None:
    """Hierarchical softmax and negative sampling both, 256 dimensions, window 10, minimum count 64, 10 epochs."""
    from pipeline.cli import request

    preset = {"sources": [], "preset": "wechat", "set": []}
    assert request._resolve(preset) == {
        "HMM": False, "min_count": 64, "vector_size": 256, "window": 10, "epochs": 10, "hs": 1, "negative": 5,
    }  # fmt: skip


ASKED = {"engine": "auto", "hs": 0, "negative": -1, "share": -1, "held_out": -1, "threads": 1}


def test_hierarchical_softmax_alone_unless_both_are_asked_for() -> None:
    from pipeline.train import resolve

    for hs, given, negative in [(1, -1, 0), (0, -1, 5), (1, 5, 5)]:
        found = resolve(**{**ASKED, "engine": "gensim", "hs": hs, "negative": given})
        assert (found["hs"], found["negative"]) == (hs, negative)


def test_the_engine_is_resolved_before_the_key_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.train import native, resolve

    monkeypatch.setattr(native, "is_there", lambda: True)
    found = resolve(**ASKED)
    assert (found["engine"], found["share"], found["held_out"]) == ("native", 0, 1_000)
    found = resolve(**{**ASKED, "hs": 1})
    assert (found["engine"], found["share"]) == ("native", 4)
    monkeypatch.setattr(native, "is_there", lambda: False)
    found = resolve(**ASKED)
    assert (found["engine"], found["share"], found["held_out"]) == ("gensim", 1, 0)
    with pytest.raises(ValueError, match="was not built"):
        resolve(**{**ASKED, "engine": "native"})
    with pytest.raises(ValueError, match="gensim shares no negative samples"):
        resolve(**{**ASKED, "engine": "gensim", "share": 4})
    with pytest.raises(ValueError, match="gensim takes no loss"):
        resolve(**{**ASKED, "engine": "gensim", "held_out": 100})


def test_a_full_folder_is_not_exported_into(text: Path, tmp_path: Path) -> None:
    assert call_ciliu("run", text, *Front.quick, "--quiet", cwd=tmp_path).returncode == 0
    (tmp_path / "out").mkdir()
    assert call_ciliu("export", "--to", "out", cwd=tmp_path).returncode == 0
    done = call_ciliu("export", "--to", "out", cwd=tmp_path)
    assert (done.returncode, "not empty" in done.stderr) == (3, True)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_a_word_that_is_not_known_is_explained(text: Path, tmp_path: Path) -> None:
    quick = ("--set", "Vocabulary.min_count=160")
    assert call_ciliu("run", text, *Front.quick, *quick, "--quiet", cwd=tmp_path).returncode == 0
    assert "fewer than Vocabulary.min_count = 160" in call_ciliu("similar", "骨头", cwd=tmp_path).stderr
    assert "is no word of this corpus" in call_ciliu("similar", "微信", cwd=tmp_path).stderr


def test_it_runs_in_the_c_locale(text: Path, tmp_path: Path) -> None:
    done = ciliu("run", text, *Front.quick, cwd=tmp_path, PYTHONUTF8="0", LC_ALL="C")
    assert done.returncode == 0, done.stderr
    assert "猫" in ciliu("similar", "猫", cwd=tmp_path, PYTHONUTF8="0", LC_ALL="C").stdout


def test_files_left_out_are_named(text: Path, tmp_path: Path) -> None:
    (text.parent / "photo.jpg").write_bytes(b"\xff\xd8")
    done = call_ciliu("plan", text.parent, cwd=tmp_path)
    assert "left out (hidden, or of another kind): 1: " in done.stderr
    assert "photo.jpg" in done.stderr


def test_help_costs_little_and_has_an_example_a_verb() -> None:
    for verb in VERBS:
        assert "Example: ciliu" in call_ciliu(verb, "--help", cwd=ROOT).stdout, verb
    used = min(_cpu_seconds(BIN / "ciliu", "--help") for _ in range(3))
    assert used < 0.3


ENDING = """
import atexit, sys, threading, time
from pipeline.cli import console
atexit.register(print, "at exit")
{more}
sys.argv = ["ciliu", *sys.argv[1:]]
console()
"""


@pytest.mark.parametrize(("arguments", "status"), [(["--version"], 0), (["similar"], 2), (["nothing"], 2)])
def test_what_is_to_be_done_at_exit_is_done_and_the_status_is_kept(arguments: list[str], status: int) -> None:
    """The process ends without taking the libraries down."""
    done = subprocess.run(
        [sys.executable, "-c", ENDING.format(more=""), *arguments], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (status, ["at exit"])


UNFLUSHED = """
from pipeline.cli import ciliu
ciliu.main = lambda **_: print("more") or sys.exit(0)
"""


def test_what_cannot_be_flushed_at_the_end_is_no_success() -> None:
    command = [sys.executable, "-c", ENDING.format(more=UNFLUSHED)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (4, "Error: the disk is full: standard output\n")


def test_a_script_that_calls_main_goes_on_behind_it() -> None:
    script = "import sys\nfrom pipeline.cli import main\nsys.argv = ['ciliu', '--version']\n"
    script += "try:\n    main()\nexcept SystemExit as end:\n    print('status', end.code)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[1:] == ["status 0"]


def test_a_thread_that_is_at_work_is_waited_for() -> None:
    more = "threading.Thread(target=lambda: (time.sleep(0.5), print('done'))).start()"
    done = subprocess.run(
        [sys.executable, "-c", ENDING.format(more=more), "--version"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.splitlines()[1:]) == (0, ["done", "at exit"])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
@pytest.mark.parametrize("arguments", ["--help", "--version", "run --help", "cut README.md"])
def test_where_standard_output_is_full_that_is_one_sentence(arguments: str) -> None:
    done = in_a_shell(f"{arguments} >/dev/full", ROOT)
    assert (done.returncode, done.stderr) == (4, "Error: the disk is full: standard output\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
@pytest.mark.parametrize(("arguments", "status"), [("status --data nowhere", 3), ("nothing", 2), ("--version", 0)])
def test_where_standard_error_is_full_the_status_is_kept(tmp_path: Path, arguments: str, status: int) -> None:
    assert in_a_shell(f"{arguments} 2>/dev/full", tmp_path).returncode == status


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_stream_that_is_closed_is_as_dev_null(text: Path, tmp_path: Path, closed: str) -> None:
    """In the processes that cut the text too."""
    done = in_a_shell(f"run {text} {' '.join(Front.quick)} --processes 2 {closed}", tmp_path)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    assert len(list(tmp_path.glob("data/export/*/manifest.json"))) == 1
    assert in_a_shell(f"status {closed}", tmp_path).returncode == 0
    assert in_a_shell(f"status --data nowhere {closed}", tmp_path).returncode == 3


def in_a_shell(command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """``ciliu COMMAND``, which may send its streams elsewhere."""
    return subprocess.run(
        ["sh", "-c", f"exec {shlex.join(CILIU)} {command}"], cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True,
        encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip


def _cpu_seconds(*command: str | Path) -> float:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    usage = os.wait4(process.pid, 0)[2]
    return usage.ru_utime + usage.ru_stime


def test_the_shell_can_complete() -> None:
    assert "_ciliu_completion" in ciliu(cwd=ROOT, _CILIU_COMPLETE="bash_source").stdout


@pytest.mark.parametrize("word", ["README.md", "README.zh.md", "docs/README.md"])
def test_every_verb_stands_in_the_docs(word: str) -> None:
    text = (ROOT / word).read_text(encoding="utf-8")
    for verb in VERBS:
        assert f"ciliu {verb}" in text, verb
        assert (ROOT / "docs" / f"{verb}.md").is_file()


# --- Luigi's own commands ---------------------------------------------------------------------------------------------


def luigi(program: str, *arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / program, "--module", "tasks", *arguments], cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True,
        encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip


QUICK = ("--vector-size", "8", "--epochs", "1", "--threads", "1")


def test_luigi_itself_runs_the_tasks(text: Path, tmp_path: Path) -> None:
    done = luigi("luigi", "Export", "--sources", text, *QUICK, "--local-scheduler", cwd=tmp_path)
    assert "This progress looks :)" in done.stderr, done.stderr
    assert len(list(tmp_path.glob("data/export/*/bundle/vectors.bin"))) == 1
    ours = ciliu("run", text, *Front.quick, cwd=tmp_path)
    assert "[from the cache]" in ours.stderr  # the same keys: nothing is made twice
    assert "s]\n" not in ours.stderr.replace("[from the cache]", "")


def test_luigis_tree_shows_the_graph(text: Path, tmp_path: Path) -> None:
    tree = luigi("luigi-deps-tree", "Export", "--sources", text, cwd=tmp_path).stdout
    for task in tasks.STAGES[: len(run.STAGES)]:
        assert task.__name__ in tree
    assert "PENDING" in tree


@pytest.fixture
def luigid(tmp_path: Path) -> Iterator[int]:
    """A central scheduler on a free port of the loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [BIN / "luigid", "--address", "127.0.0.1", "--port", str(port), "--state-path", str(tmp_path / "state")],
        stderr=subprocess.DEVNULL,
    )
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    yield port
    process.send_signal(signal.SIGTERM)
    process.wait(10)


def test_a_central_scheduler_runs_the_tasks(text: Path, tmp_path: Path, luigid: int) -> None:
    where = ("--scheduler-host", "127.0.0.1", "--scheduler-port", str(luigid))
    done = luigi("luigi", "Export", "--sources", text, *QUICK, *where, cwd=tmp_path)
    assert "This progress looks :)" in done.stderr, done.stderr
    assert len(list(tmp_path.glob("data/export/*/manifest.json"))) == 1


def test_no_parameter_clashes_with_luigi_or_with_another_task() -> None:
    luigis = {name.replace("_", "-") for name, _ in core.get_params()}
    seen: dict[str, str] = {}
    for task in tasks.STAGES:
        for name in task.own_parameters():
            assert seen.setdefault(name, task.__name__) == task.__name__, name
            assert not any(option.startswith(name.replace("_", "-")) for option in luigis), name
            assert not hasattr(StageTask, name), name


def test_a_luigi_cfg_beside_changes_nothing(text: Path, tmp_path: Path) -> None:
    plain = ciliu("plan", text, cwd=tmp_path).stdout
    ciliu("run", text, *Front.quick, "--quiet", cwd=tmp_path)
    (tmp_path / "luigi.cfg").write_text("[Train]\nwindow=3\n[Export]\nwindow=3\n", encoding="utf-8")
    assert ciliu("plan", text, *Front.quick, cwd=tmp_path).stdout.count("from the cache") == len(run.STAGES)
    assert plain.count("never made") == len(run.STAGES)


def test_the_verbs_stages_are_the_tasks() -> None:
    assert tuple(task.__name__.lower() for task in tasks.STAGES) == run.STAGES + run.ASIDE


def test_without_sources_the_last_request_goes_on_with_what_is_set_anew(text: Path, tmp_path: Path) -> None:
    first = call_ciliu("run", text, *Front.quick, "--set", "Train.window=2", "--quiet", cwd=tmp_path)
    assert first.returncode == 0
    for window in "343":
        assert call_ciliu("run", "--set", f"Train.window={window}", "--quiet", cwd=tmp_path).returncode == 0
    record = json.loads(max((tmp_path / "data" / "runs").glob("*/run.json")).read_text(encoding="utf-8"))
    assert record["sources"] == [str(text)]
    assert record["settings"]["window"] == 3
    assert [setting for setting in record["set"] if "window" in setting] == ["Train.window=3"]


def test_the_docs_list_the_parameters_of_every_task() -> None:
    text = (ROOT / "docs" / "run.md").read_text(encoding="utf-8")
    for task in tasks.STAGES:
        listed = re.search(rf"^\| {task.__name__} \| (.*) \|$", text, re.MULTILINE)
        assert listed, task.__name__
        names = {task.stage_name(name) for name in task.own_parameters()} - {"data", "processes", "sources"}
        assert set(re.findall("`(.*?)`", listed[1])) == names
