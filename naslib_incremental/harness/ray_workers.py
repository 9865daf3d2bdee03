"""Pieces of work as tasks of a Ray cluster; tasks that a node takes with it are done again."""

from __future__ import annotations

from collections import deque
from concurrent.futures import BrokenExecutor, Future
from dataclasses import dataclass
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.harness.job import Job
from naslib_incremental.harness.plan import Agent, Cell
from naslib_incremental.harness.ray_cluster import RayOptions, cluster_cpus
from naslib_incremental.harness.tasks import Failure, Report, perform

# How often Ray begins a task again whose process or node was lost; each goes on where it was.
RETRIES = 5


class Mailbox:
    """Keeps reports of trainings until the command asks for them."""

    def __init__(self) -> None:
        self.kept: list[Report] = []

    def put(self, report: Report) -> None:
        """Keep a report."""
        self.kept.append(report)

    def take(self) -> list[Report]:
        """All reports since the last call."""
        taken, self.kept = self.kept, []
        return taken


@dataclass
class _Work:
    job: Job
    item: Agent | Cell
    future: Future[Failure | None]
    reference: Any = None


class RayWorkers:
    """Tasks on the cluster that is connected to; the run folder must be seen by all its nodes.

    Args:
        options: over what a training spreads.
        count: pieces of work done side by side.
    """

    def __init__(self, options: RayOptions, count: int) -> None:
        self._options = options
        self._count = count
        self._waiting: deque[_Work] = deque()
        self._running: list[_Work] = []
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        self._mailbox = ray.remote(num_cpus=0, scheduling_strategy=here)(Mailbox).remote()

    def submit(self, job: Job, item: Agent | Cell) -> Future[Failure | None]:
        """Begin a piece of work, or put it in the queue."""
        work = _Work(job, item, Future())
        self._waiting.append(work)
        self._begin()
        return work.future

    def reports(self) -> list[Report]:
        """What trainings have reported since the last call."""
        self._begin()
        reports: list[Report] = ray.get(self._mailbox.take.remote())
        return reports

    def close(self) -> None:
        """Let go of the mailbox."""
        ray.kill(self._mailbox)

    def kill(self) -> None:
        """End all tasks in the middle of their work, and with them the processes they started."""
        self._waiting.clear()
        for work in self._running:
            ray.cancel(work.reference, force=True)
        self.close()

    def _begin(self) -> None:
        """Begin what there is room for; trainings that wait for room do not hold up the others."""
        self._running = [work for work in self._running if not work.future.done()]
        trainings = sum(isinstance(work.item, Agent) for work in self._running)
        cpus = cluster_cpus()
        most = max(1, cpus // (1 + self._options.topology(cpus).num_env_runners))
        for work in list(self._waiting):
            if len(self._running) >= self._count:
                return
            if isinstance(work.item, Agent):
                if trainings >= most:
                    continue
                trainings += 1
            self._waiting.remove(work)
            self._start(work)

    def _start(self, work: _Work) -> None:
        work.future.set_running_or_notify_cancel()
        gpus = self._options.num_gpus_per_learner if isinstance(work.item, Agent) else 0
        task = ray.remote(num_cpus=1, num_gpus=gpus, max_retries=RETRIES)(_perform)
        work.reference = task.remote(work.job, work.item, self._options, self._mailbox)
        self._running.append(work)
        work.reference.future().add_done_callback(lambda done: _finish(work, done))


def _finish(work: _Work, done: Future[Failure | None]) -> None:
    error = done.exception()
    if error is not None:
        work.future.set_exception(BrokenExecutor(str(error)))
    else:
        failure = done.result()
        work.future.set_result(failure or _unseen(work))


def _unseen(work: _Work) -> Failure | None:
    if work.job.file(work.item).exists():
        return None
    error = UserError(
        "an --out folder that all nodes of the cluster see",
        f"{work.job.folder}, into which another node wrote what is not here",
        "give another --out",
    )
    mendable = (error.expected, error.got, error.next)
    return Failure(work.item, str(error), mendable, "")


def _perform(job: Job, item: Agent | Cell, options: RayOptions, mailbox: Any) -> Failure | None:
    import numba
    import torch

    numba.set_num_threads(1)
    torch.set_num_threads(1)
    # Nodes may have come and gone since the command began.
    topology = options.topology(cluster_cpus())
    return perform(job, item, mailbox.put.remote, topology)
