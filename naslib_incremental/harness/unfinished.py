"""A run with work left to do: what waits for what, and a manifest that says how far it is."""

from __future__ import annotations

from collections import defaultdict

from naslib_incremental.harness.job import Job
from naslib_incremental.harness.manifest import Manifest
from naslib_incremental.harness.plan import Agent, Cell, Plan
from naslib_incremental.harness.run_folder import remove_temporaries


class Unfinished:
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
        self._manifest: Manifest | None = None
        self._left: set[Agent | Cell] = set()
        self._after: dict[Agent, list[Cell]] = defaultdict(list)
        self._failed = False

    def begin(self) -> list[Agent | Cell]:
        """The pieces of work that wait for no other; trainings take longest, so that they lead."""
        self._manifest = Manifest(self.job, self._command)
        self._manifest.save()
        self._left = set(self.rest.items)
        agents = set(self.rest.agents)
        ready: list[Agent | Cell] = [*self.rest.agents]
        for cell in self.rest.cells:
            agent = Agent(cell.optimizer, cell.agent)
            (self._after[agent] if agent in agents else ready).append(cell)
        return ready

    def finish(self, item: Agent | Cell, failed: bool) -> list[Cell]:
        """Take note that a piece of work has ended.

        Returns:
            The cells that waited for it; those of an agent that failed are never done.
        """
        waiting = self._after.pop(item, []) if isinstance(item, Agent) else []
        self._left.discard(item)
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
            remove_temporaries(self.job)
            self._manifest.save(complete=not self._left and not self._failed)
