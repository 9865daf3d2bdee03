"""The environment as tensors of a device against the arrays' one: same transitions, same counts."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from naslib_incremental.agent import device_environment as module
from naslib_incremental.agent.device_environment import (
    DeviceEnvironment,
    SpaceTensors,
    start_pool,
)
from naslib_incremental.agent.environment import ObservationTensors
from naslib_incremental.benchmarks import QueryCounter, open_benchmark
from naslib_incremental.mdp import IncrementalMDP, Observation, Step, observe
from tests.doubles.small_training import CPU
from tests.doubles.tiny_mdp import TinyBenchmark

TINY = TinyBenchmark([[1, 2], [0, 2, 3], [3], [0, 1, 2, 4], [0]], [0.1, 0.4, 0.2, 0.9, 0.3])


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def environment(
    seed: int,
    alpha: float = 0.0,
    num_envs: int = 40,
    pool: torch.Tensor | None = None,
    scale: float = 1.0,
) -> DeviceEnvironment:
    tensors = SpaceTensors(TINY, alpha, 2, CPU)
    counter = QueryCounter(TINY, track_distinct=True)
    return DeviceEnvironment(tensors, pool, num_envs, 3, generator(seed), scale, counter)


def expected_step(
    before: ObservationTensors, num_steps: np.ndarray, actions: np.ndarray, alpha: float
) -> Step:
    """What the array environment does from the same architectures with the same actions."""
    mdp = IncrementalMDP(
        QueryCounter(TINY),
        num_envs=len(actions),
        neighbours=2,
        max_steps=3,
        shaping_alpha=alpha,
        rng=np.random.default_rng(0),
    )
    mdp.observation = Observation(before.states.numpy(), before.mask.numpy())
    mdp.accuracy = TINY.query(before.states[:, 0].numpy()).validation
    mdp.num_steps = num_steps.copy()
    return mdp.step(actions)


@settings(max_examples=20)
@given(st.integers(0, 1_000), st.sampled_from([0.0, 6.0]), st.sampled_from([1.0, 0.25]))
def test_steps_equal_those_of_the_array_environment(seed: int, alpha: float, scale: float) -> None:
    env, rng = environment(seed, alpha, scale=scale), np.random.default_rng(seed)
    queries, seen = env.num_envs, set(env.observation.states[:, 0].tolist())
    for _ in range(6):
        before, num_steps = env.observation, env.num_steps.numpy().copy()
        actions = (rng.random(env.num_envs) * before.allowed.numpy()).astype(np.int64)
        step = env.step(torch.from_numpy(actions))
        expected = expected_step(before, num_steps, actions, alpha)
        assert step.rewards.numpy() == pytest.approx(expected.rewards * scale)
        assert (step.terminated.numpy() == expected.terminated).all()
        assert (step.truncated.numpy() == expected.truncated).all()
        assert (step.ended.numpy() == expected.ended).all()
        assert (step.accuracy.numpy() == expected.accuracy).all()
        followed = expected.following
        assert (step.following.states[:, 0].numpy() == followed.architectures[:, 0]).all()
        assert (step.following.allowed.numpy() == followed.mask.sum(axis=1)).all()
        going_on = ~expected.ended
        assert torch.equal(env.observation.states[going_on], step.following.states[going_on])
        continued = np.where(expected.ended, 0, num_steps + (actions != 0))
        assert (env.num_steps.numpy() == continued).all()
        queries += int((actions != 0).sum() + expected.ended.sum())
        seen |= {*step.following.states[:, 0].tolist(), *env.observation.states[:, 0].tolist()}
    assert env.counts() == (queries, len(seen))
    assert set(np.flatnonzero(env.seen.numpy()).tolist()) == seen
    counter = env.counter
    assert (counter.queries, set(counter.seen.tolist())) == (queries, seen)
    assert counter.best == TINY.query(np.array([*seen], np.int32)).validation.max()


def test_what_was_queried_before_counts_too() -> None:
    """Two queries of the best of five states, by an environment that cannot leave the worst."""
    counter = QueryCounter(TINY, track_distinct=True)
    worth = TINY.query(np.arange(5, dtype=np.int32)).validation
    best, worst = int(worth.argmax()), int(worth.argmin())
    counter.query(np.array([best, best], np.int32))
    env = DeviceEnvironment(
        SpaceTensors(TINY, 0.0, 2, CPU), torch.tensor([worst]), 3, 3, generator(0), 1.0, counter
    )
    env.step(torch.zeros(3, dtype=torch.int64))
    found = env.counter
    assert (found.queries, found.distinct, found.best) == (2 + 3 + 3, 2, worth[best])


def test_subsets_of_neighbours_are_uniform_in_set_and_order() -> None:
    tensors = SpaceTensors(TINY, 0.0, 2, CPU)
    shown = tensors.present(torch.full((24_000,), 3), generator())
    pairs = shown.states[:, 1:].tolist()
    counts = {(a, b): 0 for a in (0, 1, 2, 4) for b in (0, 1, 2, 4) if a != b}
    for a, b in pairs:
        counts[a, b] += 1
    assert stats.chisquare(list(counts.values())).pvalue > 1e-3
    assert (shown.allowed == 3).all()


def test_neighbours_on_a_real_space_are_those_of_the_search_graph() -> None:
    benchmark = open_benchmark("nasbench_graph/cora")
    tensors = SpaceTensors(benchmark, 32.0, 50, CPU)
    states = np.random.default_rng(0).integers(len(tensors), size=500)
    shown = tensors.present(torch.from_numpy(states), generator())
    expected = observe(benchmark.space, states.astype(np.int32), 50, None)
    features, mask = tensors.inputs(shown)
    assert (mask.numpy() == expected.mask).all()
    for row, other, allowed in zip(
        shown.states.tolist(), expected.architectures.tolist(), expected.mask, strict=True
    ):
        assert row[0] == other[0]
        assert set(row) == set(other)
        assert sorted(np.array(row)[allowed]) == sorted(np.array(other)[allowed])
    encoded = benchmark.space.encode(shown.states.numpy())
    assert (features.numpy() == encoded).all()


def test_starts_follow_the_sampler(monkeypatch: pytest.MonkeyPatch) -> None:
    class Skewed(type(TINY.space)):  # type: ignore[misc]
        samplers = ("skewed", "uniform")

        def sample_by(self, sampler: str, count: int, rng: np.random.Generator) -> np.ndarray:
            return rng.choice(5, count, p=[0.5, 0.2, 0.1, 0.1, 0.1]).astype(np.int32)

    monkeypatch.setattr(module, "START_POOL", 50_000)
    pool = start_pool(Skewed(TINY.space.rows), None, np.random.default_rng(0), CPU)
    for starts, shares in ((pool, [0.5, 0.2, 0.1, 0.1, 0.1]), (None, [0.2] * 5)):
        env = environment(0, num_envs=20_000, pool=starts)
        counts = np.bincount(env.observation.states[:, 0].numpy(), minlength=5) / 20_000
        assert counts == pytest.approx(np.array(shares), abs=0.015)
    assert start_pool(TINY.space, None, np.random.default_rng(0), CPU) is None


def test_a_restored_environment_goes_the_same_way() -> None:
    first, second = environment(1), environment(2, scale=3.0)
    for _ in range(4):
        first.step(torch.zeros(40, dtype=torch.int64))
    second.load_state_dict(first.state_dict())
    for _ in range(4):
        actions = first.observation.allowed - 1
        left, right = first.step(actions), second.step(actions)
        assert torch.equal(left.rewards, right.rewards)
        assert torch.equal(left.truncated, right.truncated)
        assert torch.equal(first.observation.states, second.observation.states)
    assert first.counts() == second.counts()
