"""Contract tests that an optimizer's author runs under pytest on his own optimizer.

Example::

    from naslib_incremental.optimizers.testing import OptimizerContract

    class TestMine(OptimizerContract):
        optimizer = Mine
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import Benchmark
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.mdp.search_memory import SearchMemory
from naslib_incremental.optimizers.contract import (
    EpisodeSettings,
    Optimizer,
    Outcome,
    TrainableOptimizer,
)
from naslib_incremental.optimizers.registry import load_optimizer
from naslib_incremental.records.training import TrainingResult
from naslib_incremental.search_spaces_ext.contract import Architectures


@dataclass(frozen=True)
class Trace:
    """Everything that E episodes asked, and how they ended.

    Attributes:
        starts: [E] where the episodes began.
        episodes: [Q] the episode of each query.
        architectures: [Q] what was queried.
        outcome: how the episodes ended.
    """

    starts: Architectures
    episodes: NDArray[np.int64]
    architectures: Architectures
    outcome: Outcome


def global_random_states() -> tuple[str, str]:
    """The states of numpy's and Python's global generators."""
    return repr(np.random.get_state()), repr(random.getstate())  # noqa: NPY002 - must stay


def assert_in_space(architectures: Architectures, benchmark: Benchmark) -> None:
    """Architectures have the space's type and shape, and survive being written and read."""
    space = benchmark.space
    assert architectures.dtype == space.dtype
    assert architectures.shape[1:] == space.architecture_shape
    back = space.from_readable(space.to_readable(architectures))
    np.testing.assert_array_equal(space.hash(back), space.hash(architectures))


def assert_same(one: Trace, other: Trace) -> None:
    """Two searches asked and ended alike."""
    np.testing.assert_array_equal(one.episodes, other.episodes)
    np.testing.assert_array_equal(one.architectures, other.architectures)
    for field in fields(Outcome):
        found = (getattr(trace.outcome, field.name) for trace in (one, other))
        np.testing.assert_array_equal(*found)


class OptimizerContract:
    """What every optimizer must do; subclass it as ``Test...`` and set ``optimizer``.

    Attributes:
        optimizer: the class under test.
        options: its options here, chosen so that the tests are quick.
        settings: small, so that limits are met.
        episode_count: E.
    """

    optimizer: ClassVar[type[Optimizer]]
    options: ClassVar[Mapping[str, Any]] = {}
    settings: ClassVar[EpisodeSettings] = EpisodeSettings(
        neighbours=4, max_steps=3, query_budget=10
    )
    episode_count: ClassVar[int] = 40

    def open_benchmark(self) -> Benchmark:
        """The benchmark to test on; override it for another search space."""
        from naslib_incremental.benchmarks import open_benchmark

        return open_benchmark("nasbench_graph/cora")

    @pytest.fixture
    def benchmark_under_test(self) -> Benchmark:
        """The opened benchmark."""
        return self.open_benchmark()

    def make(self, benchmark: Benchmark) -> Optimizer:
        """A fresh instance with the options of this class."""
        space = benchmark.space
        config = self.optimizer.configure(self.options, space, self.settings)
        return self.optimizer(space, self.settings, config)

    @pytest.fixture
    def ready(self, benchmark_under_test: Benchmark, tmp_path: Path) -> Optimizer:
        """An optimizer that can start episodes."""
        return self.make(benchmark_under_test)

    def trace(
        self, optimizer: Optimizer, benchmark: Benchmark, seed: int = 0, count: int | None = None
    ) -> Trace:
        """Run episodes with arrays that cannot be written to."""
        rng = np.random.default_rng(seed)
        starts = benchmark.space.sample(count or self.episode_count, rng)
        validation = benchmark.query(starts).validation.copy()
        if optimizer.is_search:
            validation[:] = np.nan
        starts.flags.writeable = validation.flags.writeable = False
        optimizer.start(starts, validation, rng)
        episodes, architectures = [np.empty(0, np.int64)], [starts[:0]]
        while (asked := optimizer.ask()) is not None:
            assert len(asked.episodes) == len(asked.architectures) > 0
            answer = benchmark.query(asked.architectures).validation.copy()
            answer.flags.writeable = False
            episodes.append(asked.episodes.copy())
            architectures.append(asked.architectures.copy())
            optimizer.tell(answer)
        outcome = optimizer.outcome()
        return Trace(starts, np.concatenate(episodes), np.concatenate(architectures), outcome)

    def test_is_registered_under_its_name(self) -> None:
        assert load_optimizer(self.optimizer.name) is self.optimizer

    def test_options_are_a_frozen_dataclass_with_help(self) -> None:
        config_class = self.optimizer.config_class
        if config_class is None:
            return
        assert is_dataclass(config_class)
        assert config_class.__dataclass_params__.frozen  # type: ignore[attr-defined]
        assert config_class() == config_class(), "every option needs a default"
        assert all(field.metadata.get("help") for field in fields(config_class))

    def test_options_are_configured_by_name(self, benchmark_under_test: Benchmark) -> None:
        space = benchmark_under_test.space
        config = self.optimizer.configure(self.options, space, self.settings)
        assert isinstance(config, self.optimizer.config_class or type(None))
        assert self.optimizer(space, self.settings, config).config is config
        with pytest.raises(UserError, match="no_such_option"):
            self.optimizer.configure({"no_such_option": 1}, space, self.settings)

    def test_asks_are_architectures_of_existing_episodes(
        self, ready: Optimizer, benchmark_under_test: Benchmark
    ) -> None:
        trace = self.trace(ready, benchmark_under_test)
        assert ((trace.episodes >= 0) & (trace.episodes < self.episode_count)).all()
        assert_in_space(trace.architectures, benchmark_under_test)

    def test_outcome_covers_all_episodes(
        self, ready: Optimizer, benchmark_under_test: Benchmark
    ) -> None:
        outcome = self.trace(ready, benchmark_under_test).outcome
        assert len(outcome.final) == self.episode_count
        assert outcome.num_steps.shape == outcome.stopped.shape == (self.episode_count,)
        assert outcome.stopped.dtype == np.bool_
        assert ((outcome.num_steps >= 0) & (outcome.num_steps <= self.settings.max_steps)).all()
        assert_in_space(outcome.final, benchmark_under_test)

    def test_final_is_the_start_or_was_queried_in_its_episode(
        self, ready: Optimizer, benchmark_under_test: Benchmark
    ) -> None:
        trace = self.trace(ready, benchmark_under_test)
        readable = benchmark_under_test.space.to_readable
        known = set(enumerate(readable(trace.starts)))
        known |= set(zip(trace.episodes.tolist(), readable(trace.architectures), strict=True))
        assert set(enumerate(readable(trace.outcome.final))) <= known

    def test_queries_of_an_episode_are_limited(
        self, ready: Optimizer, benchmark_under_test: Benchmark
    ) -> None:
        trace = self.trace(ready, benchmark_under_test)
        if ready.is_search:
            memory = SearchMemory(benchmark_under_test.space, self.episode_count)
            paid = trace.episodes[memory.remember(trace.episodes, trace.architectures)]
            queries = np.bincount(paid, minlength=self.episode_count)
            ended = (queries == self.settings.query_budget) | trace.outcome.stopped
            assert (ended & (queries <= self.settings.query_budget)).all()
        else:
            steps, neighbours = self.settings.max_steps, self.settings.neighbours
            limit = max(self.settings.query_budget, steps * neighbours)
            assert np.bincount(trace.episodes, minlength=1).max() <= limit

    def test_same_seed_same_episodes(
        self, ready: Optimizer, benchmark_under_test: Benchmark
    ) -> None:
        assert_same(
            self.trace(ready, benchmark_under_test), self.trace(ready, benchmark_under_test)
        )

    def test_leaves_the_global_random_state_alone(
        self, ready: Optimizer, benchmark_under_test: Benchmark
    ) -> None:
        before = global_random_states()
        self.trace(ready, benchmark_under_test)
        assert global_random_states() == before

    def test_one_episode_alone(self, ready: Optimizer, benchmark_under_test: Benchmark) -> None:
        assert len(self.trace(ready, benchmark_under_test, count=1).outcome.final) == 1


class TrainableOptimizerContract(OptimizerContract):
    """What a trainable optimizer must do besides; set ``options`` so that training is short."""

    def sources(self, benchmark: Benchmark) -> list[Benchmark]:
        """What it is trained on; override it for one that learns elsewhere."""
        return [benchmark]

    @pytest.fixture
    def ready(self, benchmark_under_test: Benchmark, tmp_path: Path) -> Optimizer:
        """A trained optimizer."""
        self.train(benchmark_under_test, tmp_path)
        return self.loaded(benchmark_under_test, tmp_path)

    def learner(self, benchmark: Benchmark) -> TrainableOptimizer:
        """A fresh instance."""
        made = self.make(benchmark)
        assert isinstance(made, TrainableOptimizer)
        return made

    def loaded(self, benchmark: Benchmark, folder: Path) -> TrainableOptimizer:
        """A fresh instance with the agent of ``folder``."""
        learner = self.learner(benchmark)
        learner.load(folder)
        return learner

    def train(
        self, benchmark: Benchmark, folder: Path, fail_at: int | None = None
    ) -> tuple[TrainingResult, list[tuple[int, int]]]:
        """Train one agent in ``folder``; ``fail_at`` breaks off at that call of ``progress``."""
        calls: list[tuple[int, int]] = []

        def progress(step: int, steps: int, _: Mapping[str, float]) -> None:
            calls.append((step, steps))
            if len(calls) == fail_at:
                raise KeyboardInterrupt

        seed = np.random.SeedSequence(7)
        return self.learner(benchmark).train(self.sources(benchmark), seed, folder, progress), calls

    def test_training_counts_what_it_cost(
        self, benchmark_under_test: Benchmark, tmp_path: Path
    ) -> None:
        result, calls = self.train(benchmark_under_test, tmp_path)
        assert result.steps > 0
        assert result.queries >= result.distinct_queries > 0
        assert result.seconds > 0
        assert calls, "progress must be called at least once"
        assert all(0 <= step <= steps for step, steps in calls)
        assert calls == sorted(calls)

    def test_resources_and_reproducibility_are_known_before(
        self, benchmark_under_test: Benchmark
    ) -> None:
        learner = self.learner(benchmark_under_test)
        assert isinstance(learner.reproducible, bool)
        for cpus in (1, 64):
            asked = learner.resources(cpus)
            assert asked.cpus >= 1
            assert asked.gpus >= 0

    def test_finished_training_is_not_repeated(
        self, benchmark_under_test: Benchmark, tmp_path: Path
    ) -> None:
        first, _ = self.train(benchmark_under_test, tmp_path)
        again, _ = self.train(benchmark_under_test, tmp_path)
        assert again == first

    def test_interrupted_training_resumes_to_the_same_agent(
        self, benchmark_under_test: Benchmark, tmp_path: Path
    ) -> None:
        whole, _ = self.train(benchmark_under_test, tmp_path / "whole")
        with pytest.raises(KeyboardInterrupt):
            self.train(benchmark_under_test, tmp_path / "broken", fail_at=1)
        resumed, _ = self.train(benchmark_under_test, tmp_path / "broken")
        assert resumed.steps == whole.steps
        assert_same(
            *(
                self.trace(self.loaded(benchmark_under_test, tmp_path / name), benchmark_under_test)
                for name in ("whole", "broken")
            )
        )
