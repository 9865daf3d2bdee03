"""The order of work, and what happens when some of it fails; without processes."""

from __future__ import annotations

import pickle
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from io import StringIO
from itertools import product
from pathlib import Path

import pytest
from inline_workers import InlineWorkers

from naslib_incremental.foundation.errors import MissingFileError, UserError
from naslib_incremental.harness import RunConfig, WorkFailedError, run
from naslib_incremental.harness.job import Job, make_job
from naslib_incremental.harness.plan import Plan
from naslib_incremental.harness.progress import Progress
from naslib_incremental.harness.tasks import Failure
from naslib_incremental.records import EvaluationTask, Task, TrainingTask, open_run

pytestmark = pytest.mark.usefixtures("toy")


def config(**options: object) -> RunConfig:
    optimizers = {"random_search": {}, "toy_learner": {"steps": 20, **options}}
    return RunConfig(optimizers, "toy/plain", seeds=2, start_sets=2, episodes=30, budgets=(5, 10))


def run_inline(
    chosen: RunConfig, out: Path, workers: InlineWorkers, overwrite: bool = False
) -> tuple[Path, str]:
    said = StringIO()
    folder = run(
        chosen,
        out,
        overwrite=overwrite,
        show=lambda plan: Progress(plan, said),
        start_workers=lambda _: workers,
    )
    return folder, said.getvalue()


def test_trainings_come_first_and_evaluations_after_their_agent(tmp_path: Path) -> None:
    workers = InlineWorkers()
    folder, said = run_inline(config(), tmp_path, workers)
    assert workers.done[:2] == [TrainingTask("toy_learner", 0), TrainingTask("toy_learner", 1)]
    assert len(workers.done) == len(set(workers.done)) == 2 + 8
    assert workers.ended == "closed"
    assert len(list(folder.glob("episodes/*/*.parquet"))) == 8
    assert said == ""


def test_second_run_finds_everything_done(tmp_path: Path) -> None:
    run_inline(config(), tmp_path, InlineWorkers())
    again = InlineWorkers()
    run_inline(config(), tmp_path, again)
    assert again.done == []
    overwriting = InlineWorkers()
    run_inline(config(), tmp_path, overwriting, overwrite=True)
    assert len(overwriting.done) == 10


def test_only_what_is_missing_is_done(tmp_path: Path) -> None:
    folder, _ = run_inline(config(), tmp_path, InlineWorkers())
    (folder / "episodes" / "toy_learner" / "agent1-set0.parquet").unlink()
    (folder / "agents" / "toy_learner" / "agent0" / "training.json").unlink()
    again = InlineWorkers()
    run_inline(config(), tmp_path, again)
    assert set(again.done) == {TrainingTask("toy_learner", 0), EvaluationTask("toy_learner", 1, 0)}


def test_more_agents_and_sets_are_added_to_what_is_there(tmp_path: Path) -> None:
    first, _ = run_inline(config(), tmp_path, InlineWorkers())
    more = InlineWorkers()
    second, _ = run_inline(replace(config(), seeds=3, start_sets=3), tmp_path, more)
    assert second == first
    old = {(agent, start_set) for agent in range(2) for start_set in range(2)}
    new = set(product(range(3), range(3))) - old
    evaluations = [task for task in more.done if isinstance(task, EvaluationTask)]
    trainings = [task for task in more.done if isinstance(task, TrainingTask)]
    assert trainings == [TrainingTask("toy_learner", 2)]
    for name in ("toy_learner", "random_search"):
        own = [task for task in evaluations if task.optimizer == name]
        assert {(task.agent_seed, task.start_set) for task in own} == new
    # What was asked for last is what a report shows.
    for agents, sets in ((2, 2), (3, 3)):
        again = InlineWorkers()
        run_inline(replace(config(), seeds=agents, start_sets=sets), tmp_path, again)
        assert again.done == []
        found = open_run(first)
        assert len(list(found.evaluations("toy_learner"))) == agents * sets
        assert len(found.manifest.optimizers["toy_learner"].agents) == agents
        assert found.problems == []


def test_failed_training_takes_its_evaluations_along_and_no_others(tmp_path: Path) -> None:
    workers = InlineWorkers()
    with pytest.raises(WorkFailedError, match=r"work: 1, .*agent 1: ArithmeticError") as info:
        run_inline(config(fail="agent1"), tmp_path, workers)
    assert len(workers.done) == 2 + 4 + 2
    assert EvaluationTask("toy_learner", 1, 0) not in workers.done
    assert "made to fail" in info.value.failures[0].trace


class FromOutside(InlineWorkers):
    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def submit(self, job: Job, task: Task) -> Future[Failure | None]:
        future = super().submit(job, task)
        if len(self.done) > 3:
            future = Future()
            future.set_exception(self.error)
        return future


def test_lost_worker_is_explained(tmp_path: Path) -> None:
    workers = FromOutside(BrokenProcessPool())
    with pytest.raises(UserError, match=r"ended from outside.*fewer workers") as info:
        run_inline(config(), tmp_path, workers)
    assert info.value.setting == "workers"
    assert workers.ended == "killed"


def test_interruption_ends_the_workers(tmp_path: Path) -> None:
    workers = FromOutside(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        run_inline(config(), tmp_path, workers)
    assert workers.ended == "killed"


@pytest.mark.parametrize(("given", "expected"), [(3, 3), (50, 10), (None, None)])
def test_no_more_workers_than_work(tmp_path: Path, given: int | None, expected: int | None) -> None:
    asked: list[int] = []

    def start(count: int) -> InlineWorkers:
        asked.append(count)
        return InlineWorkers()

    run(config(), tmp_path, workers=given, start_workers=start, show=silent)
    assert asked[0] == expected if expected else 1 <= asked[0] <= 10


def silent(plan: Plan) -> Progress:
    return Progress(plan, StringIO())


def test_user_errors_of_workers_reach_the_user(tmp_path: Path, toy: Path) -> None:
    chosen = config()
    folder, _ = run_inline(chosen, tmp_path, InlineWorkers())
    job = make_job(chosen, tmp_path)
    assert job.folder.path == folder

    def work_failing_with(error: UserError) -> None:
        class Failing(InlineWorkers):
            def submit(self, job: Job, task: Task) -> Future[Failure | None]:
                future: Future[Failure | None] = Future()
                # As it comes from another process.
                travelled = pickle.loads(pickle.dumps(Failure.of(task, error)))  # noqa: S301
                future.set_result(travelled)
                return future

        run_inline(chosen, tmp_path, Failing(), overwrite=True)

    with pytest.raises(UserError, match="expected a disk; got none; next: buy one") as info:
        work_failing_with(UserError("a disk", "none", "buy one", setting="out"))
    assert info.value.setting == "out"
    with pytest.raises(MissingFileError, match="expected a file; got none; next: get one") as lost:
        work_failing_with(MissingFileError("a file", "none", "get one", benchmark="toy"))
    assert lost.value.benchmark == "toy"
