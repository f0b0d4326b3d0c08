"""The limits of containers: seen before the work, and nothing lost where they are met all the same."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import CILIU, Front, write_articles

from pipeline import cache, cgroups
from pipeline.processes import cpus

Files = Callable[[str, dict[str, str]], None]

STAT = "anon 300\ninactive_file 70\nactive_file 30"


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    """Writes what the kernel would show: a group's files; ``own`` is what it says of the process."""
    monkeypatch.setattr(cgroups, "ROOT", tmp_path / "cgroup")
    monkeypatch.setattr(cgroups, "OWN", tmp_path / "own")

    def show(group: str, files: dict[str, str]) -> None:
        folder = tmp_path / "cgroup" / group if group else tmp_path
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_text(f"{content}\n", encoding="ascii")

    return show


def test_without_cgroups_there_is_no_limit(kernel: Files) -> None:
    assert (cgroups.memory_left(), cgroups.cpus()) == (None, None)


def test_version_2_the_limit_of_a_group_above_holds_too(kernel: Files) -> None:
    kernel("", {"own": "0::/jobs/mine"})
    kernel("jobs", {"memory.max": "1000", "memory.current": "400", "memory.stat": STAT, "cpu.max": "150000 100000"})
    kernel("jobs/mine", {"memory.max": "max", "memory.current": "400", "memory.stat": STAT, "cpu.max": "max 100000"})
    assert cgroups.memory_left() == 1000 - 400 + 70 + 30
    assert cgroups.cpus() == 1.5
    kernel("jobs/mine", {"memory.max": "450"})
    assert cgroups.memory_left() == 450 - 400 + 100


def test_version_1_counts_what_groups_below_have_in_the_cache(kernel: Files) -> None:
    kernel("", {"own": "9:memory:/jobs\n8:cpu,cpuacct:/\n0::/"})
    stat = "inactive_file 1\nactive_file 1\ntotal_inactive_file 70\ntotal_active_file 30"
    kernel("memory/jobs", {"memory.limit_in_bytes": "1000", "memory.usage_in_bytes": "400", "memory.stat": stat})
    kernel("memory", {"memory.limit_in_bytes": "9223372036854771712", "memory.usage_in_bytes": "1"})
    kernel("cpu", {"cpu.cfs_quota_us": "-1", "cpu.cfs_period_us": "100000"})
    assert (cgroups.memory_left(), cgroups.cpus()) == (700, None)
    kernel("cpu", {"cpu.cfs_quota_us": "50000"})
    assert cgroups.cpus() == 0.5
    assert cpus() == 1


def test_a_group_may_have_any_name(kernel: Files) -> None:
    """词 word."""
    (cgroups.OWN).write_text("3:cpu,cpuacct:/词\n1:name=词:/\n", encoding="utf-8")
    kernel("cpu,cpuacct/词", {"cpu.cfs_quota_us": "200000", "cpu.cfs_period_us": "100000"})
    assert cgroups.cpus() == 2.0


def test_a_container_that_is_told_the_path_outside_finds_its_limit(kernel: Files) -> None:
    kernel("", {"own": "4:memory:/docker/0123456789ab"})
    kernel("memory", {"memory.limit_in_bytes": "1000", "memory.usage_in_bytes": "400"})
    assert cgroups.memory_left() == 600


def test_more_in_use_than_the_limit_leaves_nothing(kernel: Files) -> None:
    kernel("", {"own": "0::/"})
    kernel(".", {"memory.max": "300", "memory.current": "400"})
    assert cgroups.memory_left() == 0


# ---------------------------------------------------------------- real groups

Enter = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def group(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Enter]:
    """Runs a command in a group of its own, with these limits."""
    made: list[Path] = []

    def run_within(controller: str, limits: dict[str, str], *command: str | Path) -> subprocess.CompletedProcess[str]:
        folder = Path("/sys/fs/cgroup") / controller / f"{tmp_path.name}-{os.getpid()}-{len(made)}"
        try:
            folder.mkdir()
            for name, limit in limits.items():
                (folder / name).write_text(limit, encoding="ascii")
        except OSError as error:
            pytest.skip(f"no cgroup of version 1 can be made here: {error}")
        made.append(folder)
        enter = ["sh", "-c", 'echo $$ > "$0/cgroup.procs"; exec "$@"', folder]
        return subprocess.run(
            [*enter, *command], capture_output=True, text=True, check=False, timeout=120, cwd=tmp_path
        )

    yield run_within
    for folder in made:
        for process in (folder / "cgroup.procs").read_text(encoding="ascii").split():
            subprocess.run(["kill", "-9", process], check=False)
        folder.rmdir()


def test_half_a_cpu_is_one_process(group: Enter) -> None:
    show = "from pipeline.processes import cpus; print(cpus())"
    done = group("cpu", {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "50000"}, sys.executable, "-c", show)
    assert done.stdout == "1\n"


def test_a_run_is_refused_that_needs_more_than_its_group_has(group: Enter, tmp_path: Path) -> None:
    """孩子 child, 喜欢 likes, 狗 dog."""
    text = write_articles(tmp_path / "a.jsonl", [{"text": "孩子喜欢狗。"}])
    limit = {"memory.limit_in_bytes": str(200 << 20)}
    done = group("memory", limit, *CILIU, "run", text, "--processes", "1")
    assert done.returncode == 3
    assert "MiB of memory, and 1" in done.stderr
    assert "make room, or try it --anyway" in done.stderr


def test_what_the_kernel_ends_for_want_of_memory_goes_on_as_if_nothing_had_been(group: Enter, tmp_path: Path) -> None:
    """The limit is met in the middle: the kernel kills this process or that. 孩子 child, 喜欢 likes, 狗 dog."""
    articles = [{"id": str(number), "text": f"孩子喜欢狗。这是第{number}天。" * 20} for number in range(400)]
    text = write_articles(tmp_path / "a.jsonl", articles)
    request = ["run", text, "--until", "vocabulary", "--quiet", "--processes", "2"]
    ended = []
    for limit in (64, 96, 128):
        data = tmp_path / "ended" / "data"
        limits = {"memory.limit_in_bytes": str(limit << 20)}
        ended.append(group("memory", limits, *CILIU, *request, "--anyway", "--data", data))
    assert all("Traceback" not in done.stderr for done in ended)
    assert any(done.returncode == -signal.SIGKILL for done in ended)
    found = []
    for name in ("ended", "clean"):
        front = Front(tmp_path / name)
        subprocess.run([*CILIU, *request, "--data", front.data], check=True, timeout=120)
        found.append(
            {stage: front.manifest(stage)["digest"] for stage in ("articles", "dedup", "segment", "vocabulary")}
        )
    assert found[0] == found[1]
    assert not list((tmp_path / "ended" / "data").glob(f"*/*.partial/{cache.MANIFEST}"))
