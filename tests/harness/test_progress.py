from __future__ import annotations

from io import StringIO

import pytest

from naslib_incremental.harness import progress as module
from naslib_incremental.harness.plan import Plan
from naslib_incremental.harness.progress import (
    BarProgress,
    LineProgress,
    TrainingProgress,
    open_progress,
)
from naslib_incremental.harness.tasks import ProgressReport
from naslib_incremental.records import EvaluationTask, TrainingTask

AGENTS = (TrainingTask("toy", 0), TrainingTask("toy", 1))
PLAN = Plan(AGENTS, (EvaluationTask("toy", 0, 0), EvaluationTask("toy", 1, 0)))


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(module.time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_training_line(clock: Clock) -> None:
    training = TrainingProgress(2)
    assert training.line() == "0 of 2 agents"
    # A resumed agent's earlier steps must not count as speed.
    training.update(ProgressReport("run", AGENTS[0], 1_000, 5_000, {}))
    clock.now += 10
    training.update(ProgressReport("run", AGENTS[0], 3_000, 5_000, {"mean_final_validation": 0.8}))
    assert training.line() == (
        "0 of 2 agents, 3,000 of 10,000 steps, 200 steps/s, "
        "mean final validation 80.00 %, 00:35 left"
    )
    training.update(ProgressReport("run", AGENTS[1], 0, 5_000, {"mean_final_validation": 0.9}))
    training.finish("run", AGENTS[0])
    assert "1 of 2 agents" in training.line()
    assert "mean final validation 85.00 %" in training.line()


def test_lines_come_now_and_then(clock: Clock) -> None:
    stream = StringIO()
    lines = LineProgress(PLAN, stream)
    for _ in range(5):
        lines.report(ProgressReport("run", AGENTS[0], 10, 100, {}))
    assert stream.getvalue() == ""
    clock.now += 11
    lines.report(ProgressReport("run", AGENTS[0], 20, 100, {}))
    lines.finish("run", AGENTS[0])
    lines.finish("run", PLAN.evaluations[0])
    lines.note("a note")
    lines.close()
    printed = stream.getvalue().splitlines()
    assert len(printed) == 3
    assert "20 of 200 steps" in printed[0]
    assert printed[1] == "a note"
    assert printed[2].endswith("evaluation: 1 of 2 tasks")


def test_a_long_evaluation_says_how_far_it_is(clock: Clock) -> None:
    stream = StringIO()
    lines = LineProgress(Plan((), PLAN.evaluations), stream)
    clock.now += 11
    lines.report(ProgressReport("run", PLAN.evaluations[0], 12, 90, {}))
    assert stream.getvalue() == "evaluation: 0 of 2 tasks, toy at 12 of 90 queries\n"
    lines.finish("run", PLAN.evaluations[0])
    lines.report(ProgressReport("run", PLAN.evaluations[0], 80, 90, {}))  # was on its way
    lines.close()
    assert stream.getvalue().endswith("evaluation: 1 of 2 tasks\n")


def test_bars_on_a_terminal() -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    bars = open_progress(PLAN, stream)
    assert isinstance(bars, BarProgress)
    bars.report(ProgressReport("run", AGENTS[0], 50, 100, {}))
    for task in PLAN.tasks:
        bars.finish("run", task)
    bars.note("a note")
    bars.close()
    assert "a note\n" in stream.getvalue()
    assert "100%" in stream.getvalue()
    assert "2 of 2 tasks" in stream.getvalue()
    assert isinstance(open_progress(PLAN, StringIO()), LineProgress)


def test_the_same_agent_of_two_runs_is_two_trainings(clock: Clock) -> None:
    training = TrainingProgress(2)
    for run in ("one", "two"):
        training.update(ProgressReport(run, AGENTS[0], 100, 100, {}))
        training.finish(run, AGENTS[0])
    assert training.line() == "2 of 2 agents, 200 of 200 steps"


def test_nothing_to_train() -> None:
    stream = StringIO()
    lines = LineProgress(Plan((), PLAN.evaluations), stream)
    lines.finish("run", PLAN.evaluations[0])
    lines.close()
    assert stream.getvalue() == "evaluation: 1 of 2 tasks\n"
