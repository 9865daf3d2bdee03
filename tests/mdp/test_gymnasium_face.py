"""The faces that gymnasium's users see."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode

from naslib_incremental.benchmarks import open_benchmark
from naslib_incremental.mdp import IncrementalEnv, IncrementalVectorEnv
from tests.doubles.tiny_mdp import TinyBenchmark

# Every state has the same number of neighbours, so that every action is allowed everywhere.
RING = TinyBenchmark([[(i + 1) % 9, (i + 8) % 9] for i in range(9)], [i / 10 for i in range(9)])


@pytest.mark.filterwarnings("ignore:.*Not able to test alternative render modes")
def test_single_environment_passes_gymnasiums_checker() -> None:
    check_env(IncrementalEnv(RING, neighbours=2))


def test_single_environment_shows_the_final_observation_and_ends() -> None:
    env = IncrementalEnv(RING, neighbours=2, shaping_alpha=0.0)
    first, _ = env.reset(seed=1)
    observation, reward, terminated, truncated, info = env.step(np.int64(0))
    assert (reward, terminated, truncated) == (0.0, True, False)
    assert (observation["architectures"][0] == first["architectures"][0]).all()
    assert info["validation"] == first["architectures"][0].argmax() / 10


def test_vector_observations_lie_in_their_space_and_carry_the_mask() -> None:
    env = IncrementalVectorEnv(open_benchmark("nasbench_graph/cora"), num_envs=32, seed=0)
    observation, _ = env.reset(seed=4)
    assert env.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    assert isinstance(env, gymnasium.vector.VectorEnv)
    for _ in range(20):
        assert env.observation_space.contains(observation)
        observation, rewards, terminated, truncated, _ = env.step(np.ones(32, np.int64))
        assert rewards.shape == terminated.shape == truncated.shape == (32,)
    again, _ = env.reset(seed=4)
    repeated, _ = env.reset(seed=4)
    assert (again["architectures"] == repeated["architectures"]).all()


def test_an_environment_that_ends_starts_anew_and_shows_its_final_observation() -> None:
    env = IncrementalVectorEnv(RING, num_envs=6, neighbours=2, max_steps=3, seed=0)
    before, _ = env.reset()
    actions = np.array([0, 1, 1, 0, 1, 1])
    _, _, terminated, truncated, info = env.step(actions)
    assert terminated.tolist() == info["_final_obs"].tolist() == (actions == 0).tolist()
    assert not truncated.any()
    for index in (0, 3):
        final = info["final_obs"][index]["architectures"][0]
        assert (final == before["architectures"][index, 0]).all()
