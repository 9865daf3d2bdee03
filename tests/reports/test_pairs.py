"""The sign-flip test over paired agents, against enumeration and scipy."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy import stats

from naslib_incremental.reports.statistics.comparisons import sign_flip
from naslib_incremental.reports.statistics.crossed import Design
from tests.reports.test_seed_intervals import crossed


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


def test_one_agent_has_no_p() -> None:
    one, other = crossed(np.full((1, 5), 0.9)), crossed(np.full((5, 5), 0.8))
    assert np.isnan(sign_flip(one, other).p)


def test_a_pair_without_searches_is_left_out_of_the_pair() -> None:
    ours, theirs = crossed(np.array([[0.5, 0.6], [0.7, 0.8]])), crossed(np.full((2, 2), 0.4))
    counts = np.array([[1, 0], [1, 1]])
    holed = replace(theirs, sums=theirs.sums * counts, counts=counts)
    np.testing.assert_allclose(sign_flip(ours, holed).differences, [0.1, 0.35])


def test_agents_of_other_numbers_or_master_seeds_are_not_paired() -> None:
    ours = crossed(np.random.default_rng(1).random((5, 4)))
    others = (
        replace(ours, agents=(5, 6, 7, 8, 9)),
        replace(ours, design=Design(seed=1)),
        replace(ours, sets=(4, 5, 6, 7)),
    )
    for other in others:
        assert np.isnan(sign_flip(ours, other).p)
