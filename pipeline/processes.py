"""Jobs in processes of our own, none of which outlives the work.

``multiprocessing.Pool`` hangs for ever when a worker is killed, and ``ProcessPoolExecutor`` cannot be stopped in the
middle of a job before Python 3.14; a pipe for each worker does both.
"""

import multiprocessing
import os
import pickle
import signal
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from typing import Any

from pipeline import cgroups

Job = tuple[Callable[..., Any], tuple[Any, ...]]

PRELOAD = ["pipeline.articles", "pipeline.dedup", "pipeline.segment"]  # imported once, before the workers fork


def cpus() -> int:
    """CPUs that this process may use: its affinity and its cgroups' limits, not what the machine has."""
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limit = cgroups.cpus()
    return affinity if limit is None else max(1, min(affinity, int(limit)))


def prepare() -> None:
    """Have what the workers need imported, in a process of its own, while this one looks at what there is to do."""
    _context()


def refuse_unguarded_script() -> None:
    """Raise ``RuntimeError`` where a worker is importing the script that started it, and the script begins its work
    anew: it would wait for the lock of its own parent for ever. (Python's own check comes only when that starts workers
    in its turn, and reads the same flag.)"""
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise RuntimeError('a script that runs stages needs if __name__ == "__main__": before its own work')


def run_jobs(jobs: Sequence[Job], processes: int) -> Generator[tuple[int, Any], None, None]:
    """Run ``jobs`` in ``processes`` processes (in this one if 1); yields (index, result) as they finish.

    Raises what a job raised; ``RuntimeError`` if a worker ended without a result, whatever its exit code. No worker
    outlives the call, nor this process.
    """
    if processes <= 1:
        yield from ((index, function(*arguments)) for index, (function, arguments) in enumerate(jobs))
        return
    context = _context()
    workers: list[_Worker] = []
    try:
        for _ in range(min(processes, len(jobs))):
            workers.append(_Worker(context))
        yield from _share_out(jobs, workers)
    finally:
        for worker in workers:
            worker.stop()


def _share_out(jobs: Sequence[Job], workers: list["_Worker"]) -> Iterator[tuple[int, Any]]:
    waiting = iter(enumerate(jobs))
    busy: dict[object, _Worker] = {}
    for worker, (index, job) in zip(workers, waiting, strict=False):
        worker.give(index, job)
        busy[worker.pipe] = worker
    while busy:
        for pipe in wait(list(busy)):  # type: ignore[arg-type] # the keys are the workers' pipes
            worker = busy.pop(pipe)
            result = worker.take()
            finished = worker.index
            following = next(waiting, None)
            if following:
                worker.give(*following)
                busy[pipe] = worker
            yield finished, result


class _Worker:
    """One process and our end of its pipe."""

    def __init__(self, context: Any) -> None:
        self.pipe, theirs = context.Pipe()
        self.index = -1
        self.process = context.Process(target=_serve, args=(theirs,), daemon=True)
        try:
            self.process.start()
        except (EOFError, ConnectionError):
            raise RuntimeError("the process that starts the workers died (it was killed?)") from None
        theirs.close()

    def give(self, index: int, job: Job) -> None:
        self.index = index
        try:
            self.pipe.send(job)
        except BrokenPipeError:
            self._report_death()

    def take(self) -> Any:
        try:
            failure, result = self.pipe.recv()
        except (EOFError, ConnectionError):
            self._report_death()
        if failure:
            raise failure
        return result

    def _report_death(self) -> None:
        self.process.join(5)
        raise RuntimeError(
            f"a worker process died in the middle of its work (exit code {self.process.exitcode}; "
            "-9 is often the system's out-of-memory killer)"
        ) from None

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def _context() -> Any:
    """forkserver: children start in 10 ms and inherit no thread of ours (fork with threads may hang, and warns)."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOAD)
    if threading.current_thread() is threading.main_thread():
        # A server that starts with SIGINT ignored hands that on: Ctrl-C never meets a worker that is half begun.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            forkserver.ensure_running()
        except OSError as error:
            if error.errno is None:  # a socket's name has 107 bytes at most
                path = tempfile.gettempdir()
                raise OSError(
                    f"{path} is too long a path for a temporary folder; set TMPDIR to a shorter one"
                ) from error
            raise
        finally:
            signal.signal(signal.SIGINT, before)
    return context


def _serve(pipe: Connection) -> None:
    """A worker's life: take a job, send back (exception, result), end with the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends us
    threading.Thread(target=_die_with_parent, daemon=True).start()
    while True:
        try:
            function, arguments = pipe.recv()
        except EOFError:
            return
        pipe.send(attempt(function, arguments))


def attempt(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Exception | None, Any]:
    try:
        return None, function(*arguments)
    except Exception as error:  # noqa: BLE001 - it goes to the parent, which raises it
        return _sendable(error), None


def _sendable(error: Exception) -> Exception:
    """``error``, or its type and message where pickle cannot make it again on the other side."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001 - whatever its constructor raises
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        wait([parent.sentinel])
    os._exit(1)
