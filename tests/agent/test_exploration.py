"""Exploration: the epsilon ladder, and what is chosen."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from naslib_incremental.agent.exploration import choose, epsilon_ladder
from naslib_incremental.agent.generator import Generator

SOURCES = {
    "host": lambda: np.random.default_rng(0),
    "device": lambda: torch.Generator().manual_seed(0),
}
either_source = pytest.mark.parametrize("source", SOURCES)


def test_ladder_of_the_paper() -> None:
    ladder = epsilon_ladder(8, 0.4, 7.0)
    assert ladder.tolist() == pytest.approx([0.4 ** (1 + 7 * i / 7) for i in range(8)])
    assert epsilon_ladder(1, 0.4, 7.0).tolist() == [0.4]


@either_source
@pytest.mark.parametrize("epsilon", [0.3, 0.6])
def test_epsilon_greedy_takes_allowed_actions_alone(source: str, epsilon: float) -> None:
    num_envs = 40_000
    q_values = torch.tensor([[0.0, 0.1, 5.0, -1e9]]).expand(num_envs, -1)
    epsilons = torch.full((num_envs,), epsilon, dtype=torch.float64)
    generator = Generator(SOURCES[source]())
    actions = choose(q_values, torch.full((num_envs,), 3), epsilons, generator)
    counts = np.bincount(actions.numpy(), minlength=4)
    expected = np.array([epsilon / 3, epsilon / 3, 1 - 2 * epsilon / 3]) * num_envs
    assert counts[3] == 0
    assert stats.chisquare(counts[:3], expected).pvalue > 1e-3


@either_source
def test_without_epsilon_the_first_of_the_best_is_taken(source: str) -> None:
    q_values = torch.tensor([[1.0, 2.0, 2.0], [3.0, 3.0, 1.0], [0.0, 0.0, 7.0]])
    generator = Generator(SOURCES[source]())
    actions = choose(q_values, torch.full((3,), 3), torch.zeros(3).double(), generator)
    assert actions.tolist() == [1, 0, 2]


@either_source
def test_numbers_are_uniform_and_go_on_from_a_state(source: str) -> None:
    generator = Generator(SOURCES[source]())
    numbers = generator.uniform(2, 5_000)
    assert (numbers.dtype, numbers.shape) == (torch.float64, (2, 5_000))
    assert stats.kstest(numbers.flatten().numpy(), "uniform").pvalue > 1e-3
    state = generator.state_dict()
    following = generator.uniform(7)
    other = Generator(SOURCES[source]())
    other.load_state_dict(state)
    assert torch.equal(other.uniform(7), following)


def test_the_hosts_numbers_are_numpys() -> None:
    rng = np.random.default_rng(5)
    expected = [rng.random(3), rng.random(3)]
    assert (Generator(np.random.default_rng(5)).uniform(2, 3).numpy() == expected).all()
