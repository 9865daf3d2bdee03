"""From pieces of work to finished files: trainings first, evaluations as their agents are ready."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from pathlib import Path

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.harness.plan import Agent, Cell
from naslib_incremental.harness.progress import Progress
from naslib_incremental.harness.tasks import Failure
from naslib_incremental.harness.unfinished import Unfinished
from naslib_incremental.harness.workers import Workers

POLL_SECONDS = 0.2


def execute(
    runs: Sequence[Unfinished], workers: Workers, progress: Progress, folder: Path
) -> list[Failure]:
    """Do all work of some runs; when a piece fails, all others that do not need it are still done.

    A run begins when those before it leave workers without work.

    Args:
        runs: what is left to do.
        workers: who does it; they are let go of at the end, and ended on Ctrl-C.
        progress: told what happens.
        folder: where the user finds what is finished.

    Returns:
        What failed.

    Raises:
        UserError: a worker process ended unexpectedly.
    """
    try:
        failures = _Execution(runs, workers, progress).loop()
    except BrokenExecutor as error:
        workers.kill()
        raise UserError(
            "worker processes that live until the work is done",
            "one that was ended from outside, for want of memory perhaps",
            f"the same command with fewer --workers; {folder} keeps what is finished",
        ) from error
    except BaseException:
        workers.kill()
        raise
    finally:
        progress.close()
        # Whatever ended the work, a full disk included, is what the user must hear of.
        with contextlib.suppress(OSError):
            for run in runs:
                run.leave()
    workers.close()
    return failures


class _Execution:
    def __init__(self, runs: Sequence[Unfinished], workers: Workers, progress: Progress) -> None:
        self._waiting = deque(runs)
        self._workers = workers
        self._progress = progress
        self._pending: dict[Future[Failure | None], tuple[Unfinished, Agent | Cell]] = {}

    def loop(self) -> list[Failure]:
        failures = []
        while self._waiting or self._pending:
            self._begin_runs()
            done, _ = wait(self._pending, POLL_SECONDS, FIRST_COMPLETED)
            for report in self._workers.reports():
                self._progress.report(report)
            for future in done:
                failure = self._finish(future)
                if failure:
                    failures.append(failure)
            for run in {run for run, _ in self._pending.values()}:
                run.save_now_and_then()
        return failures

    def _begin_runs(self) -> None:
        while self._waiting and all(one.running() or one.done() for one in self._pending):
            run = self._waiting.popleft()
            if run.title:
                self._progress.note(run.title)
            for item in run.begin():
                self._submit(run, item)

    def _submit(self, run: Unfinished, item: Agent | Cell) -> None:
        self._pending[self._workers.submit(run.job, item)] = run, item

    def _finish(self, future: Future[Failure | None]) -> Failure | None:
        run, item = self._pending.pop(future)
        failure = future.result()
        for cell in run.finish(item, failed=failure is not None):
            self._submit(run, cell)
        if failure is None:
            self._progress.finish(run.job.folder.name, item)
        else:
            self._progress.note(f"failed: {item}: {failure.reason}")
        return failure
