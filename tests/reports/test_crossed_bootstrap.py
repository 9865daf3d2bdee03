"""Training-seed intervals: against brute force, exact enumeration, and by simulated coverage."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from scipy import stats

from naslib_incremental.reports.statistics.crossed_bootstrap import (
    CrossedSums,
    ends,
    expanded_share,
    gather,
    interval_of_mean,
    resampled_means,
)
from naslib_incremental.reports.statistics.estimates import estimate_mean


def crossed(means: np.ndarray, searches: int = 1) -> CrossedSums:
    """CrossedSums with the given means, all of as many runs."""
    agents, sets = means.shape
    counts = np.full(means.shape, searches)
    return CrossedSums(tuple(range(agents)), tuple(range(sets)), means * searches, counts)


def test_searches_are_gathered_into_their_pairs() -> None:
    found = gather(np.array([7, 3, 3, 7]), np.array([1, 0, 0, 0]), np.array([0.5, 0.1, 0.3, 0.4]))
    assert (found.agents, found.sets) == ((3, 7), (0, 1))
    np.testing.assert_allclose(found.means, [[0.2, np.nan], [0.4, 0.5]])
    assert found.mean == pytest.approx(1.3 / 4)


def test_the_share_of_expanded_percentiles_by_hand() -> None:
    """t(.975, 4) = 2.7764 and t(.975, 19) = 2.0930 from a table; Phi by the error function."""
    for agents, quantile in ((5, 2.7764), (20, 2.0930)):
        z = quantile * (agents / (agents - 1)) ** 0.5
        assert expanded_share(agents) == pytest.approx(math.erfc(z / 2**0.5) / 2, rel=1e-3)
    assert expanded_share(10_000) == pytest.approx(0.025, abs=2e-5)


def test_resamples_follow_the_enumerated_distribution() -> None:
    """Two agents and three start sets, unequal counts: all 2^2 3^3 draws against the resamples."""
    rng = np.random.default_rng(1)
    counts = np.array([[1, 4, 2], [3, 0, 5]])
    one = CrossedSums((0, 1), (0, 1, 2), counts * rng.random((2, 3)), counts)
    exact = []
    for agents, sets in product(product(range(2), repeat=2), product(range(3), repeat=3)):
        grid = np.ix_(agents, sets)
        total = one.counts[grid].sum()
        exact.append(one.sums[grid].sum() / total if total else np.nan)
    drawn = resampled_means(one)
    assert np.isnan(drawn).mean() == pytest.approx(np.isnan(exact).mean(), abs=0.005)
    for share in (0.1, 0.25, 0.5, 0.75, 0.9):
        expected = np.nanquantile(exact, share)
        below = np.nanmean(np.array(exact) < expected - 1e-9)
        upto = np.nanmean(np.array(exact) <= expected + 1e-9)
        assert below - 0.015 <= (drawn < expected - 1e-9).sum() / (~np.isnan(drawn)).sum()
        assert (drawn <= expected + 1e-9).sum() / (~np.isnan(drawn)).sum() <= upto + 0.015


def test_variance_of_the_resamples_is_owens() -> None:
    """Only agents differ: the variance of the mean is the biased variance of agents over A."""
    means = np.repeat(np.array([[0.1], [0.4], [0.2], [0.9]]), 3, axis=1)
    drawn = resampled_means(crossed(means))
    assert drawn.var() == pytest.approx(means[:, 0].var() / 4, rel=0.03)


def test_pairs_stay_paired() -> None:
    """A constant difference has no spread, whatever the agents and start sets drawn."""
    rng = np.random.default_rng(2)
    one = crossed(rng.random((4, 3)))
    other = crossed(one.sums - 0.1)
    difference = resampled_means(one, (one, other)) - resampled_means(other, (one, other))
    np.testing.assert_allclose(difference, 0.1, atol=1e-12)


def test_quantities_of_one_pair_are_resampled_together() -> None:
    rng = np.random.default_rng(3)
    values = rng.random((3, 2, 5))
    many = resampled_means(CrossedSums((0, 1, 2), (0, 1), values, np.ones((3, 2), np.int64)))
    one = resampled_means(crossed(values[..., 4]))
    np.testing.assert_allclose(many[:, 4], one, atol=1e-14)
    assert ends(many, 3).shape == (2, 5)


@pytest.mark.parametrize(
    ("means", "reason"),
    [
        (np.full((1, 3), 0.5), "one agent"),
        (np.full((3, 2), np.nan), "accuracy missing"),
        (np.zeros((0, 0)), "no complete search"),
    ],
)
def test_why_there_is_none(means: np.ndarray, reason: str) -> None:
    found = interval_of_mean(crossed(means))
    assert found.reason == reason
    assert np.isnan([found.low, found.high]).all()


def test_equal_accuracies_have_an_interval_of_no_width() -> None:
    found = interval_of_mean(crossed(np.full((5, 5), 0.93), searches=7))
    assert [found.low, found.high] == pytest.approx([0.93, 0.93], abs=1e-12)


def coverage(agent_sigma: float, trials: int) -> tuple[float, float]:
    """How often the training-seed and the episode interval of 5 x 5 x 40 searches hold the mean."""
    rng = np.random.default_rng(4)
    agents, sets = (np.repeat(np.arange(5), 200), np.tile(np.repeat(np.arange(5), 40), 5))
    held = np.zeros((trials, 2), bool)
    for trial in range(trials):
        values = rng.normal(0, agent_sigma, 5)[agents] + rng.normal(0, 0.3, 5)[sets]
        values += rng.normal(0, 1, len(values))
        seeds = interval_of_mean(gather(agents, sets, values))
        naive = estimate_mean(values, rng)
        held[trial] = [one.low <= 0 <= one.high for one in (seeds, naive)]
    first, second = held.mean(axis=0)
    return float(first), float(second)


def test_coverage_under_agent_effects() -> None:
    """Nominal 95 %: the training-seed interval holds it, the episode interval is far from it."""
    trials = 200
    seeds, naive = coverage(agent_sigma=0.5, trials=trials)
    assert 0.90 <= seeds <= 0.99
    assert naive < 0.5
    # The failure is no accident of the seed.
    assert stats.binomtest(round(naive * trials), trials, 0.95).pvalue < 1e-9


def test_coverage_of_the_episode_interval_where_agents_do_not_differ() -> None:
    rng = np.random.default_rng(6)
    held = [
        one.low <= 0 <= one.high
        for one in (estimate_mean(rng.normal(0, 1, 400), rng) for _ in range(300))
    ]
    assert 0.90 <= np.mean(held) <= 0.99
