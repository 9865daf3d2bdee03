"""The learned search keeps the contract of optimizers, trained for a moment on a real benchmark."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pytest

from naslib_incremental.agent import AgentConfig
from naslib_incremental.benchmarks import open_benchmark
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.optimizers import EpisodeSettings, Resources
from naslib_incremental.optimizers.apex_incremental import ApexIncremental
from naslib_incremental.optimizers.testing import TrainableOptimizerContract

SPACE = open_benchmark("nasbench_graph/cora").space
SETTINGS = EpisodeSettings(neighbours=20)


class TestApexIncremental(TrainableOptimizerContract):
    optimizer = ApexIncremental
    options: ClassVar[Mapping[str, Any]] = {
        "steps": 5_120,
        "learning_starts": 256,
        "replay_capacity": 2_000,
        "dimensions": 16,
        "checkpoint_every": 2_560,
        "temperature": 0.1,
        "stay_margin": 0.0,
    }


class TestWithTheHeadOfThePaper(TestApexIncremental):
    options: ClassVar[Mapping[str, Any]] = {**TestApexIncremental.options, "head": "cls"}


def test_episodes_need_a_trained_agent() -> None:
    optimizer = ApexIncremental(SPACE, SETTINGS)
    with pytest.raises(RuntimeError, match="expected a trained agent"):
        optimizer.start(np.zeros(1, np.int32), np.zeros(1), np.random.default_rng(0))


def configured(**options: Any) -> ApexIncremental:
    return ApexIncremental(SPACE, SETTINGS, ApexIncremental.configure(options, SPACE, SETTINGS))


def test_the_agent_sees_as_many_neighbours_as_episodes_present() -> None:
    for optimizer in (configured(), ApexIncremental(SPACE, SETTINGS)):
        assert optimizer.config.neighbours == 20
    assert configured(neighbours=7).config.neighbours == 7


def test_presets_and_options_are_one_typed_config() -> None:
    config = configured(preset="paper", gamma=0.5).config
    assert isinstance(config, AgentConfig)
    assert (config.head, config.gamma) == ("cls", 0.5)
    with pytest.raises(UserError, match=r"gamma .*got 2") as caught:
        configured(gamma=2)
    assert caught.value.setting == "gamma"


def test_in_one_process_a_training_asks_for_a_core_and_can_be_repeated() -> None:
    assert configured().resources(64) == Resources(1, 0)
    assert configured().reproducible


@pytest.mark.parametrize(
    ("options", "cpus", "expected"),
    [
        ({}, 64, Resources(9, 0)),
        ({}, 3, Resources(4, 0)),
        ({"num_env_runners": 2, "num_gpus_per_learner": 0.5}, 64, Resources(3, 0.5)),
    ],
)
def test_over_a_cluster_it_asks_for_its_runners_too(
    options: dict[str, Any], cpus: int, expected: Resources
) -> None:
    optimizer = configured(engine="rllib", **options)
    assert optimizer.resources(cpus) == expected
    assert not optimizer.reproducible
