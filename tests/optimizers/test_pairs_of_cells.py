"""Every optimizer on architectures of two words, with too many neighbours to show."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from naslib_incremental.benchmarks import Benchmark
from naslib_incremental.harness.evaluate import evaluate, sample_start_set
from naslib_incremental.mdp import measure_throughput
from naslib_incremental.mdp.gymnasium_face import IncrementalVectorEnv
from naslib_incremental.optimizers import EpisodeSettings
from naslib_incremental.optimizers.apex_incremental import ApexIncremental
from naslib_incremental.optimizers.bananas_like import BananasLike
from naslib_incremental.optimizers.local_search import LocalSearch
from naslib_incremental.optimizers.local_search_enhanced import LocalSearchEnhanced
from naslib_incremental.optimizers.random_search import RandomSearch
from naslib_incremental.optimizers.random_walk import RandomWalk
from naslib_incremental.optimizers.regularized_evolution import RegularizedEvolution
from naslib_incremental.optimizers.testing import OptimizerContract, TrainableOptimizerContract
from naslib_incremental.records import EvaluationTask, read_episodes, write_episodes
from naslib_incremental.search_spaces_ext.nasbench301.space import (
    NASBench301SingleSpace,
    NASBench301Space,
)
from tests.doubles.nasbench301_toy import PairsBenchmark


class OnPairs:
    def open_benchmark(self) -> Benchmark:
        return PairsBenchmark(NASBench301Space())


class TestRandomSearch(OnPairs, OptimizerContract):
    optimizer = RandomSearch


class TestRandomWalk(OnPairs, OptimizerContract):
    optimizer = RandomWalk


class TestLocalSearch(OnPairs, OptimizerContract):
    optimizer = LocalSearch


class TestLocalSearchEnhanced(OnPairs, OptimizerContract):
    optimizer = LocalSearchEnhanced
    options: ClassVar = {"initial": 2}


class TestRegularizedEvolution(OnPairs, OptimizerContract):
    optimizer = RegularizedEvolution
    options: ClassVar = {"population_size": 4, "sample_size": 2}


class TestBananasLike(OnPairs, OptimizerContract):
    optimizer = BananasLike
    episode_count = 4
    options: ClassVar = {"candidates": 64, "members": 2, "initial": 2}


class TestLocalSearchOnSingleChanges(OptimizerContract):
    optimizer = LocalSearch

    def open_benchmark(self) -> Benchmark:
        return PairsBenchmark(NASBench301SingleSpace())


class TestApexIncremental(OnPairs, TrainableOptimizerContract):
    optimizer = ApexIncremental
    options: ClassVar = {
        "steps": 1_024,
        "num_envs": 64,
        "update_every": 64,
        "batch_size": 32,
        "neighbours": 6,
        "learning_starts": 256,
        "replay_capacity": 500,
        "dimensions": 16,
        "checkpoint_every": 512,
        "temperature": 0.1,
        "stay_margin": 0.0,
    }


def test_a_whole_evaluation_is_written(tmp_path: Path) -> None:
    benchmark = PairsBenchmark(NASBench301Space())
    starts = sample_start_set(benchmark, 40, np.random.SeedSequence(1))
    search = LocalSearch(benchmark.space, EpisodeSettings(neighbours=20, max_steps=6))
    episodes = evaluate(search, benchmark, starts, np.random.default_rng(0))
    for readable, pairs in (
        (episodes.start, starts.architectures),
        (episodes.final, search.outcome().final),
    ):
        assert readable.tolist() == benchmark.space.to_readable(pairs)
    better = episodes.final_validation > episodes.start_validation
    assert better.mean() > 0.9
    path, task = tmp_path / "episodes.parquet", EvaluationTask("local_search", 0, 0)
    write_episodes(path, task, "pairs", episodes, "hash")
    read = read_episodes(path, task, config_hash="hash", benchmark="pairs", rows=40, starts=True)
    assert read.start.to_pylist() == episodes.start.tolist()
    assert read.final.to_pylist() == episodes.final.tolist()


@pytest.mark.parametrize("space", [NASBench301Space(), NASBench301SingleSpace()])
def test_the_environment_runs_on_pairs(space: NASBench301Space) -> None:
    benchmark = PairsBenchmark(space)
    assert measure_throughput(benchmark, 8, 0.01).features > 0
    environment = IncrementalVectorEnv(benchmark, num_envs=4, neighbours=10, seed=0)
    observation, _ = environment.reset()
    assert observation["architectures"].shape == (4, 11, space.features)
    for _ in range(20):
        observation, *_ = environment.step(np.array([1, 2, 0, 10]))
    assert observation["action_mask"].all()
