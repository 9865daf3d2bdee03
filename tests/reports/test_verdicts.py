"""What a verdict needs: enough agents and searches, a difference that can be told, a correction."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from naslib_incremental.reports.statistics.verdicts import (
    RESOLUTION,
    holm,
    shared_ranks,
    tied,
    too_few,
    verdict,
)
from tests.reports.test_seed_intervals import crossed


@pytest.mark.parametrize(
    ("agents", "sets", "searches", "trained", "reason"),
    [
        (5, 4, 1, True, ""),
        (4, 5, 8, True, "4 agents, 5 needed"),
        (1, 5, 8, True, "1 agent, 5 needed"),
        (5, 1, 3, True, "15 searches, 20 needed"),
        (1, 1, 20, False, ""),
        (5, 1, 3, False, "15 searches, 20 needed"),
        (0, 0, 1, True, "no complete search"),
    ],
)
def test_enough_agents_and_searches(
    agents: int, sets: int, searches: int, trained: bool, reason: str
) -> None:
    found = crossed(np.full((agents, sets), 0.5), searches, trained=trained)
    assert too_few([found]) == reason
    enough = crossed(np.full((5, 5), 0.5), trained=True)
    assert too_few([enough, found]) == too_few([found, enough]) == reason


def test_nobody_is_compared() -> None:
    assert too_few([]) == "no complete search"


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_holm_is_the_closed_test_of_bonferroni(p: list[float]) -> None:
    """A hypothesis is rejected where every intersection with it is, by the smallest p of it."""
    for one, adjusted in enumerate(holm(p)):
        sets = (
            chosen
            for size in range(1, len(p) + 1)
            for chosen in combinations(range(len(p)), size)
            if one in chosen
        )
        closed = max(min(1.0, len(chosen) * min(p[k] for k in chosen)) for chosen in sets)
        assert adjusted == pytest.approx(closed)


def test_what_is_not_tested_is_not_counted() -> None:
    np.testing.assert_allclose(holm([0.03, np.nan, 0.02]), [0.04, np.nan, 0.04])


@pytest.mark.parametrize(
    ("difference", "p", "said"),
    [
        (0.01, 0.01, "ahead"),
        (-0.01, 0.01, "behind"),
        (0.01, 0.2, "even"),
        (0.00009, 1e-9, "even"),
        (-0.00009, 1e-9, "even"),
        (0.00011, 1e-9, "ahead"),
        (0.01, np.nan, "unknown"),
    ],
)
def test_verdict(difference: float, p: float, said: str) -> None:
    assert verdict(difference, p) == said


def test_accuracies_one_step_apart_are_told_apart_and_others_are_not() -> None:
    """Accuracies in per cent with two decimals, as fractions."""
    steps = np.arange(10_001) / 10_000
    assert not tied(np.diff(steps)).any()
    assert tied(0.1 + 0.2 - 0.3)
    assert pytest.approx(1e-4) == RESOLUTION


@given(st.lists(st.integers(0, 6), min_size=1, max_size=8))
def test_ranks_are_scipys_where_values_are_steps_apart(values: list[int]) -> None:
    accuracies = 0.5 + np.array(values) / 10_000
    np.testing.assert_array_equal(shared_ranks(accuracies), stats.rankdata(values))


def test_ranks_are_shared_within_the_resolution() -> None:
    found = shared_ranks(np.array([0.10004, 0.1, 0.3, 0.10009, 0.10013]))
    np.testing.assert_array_equal(found, [2, 2, 5, 2, 4])
