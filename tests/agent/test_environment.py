"""The environment of the host as tensors: the same arrays, whatever an architecture is."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from naslib_incremental.agent.environment import (
    HostEncoder,
    HostEnvironment,
    ObservationTensors,
)
from naslib_incremental.benchmarks import Benchmark, QueryCounter, open_benchmark
from naslib_incremental.mdp import IncrementalMDP, observe
from naslib_incremental.search_spaces_ext.nasbench301.space import NASBench301Space
from tests.doubles.nasbench301_toy import PairsBenchmark


@pytest.fixture(params=["indices", "words"])
def benchmark(request: pytest.FixtureRequest) -> Benchmark:
    if request.param == "indices":
        return open_benchmark("nasbench_graph/cora")
    return PairsBenchmark(NASBench301Space())


def mdp(benchmark: Benchmark, seed: int = 0) -> IncrementalMDP:
    return IncrementalMDP(
        QueryCounter(benchmark, track_distinct=True),
        num_envs=12,
        neighbours=8,
        max_steps=3,
        shaping_alpha=2.0,
        rng=np.random.default_rng(seed),
    )


def test_steps_are_those_of_the_mdp_with_scaled_rewards(benchmark: Benchmark) -> None:
    arrays, environment = mdp(benchmark), HostEnvironment(mdp(benchmark), 0.5)
    assert environment.num_envs == 12
    for time in range(5):
        shown, tensors = arrays.observation, environment.observation
        states = tensors.states.numpy().astype(benchmark.space.dtype)
        assert (states == shown.architectures).all()
        assert (tensors.mask.numpy() == shown.mask).all()
        actions = (time + np.arange(12)) % shown.mask.sum(axis=1)
        expected, step = arrays.step(actions), environment.step(torch.from_numpy(actions))
        assert (step.rewards.numpy() == expected.rewards * 0.5).all()
        assert (step.ended.numpy() == expected.ended).all()
        assert (step.terminated.numpy() == expected.terminated).all()
        assert (step.accuracy.numpy() == expected.accuracy).all()
        following = step.following.states.numpy().astype(benchmark.space.dtype)
        assert (following == expected.following.architectures).all()
    assert environment.counts() == (arrays.counter.queries, arrays.counter.distinct)
    again = HostEnvironment(mdp(benchmark, seed=1), 0.5)
    again.load_state_dict(environment.state_dict())
    assert (again.counts(), again.counter.best) == (environment.counts(), arrays.counter.best)


def test_nothing_is_copied(benchmark: Benchmark) -> None:
    environment = HostEnvironment(mdp(benchmark), 1.0)
    shown = environment.mdp.observation.architectures
    assert environment.observation.states.data_ptr() == shown.ctypes.data


def test_inputs_are_the_spaces_features(benchmark: Benchmark) -> None:
    space = benchmark.space
    shown = observe(space, space.sample(20, np.random.default_rng(0)), 8, None)
    features, mask = HostEncoder(space).inputs(ObservationTensors.of(shown))
    assert features.dtype == torch.float32
    assert (features.numpy() == space.encode(shown.architectures)).all()
    assert (mask.numpy() == shown.mask).all()


def test_a_restored_environment_goes_the_same_way(benchmark: Benchmark) -> None:
    first, second = (HostEnvironment(mdp(benchmark, seed), seed + 1.0) for seed in (0, 1))
    for _ in range(4):
        first.step(torch.zeros(12, dtype=torch.int64))
    second.load_state_dict(first.state_dict())
    for _ in range(4):
        actions = first.observation.allowed - 1
        left, right = first.step(actions), second.step(actions)
        assert torch.equal(left.rewards, right.rewards)
        assert torch.equal(left.truncated, right.truncated)
        assert torch.equal(first.observation.states, second.observation.states)
    assert first.counts() == second.counts()
    assert (first.counter.seen == second.counter.seen).all()
