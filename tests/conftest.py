"""What the tests share: real articles where ``../shared`` is, and the front door called in this process."""

import contextlib
import functools
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from backports import zstd
from click.testing import CliRunner
from hypothesis import settings

from ciliu import engine_jieba, segmenter
from pipeline import cache, dictionary
from pipeline.cli import ciliu
from pipeline.dictionary import lint

# A job in the background (``make test &``, ``nohup``) begins with SIGINT ignored and hands that on: no Ctrl-C of a test
# would reach the process that it is for.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Where Python may not keep what it compiles, each of the hundreds of commands started here compiles 150 modules again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

SHARED = Path(__file__).parents[2] / "shared"
CORPORA = ("cn_laws", "fudan", "modern_translation", "reviews", "tech", "wiki_paras", "xwlb")

# ``ciliu`` in a process of its own with shards of 64 KiB, so that little text makes many.
CILIU = [
    sys.executable,
    "-c",
    "import pipeline.cli, pipeline.shards; pipeline.shards.SIZE = 1 << 16; pipeline.cli.main()",
]

LONG = False  # are tests marked slow run too? Then laws are drawn for longer


def pytest_configure(config: pytest.Config) -> None:
    global LONG
    LONG = "not slow" not in config.option.markexpr
    settings.register_profile("ours", examples(100))
    settings.load_profile("ours")


def examples(number: int) -> settings:
    """``number`` examples of a law in ``make test-long``, a quarter of them in ``make test``."""
    return settings(deadline=None, max_examples=number if LONG else max(number // 4, 5))


def read_corpus(name: str, start: int, count: int) -> list[dict[str, str]]:
    """``count`` articles of a shared corpus. Skips the test where there is none."""
    path = SHARED / "corpora" / f"{name}.jsonl.zst"
    if not path.exists():
        pytest.skip("needs the corpora in ../shared")
    with zstd.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in itertools.islice(lines, start, start + count)]


def write_articles(path: Path, articles: list[dict[str, str]]) -> Path:
    """Articles as one ``.jsonl`` file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(article, ensure_ascii=False) + "\n" for article in articles)
    return path


def call_ciliu(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """``ciliu ARGUMENTS`` as a shell would see it, but in this process: no interpreter to start."""
    typed = ["ciliu", *map(str, arguments)]
    with contextlib.chdir(cwd), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", typed)
        done = CliRunner().invoke(ciliu, typed[1:], prog_name="ciliu")
    return subprocess.CompletedProcess(typed, done.exit_code, done.stdout, done.stderr)


class Front:
    """The front door on one data folder, with settings that train in a moment."""

    quick = ("--set", "Train.vector_size=8", "--set", "Train.epochs=1", "--set", "Train.threads=1")

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.log = folder / "events.jsonl"

    def __call__(self, *arguments: str | Path) -> None:
        """``ciliu ARGUMENTS --data …`` in this process; raises ``SystemExit`` with the exit status on failure."""
        ciliu.main([*map(str, arguments), "--data", str(self.data)], standalone_mode=False)

    def run(self, *arguments: str | Path) -> set[str]:
        """``ciliu run`` in one process; the stages that were made."""
        self("run", *arguments, "--processes", "1", "--log-json", self.log)
        events = [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]
        return {event["stage"] for event in events if event.get("event") == "stage"}

    def keys(self) -> dict[str, str]:
        """The keys of the last run, by stage."""
        records = sorted((self.data / "runs").glob("*/run.json"), key=lambda path: cache.read_json(path)["started"])
        keys: dict[str, str] = cache.read_json(records[-1])["keys"]
        return keys

    def folder(self, stage: str) -> Path:
        """The last run's output of a stage."""
        return self.data / stage / self.keys()[stage]

    def manifest(self, stage: str) -> dict[str, Any]:
        """The manifest of the last run's output of a stage."""
        manifest = cache.read_manifest(self.folder(stage))
        if manifest is None:
            raise FileNotFoundError(self.folder(stage))
        return manifest


@pytest.fixture(scope="session", autouse=True)
def one_dictionary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """jieba's own dictionary compiled once and copied into each data folder that wants it: it is the same 349,045 words
    each time, and three quarters of a small run. With words of one's own it is compiled, out of jieba's file read once.
    """
    read = functools.cache(engine_jieba.read_jieba_dictionary)
    compile_files = dictionary.run
    made: dict[tuple[str, bool], tuple[Path, cache.Counts]] = {}

    def run(files: Sequence[Path], output: Path, *, frequencies: str) -> cache.Counts:
        if files:
            return compile_files(files, output, frequencies=frequencies)
        wanted = frequencies, dictionary.import_native() is not None
        if wanted not in made:
            folder = tmp_path_factory.mktemp("dictionary")
            made[wanted] = folder, compile_files([], folder, frequencies=frequencies)
        folder, counts = made[wanted]
        shutil.copytree(folder, output, dirs_exist_ok=True, copy_function=shutil.copyfile)
        return dict(counts)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dictionary, "run", run)
        for module in (dictionary, lint, segmenter):
            patch.setattr(module, "read_jieba_dictionary", read)
        yield


@pytest.fixture
def front(tmp_path: Path) -> Front:
    return Front(tmp_path)


@pytest.fixture
def plan(front: Front, capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, str]]:
    """``ciliu plan`` as {stage: reason} of what would run."""

    def say(*arguments: str | Path) -> dict[str, str]:
        capsys.readouterr()
        front("plan", *arguments)
        rows = [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()]
        return {row[0]: row[2] for row in rows if row[1] == "runs"}

    return say


@pytest.fixture
def many_shards(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Shards of 16 KiB, so that little text makes many."""
    monkeypatch.setattr("pipeline.shards.SIZE", 16 << 10)
    return
