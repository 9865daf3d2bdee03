"""Inter-quartile means and probabilities of improvement, against scipy and the bootstrap."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from naslib_incremental.reports.statistics.crossed import Design, gather
from naslib_incremental.reports.statistics.robust import (
    interquartile_mean,
    probability_of_improvement,
)
from naslib_incremental.reports.statistics.searches import Searches


def searches_of(values: np.ndarray, *, trained: bool = True, seed: int = 0) -> Searches:
    """[A, S, R] finals of the first measure."""
    agents, sets, _ = (axis.ravel() for axis in np.indices(values.shape))
    flat = values.ravel()
    nothing = np.full((1, 1), np.nan)
    crossed = gather(agents, sets, flat[:, None, None], Design(trained, seed))
    return Searches(1, agents, sets, flat[:, None], nothing, nothing, crossed)


def middle(values: np.ndarray) -> float:
    return interquartile_mean(searches_of(values), 0)[0]


@pytest.mark.parametrize("decimals", [1, 5], ids=["ties", "all distinct"])
def test_interquartile_mean_is_scipys(decimals: int) -> None:
    values = np.random.default_rng(1).beta(8, 2, (3, 2, 40)).round(decimals)
    assert middle(values) == pytest.approx(stats.trim_mean(values.ravel(), 0.25))


def test_a_part_of_a_search_is_in_the_middle_half() -> None:
    """Of five searches the middle half is 1.25 to 3.75: .75 of the 2nd, the 3rd, .75 of the 4th"""
    values = np.array([0.1, 0.2, 0.5, 0.6, 0.9]).reshape(1, 1, 5)
    assert middle(values) == pytest.approx((0.75 * 0.2 + 0.5 + 0.75 * 0.6) / 2.5)


def test_interval_of_the_interquartile_mean_is_as_wide_as_the_bootstraps() -> None:
    """Searches alone differ, so that resampling them says how far the statistic is off."""
    rng = np.random.default_rng(2)
    values = rng.beta(8, 2, (1, 1, 400))
    value, interval = interquartile_mean(searches_of(values, trained=False), 0)
    drawn = rng.choice(values.ravel(), (3_000, 400))
    spread = stats.trim_mean(drawn, 0.25, axis=1).std()
    half = (interval.high - interval.low) / 2
    assert half == pytest.approx(stats.norm.ppf(0.975) * spread, rel=0.06)
    assert (interval.low + interval.high) / 2 == pytest.approx(value)


def test_probability_of_improvement_is_mann_whitneys() -> None:
    """Equal numbers of searches: the mean over pairs of agents and start sets of U / (n m)."""
    rng = np.random.default_rng(3)
    ours, theirs = rng.integers(60, 75, (3, 4, 9)) / 100, rng.integers(58, 72, (4, 4, 7)) / 100
    pair = searches_of(ours), searches_of(theirs)
    value, interval = probability_of_improvement(*pair, 0)
    chances = [
        stats.mannwhitneyu(ours[a, s], theirs[b, s]).statistic / 63
        for a in range(3)
        for b in range(4)
        for s in range(4)
    ]
    assert value == pytest.approx(np.mean(chances))
    assert interval.low < value < interval.high
    other, turned = probability_of_improvement(*reversed(pair), 0)
    assert value + other == pytest.approx(1)
    assert turned.low < other < turned.high


def test_of_two_master_seeds_all_searches_meet_all() -> None:
    rng = np.random.default_rng(4)
    ours, theirs = rng.integers(60, 75, (2, 2, 9)) / 100, rng.integers(58, 72, (2, 3, 7)) / 100
    value, _ = probability_of_improvement(searches_of(ours), searches_of(theirs, seed=1), 0)
    expected = stats.mannwhitneyu(ours.ravel(), theirs.ravel()).statistic / ours.size / theirs.size
    assert value == pytest.approx(expected)


def test_interval_of_the_probability_is_as_wide_as_it_differs() -> None:
    """Against what experiments made anew give; agents differ on one side."""
    rng = np.random.default_rng(5)

    def drawn() -> tuple[Searches, Searches]:
        agents = rng.normal(0.02, 0.3, (5, 1, 1))
        ours = 0.5 + 0.1 * (agents + rng.normal(size=(5, 5, 8)))
        theirs = 0.5 + 0.1 * rng.normal(size=(5, 5, 8))
        return searches_of(ours), searches_of(theirs, trained=False)

    found = [probability_of_improvement(*drawn(), 0) for _ in range(150)]
    truth = np.mean([value for value, _ in found])
    held = sum(interval.low <= truth <= interval.high for _, interval in found)
    assert stats.binomtest(held, len(found), 0.95).pvalue > 0.001


def test_equal_searches_are_as_likely_better_as_worse() -> None:
    same = searches_of(np.full((5, 5, 3), 0.93))
    nearly = searches_of(np.full((5, 5, 3), 0.93005))
    for other in (same, nearly):
        value, interval = probability_of_improvement(same, other, 0)
        assert (value, interval.low, interval.high) == (0.5, 0.5, 0.5)
    mean, interval = interquartile_mean(same, 0)
    assert [mean, interval.low, interval.high] == pytest.approx([0.93] * 3)


@pytest.mark.parametrize("less", [0.8, 0.8999])
def test_always_better(less: float) -> None:
    pair = (searches_of(np.full((5, 5, 3), v)) for v in (0.9, less))
    value, interval = probability_of_improvement(*pair, 0)
    assert (value, interval.low) == (1, 1)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (np.full((1, 3, 4), 0.5), "one agent"),
        (np.full((3, 2, 4), np.nan), "accuracy missing"),
        (np.zeros((0, 0, 0)), "no complete search"),
    ],
)
def test_why_there_is_no_interval(values: np.ndarray, reason: str) -> None:
    one = searches_of(values)
    mean, interval = interquartile_mean(one, 0)
    assert interval.reason == reason
    assert np.isnan(mean) == (reason != "one agent")
    value, interval = probability_of_improvement(one, one, 0)
    assert interval.reason == reason
    assert np.isnan(value) == (reason != "one agent")


def test_a_pair_without_searches_has_no_weight() -> None:
    ours, theirs = searches_of(np.full((2, 2, 3), 0.9)), searches_of(np.full((2, 2, 3), 0.8))
    kept = ours.agent_seed + ours.start_set > 0
    holed = gather(ours.agent_seed[kept], ours.start_set[kept], ours.finals[kept])
    part = replace(
        ours,
        agent_seed=ours.agent_seed[kept],
        start_set=ours.start_set[kept],
        finals=ours.finals[kept],
        crossed=holed,
    )
    value, interval = probability_of_improvement(part, theirs, 0)
    assert (value, interval.low, interval.high) == (1, 1, 1)
