"""Studies: one run per different config, done side by side, failures kept apart."""

from __future__ import annotations

import json
from concurrent.futures import Future
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from inline_workers import InlineWorkers

from naslib_incremental.harness import RunConfig, WorkFailedError
from naslib_incremental.harness.ablation import (
    BASE,
    Ablation,
    Level,
    Study,
    make_study,
)
from naslib_incremental.harness.job import Job
from naslib_incremental.harness.progress import Progress
from naslib_incremental.harness.runner import run_all
from naslib_incremental.harness.tasks import Failure, ProgressReport
from naslib_incremental.records import EvaluationTask, Task, TrainingTask, open_study
from naslib_incremental.records.study import LevelRecord

pytestmark = pytest.mark.usefixtures("toy")

CONFIG = RunConfig(
    {"toy_learner": {"steps": 20}}, "toy/plain", seeds=2, start_sets=1, episodes=30, budgets=(5,)
)


def level(value: str, **options: object) -> Level:
    config = replace(CONFIG, optimizers={"toy_learner": {"steps": 20, **options}})
    return Level(BASE, "keep", value, config)


def study(out: Path, *levels: Level) -> Study:
    levels = (*levels, Level(BASE, "neighbours", "50", CONFIG))
    return make_study(Ablation(CONFIG, levels), out)


def do(made: Study, workers: InlineWorkers, said: StringIO | None = None) -> Path:
    return run_all(
        made,
        show=lambda plan: Progress(plan, said or StringIO()),
        start_workers=lambda _: workers,
    )


def test_equal_configs_share_a_run_and_all_runs_share_the_workers(tmp_path: Path) -> None:
    made = study(tmp_path, level("1", keep=1), level("3", keep=3))
    assert list(made.jobs) == ["keep=1", "keep=3, neighbours=50"]
    workers, said = InlineWorkers(), StringIO()
    folder = do(made, workers, said)
    assert len(workers.done) == 2 * (2 + 2)
    assert workers.ended == "closed"
    assert said.getvalue().splitlines() == [
        "run 1 of 2: keep=1",
        "run 2 of 2: keep=3, neighbours=50",
    ]
    for job in made.jobs.values():
        assert job.folder.path.parent == folder
        assert (job.folder.path / "manifest.json").exists()
    first, second = (job.folder.name for job in made.jobs.values())
    assert open_study(folder).levels == (
        LevelRecord(BASE, "keep", "1", first),
        LevelRecord(BASE, "keep", "3", second),
        LevelRecord(BASE, "neighbours", "50", second),
    )


def test_a_run_begins_when_those_before_it_leave_workers_idle(tmp_path: Path) -> None:
    class TwoAtOnce(InlineWorkers):
        """Ends what is asked for first whenever it is waited for."""

        def __init__(self) -> None:
            super().__init__()
            self.asked: list[tuple[Job, Task, Future[Failure | None]]] = []
            self.order: list[tuple[str, Task]] = []

        def submit(self, job: Job, task: Task) -> Future[Failure | None]:
            future: Future[Failure | None] = Future()
            self.asked.append((job, task, future))
            self.order.append((job.folder.name, task))
            self._begin()
            return future

        def reports(self) -> list[ProgressReport]:
            if self.asked:
                job, task, future = self.asked.pop(0)
                future.set_result(super().submit(job, task).result())
                self._begin()
            return super().reports()

        def _begin(self) -> None:
            for _, _, future in self.asked[:2]:
                if not future.running():
                    future.set_running_or_notify_cancel()

    made = study(tmp_path, level("1", keep=1), level("2", keep=2))
    first, second, _ = (job.folder.name for job in made.jobs.values())
    workers = TwoAtOnce()
    do(made, workers)
    agents = [TrainingTask("toy_learner", number) for number in range(2)]
    begun = [one for one in workers.order if isinstance(one[1], TrainingTask)][:4]
    assert begun == [(name, agent) for name in (first, second) for agent in agents]
    beside = workers.order.index((second, agents[0]))
    assert workers.order[beside + 1 :].count((first, EvaluationTask("toy_learner", 1, 0))) == 1
    for job in made.jobs.values():
        assert json.loads((job.folder.path / "manifest.json").read_text())["complete"] is True


def test_the_folder_depends_on_the_base_alone_and_finished_runs_are_kept(tmp_path: Path) -> None:
    do(study(tmp_path, level("1", keep=1)), InlineWorkers())
    workers = InlineWorkers()
    do(study(tmp_path, level("1", keep=1), level("2", keep=2)), workers)
    assert len(workers.done) == 2 + 2, "only keep=2 is new"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_value_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    made = study(tmp_path, level("bad", fail="agent1"), level("1", keep=1))
    workers = InlineWorkers()
    with pytest.raises(WorkFailedError, match="made to fail"):
        do(made, workers)
    assert workers.ended == "closed"
    failed, last, _ = made.jobs.values()
    assert json.loads((failed.folder.path / "manifest.json").read_text())["complete"] is False
    assert len(list(last.folder.path.glob("episodes/*/*.parquet"))) == 2


def test_an_interruption_ends_the_workers(tmp_path: Path) -> None:
    class Interrupted(InlineWorkers):
        kills = 0

        def kill(self) -> None:
            self.kills += 1

        def reports(self) -> list[object]:  # type: ignore[override]
            if self.done:
                raise KeyboardInterrupt
            return []

    workers = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        do(study(tmp_path, level("1", keep=1)), workers)
    assert (workers.kills, workers.ended) == (1, "")
