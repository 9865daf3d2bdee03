"""Where pieces of work are done: behind one small interface, here local processes."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any, Protocol

import numba

from naslib_incremental.harness.job import Job
from naslib_incremental.harness.tasks import Failure, ProgressReport, perform
from naslib_incremental.records import Task

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
SECONDS_TO_END = 5.0


class Workers(Protocol):
    """Does pieces of work side by side."""

    def submit(self, job: Job, task: Task) -> Future[Failure | None]:
        """Begin a piece of work, or put it in the queue; first come, first served."""

    def reports(self) -> list[ProgressReport]:
        """What trainings have reported since the last call."""

    def close(self) -> None:
        """Let go of the workers when all work is done."""

    def kill(self) -> None:
        """End the workers now, in the middle of their work."""


class LocalProcesses:
    """Processes on this machine, each on one thread.

    Args:
        count: how many.
    """

    def __init__(self, count: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._others = set(multiprocessing.active_children())
        self._reports: multiprocessing.Queue[ProgressReport] = context.Queue()
        self._pool = ProcessPoolExecutor(
            count, mp_context=context, initializer=_begin, initargs=(self._reports,)
        )

    def submit(self, job: Job, task: Task) -> Future[Failure | None]:
        """Put a piece of work in the queue, for which another process may be started."""
        with _interrupts_held_back():
            return self._pool.submit(_perform, job, task)

    def reports(self) -> list[ProgressReport]:
        """What trainings have reported since the last call."""
        found = []
        try:
            while True:
                found.append(self._reports.get_nowait())
        except queue.Empty:
            return found

    def close(self) -> None:
        """Wait for the processes to end."""
        self._pool.shutdown(wait=True)
        self._reports.close()

    def kill(self) -> None:
        """End the processes now; what they were writing stays under a temporary name."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        ours = [child for child in multiprocessing.active_children() if child not in self._others]
        for child in ours:
            child.terminate()
        for child in ours:
            child.join(SECONDS_TO_END)
            if child.is_alive():
                child.kill()
                child.join()
        self._reports.close()


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Ctrl-C waits here, and never reaches a process that is started meanwhile.

    A starting process would otherwise die of it with a traceback, before it can say that the parent
    decides; it takes over which signals are blocked.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_reports: Any = None


def _begin(reports: Any) -> None:
    """Set up a worker process."""
    global _reports  # noqa: PLW0603 - a queue cannot travel with a piece of work
    _reports = reports
    _reports.cancel_join_thread()
    # Ctrl-C reaches every process of the terminal; the parent alone decides what follows.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
    numba.set_num_threads(1)
    # A library that is there already has read the variables.
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _perform(job: Job, task: Task) -> Failure | None:
    return perform(job, task, _reports.put)
