"""The incremental MDP against a simulation of one environment at a time in plain Python."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from naslib_incremental.benchmarks import QueryCounter, open_benchmark
from naslib_incremental.mdp import IncrementalMDP, shape
from tests.doubles.tiny_mdp import TinyBenchmark

ROWS = [[1, 2], [0, 2, 3], [3], [0, 1, 2], [0]]
ACCURACIES = [0.1, 0.4, 0.2, 0.9, 0.3]


def make(alpha: float, num_envs: int = 7, max_steps: int = 3, seed: int = 0) -> IncrementalMDP:
    return IncrementalMDP(
        QueryCounter(TinyBenchmark(ROWS, ACCURACIES)),
        num_envs=num_envs,
        neighbours=2,
        max_steps=max_steps,
        shaping_alpha=alpha,
        rng=np.random.default_rng(seed),
    )


@given(st.integers(0, 1000), st.sampled_from([0.0, 2.0, 6.0]))
def test_rewards_flags_and_restarts_follow_the_definition(seed: int, alpha: float) -> None:
    mdp, rng = make(alpha, seed=seed), np.random.default_rng(seed)
    num_steps = [0] * mdp.num_envs
    queries = mdp.num_envs
    for _ in range(12):
        shown = mdp.observation
        actions = (rng.random(mdp.num_envs) * shown.mask.sum(axis=1)).astype(np.int64)
        step = mdp.step(actions)
        for env, action in enumerate(actions):
            here = int(shown.architectures[env, 0])
            there = int(shown.architectures[env, action])
            gain = [ACCURACIES[s] if alpha == 0 else math.exp(alpha * ACCURACIES[s])
                    for s in (here, there)]  # fmt: skip
            assert step.rewards[env] == pytest.approx(gain[1] - gain[0])
            num_steps[env] += action != 0
            assert step.terminated[env] == (action == 0)
            assert step.truncated[env] == (action != 0 and num_steps[env] == 3)
            assert step.following.architectures[env, 0] == there
            assert step.accuracy[env] == ACCURACIES[there]
            if step.ended[env]:
                num_steps[env] = 0
            else:
                assert mdp.observation.architectures[env, 0] == there
        queries += int((actions != 0).sum()) + int(step.ended.sum())
    assert mdp.counter.queries == queries
    assert mdp.num_steps.tolist() == num_steps


@given(st.integers(0, 1000))
def test_observations_show_the_current_state_and_at_most_n_of_its_neighbours(seed: int) -> None:
    mdp = make(0.0, seed=seed)
    for _ in range(4):
        shown = mdp.observation
        assert shown.architectures.shape == (mdp.num_envs, 3)
        for row, mask in zip(shown.architectures.tolist(), shown.mask.tolist(), strict=True):
            neighbours = [state for state, allowed in zip(row, mask, strict=True) if allowed][1:]
            assert mask[0]
            assert len(neighbours) == min(2, len(ROWS[row[0]]))
            assert set(neighbours) <= set(ROWS[row[0]])
        mdp.step(shown.mask[:, 1].astype(np.int64))


def test_undiscounted_rewards_sum_to_the_shaped_improvement() -> None:
    mdp = make(6.0, num_envs=50, max_steps=5)
    start = mdp.accuracy.copy()
    total = np.zeros(50)
    for _ in range(5):
        step = mdp.step(np.ones(50, np.int64))
        total += step.rewards
    assert step.truncated.all()
    assert total == pytest.approx(np.exp(6 * step.accuracy) - np.exp(6 * start))


def test_masked_actions_are_refused() -> None:
    mdp = make(0.0)
    mdp.reset(np.full(mdp.num_envs, 4, np.int32))
    with pytest.raises(ValueError, match=r"expected an action in 0\.\.1 in environment 0, got 2"):
        mdp.step(np.full(mdp.num_envs, 2))


def test_same_seed_same_trajectory_and_no_global_randomness() -> None:
    trajectories = []
    for noise in (1, 2):
        np.random.seed(noise)  # noqa: NPY002
        mdp = make(0.0, num_envs=20, seed=3)
        trajectories.append(
            [mdp.step(np.ones(20, np.int64)).following.architectures for _ in range(9)]
        )
    assert np.array_equal(*trajectories)


def test_a_restored_state_walks_the_same_way() -> None:
    first, second = make(2.0, seed=1), make(2.0, seed=2)
    for _ in range(3):
        first.step(np.zeros(7, np.int64))
    second.load_state_dict(first.state_dict())
    for _ in range(4):
        actions = (first.observation.mask.sum(axis=1) - 1).astype(np.int64)
        left, right = first.step(actions), second.step(actions)
        assert (left.rewards == right.rewards).all()
        assert (left.truncated == right.truncated).all()
        assert (first.observation.architectures == second.observation.architectures).all()
        assert (first.num_steps == second.num_steps).all()


def test_thousands_of_environments_on_a_real_benchmark_stay_consistent() -> None:
    benchmark = open_benchmark("nasbench_graph/cora")
    mdp = IncrementalMDP(
        QueryCounter(benchmark),
        num_envs=3000,
        neighbours=20,
        max_steps=16,
        shaping_alpha=6.0,
        rng=np.random.default_rng(0),
    )
    for _ in range(5):
        before = mdp.observation
        last = before.mask.sum(axis=1) - 1
        step = mdp.step(last)
        chosen = before.architectures[np.arange(3000), last]
        assert (step.following.architectures[:, 0] == chosen).all()
        table = benchmark.query(step.following.architectures[:, 0]).validation
        assert (step.accuracy == table).all()


def test_shaping() -> None:
    accuracy = np.array([0.0, 0.5, 1.0])
    assert shape(accuracy, 0.0).tolist() == [0.0, 0.5, 1.0]
    assert shape(accuracy, 2.0) == pytest.approx([1.0, math.e, math.e**2])
