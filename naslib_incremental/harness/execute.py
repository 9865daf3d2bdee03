"""From pieces of work to finished files: trainings first, evaluations as their agents are ready."""

from __future__ import annotations

import contextlib
from collections import defaultdict, deque
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from pathlib import Path

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.harness.job import Job
from naslib_incremental.harness.plan import Plan
from naslib_incremental.harness.progress import Progress
from naslib_incremental.harness.provenance import LiveManifest
from naslib_incremental.harness.tasks import Failure
from naslib_incremental.harness.workers import Workers
from naslib_incremental.records import EvaluationTask, Task, TrainingTask

POLL_SECONDS = 0.2


class UnfinishedRun:
    """A run from the first piece of work that is left to the last.

    Args:
        title: what to tell the user when it begins; may be empty.
        job: the run.
        rest: what is left to do.
        command: what was typed, for the manifest.
    """

    def __init__(self, title: str, job: Job, rest: Plan, command: str) -> None:
        self.title = title
        self.job = job
        self.rest = rest
        self._command = command
        self._manifest: LiveManifest | None = None
        self._left: set[Task] = set()
        self._after: dict[TrainingTask, list[EvaluationTask]] = defaultdict(list)
        self._failed = False

    def begin(self) -> list[Task]:
        """The pieces of work that wait for no other; trainings take longest, so that they lead."""
        self._manifest = LiveManifest(self.job, self._command)
        self._manifest.save()
        self._left = set(self.rest.tasks)
        trainings = set(self.rest.trainings)
        ready: list[Task] = [*self.rest.trainings]
        for task in self.rest.evaluations:
            (self._after[task.training] if task.training in trainings else ready).append(task)
        return ready

    def finish(self, task: Task, failed: bool) -> list[EvaluationTask]:
        """Take note that a piece of work has ended.

        Returns:
            The evaluations that waited for it; those of an agent that failed are never done.
        """
        waiting = self._after.pop(task, []) if isinstance(task, TrainingTask) else []
        self._left.discard(task)
        if failed:
            self._failed = True
            self._left.difference_update(waiting)
            waiting = []
        if not self._left:
            self.leave()
            self._manifest = None
        return waiting

    def save_now_and_then(self) -> None:
        """Write the manifest if it has not been written for a while."""
        if self._manifest:
            self._manifest.save_now_and_then()

    def leave(self) -> None:
        """Tidy the folder of a run that has begun and whose manifest does not yet say the end."""
        if self._manifest:
            self.job.folder.remove_temporaries()
            self._manifest.save(complete=not self._left and not self._failed)


def execute(
    runs: Sequence[UnfinishedRun], workers: Workers, progress: Progress, folder: Path
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
            f"run it again with fewer workers; {folder} keeps what is finished",
            setting="workers",
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
    def __init__(self, runs: Sequence[UnfinishedRun], workers: Workers, progress: Progress) -> None:
        self._waiting = deque(runs)
        self._workers = workers
        self._progress = progress
        self._pending: dict[Future[Failure | None], tuple[UnfinishedRun, Task]] = {}

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
            for task in run.begin():
                self._submit(run, task)

    def _submit(self, run: UnfinishedRun, task: Task) -> None:
        self._pending[self._workers.submit(run.job, task)] = run, task

    def _finish(self, future: Future[Failure | None]) -> Failure | None:
        run, task = self._pending.pop(future)
        failure = future.result()
        for following in run.finish(task, failed=failure is not None):
            self._submit(run, following)
        if failure is None:
            self._progress.finish(run.job.folder.name, task)
        else:
            self._progress.note(f"failed: {task}: {failure.reason}")
        return failure
