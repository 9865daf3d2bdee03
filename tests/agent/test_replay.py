"""Prioritised replay against direct sums over its priorities, by either index of these."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from naslib_incremental.agent.n_step import Transitions
from naslib_incremental.agent.replay import (
    PRIORITY_FLOOR,
    PrioritisedReplay,
    PriorityIndex,
    RunningSum,
    SumTree,
)

BETA = 0.4
INDEXES: dict[str, Callable[[int, float, int], PriorityIndex]] = {
    "sum tree": lambda capacity, alpha, seed: SumTree(
        capacity, alpha, BETA, np.random.default_rng(seed)
    ),
    "running sum": lambda capacity, alpha, seed: RunningSum(
        capacity, alpha, BETA, torch.Generator().manual_seed(seed)
    ),
}
either_index = pytest.mark.parametrize("index", INDEXES)


def rows(first: int, count: int) -> Transitions:
    number = torch.arange(first, first + count)
    return Transitions(
        states=torch.stack([number, number + 1, number + 2], dim=1).int(),
        allowed=torch.full((count,), 2, dtype=torch.int16),
        actions=torch.ones(count, dtype=torch.int16),
        returns=number.float(),
        discounts=torch.full((count,), 0.5),
        next_states=torch.stack([number + 1] * 3, dim=1).int(),
        next_allowed=torch.full((count,), 3, dtype=torch.int16),
    )


def replay(index: str, capacity: int, alpha: float = 0.6, seed: int = 0) -> PrioritisedReplay:
    return PrioritisedReplay(capacity, INDEXES[index](capacity, alpha, seed))


def filled(index: str, capacity: int, priorities: np.ndarray) -> PrioritisedReplay:
    memory = replay(index, capacity)
    for first in range(0, len(priorities), 4):
        part = torch.from_numpy(priorities[first : first + 4])
        memory.add(rows(first, len(part)), part)
    return memory


@either_index
def test_ring_keeps_the_newest(index: str) -> None:
    memory = filled(index, 10, np.ones(24))
    assert len(memory) == 10
    _, sampled, _ = memory.sample(500)
    assert set(sampled.returns.tolist()) == set(range(14, 24))


@either_index
def test_more_than_the_ring_holds_leaves_the_last(index: str) -> None:
    memory = replay(index, 10)
    memory.add(rows(0, 3), torch.ones(3))
    memory.add(rows(3, 25), torch.ones(25))
    assert (len(memory), memory.position) == (10, 8)
    _, sampled, _ = memory.sample(500)
    assert set(sampled.returns.tolist()) == set(range(18, 28))


@either_index
def test_samples_follow_priority_to_the_alpha(index: str) -> None:
    memory = replay(index, 6)
    priorities = np.array([0.1, 0.5, 1.0, 2.0, 0.0, 4.0])
    memory.add(rows(0, 6), torch.from_numpy(priorities))
    expected = (priorities + PRIORITY_FLOOR) ** 0.6
    slots = torch.cat([memory.sample(64)[0] for _ in range(2000)])
    counts = np.bincount(slots.numpy(), minlength=6)
    assert stats.chisquare(counts, expected / expected.sum() * counts.sum()).pvalue > 1e-3
    assert float(memory.index.powers.sum()) == pytest.approx(expected.sum())


@either_index
def test_weights_undo_the_probabilities(index: str) -> None:
    memory = replay(index, 4)
    priorities = np.array([1.0, 2.0, 3.0, 4.0])
    memory.add(rows(0, 4), torch.from_numpy(priorities))
    slots, sampled, weights = memory.sample(200)
    probability = (priorities + PRIORITY_FLOOR) ** 0.6
    probability /= probability.sum()
    expected = (4 * probability[slots.numpy()]) ** -BETA
    assert weights.dtype == torch.float32
    assert weights.numpy() == pytest.approx(expected / expected.max(), rel=1e-5)
    assert sampled.returns.tolist() == slots.tolist()


@either_index
def test_updated_priorities_count(index: str) -> None:
    memory = replay(index, 8)
    memory.add(rows(0, 8), torch.ones(8))
    memory.update(torch.arange(7), torch.zeros(7))
    slots, _, _ = memory.sample(1000)
    assert (slots == 7).float().mean() > 0.99


@either_index
def test_a_replay_that_is_not_full_samples_only_what_it_holds(index: str) -> None:
    memory = filled(index, 64, np.ones(8))
    slots, _, _ = memory.sample(500)
    assert set(slots.tolist()) == set(range(8))


@either_index
def test_observations_are_rebuilt_from_the_number_of_allowed_slots(index: str) -> None:
    memory = replay(index, 4)
    memory.add(rows(0, 4), torch.ones(4))
    _, sampled, _ = memory.sample(4)
    assert sampled.observation.mask.tolist() == [[True, True, False]] * 4
    assert sampled.next_observation.mask.all()
    assert torch.equal(sampled.observation.states[:, 0].float(), sampled.returns)


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(st.floats(0, 9), min_size=1, max_size=9)),
        st.tuples(st.just("update"), st.lists(st.floats(0, 9), min_size=1, max_size=3)),
    ),
    min_size=1,
    max_size=12,
)


@either_index
@given(capacity=st.integers(1, 13), operations=OPERATIONS)
def test_priorities_and_rows_are_those_of_a_plain_list(
    index: str, capacity: int, operations: list[tuple[str, list[float]]]
) -> None:
    memory, kept = replay(index, capacity), {}
    added = 0
    for operation, priorities in operations:
        if operation == "add":
            memory.add(rows(added, len(priorities)), torch.tensor(priorities, dtype=torch.float64))
            for priority in priorities:
                kept[added % capacity] = (added, priority)
                added += 1
        elif added:
            slots = [slot for slot in range(len(priorities)) if slot in kept]
            memory.update(
                torch.tensor(slots), torch.tensor(priorities[: len(slots)], dtype=torch.float64)
            )
            for slot in slots:
                kept[slot] = (kept[slot][0], priorities[slot])
    powers = [(kept[slot][1] + PRIORITY_FLOOR) ** 0.6 if slot in kept else 0.0
              for slot in range(capacity)]  # fmt: skip
    assert memory.index.powers.tolist() == pytest.approx(powers)
    assert len(memory) == len(kept)
    found = memory.contents()
    if not kept:
        assert found is None
        return
    assert found is not None
    oldest_first = sorted(kept.values())
    assert found[0].returns.tolist() == [float(number) for number, _ in oldest_first]
    assert found[1].tolist() == pytest.approx([p for _, p in oldest_first], abs=1e-8)
    slots, sampled, _ = memory.sample(50)
    assert sampled.returns.tolist() == [float(kept[slot][0]) for slot in slots.tolist()]


@pytest.mark.parametrize("capacity", [16, 13, 10])
def test_both_indexes_sample_and_weigh_alike(capacity: int) -> None:
    priorities = np.random.default_rng(1).exponential(size=16)
    priorities[13] = 0.0
    tree, sums = (filled(index, capacity, priorities) for index in INDEXES)
    assert (sums.size, sums.position) == (tree.size, tree.position)
    leaves = tree.index.powers.numpy()
    assert sums.index.powers.numpy() == pytest.approx(leaves)
    counts = np.zeros((2, capacity))
    for _ in range(1_500):
        slots, sampled, weights = sums.sample(32)
        counts[0] += np.bincount(slots.numpy(), minlength=capacity)
        counts[1] += np.bincount(tree.sample(32)[0].numpy(), minlength=capacity)
    assert stats.chisquare(counts[0], leaves / leaves.sum() * counts[0].sum()).pvalue > 1e-3
    occurring = counts.sum(axis=0) > 0
    assert stats.chi2_contingency(counts[:, occurring]).pvalue > 1e-3
    expected = (capacity * leaves[slots.numpy()] / leaves.sum()) ** -BETA
    assert weights.numpy() == pytest.approx(expected / expected.max(), rel=1e-5)
    assert torch.equal(sampled.returns, tree.columns["returns"][slots])
    assert torch.equal(sampled.states, tree.columns["states"][slots])


@either_index
def test_a_restored_replay_samples_the_same(index: str) -> None:
    first = filled(index, 10, np.random.default_rng(1).exponential(size=14))
    first.sample(5)
    second = replay(index, 10, seed=9)
    second.load_state_dict(first.state_dict())
    for round_ in range(3):
        (slots, sampled, weights), again = first.sample(6), second.sample(6)
        assert torch.equal(slots, again[0])
        assert torch.equal(weights, again[2])
        for name, column in sampled.columns().items():
            assert torch.equal(column, again[1].columns()[name])
        for memory in (first, second):
            memory.add(rows(100 * round_, 3), torch.full((3,), 0.5))
            memory.update(slots, torch.arange(6.0))
