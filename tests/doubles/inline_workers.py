"""Workers that do each piece of work at once, in this process."""

from __future__ import annotations

from concurrent.futures import Future

from naslib_incremental.harness.job import Job
from naslib_incremental.harness.tasks import Failure, ProgressReport, perform
from naslib_incremental.records import Task


class InlineWorkers:
    def __init__(self, count: int = 1) -> None:
        self.count = count
        self.done: list[Task] = []
        self.sent: list[ProgressReport] = []
        self.ended = ""

    def submit(self, job: Job, task: Task) -> Future[Failure | None]:
        self.done.append(task)
        future: Future[Failure | None] = Future()
        future.set_result(perform(job, task, self.sent.append))
        return future

    def reports(self) -> list[ProgressReport]:
        found, self.sent = self.sent, []
        return found

    def close(self) -> None:
        self.ended = "closed"

    def kill(self) -> None:
        self.ended = "killed"
