"""SECURITY.md, held: no pickle from outside, private temporary files, odd surroundings."""

import ast
import datetime
import os
import re
import stat
import subprocess
from pathlib import Path

import pytest
from conftest import CILIU, Front, write_articles
from test_house import ROOT, SOURCES, imports

from pipeline import cache, runs
from pipeline.cli.front import describe

# 猫 cat, 狗 dog, 喜欢 likes, 吃 eat, 鱼 fish, 骨头 bones
SENTENCES = ["猫喜欢吃鱼。", "狗喜欢吃骨头。", "猫喜欢狗，狗喜欢猫。"]


def test_nothing_unpickles_but_the_pipe_of_our_own_workers() -> None:
    """And but ``inert.py``, which makes nothing of what a pickle names; test_import.py shows that."""
    for path in SOURCES:
        name = path.relative_to(ROOT).as_posix()
        assert not imports(path) & {"marshal", "shelve", "dill", "cloudpickle", "joblib", "yaml"}, name
        reads = re.search(r"pickle\.(loads?|Unpickler)", path.read_text(encoding="utf-8"))
        assert not reads or name in {"pipeline/processes.py", "pipeline/models/inert.py"}, name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                assert isinstance(node.value, ast.Constant), name
                assert node.value.value is False, name


def test_nothing_is_evaluated() -> None:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"eval", "exec", "compile"}, path
            if isinstance(node, ast.keyword) and node.arg == "shell":
                pytest.fail(f"{path}: a shell")


@pytest.fixture
def text(tmp_path: Path) -> Path:
    articles = [{"id": str(i), "text": SENTENCES[i % 3] * (i + 1)} for i in range(30)]
    return write_articles(tmp_path / "text" / "pets.jsonl", articles)


def run(text: Path | bytes, data: Path | bytes, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*CILIU, "run", text, "--data", data, *Front.quick, "--processes", "2"], capture_output=True, text=True,
        encoding="utf-8", timeout=120, check=False, env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )  # fmt: skip


def digests(data: Path) -> dict[str, str]:
    manifests = [cache.read_json(path) for path in data.glob(f"*/*/{cache.MANIFEST}")]
    return {manifest["stage"]: manifest["digest"] for manifest in manifests}


def test_with_umask_077_nobody_else_can_read_anything(text: Path, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        done = run(text, tmp_path / "data")
    finally:
        os.umask(before)
    assert done.returncode == 0, done.stderr
    paths = list((tmp_path / "data").rglob("*"))
    assert len(paths) > 30
    assert not [path for path in paths if stat.S_IMODE(path.stat().st_mode) & 0o077]


def test_the_temporary_folder_is_left_empty_and_nothing_in_it_is_read(text: Path, tmp_path: Path) -> None:
    """jieba itself would read ``jieba.cache`` there, by ``marshal``."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    (temporary / "jieba.cache").write_bytes(b"no marshal")
    done = run(text, tmp_path / "data", TMPDIR=str(temporary))
    assert done.returncode == 0, done.stderr
    assert [path.name for path in temporary.iterdir() if not path.name.startswith("pymp-")] == ["jieba.cache"]
    assert (temporary / "jieba.cache").read_bytes() == b"no marshal"


def test_what_stands_in_the_environment_reaches_no_log(text: Path, tmp_path: Path) -> None:
    done = run(text, tmp_path / "data", DATABASE_PASSWORD="s3cr3t-p4ssw0rd")
    assert done.returncode == 0, done.stderr
    for path in (tmp_path / "data").rglob("*"):
        assert path.is_dir() or b"s3cr3t-p4ssw0rd" not in path.read_bytes(), path


# --- odd surroundings -------------------------------------------------------------------------------------------------


@pytest.fixture
def expected(text: Path, tmp_path: Path) -> dict[str, str]:
    """The digests of a run in plain surroundings."""
    done = run(text, tmp_path / "plain")
    assert done.returncode == 0, done.stderr
    return digests(tmp_path / "plain")


@pytest.mark.parametrize(
    "name", ["with space", "with\nnewline", "中文 词向量", "x" * 255, "-leading", "quote'\"$(x)", b"no utf-8 \xff\xe9"]
)
def test_a_data_folder_of_any_name_gives_the_same_bytes(
    text: Path, tmp_path: Path, expected: dict[str, str], name: str | bytes
) -> None:
    data = tmp_path / os.fsdecode(name)
    done = run(text, os.fsencode(data))
    assert done.returncode == 0, done.stderr
    assert digests(data) == expected


def test_surroundings_that_change_nothing(text: Path, tmp_path: Path, expected: dict[str, str]) -> None:
    """Locale C, another time zone, a data folder behind a link."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    done = run(text, tmp_path / "link", LC_ALL="C", PYTHONUTF8="0", TZ="Asia/Kathmandu")
    assert done.returncode == 0, done.stderr
    assert digests(tmp_path / "elsewhere") == expected


def test_a_clock_that_is_set_back_reruns_nothing_and_misses_no_change(text: Path, front: Front) -> None:
    """Dates of the sources lie in the future, then in the past: only the content counts."""
    front.run(text, *Front.quick)
    for year in (2100, 1980):
        seconds = (year - 1970) * 365 * 86400
        os.utime(text, (seconds, seconds))
        assert front.run() == set()
    os.utime(text, (0, 0))
    size = text.stat().st_size
    text.write_bytes(text.read_bytes().replace("猫".encode(), "狗".encode(), 1))
    os.utime(text, (1, 1))
    assert text.stat().st_size == size
    assert "articles" in front.run()


def test_a_clock_that_is_set_back_leaves_the_last_run_the_last(
    text: Path, front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the next run would go on from another, and gc would keep another."""
    front.run(text, *Front.quick, "--until", "articles")
    first = runs.read_all(front.data)[0]

    class Back(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:
            return datetime.datetime(2001, 1, 1, tzinfo=tz)

    monkeypatch.setattr("pipeline.runs.datetime.datetime", Back)
    front.run("--set", "Dedup.near=true", "--until", "dedup")
    second = runs.read_all(front.data)[0]
    assert second["set"][-1] == "Dedup.near=true"
    assert second["started"] < first["started"]
    assert [record["number"] for record in runs.read_all(front.data)] == [2, 1]


@pytest.mark.parametrize("name", ["with space", "with\nnewline", "中文", "x" * 249, "-leading", b"no utf-8 \xff\xe9"])
def test_a_source_of_any_name_is_read_and_found_again(text: Path, front: Front, name: str | bytes) -> None:
    odd = text.rename(text.with_name(os.fsdecode(name) + ".jsonl"))
    assert front.run(odd, "--until", "articles") == {"articles"}
    assert front.manifest("articles")["counts"]["articles"] == 30
    assert front.run(odd.parent, "--until", "articles") == set()


def test_an_error_of_our_own_is_status_1() -> None:
    status, sentence = describe(KeyError("no such thing"))
    assert status == 1
    assert sentence == "Error in Ciliu itself: KeyError: 'no such thing' (--debug shows where)"


STATUSES = [
    (0, ["run", "{text}", "--until", "articles"]),
    (2, ["run", "{text}", "--nosuch"]),
    (2, ["run", "{text}", "--only", "train", "--until", "train"]),
    (2, ["run", "{text}", "--from", "train", "--until", "segment"]),
    (3, ["run", "nowhere.jsonl"]),
    (3, ["gc", "--data", "."]),
    (4, ["run", "{text}", "--data", "/proc/nowhere"]),
]


@pytest.mark.parametrize(("status", "arguments"), STATUSES, ids=lambda value: str(value)[:30])
def test_exit_statuses(text: Path, tmp_path: Path, status: int, arguments: list[str]) -> None:
    """5, 130 and 143 stand in test_kill.py, 6 in test_damage.py, 7 in test_evaluate.py, 1 above."""
    given = [argument.format(text=text) for argument in arguments]
    done = subprocess.run(
        [*CILIU, *given], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr


def test_the_table_of_exit_statuses_lists_them_all() -> None:
    table = (ROOT / "docs" / "run.md").read_text(encoding="utf-8").split("## Exit statuses")[1].split("## ")[0]
    assert re.findall(r"^\| (\d+) \|", table, re.MULTILINE) == [
        "0",
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "7",
        "130",
        "141",
        "143",
    ]
