"""Prioritised replay against direct sums over its priorities."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from naslib_incremental.agent.replay import PRIORITY_FLOOR, PrioritisedReplay, Transitions


def rows(first: int, count: int) -> Transitions:
    number = np.arange(first, first + count)
    return Transitions(
        architectures=np.stack([number, number + 1, number + 2], axis=1).astype(np.int32),
        allowed=np.full(count, 2, np.int16),
        actions=np.ones(count, np.int16),
        returns=number.astype(np.float32),
        discounts=np.full(count, 0.5, np.float32),
        next_architectures=np.stack([number + 1] * 3, axis=1).astype(np.int32),
        next_allowed=np.full(count, 3, np.int16),
    )


def replay(capacity: int, alpha: float = 0.6) -> PrioritisedReplay:
    return PrioritisedReplay(capacity, alpha, 0.4, np.random.default_rng(0))


def test_ring_keeps_the_newest() -> None:
    memory = replay(10)
    for first in range(0, 24, 4):
        memory.add(rows(first, 4), np.ones(4))
    assert len(memory) == 10
    _, drawn, _ = memory.sample(500)
    assert set(drawn.returns.tolist()) == set(range(14, 24))


def test_draws_follow_priority_to_the_alpha() -> None:
    memory = replay(6)
    priorities = np.array([0.1, 0.5, 1.0, 2.0, 0.0, 4.0])
    memory.add(rows(0, 6), priorities)
    expected = (priorities + PRIORITY_FLOOR) ** 0.6
    slots = np.concatenate([memory.sample(64)[0] for _ in range(2000)])
    counts = np.bincount(slots, minlength=6)
    assert stats.chisquare(counts, expected / expected.sum() * counts.sum()).pvalue > 1e-3
    assert memory.tree[1] == pytest.approx(expected.sum())


def test_weights_undo_the_probabilities() -> None:
    memory = replay(4)
    priorities = np.array([1.0, 2.0, 3.0, 4.0])
    memory.add(rows(0, 4), priorities)
    slots, drawn, weights = memory.sample(200)
    probability = (priorities + PRIORITY_FLOOR) ** 0.6
    probability /= probability.sum()
    expected = (4 * probability[slots]) ** -0.4
    assert weights == pytest.approx(expected / expected.max(), rel=1e-5)
    assert drawn.returns.tolist() == slots.tolist()


def test_updated_priorities_count() -> None:
    memory = replay(8)
    memory.add(rows(0, 8), np.ones(8))
    memory.update(np.arange(7), np.zeros(7))
    slots, _, _ = memory.sample(1000)
    assert (slots == 7).mean() > 0.99


def test_observations_are_rebuilt_from_the_number_of_allowed_slots() -> None:
    memory = replay(4)
    memory.add(rows(0, 4), np.ones(4))
    _, drawn, _ = memory.sample(4)
    assert drawn.observation.mask.tolist() == [[True, True, False]] * 4
    assert drawn.next_observation.mask.all()
    assert (drawn.observation.architectures[:, 0] == drawn.returns).all()
