"""The learned search keeps the contract of optimizers, trained for a moment on a real benchmark."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pytest

from naslib_incremental.benchmarks import open_benchmark
from naslib_incremental.optimizers.apex_incremental import ApexIncremental
from naslib_incremental.optimizers.contract import EpisodeSettings
from naslib_incremental.optimizers.testing import TrainableOptimizerContract


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
    space = open_benchmark("nasbench_graph/cora").space
    optimizer = ApexIncremental(space, EpisodeSettings())
    with pytest.raises(RuntimeError, match="expected a trained agent"):
        optimizer.start(np.zeros(1, np.int32), np.zeros(1), np.random.default_rng(0))
