"""Jobs in processes of our own: their results, their failures, and that none is left behind."""

import errno
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from pipeline.processes import cpus, run_jobs

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")


# ---------------------------------------------------------------- what the jobs of these tests do


def square(number: int) -> tuple[int, int]:
    return number * number, os.getpid()


def nap(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def fail(error: Exception) -> None:
    raise error


def parse(text: str) -> Any:
    return json.loads(text)


def decode(raw: bytes) -> str:
    return raw.decode("utf-8")


class NeedsTwoError(Exception):
    """An exception that pickle cannot make again, as those of some libraries."""

    def __init__(self, file: str, line: int) -> None:
        super().__init__(f"{file}, line {line}: wrong")


def fail_in_a_way_that_does_not_pickle() -> None:
    raise NeedsTwoError("a.txt", 7)


def take_more_than_is_allowed(more: int) -> int:
    """Bytes, in a process that may take only ``more``."""
    resource.setrlimit(resource.RLIMIT_AS, (_virtual() + more, resource.RLIM_INFINITY))
    return len(bytes(4 * more))


def _virtual() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()


def end(how: str) -> None:
    if how == "os._exit(0)":
        os._exit(0)
    elif how == "os._exit(3)":
        os._exit(3)
    elif how == "sys.exit(0)":
        sys.exit(0)
    else:
        os.kill(os.getpid(), signal.SIGKILL)


def kill_other(pid_file: str) -> None:
    """Kill, from one worker, the other, which is in the middle of its work."""
    path = Path(pid_file)
    while not (path.exists() and path.read_text(encoding="ascii")):
        time.sleep(0.01)
    os.kill(int(path.read_text(encoding="ascii")), signal.SIGKILL)
    time.sleep(30)


def write_pid(pid_file: str) -> None:
    Path(pid_file).write_text(str(os.getpid()), encoding="ascii")
    time.sleep(30)


# ---------------------------------------------------------------- looking at processes


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Fail, instead of hanging for ever."""

    def stop(signum: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"not done within {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def processes() -> dict[int, tuple[str, int, int]]:
    """State, parent and session of each process that there is."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent, _, session = path.read_text(errors="replace").rpartition(")")[2].split()[:4]
        except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            continue
        found[int(path.parent.name)] = (state, int(parent), int(session))
    return found


def workers() -> set[int]:
    """The processes that the server of this process forked, zombies too."""
    everything = processes()
    children = {pid for pid, (_, parent, _) in everything.items() if parent == os.getpid()}
    return {pid for pid, (_, parent, _) in everything.items() if parent in children}


def of_session(session: int) -> set[int]:
    """The living processes of a session."""
    return {pid for pid, (state, _, their) in processes().items() if their == session and state != "Z"}


def wait_until(true: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.01)
    return true()


@pytest.fixture(autouse=True)
def no_worker_left() -> Iterator[None]:
    """After each of these tests no worker is left, whatever happened."""
    with within(30):
        yield
    assert wait_until(lambda: not workers(), 5)


# ---------------------------------------------------------------- results


@pytest.mark.parametrize("number", [0, 1, 2, 3])
@pytest.mark.parametrize("jobs", [0, 1, 2, 7])
def test_every_job_comes_back_once_with_its_index_and_result(jobs: int, number: int) -> None:
    results = list(run_jobs([(square, (value,)) for value in range(jobs)], number))
    assert sorted((index, result[0]) for index, result in results) == [(value, value * value) for value in range(jobs)]


def test_one_process_is_this_one_and_several_are_others() -> None:
    jobs = [(square, (value,)) for value in range(6)]
    assert {pid for _, (_, pid) in run_jobs(jobs, 1)} == {os.getpid()}
    others = {pid for _, (_, pid) in run_jobs(jobs, 2)}
    assert os.getpid() not in others
    assert 1 <= len(others) <= 2


def test_results_come_as_they_are_finished_and_a_free_worker_takes_the_next_job() -> None:
    order = [index for index, _ in run_jobs([(nap, (1.0,)), *[(nap, (0.01,))] * 4], 2)]
    assert order == [1, 2, 3, 4, 0]


def test_a_large_result_comes_back_whole() -> None:
    ((_, result),) = run_jobs([(bytes, (10_000_000,))], 2)
    assert result == bytes(10_000_000)


def test_as_many_cpus_as_this_process_may_use() -> None:
    allowed = os.sched_getaffinity(0)
    assert 1 <= cpus() <= len(allowed)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert cpus() == 1
    finally:
        os.sched_setaffinity(0, allowed)


# ---------------------------------------------------------------- failures

ERRORS = [
    ValueError("a.txt, line 7: 不是词"),  # 不是词 "is no word"
    KeyError("微信"),  # 微信 WeChat
    RuntimeError(),
    MemoryError("too large"),
    FileNotFoundError(errno.ENOENT, "No such file or directory", "a.txt"),
    OSError(errno.ENOSPC, "No space left on device", "out.jsonl"),
]


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_exception_comes_back_with_its_type_and_message(error: Exception, number: int) -> None:
    with pytest.raises(type(error)) as caught:
        list(run_jobs([(square, (1,)), (fail, (error,)), (square, (2,))], number))
    assert type(caught.value) is type(error)
    assert (str(caught.value), caught.value.args) == (str(error), error.args)


def test_exceptions_with_fields_of_their_own_keep_them() -> None:
    with pytest.raises(json.JSONDecodeError, match="line 1 column 2") as no_json:
        list(run_jobs([(parse, ("{",))], 2))
    assert no_json.value.pos == 1
    with pytest.raises(UnicodeDecodeError, match="position 1") as no_text:
        list(run_jobs([(decode, (b"a\xff",))], 2))
    assert no_text.value.start == 1


@pytest.mark.parametrize("number", [1, 2])
def test_an_exception_that_does_not_pickle_comes_back_with_its_message(number: int) -> None:
    with pytest.raises(Exception, match=r"a\.txt, line 7: wrong"):
        list(run_jobs([(fail_in_a_way_that_does_not_pickle, ())], number))


def test_a_failure_does_not_wait_for_the_other_jobs() -> None:
    started = time.monotonic()
    with pytest.raises(ValueError, match="wrong"):
        list(run_jobs([(nap, (30,)), (fail, (ValueError("wrong"),))], 2))
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("how", ["os._exit(0)", "os._exit(3)", "sys.exit(0)", "SIGKILL"])
def test_a_worker_that_ends_without_a_result_is_an_error_at_once(how: str) -> None:
    started = time.monotonic()
    with pytest.raises(RuntimeError, match="worker process died") as caught:
        list(run_jobs([(end, (how,)), (nap, (30,))], 2))
    assert time.monotonic() - started < 10
    code = {"os._exit(3)": "3", "SIGKILL": "-9"}.get(how, "0")
    assert f"exit code {code};" in str(caught.value)


def test_a_worker_that_is_killed_from_outside_is_an_error_at_once(tmp_path: Path) -> None:
    pid_file = str(tmp_path / "pid")
    started = time.monotonic()
    with pytest.raises(RuntimeError, match="exit code -9"):
        list(run_jobs([(write_pid, (pid_file,)), (kill_other, (pid_file,))], 2))
    assert time.monotonic() - started < 15


def test_a_worker_that_may_take_no_more_memory_says_so_and_the_next_jobs_run() -> None:
    with pytest.raises(MemoryError):
        list(run_jobs([(square, (1,)), (take_more_than_is_allowed, (64 << 20,)), (nap, (30,))], 2))
    assert [result[0] for _, result in run_jobs([(square, (3,))], 2)] == [9]


def test_whoever_waits_for_a_worker_is_not_busy() -> None:
    began = time.process_time()
    list(run_jobs([(nap, (1.0,)), (nap, (1.0,))], 2))
    assert time.process_time() - began < 0.3


def test_after_a_failure_the_next_jobs_run() -> None:
    for _ in range(2):
        with pytest.raises(RuntimeError, match="worker process died"):
            list(run_jobs([(end, ("SIGKILL",))], 2))
        assert [result[0] for _, result in run_jobs([(square, (3,))], 2)] == [9]


# ---------------------------------------------------------------- what is left behind


def test_no_worker_is_left_after_the_last_result() -> None:
    list(run_jobs([(square, (1,)), (square, (2,))], 2))
    assert wait_until(lambda: not workers(), 1)


def test_no_worker_is_left_when_the_results_are_not_awaited() -> None:
    results = run_jobs([(square, (1,)), (nap, (30,))], 2)
    next(results)
    assert workers()
    results.close()
    assert wait_until(lambda: not workers(), 1)


SCRIPT = """
import os, sys, time
from pathlib import Path
from pipeline.processes import run_jobs

def work(folder: str, number: int, busy: bool) -> None:
    Path(folder, f"{number}.pid").write_text(str(os.getpid()), encoding="ascii")
    while busy:
        pass
    time.sleep(60)

if __name__ == "__main__":
    list(run_jobs([(work, (sys.argv[1], number, sys.argv[2] == "busy")) for number in range(4)], 2))
"""


@contextmanager
def script_at_work(folder: Path, kind: str) -> Iterator[subprocess.Popen[str]]:
    """A program in a session of its own, once its two workers are in the middle of a job."""
    path = folder / "script.py"
    path.write_text(SCRIPT, encoding="utf-8")
    script = subprocess.Popen(
        [sys.executable, str(path), str(folder), kind], start_new_session=True, stderr=subprocess.PIPE, text=True
    )
    try:
        assert wait_until(lambda: len(list(folder.glob("*.pid"))) == 2, 20)
        assert len(of_session(script.pid)) >= 3
        yield script
    finally:
        for pid in of_session(script.pid):
            os.kill(pid, signal.SIGKILL)
        script.communicate()


@pytest.mark.parametrize("kind", ["busy", "asleep"])
def test_ctrl_c_ends_everything_within_a_second(tmp_path: Path, kind: str) -> None:
    with script_at_work(tmp_path, kind) as script:
        os.killpg(script.pid, signal.SIGINT)  # as a terminal does: to every process of the group
        assert wait_until(lambda: not of_session(script.pid), 1)
        assert script.wait(1) != 0


def test_ctrl_c_shows_one_interrupt_and_not_one_a_worker(tmp_path: Path) -> None:
    with script_at_work(tmp_path, "asleep") as script:
        os.killpg(script.pid, signal.SIGINT)
        _, errors = script.communicate(timeout=5)
        assert errors.count("Traceback") == errors.count("KeyboardInterrupt") == 1


@pytest.mark.parametrize("kind", ["busy", "asleep"])
def test_a_killed_parent_leaves_no_orphan(tmp_path: Path, kind: str) -> None:
    with script_at_work(tmp_path, kind) as script:
        script.kill()
        assert wait_until(lambda: not of_session(script.pid), 5)


def test_a_script_without_a_guard_ends_with_a_sentence_and_does_not_wait_for_itself(tmp_path: Path) -> None:
    texts = "".join(json.dumps({"text": f"{number} 我们去公园。"}) + "\n" for number in range(9))  # we go to the park
    for name in "abcdefgh":
        (tmp_path / f"{name}.jsonl").write_text(texts, encoding="utf-8")
    script = tmp_path / "script.py"
    script.write_text(
        "import luigi, pipeline.shards, tasks\n"
        "pipeline.shards.SIZE = 100  # so that there are several\n"
        f"task = tasks.Articles(sources=({str(tmp_path)!r},), data={str(tmp_path / 'data')!r}, processes=2)\n"
        "luigi.build([task], local_scheduler=True)\n",
        encoding="utf-8",
    )
    done = subprocess.run([sys.executable, script], capture_output=True, timeout=60, check=False)
    assert b'__name__ == "__main__"' in done.stderr
