"""Workers that do each piece of work at once, in this process."""

from __future__ import annotations

from concurrent.futures import Future

from naslib_incremental.harness.job import Job
from naslib_incremental.harness.plan import Agent, Cell
from naslib_incremental.harness.tasks import Failure, Report, perform


class InlineWorkers:
    def __init__(self, count: int = 1) -> None:
        self.count = count
        self.done: list[Agent | Cell] = []
        self.sent: list[Report] = []
        self.ended = ""

    def submit(self, job: Job, item: Agent | Cell) -> Future[Failure | None]:
        self.done.append(item)
        future: Future[Failure | None] = Future()
        future.set_result(perform(job, item, self.sent.append))
        return future

    def reports(self) -> list[Report]:
        found, self.sent = self.sent, []
        return found

    def close(self) -> None:
        self.ended = "closed"

    def kill(self) -> None:
        self.ended = "killed"
