"""The shipped contract tests: on the built-in optimizers, on a plug-in, and on broken ones."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from toy_plugin import ToyBenchmark, ToyLearner

from naslib_incremental.benchmarks import Benchmark
from naslib_incremental.optimizers import Ask, Optimizer, Outcome
from naslib_incremental.optimizers.best_first import BestFirst
from naslib_incremental.optimizers.local_search import LocalSearch
from naslib_incremental.optimizers.local_search_enhanced import LocalSearchEnhanced
from naslib_incremental.optimizers.random_search import RandomSearch
from naslib_incremental.optimizers.random_walk import RandomWalk
from naslib_incremental.optimizers.regularized_evolution import RegularizedEvolution
from naslib_incremental.optimizers.testing import OptimizerContract, TrainableOptimizerContract


class OnToy:
    def open_benchmark(self) -> Benchmark:
        return ToyBenchmark("plain")


class TestRandomSearch(OnToy, OptimizerContract):
    optimizer = RandomSearch


class TestRandomWalk(OnToy, OptimizerContract):
    optimizer = RandomWalk


class TestLocalSearch(OnToy, OptimizerContract):
    optimizer = LocalSearch


class TestBestFirst(OnToy, OptimizerContract):
    optimizer = BestFirst
    options: ClassVar = {"initial": 2}


class TestLocalSearchEnhanced(OnToy, OptimizerContract):
    optimizer = LocalSearchEnhanced
    options: ClassVar = {"initial": 2}


class TestRegularizedEvolution(OnToy, OptimizerContract):
    optimizer = RegularizedEvolution
    options: ClassVar = {"population_size": 4, "sample_size": 2}


class TestLocalSearchOnItsDefaultBenchmark(OptimizerContract):
    optimizer = LocalSearch


@pytest.mark.usefixtures("toy")
class TestToyLearner(OnToy, TrainableOptimizerContract):
    optimizer = ToyLearner
    options: ClassVar = {"steps": 30}


class Unseeded(RandomSearch):
    def start(self, starts, validation, rng):  # type: ignore[no-untyped-def]
        super().start(starts, validation, np.random.default_rng())


class Global(RandomSearch):
    def start(self, starts, validation, rng):  # type: ignore[no-untyped-def]
        super().start(starts, validation, rng)
        np.random.shuffle(self._outcome.final)  # noqa: NPY002


class Unqueried(RandomSearch):
    def outcome(self) -> Outcome:
        outcome = super().outcome()
        return Outcome(outcome.final[::-1], outcome.num_steps, outcome.stopped)


class Endless(RandomSearch):
    def outcome(self) -> Outcome:
        outcome = super().outcome()
        return Outcome(outcome.final, outcome.num_steps + 4, outcome.stopped)


class Greedy(RandomSearch):
    def ask(self) -> Ask | None:
        asked = super().ask()
        return asked and Ask(np.repeat(asked.episodes, 13), np.repeat(asked.architectures, 13))


class Outside(RandomSearch):
    def ask(self) -> Ask | None:
        asked = super().ask()
        return asked and Ask(asked.episodes + 1, asked.architectures)


class Mutating(LocalSearch):
    def start(self, starts, validation, rng):  # type: ignore[no-untyped-def]
        super().start(starts, validation, rng)
        starts += 0


@pytest.mark.parametrize(
    ("broken", "test"),
    [
        (Unseeded, "test_same_seed_same_episodes"),
        (Global, "test_leaves_the_global_random_state_alone"),
        (Unqueried, "test_final_is_the_start_or_was_queried_in_its_episode"),
        (Endless, "test_outcome_covers_all_episodes"),
        (Greedy, "test_queries_of_an_episode_are_limited"),
        (Outside, "test_asks_are_architectures_of_existing_episodes"),
        (Mutating, "test_asks_are_architectures_of_existing_episodes"),
    ],
)
def test_broken_optimizers_fail_the_contract_test(broken: type[Optimizer], test: str) -> None:
    class Contract(OptimizerContract):
        optimizer = broken

    benchmark = ToyBenchmark("plain")
    ready = broken(benchmark.space, Contract.settings)
    with pytest.raises((AssertionError, ValueError)):
        getattr(Contract(), test)(ready, benchmark)


def test_untrained_learner_cannot_be_loaded(tmp_path: Path) -> None:
    learner = ToyLearner(ToyBenchmark("plain").space, OptimizerContract.settings)
    with pytest.raises(FileNotFoundError):
        learner.load(tmp_path)
