"""A thin layer over ``luigi.build``: what Luigi's result does not say, said.

Luigi reports success for a task that made nothing and for one whose input is missing; so the root's own ``complete()``
decides, and the exception that a task raised is raised again.
"""

import logging
from collections.abc import Sequence
from typing import Any

import luigi
from luigi.worker import Worker

from pipeline.task import StageTask


class _Workers(luigi.interface._WorkerSchedulerFactory):  # Luigi's own way to choose a worker's settings
    def create_worker(self, scheduler: Any, worker_processes: int, assistant: bool = False) -> Worker:
        return Worker(
            scheduler=scheduler, worker_processes=worker_processes, assistant=assistant, check_complete_on_run=True
        )


def build(tasks: Sequence[StageTask]) -> None:
    """Make ``tasks`` and what they need, in this process. Raises what the first failing task raised."""
    failures: list[BaseException] = []

    @StageTask.event_handler(luigi.Event.FAILURE)
    def _keep(task: StageTask, error: BaseException) -> None:
        failures.append(error)

    logging.getLogger("luigi").setLevel(logging.CRITICAL)
    logging.getLogger("luigi.scheduler").setLevel(logging.CRITICAL)
    try:
        luigi.build(
            list(tasks), local_scheduler=True, workers=1, parallel_scheduling=False, log_level="CRITICAL",
            worker_scheduler_factory=_Workers(),
        )  # fmt: skip
    finally:
        StageTask.remove_event_handler(luigi.Event.FAILURE, _keep)
    if failures:
        raise failures[0]
    undone = [task.name for task in tasks if not task.complete()]
    if undone:
        raise RuntimeError(f"{', '.join(undone)} did not come out complete, and Luigi does not say why")
