"""From pieces of work to finished files: trainings first, evaluations as their agents are ready."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait

from naslib_incremental.errors import UserError
from naslib_incremental.harness.job import Job
from naslib_incremental.harness.plan import Agent, Cell, Plan
from naslib_incremental.harness.progress import Progress
from naslib_incremental.harness.tasks import Failure
from naslib_incremental.harness.workers import Workers

POLL_SECONDS = 0.2


def execute(
    job: Job, plan: Plan, workers: Workers, progress: Progress, tick: Callable[[], None]
) -> list[Failure]:
    """Do all work of a plan; when a piece fails, all others that do not need it are still done.

    Args:
        job: the run.
        plan: what is left to do.
        workers: who does it; they are let go of at the end, and ended on Ctrl-C.
        progress: told what happens.
        tick: called several times a second.

    Returns:
        What failed.

    Raises:
        UserError: a worker process ended unexpectedly.
    """
    try:
        failures = _Execution(job, plan, workers, progress).loop(tick)
    except BrokenExecutor as error:
        workers.kill()
        raise UserError(
            "worker processes that live until the work is done",
            "one that was ended from outside, for want of memory perhaps",
            f"the same command with fewer --workers; {job.folder} keeps what is finished",
        ) from error
    except BaseException:
        workers.kill()
        raise
    workers.close()
    return failures


class _Execution:
    def __init__(self, job: Job, plan: Plan, workers: Workers, progress: Progress) -> None:
        self._job = job
        self._workers = workers
        self._progress = progress
        self._pending: dict[Future[Failure | None], Agent | Cell] = {}
        self._after: dict[Agent, list[Cell]] = defaultdict(list)
        ready: list[Cell] = []
        for cell in plan.cells:
            agent = Agent(cell.optimizer, cell.agent)
            (self._after[agent] if agent in plan.agents else ready).append(cell)
        # Trainings take longest, so that they go first.
        first: list[Agent | Cell] = [*plan.agents, *ready]
        for item in first:
            self._submit(item)

    def _submit(self, item: Agent | Cell) -> None:
        self._pending[self._workers.submit(self._job, item)] = item

    def loop(self, tick: Callable[[], None]) -> list[Failure]:
        failures = []
        while self._pending:
            done, _ = wait(self._pending, POLL_SECONDS, FIRST_COMPLETED)
            for report in self._workers.reports():
                self._progress.report(report)
            for future in done:
                failure = self._finish(future)
                if failure:
                    failures.append(failure)
            tick()
        return failures

    def _finish(self, future: Future[Failure | None]) -> Failure | None:
        item = self._pending.pop(future)
        failure = future.result()
        if failure is not None:
            self._progress.note(f"failed: {item}: {failure.reason}")
            return failure
        self._progress.finish(item)
        if isinstance(item, Agent):
            for cell in self._after[item]:
                self._submit(cell)
        return None
