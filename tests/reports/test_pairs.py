"""Paired differences and the sign-flip test, against enumeration and scipy."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats

from naslib_incremental.reports.statistics.comparisons import interval_of_difference, sign_flip
from naslib_incremental.reports.statistics.crossed_bootstrap import CrossedSums, interval_of_mean
from tests.reports.test_crossed_bootstrap import crossed


def enumerated(differences: np.ndarray) -> float:
    """The share of all choices of signs whose sum is as far from zero."""
    sums = [abs(np.dot(signs, differences)) for signs in product((-1, 1), repeat=len(differences))]
    return float(np.mean(np.array(sums) >= abs(differences.sum()) - 1e-12))


@pytest.mark.parametrize("agents", [2, 3, 5, 8])
def test_p_is_the_enumerated_one(agents: int) -> None:
    rng = np.random.default_rng(agents)
    ours, theirs = (crossed(rng.normal(mean, 0.1, (agents, 3))) for mean in (0.6, 0.5))
    found = sign_flip(ours, theirs)
    np.testing.assert_allclose(found.differences, (ours.sums - theirs.sums).mean(axis=1))
    assert found.p == pytest.approx(enumerated(found.differences))
    assert found.floor == pytest.approx(2 / 2**agents)


def test_five_seeds_cannot_go_below_one_in_sixteen() -> None:
    ours, theirs = crossed(np.full((5, 5), 0.9)), crossed(np.full((5, 5), 0.1))
    found = sign_flip(ours, theirs)
    assert found.p == found.floor == 0.0625


def test_p_follows_wilcoxon_where_all_differences_are_as_large() -> None:
    """Signs alone decide then; scipy's exact test of signs is binomial."""
    differences = np.array([0.1, 0.1, 0.1, 0.1, 0.1, 0.1, -0.1])
    found = sign_flip(crossed(0.5 + differences[:, None]), crossed(np.full((7, 1), 0.5)))
    assert found.p == pytest.approx(stats.binomtest(1, 7, 0.5).pvalue)


def test_no_difference_at_all() -> None:
    same = crossed(np.full((5, 5), 0.93))
    assert sign_flip(same, same).p == 1
    found = interval_of_difference(same, same)
    assert (found.low, found.high, found.reason) == (0, 0, "")


def test_one_agent_has_no_p_and_no_interval() -> None:
    one, other = crossed(np.full((1, 5), 0.9)), crossed(np.full((5, 5), 0.8))
    assert np.isnan(sign_flip(one, other).p)
    assert interval_of_difference(one, other).reason == "one agent"


def test_a_pair_without_searches_is_left_out_of_the_pair() -> None:
    ours = crossed(np.array([[0.5, 0.6], [0.7, 0.8]]))
    counts = np.array([[1, 0], [1, 1]])
    theirs = CrossedSums((0, 1), (0, 1), np.array([[0.4, 0.0], [0.4, 0.4]]), counts)
    np.testing.assert_allclose(sign_flip(ours, theirs).differences, [0.1, 0.35])
    assert interval_of_difference(ours, theirs).reason == ""


def test_agents_of_other_seeds_are_not_paired() -> None:
    ours = crossed(np.random.default_rng(1).random((5, 4)))
    theirs = CrossedSums((5, 6, 7, 8, 9), ours.sets, ours.sums - 0.1, ours.counts)
    assert np.isnan(sign_flip(ours, theirs).p)
    apart = interval_of_difference(ours, theirs)
    paired = interval_of_difference(
        ours, CrossedSums(ours.agents, ours.sets, theirs.sums, ours.counts)
    )
    assert paired.high - paired.low == pytest.approx(0, abs=1e-12)
    assert apart.high - apart.low > 0.05


def test_against_a_constant_the_interval_is_that_of_the_mean() -> None:
    ours = crossed(np.random.default_rng(2).random((5, 4)))
    found = interval_of_difference(ours, crossed(np.full((5, 4), 0.25)))
    alone = interval_of_mean(ours)
    assert [found.low, found.high] == pytest.approx([alone.low - 0.25, alone.high - 0.25])
