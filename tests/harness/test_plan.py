from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from naslib_incremental.harness import RunConfig
from naslib_incremental.harness.plan import (
    make_plan,
    start_set_seed,
    task_seed,
)
from naslib_incremental.records import EvaluationTask, TrainingTask

pytestmark = pytest.mark.usefixtures("toy")
CONFIG = RunConfig({"toy_learner": {}, "random_search": {}}, "toy/plain", seeds=2, start_sets=3)


def stream(seed: np.random.SeedSequence) -> tuple[int, ...]:
    return tuple(seed.generate_state(4).tolist())


def test_one_training_per_agent_and_one_evaluation_per_start_set() -> None:
    plan = make_plan(CONFIG)
    assert set(plan.trainings) == {TrainingTask("toy_learner", 0), TrainingTask("toy_learner", 1)}
    names, seeds, sets = ("toy_learner", "random_search"), range(2), range(3)
    assert set(plan.evaluations) == {
        EvaluationTask(n, a, s) for n in names for a in seeds for s in sets
    }
    assert len(plan) == len(plan.tasks) == 2 + 12


def test_what_is_finished_is_left_out() -> None:
    finished = {TrainingTask("toy_learner", 1), EvaluationTask("random_search", 0, 2)}
    rest = make_plan(CONFIG).without(finished.__contains__)
    assert set(make_plan(CONFIG).tasks) - set(rest.tasks) == finished


def test_all_seeds_differ() -> None:
    tasks = make_plan(CONFIG).tasks
    streams = [
        stream(task_seed(config, task))
        for config in (CONFIG, replace(CONFIG, seed=1))
        for task in tasks
    ]
    streams += [stream(start_set_seed(0, "toy/plain", start_set)) for start_set in range(3)]
    streams += [
        stream(start_set_seed(0, "toy/untested", 0)),
        stream(start_set_seed(1, "toy/plain", 0)),
    ]
    assert len(set(streams)) == len(streams) == 2 * len(tasks) + 5


def test_seeds_do_not_depend_on_what_else_is_run() -> None:
    other = RunConfig(
        {"local_search": {}, "random_search": {}, "toy_learner": {"steps": 3}},
        "toy/plain",
        seeds=9,
        start_sets=4,
        episodes=7,
        budgets=(2,),
        neighbours=3,
    )
    for task in make_plan(CONFIG).tasks:
        assert stream(task_seed(CONFIG, task)) == stream(task_seed(other, task))


def test_seeds_stay_the_same_for_ever() -> None:
    """A change here would give every published run other numbers."""
    assert start_set_seed(0, "toy/plain", 1).generate_state(1).tolist() == [4106792743]
