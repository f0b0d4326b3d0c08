"""A full disk, one to read only, no permission, no memory: a sentence, space given back, nothing wrong."""

import errno
import importlib
import os
import re
import resource as rlimit
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from conftest import CILIU, Front, write_articles

from pipeline import cache, resources
from pipeline.cli import needs, request
from pipeline.cli.front import describe

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
import torture

QUICK = (*Front.quick, "--processes", "2", "--quiet")


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """900 small articles, some ten shards of 64 KiB. 猫 cat, 喜欢 likes, 吃 eat, 鱼 fish, 狗 dog, 骨头 bones."""
    articles = [{"id": str(i), "text": f"{'猫喜欢吃鱼。狗喜欢吃骨头。' * (i % 30 + 1)}{i}"} for i in range(900)]
    return write_articles(tmp_path_factory.mktemp("text") / "pets.jsonl", articles)


def run(text: Path, data: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*CILIU, "run", text, "--data", data, *QUICK, "--anyway"], capture_output=True, text=True, encoding="utf-8",
        timeout=120, check=False, env={**os.environ, **environment},
    )  # fmt: skip


def digests(data: Path) -> dict[str, str]:
    outputs = [path.parent for path in data.glob(f"*/*/{cache.MANIFEST}")]
    return {output.parent.name: cache.read_json(output / cache.MANIFEST)["digest"] for output in outputs}


@pytest.fixture(scope="module")
def undisturbed(text: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], int]:
    """The digests of a run with room enough, and the bytes that its data folder takes."""
    data = tmp_path_factory.mktemp("undisturbed")
    assert run(text, data).returncode == 0
    used = subprocess.run(["du", "-s", "--block-size=1", data], capture_output=True, text=True, check=True).stdout
    return digests(data), int(used.split()[0])


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A tmpfs of 1 MiB; ``resize`` gives it more."""
    folder = tmp_path / "small"
    folder.mkdir()
    if not shutil.which("mount") or mount(folder, "size=1m").returncode:
        pytest.skip("a tmpfs cannot be mounted here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def mount(folder: Path, options: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], capture_output=True, check=False)


@pytest.mark.parametrize("share", [0.3, *(pytest.param(share, marks=pytest.mark.slow) for share in (0.02, 0.6, 0.93))])
def test_a_full_disk_is_said_its_space_given_back_and_the_next_run_goes_on(
    text: Path, small: Path, undisturbed: tuple[dict[str, str], int], share: float
) -> None:
    """``share`` of what the whole run takes: another stage meets the end of the disk each time."""
    expected, needed = undisturbed
    assert mount(small, f"remount,size={int(needed * share)}").returncode == 0
    stopped = run(text, small / "data")
    assert stopped.returncode == 4, stopped.stderr
    assert "the disk is full" in stopped.stderr
    assert str(small / "data") in stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert "--- Logging error ---" not in stopped.stderr
    made = digests(small / "data")
    assert made.items() <= expected.items()
    assert not list(small.glob(f"data/*/*.partial/{cache.WORK}*"))
    assert mount(small, f"remount,size={needed * 4}").returncode == 0
    again = run(text, small / "data")
    assert again.returncode == 0, again.stderr
    assert digests(small / "data") == expected


@pytest.fixture(scope="module")
def made(text: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a run, on a disk with room; its bundle takes more than 1 MiB."""
    data = tmp_path_factory.mktemp("made")
    assert run(text, data).returncode == 0
    return data


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["export", "--to"], "bundle"),
        (["export", "--to"], "bundle.tar.zst"),
        (["export", "--format", "glove", "--to"], "vectors"),
        (["status", "--graph"], "stages.svg"),
        (["report", "--map-words", "0", "--to"], "report.html"),
        (["funnel", "--csv"], "funnel.csv"),
        (["dict", "explain", "猫喜欢吃鱼", "--svg"], "paths.svg"),
    ],
)
def test_a_full_disk_elsewhere_is_said_with_what_was_to_be_written_there_and_nothing_of_it_stays(
    made: Path, small: Path, arguments: list[str], name: str
) -> None:
    with (small / "filler").open("wb", buffering=0) as filler, suppress(OSError):
        while True:
            filler.write(bytes(1 << 12))
    place = [] if arguments[0] == "dict" else ["--data", made]
    done = subprocess.run(
        [*CILIU, *arguments, small / name, *place], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (4, f"Error: the disk is full: {small / name}\n")
    left = [path for path in small.iterdir() if path.name != "filler"]
    assert left == []


def test_of_two_places_that_are_written_the_one_whose_disk_is_full_is_named() -> None:
    with pytest.raises(OSError) as full, resources.writing(Path("to")), resources.writing(Path("beside")):  # noqa: PT011
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))
    assert describe(full.value, Path("data")) == (4, "Error: your quota of this disk is used up: beside")


def test_a_disk_to_read_only_is_said_before_any_work_and_plan_and_status_still_tell(text: Path, small: Path) -> None:
    assert mount(small, "remount,ro").returncode == 0
    stopped = run(text, small / "data")
    assert (stopped.returncode, stopped.stderr.splitlines()[0]) == (
        4, f"Error: the file system is read-only: {small / 'data'}",
    )  # fmt: skip
    plan = subprocess.run([*CILIU, "plan", text, "--data", small / "data"], capture_output=True, check=False)
    assert plan.returncode == 0, plan.stderr


def test_no_permission_is_said_with_the_folder(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o500)
    with _as_nobody(), pytest.raises(PermissionError) as refused:
        resources.try_to_write(tmp_path / "data")
    assert describe(refused.value) == (4, f"Error: no permission: {tmp_path / 'data'}")


@contextmanager
def _as_nobody() -> Iterator[None]:
    """Root may write anywhere: become another user for a moment."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "Error: the disk is full: data"),
        (
            OSError(errno.EDQUOT, os.strerror(errno.EDQUOT), "data/x"),
            "Error: your quota of this disk is used up: data/x",
        ),
        (OSError(errno.EROFS, os.strerror(errno.EROFS), "data/x"), "Error: the file system is read-only: data/x"),
        (PermissionError(errno.EACCES, os.strerror(errno.EACCES), "data/x"), "Error: no permission: data/x"),
        (OSError(errno.EIO, os.strerror(errno.EIO), "data/x"), "Error: Input/output error: data/x"),
    ],
)
def test_each_trouble_with_a_disk_has_its_sentence(error: OSError, sentence: str) -> None:
    assert describe(error, Path("data")) == (4, sentence)


def test_a_full_disk_says_what_was_written_and_counts_no_second_name(tmp_path: Path) -> None:
    """Of 3 MiB that were there already and 2 MiB that have two names in the output itself, 2 MiB were written."""
    (tmp_path / "taken").write_bytes(bytes(3 << 20))

    def work(partial: Path) -> cache.Counts:
        cache.link(tmp_path / "taken", partial / "taken")
        (partial / "arrays").write_bytes(bytes(2 << 20))
        cache.link(partial / "arrays", partial / "vectors")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match="train had written 2 MiB"):
        cache.make(tmp_path / "train" / "0", {"recipe": {}}, work, current=lambda: False, anew=False)


def test_numpys_own_way_to_say_that_a_disk_is_full_is_known() -> None:
    assert resources.is_full(OSError("2000000 requested and 524256 written"))
    assert not resources.is_full(OSError(errno.EACCES, "no"))


# --- what a file system may say, put into its mouth -------------------------------------------------------------------


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that makes calls fail, as in torture.py."""
    library = torture.compile_faults(tmp_path_factory.mktemp("faults"))
    if library is None or not sys.platform.startswith("linux"):
        pytest.skip("needs Linux and a C compiler")
    return library


@pytest.mark.parametrize("write", [40, *(pytest.param(write, marks=pytest.mark.slow) for write in (1, 120))])
def test_a_quota_is_said_its_space_given_back_and_the_next_run_goes_on(
    text: Path, tmp_path: Path, faults: Path, undisturbed: tuple[dict[str, str], int], write: int
) -> None:
    counter = tmp_path / "counter"
    counter.write_bytes(bytes(8))
    stopped = run(
        text, tmp_path / "data", LD_PRELOAD=str(faults), FAULT_FOLDER=str(tmp_path / "data"),
        FAULT_COUNTER=str(counter), FAULT_AT=str(write), FAULT_ERRNO=str(errno.EDQUOT),
    )  # fmt: skip
    assert stopped.returncode == 4, stopped.stderr
    assert "your quota of this disk is used up" in stopped.stderr
    assert str(tmp_path / "data") in stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert not list(tmp_path.glob(f"data/*/*.partial/{cache.WORK}*"))
    assert run(text, tmp_path / "data").returncode == 0
    assert digests(tmp_path / "data") == undisturbed[0]


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_network_folder_without_locks_is_said_before_any_work(
    text: Path, tmp_path: Path, faults: Path, number: int
) -> None:
    stopped = run(text, tmp_path / "data", LD_PRELOAD=str(faults), FAULT_LOCK=str(number))
    assert stopped.returncode == 4, stopped.stderr
    sentence = f"Error: this file system has no locks (flock): choose a data folder on another (--data): {tmp_path}"
    assert stopped.stderr.startswith(sentence)
    assert not list(tmp_path.glob(f"data/*/*/{cache.MANIFEST}"))


@pytest.fixture
def common() -> Iterator[Path]:
    """A folder that everybody may write into; pytest's own are for one user."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


def test_two_users_share_a_data_folder(text: Path, common: Path, undisturbed: tuple[dict[str, str], int]) -> None:
    """At once, and then the other user goes on from files that are not its own: it may not even link those."""
    if os.geteuid() or not shutil.which("setpriv"):
        pytest.skip("needs root, to become another user")
    grants = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")  # Python may lie below /root
    other = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *grants)
    data = common / "data"
    data.mkdir()
    data.chmod(0o777)
    copy = common / text.parent.name / text.name
    copy.parent.mkdir()
    shutil.copy(text, copy)
    copy.parent.chmod(0o755)
    copy.chmod(0o644)
    arguments = ["run", str(copy), "--data", str(data), *QUICK]

    def start(*before: str, settings: Sequence[str] = (), umask: int = 0) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*before, *CILIU, *arguments, *settings], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
            encoding="utf-8", umask=umask,
        )  # fmt: skip

    both = start(), start(*other)
    said = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert digests(data) == undisturbed[0]
    for path in data.rglob("*"):
        os.chown(path, 0, 0)
        path.chmod(0o777 if path.is_dir() else 0o644)
    again = start(*other, settings=("--set", "Dedup.lines=9999999"), umask=0o022)
    said_again = again.communicate(timeout=120)[1]
    assert again.returncode == 0, said_again
    assert {path.stat().st_uid for path in data.glob("dedup/*")} == {0, 65534}


# --- memory -----------------------------------------------------------------------------------------------------------


@contextmanager
def _with_little_memory(more: int) -> Iterator[None]:
    """This process may take ``more`` bytes."""
    before = rlimit.getrlimit(rlimit.RLIMIT_AS)
    virtual = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * rlimit.getpagesize()
    rlimit.setrlimit(rlimit.RLIMIT_AS, (virtual + more, before[1]))
    try:
        yield
    finally:
        rlimit.setrlimit(rlimit.RLIMIT_AS, before)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc")
def test_out_of_memory_is_one_sentence_and_the_next_run_goes_on(
    front: Front, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """900 words × 10,000 dimensions are 36 MB a matrix, and those are never taken from memory that was freed."""
    text = write_articles(tmp_path / "numbers.jsonl", [{"text": "，".join(map(str, range(900)))}])
    large = ("--set", "Train.vector_size=10000", "--set", "Train.epochs=1", "--set", "Train.threads=1")
    front.run(text, "--set", "Vocabulary.min_count=1", *large, "--until", "vocabulary")
    importlib.import_module("gensim.models")  # what is left is for vectors
    with _with_little_memory(24 << 20), pytest.raises(SystemExit) as stopped:
        front.run(*large, "--until", "train")
    assert stopped.value.code == 4
    said = capsys.readouterr().err
    assert "\nError: out of memory" in said
    assert "goes on from here" in said
    assert "Traceback" not in said
    assert not list(front.data.glob(f"train/*/{cache.MANIFEST}"))
    assert front.run(*large, "--until", "train") == {"train"}


# --- the estimate -----------------------------------------------------------------------------------------------------


def test_a_run_too_large_for_this_machine_is_refused_with_the_figures_unless_told_to_go_on(
    text: Path, front: Front, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(resources, "free_memory", lambda: 1 << 20)
    with pytest.raises(SystemExit) as stopped:
        front.run(text, *Front.quick)
    assert stopped.value.code == 3
    assert "MiB of memory, and 1 MiB is free: make room, or try it --anyway" in capsys.readouterr().err
    assert not list(front.data.glob("*/*/manifest.json"))
    assert not list(front.data.glob("runs/*"))
    assert front.run(text, *Front.quick, "--only", "dedup", "--anyway") == {"articles", "dedup"}


def test_a_training_too_large_for_this_machine_is_refused_with_the_figures_unless_told_to_begin(
    front: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """At first there seems to be room; when the vocabulary is known there is not. The next run asks again."""
    text = write_articles(tmp_path / "numbers.jsonl", [{"text": "，".join(map(str, range(900)))}])
    arguments = (*Front.quick, "--set", "Vocabulary.min_count=1", "--until", "train")
    front.run(text, *arguments, "--until", "vocabulary")
    monkeypatch.setattr(request, "needs", lambda *_: None)
    monkeypatch.setattr(resources, "free_disk", lambda _: 1 << 10)
    for _ in range(2):
        with pytest.raises(SystemExit) as stopped:
            front.run(text, *arguments)
        assert stopped.value.code == 3
        said = capsys.readouterr().err
        assert re.search(r"needs \d+ KiB of disk space in .*, and 1 KiB is free: set a smaller Train.vector_size", said)
        assert "or try it --anyway" in said
    assert front.run(text, *arguments, "--anyway") == {"train"}
    with pytest.raises(SystemExit):
        front.run(text, *arguments, "--set", "Train.window=2")


def test_bytes_are_shown_in_the_unit_that_fits() -> None:
    shown = [resources.show(size) for size in (0, 700 << 10, 20 << 20, 1.3 * (1 << 30))]
    assert shown == ["0 KiB", "700 KiB", "20 MiB", "1.3 GiB"]


def test_plan_says_what_the_run_needs(text: Path, front: Front, capsys: pytest.CaptureFixture[str]) -> None:
    front("plan", text, *Front.quick)
    assert "needs about " in capsys.readouterr().out.splitlines()[-1]


def test_what_earlier_outputs_hold_is_not_reckoned_again(
    text: Path, front: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More articles: their share of the text. Another dictionary: all of it, for Segment. 鸟 bird, 喜欢 likes, 唱歌 to
    sing."""
    shares: list[dict[str, float]] = []
    reckon = needs.shares_to_make
    monkeypatch.setattr(needs, "shares_to_make", lambda *given: shares.append(reckon(*given)) or shares[-1])
    new = write_articles(tmp_path / "birds.jsonl", [{"id": "0", "text": "鸟喜欢唱歌。" * 100}])
    front("plan", text)
    assert shares.pop() == {"articles": 1.0, "dedup": 1.0, "segment": 1.0}
    front("run", text, "--until", "segment", "--quiet")
    shares.clear()
    front("plan", text, new)
    small = new.stat().st_size / (new.stat().st_size + text.stat().st_size)
    assert shares.pop() == pytest.approx({"articles": small, "dedup": small, "segment": small})
    front("plan", text, new, "--set", "Segment.HMM=true")
    assert shares.pop() == pytest.approx({"articles": small, "dedup": small, "segment": 1.0})
    front("plan", text, new, "--set", "Articles.min_characters=2")
    assert shares.pop() == {"articles": 1.0, "dedup": 1.0, "segment": 1.0}
    front("run", new, "--until", "segment", "--quiet")  # in between, nothing of the first text
    shares.clear()
    front("plan", text, new)
    assert shares.pop() == {"articles": 0.0, "dedup": 0.0, "segment": 0.0}
    front("plan", text)
    assert shares.pop() == {}
