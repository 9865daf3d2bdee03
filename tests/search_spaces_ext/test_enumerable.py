"""What every enumerable space owes its users, on NAS-Bench-Graph and on a space of a few states."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.search_spaces_ext.nasbench_graph import NASBenchGraphSpace
from naslib_incremental.search_spaces_ext.search_graph import compile_search_graph
from tests.doubles.tiny_mdp import TinySpace

STATES = 300


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60))
def test_presented_neighbours_are_valid_distinct_and_never_the_cell_itself(
    seed: int, limit: int
) -> None:
    space = NASBenchGraphSpace()
    rng = np.random.default_rng(seed)
    states = space.sample(STATES, rng)
    shown = space.neighbours(states, limit, rng)
    width = min(limit, space.max_degree)
    assert shown.architectures.shape == shown.mask.shape == (STATES, width)
    assert (shown.mask.sum(axis=1) == np.minimum(space.degree(states), width)).all()
    assert (np.diff(shown.mask.astype(int), axis=1) <= 0).all(), "allowed slots come first"
    assert ((shown.architectures >= 0) & (shown.architectures < len(space))).all()
    graph = space.graph
    for row, state in enumerate(states):
        listed = shown.architectures[row][shown.mask[row]].tolist()
        assert len(set(listed)) == len(listed)
        assert state not in listed
        assert set(listed) <= set(graph.targets[graph.offsets[state] : graph.offsets[state + 1]])


def test_subset_and_order_are_uniform() -> None:
    space = TinySpace([[1, 2, 3, 4], [0], [0], [0], [0]])
    shown = space.neighbours(np.zeros(24_000, np.int32), 2, np.random.default_rng(0))
    pairs, counts = np.unique(shown.architectures, axis=0, return_counts=True)
    assert len(pairs) == 12, "every ordered pair of the four neighbours appears"
    assert stats.chisquare(counts).pvalue > 1e-3


def test_without_a_generator_the_order_is_fixed() -> None:
    space = TinySpace([[3, 1, 2], [0], [0], [0]])
    states = np.array([0, 1], np.int32)
    shown = space.neighbours(states, 2, None)
    assert shown.architectures.tolist() == [[1, 2], [0, 1]]
    assert shown.mask.tolist() == [[True, True], [True, False]]


def test_same_seed_same_neighbours_and_samples() -> None:
    space = NASBenchGraphSpace()
    first, second = (np.random.default_rng(5) for _ in range(2))
    states = space.sample(50, first)
    assert (states == space.sample(50, second)).all()
    left, right = (space.neighbours(states, 10, rng).architectures for rng in (first, second))
    assert (left == right).all()


def test_compiled_rows_drop_duplicates_and_the_state_itself() -> None:
    graph = compile_search_graph(TinySpace([[1, 0, 1, 2, 2], [2], []]))
    assert graph.offsets.tolist() == [0, 2, 3, 3]
    assert graph.targets.tolist() == [1, 2, 2]


def test_a_neighbour_outside_the_space_is_refused() -> None:
    with pytest.raises(ValueError, match="outside the enumeration"):
        compile_search_graph(TinySpace([[1], [7]]))


def test_unknown_sampler_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UserError, match="a sampler of tiny: uniform; got 'paper'"):
        TinySpace([[1], [0]]).sample(3, np.random.default_rng(0), "paper")


@pytest.mark.parametrize(
    ("text", "advice"), [("sx", "invalid literal"), ("s7", "give one that the space holds")]
)
def test_texts_of_no_architecture_are_refused(text: str, advice: str) -> None:
    with pytest.raises(UserError, match=f"such as 's1'; got '{text}'; next: {advice}"):
        TinySpace([[1], [0]]).from_readable(["s0", text])
