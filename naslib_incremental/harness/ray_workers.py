"""Pieces of work as tasks of a Ray cluster; tasks that a node takes with it are done again."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import tempfile
from collections import deque
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from naslib_incremental.agent.rllib.topology import cluster_cpus
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.harness.job import Job
from naslib_incremental.harness.tasks import Failure, ProgressReport, perform
from naslib_incremental.optimizers import Resources, TrainableOptimizer
from naslib_incremental.records import Task, TrainingTask

SECONDS_TO_ANSWER = 10.0
# How often Ray begins a task again whose process or node was lost; each resumes where it was.
RETRIES = 5


@contextmanager
def connected(address: str | None) -> Iterator[None]:
    """Work on a cluster; one that is connected to already is taken as it is.

    Args:
        address: of a running cluster; None starts one on this machine.

    Raises:
        UserError: there is no cluster at the address.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    if ray.is_initialized():
        yield
        return
    with tempfile.TemporaryDirectory(prefix="nasray-", ignore_cleanup_errors=True) as folder:
        if address is None:
            _start(folder)
        else:
            _join(address)
        try:
            yield
        finally:
            ray.shutdown()


def _start(folder: str) -> None:
    # In the environment, or else Ray would write one to the user's home.
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    ray.init(
        address="local",
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
        _temp_dir=folder,
    )


def _join(address: str) -> None:
    try:
        host, _, port = address.rpartition("//")[2].rpartition(":")
        if host and port.isdigit():
            # Ray itself would look for a cluster for minutes.
            socket.create_connection((host, int(port)), SECONDS_TO_ANSWER).close()
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:
        raise UserError(
            f"a Ray cluster at {address}",
            " ".join(str(error).split())[:200] or type(error).__name__,
            "start one there, or give no address to have one on this machine",
            setting="ray_address",
        ) from error


class ReportQueue:
    """Keeps reports of trainings until they are asked for."""

    def __init__(self) -> None:
        self.kept: list[ProgressReport] = []

    def put(self, report: ProgressReport) -> None:
        """Keep a report."""
        self.kept.append(report)

    def take(self) -> list[ProgressReport]:
        """All reports since the last call."""
        taken, self.kept = self.kept, []
        return taken


@dataclass
class _Work:
    job: Job
    task: Task
    future: Future[Failure | None]
    reference: Any = None


class RayWorkers:
    """Tasks on the cluster that is connected to; the run folder must be seen by all its nodes.

    Args:
        count: pieces of work done side by side.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._waiting: deque[_Work] = deque()
        self._running: list[_Work] = []
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        self._queue = ray.remote(num_cpus=0, scheduling_strategy=here)(ReportQueue).remote()

    def submit(self, job: Job, task: Task) -> Future[Failure | None]:
        """Begin a piece of work, or put it in the queue."""
        work = _Work(job, task, Future())
        self._waiting.append(work)
        self._begin()
        return work.future

    def reports(self) -> list[ProgressReport]:
        """What trainings have reported since the last call."""
        self._begin()
        reports: list[ProgressReport] = ray.get(self._queue.take.remote())
        return reports

    def close(self) -> None:
        """Let go of the queue of reports."""
        ray.kill(self._queue)

    def kill(self) -> None:
        """End all tasks in the middle of their work, and with them the processes they started."""
        self._waiting.clear()
        for work in self._running:
            ray.cancel(work.reference, force=True)
        self.close()

    def _begin(self) -> None:
        """Begin what there is room for; trainings that wait for room do not hold up the others."""
        self._running = [work for work in self._running if not work.future.done()]
        cpus = cluster_cpus()
        free = cpus - sum(
            _resources(work, cpus).cpus
            for work in self._running
            if isinstance(work.task, TrainingTask)
        )
        for work in list(self._waiting):
            if len(self._running) >= self._count:
                return
            asked = _resources(work, cpus)
            if isinstance(work.task, TrainingTask):
                # One training always finds a place, however small the cluster.
                if asked.cpus > free < cpus:
                    continue
                free -= asked.cpus
            self._waiting.remove(work)
            self._start(work, asked)

    def _start(self, work: _Work, asked: Resources) -> None:
        work.future.set_running_or_notify_cancel()
        task = ray.remote(num_cpus=1, num_gpus=asked.gpus, max_retries=RETRIES)(_perform)
        work.reference = task.remote(work.job, work.task, self._queue)
        self._running.append(work)
        work.reference.future().add_done_callback(lambda done: _finish(work, done))


def _resources(work: _Work, cpus: int) -> Resources:
    """What a piece of work asks of a cluster of so many cores."""
    if isinstance(work.task, TrainingTask):
        optimizer = work.job.optimizer(work.task.optimizer)
        if isinstance(optimizer, TrainableOptimizer):
            return optimizer.resources(cpus)
    return Resources(1, 0)


def _finish(work: _Work, done: Future[Failure | None]) -> None:
    error = done.exception()
    if error is not None:
        work.future.set_exception(BrokenExecutor(str(error)))
    else:
        work.future.set_result(done.result() or _unseen(work))


def _unseen(work: _Work) -> Failure | None:
    folder = work.job.folder
    if folder.file(work.task).exists():
        return None
    error = UserError(
        "a folder of runs that all nodes of the cluster see",
        f"{folder.path}, into which another node wrote what is not here",
        "give another folder",
        setting="out",
    )
    return Failure.of(work.task, error)


def _perform(job: Job, task: Task, queue: Any) -> Failure | None:
    import numba
    import torch

    numba.set_num_threads(1)
    torch.set_num_threads(1)
    return perform(job, task, queue.put.remote)
