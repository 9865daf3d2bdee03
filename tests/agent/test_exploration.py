"""Exploration: the epsilon ladder and the Boltzmann policy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from naslib_incremental.agent.exploration import boltzmann, choose, epsilon_ladder


def test_ladder_of_the_paper() -> None:
    ladder = epsilon_ladder(8, 0.4, 7.0)
    assert ladder == pytest.approx([0.4 ** (1 + 7 * i / 7) for i in range(8)])
    assert epsilon_ladder(1, 0.4, 7.0).tolist() == [0.4]


def test_epsilon_greedy_draws_from_the_mask_alone() -> None:
    lanes = 40_000
    q_values = np.tile(np.array([0.0, 0.1, 5.0, 9.0], np.float32), (lanes, 1))
    q_values[:, 3] = -1e9
    mask = np.tile([True, True, True, False], (lanes, 1))
    actions = choose(q_values, mask, np.full(lanes, 0.3), np.random.default_rng(0))
    counts = np.bincount(actions, minlength=4)
    expected = np.array([0.1, 0.1, 0.8]) * lanes
    assert counts[3] == 0
    assert stats.chisquare(counts[:3], expected).pvalue > 1e-3


def test_boltzmann_probabilities() -> None:
    lanes = 40_000
    q_values = np.tile(np.array([0.0, 0.05, 0.1, -1e9], np.float32), (lanes, 1))
    mask = np.tile([True, True, True, False], (lanes, 1))
    actions = boltzmann(q_values, mask, 0.1, np.random.default_rng(0))
    weights = np.exp([0.0, 0.5, 1.0])
    assert (actions < 3).all()
    counts = np.bincount(actions)
    assert stats.chisquare(counts, weights / weights.sum() * lanes).pvalue > 1e-3


def test_temperature_zero_is_greedy() -> None:
    q_values = np.random.default_rng(0).normal(size=(100, 5)).astype(np.float32)
    actions = boltzmann(q_values, np.ones((100, 5), bool), 0.0, np.random.default_rng(1))
    assert (actions == q_values.argmax(axis=1)).all()
