"""Suites: one run for each benchmark, shared with whoever runs them alone."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from inline_workers import InlineWorkers

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.harness import RunConfig, run
from naslib_incremental.harness.progress import Progress
from naslib_incremental.harness.runner import run_all
from naslib_incremental.harness.suite import left_out_in_turn, make_suite
from naslib_incremental.records import open_run, open_suite

pytestmark = pytest.mark.usefixtures("toy")

CONFIG = RunConfig(
    {"toy_transfer": {"steps": 20}, "random_walk": {}},
    seeds=2,
    start_sets=1,
    episodes=20,
    budgets=(5,),
)
BOTH = ("toy/plain", "toy/untested")


def do(config: RunConfig, out: Path, workers: InlineWorkers) -> Path:
    return run_all(
        make_suite(config, BOTH, out),
        command="typed",
        show=lambda plan: Progress(plan, StringIO()),
        start_workers=lambda _: workers,
    )


def test_each_data_set_is_searched_by_agents_that_learned_on_the_others(tmp_path: Path) -> None:
    assert left_out_in_turn("toy", CONFIG) == BOTH
    workers = InlineWorkers()
    folder = do(CONFIG, tmp_path, workers)
    record = open_suite(folder)
    assert record.command == "typed"
    assert [member.benchmark for member in record.members] == list(BOTH)
    for member in record.members:
        (other,) = {*BOTH} - {member.benchmark}
        manifest = open_run(folder.parent / member.run).manifest
        assert manifest.complete
        assert manifest.benchmark.name == member.benchmark
        assert manifest.optimizers["toy_transfer"].trained_on == (other,)
        assert manifest.optimizers["random_walk"].trained_on == ()


def test_runs_are_shared_with_whoever_makes_them_alone(tmp_path: Path) -> None:
    alone = run(
        replace(CONFIG, benchmark=BOTH[0]),
        tmp_path,
        show=lambda plan: Progress(plan, StringIO()),
        start_workers=lambda _: InlineWorkers(),
    )
    workers = InlineWorkers()
    folder = do(CONFIG, tmp_path, workers)
    assert open_suite(folder).members[0].run == alone.name
    assert len(workers.done) == 2 + 2 + 2, "the other benchmark's trainings and evaluations"
    again = InlineWorkers()
    assert do(replace(CONFIG, seeds=3), tmp_path, again) == folder
    assert len(again.done) == 2 * (1 + 2), "the third agent alone"


def test_what_cannot_be_left_out_in_turn_is_refused() -> None:
    with pytest.raises(UserError, match="several data sets of one space; got nasbench101"):
        left_out_in_turn("nasbench101", CONFIG)
    learns_here = replace(CONFIG, optimizers={"toy_learner": {}})
    with pytest.raises(UserError, match=r"learn elsewhere .*; got toy_learner") as caught:
        left_out_in_turn("toy", learns_here)
    assert caught.value.setting == "optimizer"
