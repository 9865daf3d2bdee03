"""Live progress: bars on a terminal, a line now and then elsewhere; always to the error stream."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from typing import TextIO

from tqdm import tqdm

from naslib_incremental.foundation.metric import ACCURACY
from naslib_incremental.harness.plan import Plan
from naslib_incremental.harness.tasks import ProgressReport
from naslib_incremental.records import Task, TrainingTask

LINE_EVERY_SECONDS = 10.0


class Progress:
    """Follows the work and says nothing but notes; the base of those that do.

    Args:
        plan: what is left to do.
        stream: where to write.
    """

    def __init__(self, plan: Plan, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.agents = TrainingProgress(len(plan.trainings))
        self.evaluations = len(plan.evaluations)
        self.evaluated = 0
        self._searching: dict[tuple[str, Task], ProgressReport] = {}
        self._finished: set[tuple[str, Task]] = set()

    def note(self, text: str) -> None:
        """Something that a person should read."""
        print(text, file=self.stream, flush=True)

    def report(self, report: ProgressReport) -> None:
        """A training or a long evaluation has come further."""
        if isinstance(report.task, TrainingTask):
            self.agents.update(report)
        elif (report.run, report.task) not in self._finished:
            self._searching[report.run, report.task] = report
        self.show()

    def evaluation_line(self) -> str:
        """How many evaluations are done, and how far those are that report it."""
        parts = [f"{self.evaluated} of {self.evaluations} tasks"]
        for report in self._searching.values():
            done = f"{report.step:,} of {report.steps:,} queries"
            parts.append(f"{report.task.optimizer} at {done}")
        return ", ".join(parts)

    def finish(self, run: str, task: Task) -> None:
        """A piece of work of a run, given by its folder's name, is done."""
        if isinstance(task, TrainingTask):
            self.agents.finish(run, task)
        else:
            self.evaluated += 1
            self._finished.add((run, task))
            self._searching.pop((run, task), None)
        self.show()

    def show(self) -> None:
        """Bring what is shown up to date."""

    def close(self) -> None:
        """Nothing more will come."""


class TrainingProgress:
    """How far all trainings are together.

    Args:
        total: number of trainings.

    Attributes:
        metric: of the benchmark.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self.metric = ACCURACY
        self.finished: set[tuple[str, Task]] = set()
        self._latest: dict[tuple[str, Task], ProgressReport] = {}
        self._first_steps: dict[tuple[str, Task], int] = {}
        self._began = time.monotonic()

    def update(self, report: ProgressReport) -> None:
        """Take note of a report; figures that it does not have are still those of earlier ones."""
        training = report.run, report.task
        self._first_steps.setdefault(training, report.step)
        earlier = self._latest.get(training, report).figures
        self._latest[training] = replace(report, figures={**earlier, **report.figures})

    def finish(self, run: str, task: TrainingTask) -> None:
        """Take note that a training is done."""
        self.finished.add((run, task))

    @property
    def step(self) -> int:
        """Steps done, of all agents."""
        return sum(report.step for report in self._latest.values())

    @property
    def steps(self) -> int:
        """Steps to do in all; trainings that have not begun count like the longest begun."""
        known = [report.steps for report in self._latest.values()]
        return sum(known) + (self.total - len(known)) * max(known, default=0)

    def line(self) -> str:
        """How far, how fast, how good, how long still."""
        parts = [f"{len(self.finished)} of {self.total} agents"]
        if self.steps:
            parts.append(f"{self.step:,} of {self.steps:,} steps")
        since_began = self.step - sum(self._first_steps.values())
        rate = since_began / max(time.monotonic() - self._began, 1e-9)
        running = [r for training, r in self._latest.items() if training not in self.finished]
        if running and rate > 0:
            parts.append(f"{rate:,.0f} steps/s")
        finals = [r.figures.get("mean_final_validation") for r in self._latest.values()]
        good = [final for final in finals if final is not None]
        if good:
            mean = self.metric.shown(f"{100 * sum(good) / len(good):.2f}")
            parts.append(f"mean final validation {mean}")
        if running and rate > 0:
            parts.append(f"{tqdm.format_interval((self.steps - self.step) / rate)} left")
        return ", ".join(parts)


class LineProgress(Progress):
    """A line every ten seconds, and one for the last of each kind."""

    def __init__(self, plan: Plan, stream: TextIO | None = None) -> None:
        super().__init__(plan, stream)
        self._shown = time.monotonic()
        self._last = ""

    def show(self) -> None:
        """Print a line if it is time for one."""
        if time.monotonic() - self._shown >= LINE_EVERY_SECONDS:
            self._print()

    def close(self) -> None:
        """Print where it ended."""
        self._print()

    def _print(self) -> None:
        self._shown = time.monotonic()
        parts = [f"training: {self.agents.line()}"] if self.agents.total else []
        if self.evaluations:
            parts.append(f"evaluation: {self.evaluation_line()}")
        line = "; ".join(parts)
        if line != self._last:
            self._last = line
            self.note(line)


class BarProgress(Progress):
    """Two bars: steps of all trainings, and evaluations."""

    def __init__(self, plan: Plan, stream: TextIO | None = None) -> None:
        super().__init__(plan, stream)
        kinds = {"training": self.agents.total, "evaluation": self.evaluations}
        self._bars = {
            kind: tqdm(
                total=total,
                desc=kind,
                file=self.stream,
                bar_format="{desc:10} {percentage:3.0f}%|{bar:20}| {postfix}",
            )
            for kind, total in kinds.items()
            if total
        }

    def note(self, text: str) -> None:
        """Print above the bars."""
        tqdm.write(text, file=self.stream)

    def show(self) -> None:
        """Move the bars."""
        if "training" in self._bars:
            finished = len(self.agents.finished)
            steps = self.agents.steps
            done, total = (self.agents.step, steps) if steps else (finished, self.agents.total)
            self._move("training", done, total, self.agents.line())
        if "evaluation" in self._bars:
            self._move("evaluation", self.evaluated, self.evaluations, self.evaluation_line())

    def _move(self, kind: str, done: int, total: int, text: str) -> None:
        bar = self._bars[kind]
        bar.total = total
        bar.set_postfix_str(text, refresh=False)
        bar.update(done - bar.n)

    def close(self) -> None:
        """Leave the bars as they are."""
        self.show()
        for bar in self._bars.values():
            bar.refresh()
            bar.close()


def open_progress(plan: Plan, stream: TextIO | None = None) -> Progress:
    """Bars if the stream is a terminal, else lines."""
    to = stream or sys.stderr
    return (BarProgress if to.isatty() else LineProgress)(plan, to)
