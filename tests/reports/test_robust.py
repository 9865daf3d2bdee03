"""Inter-quartile means and probabilities of improvement, against scipy and enumeration."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from naslib_incremental.reports.statistics.crossed_bootstrap import gather, resample_counts
from naslib_incremental.reports.statistics.robust import (
    histograms,
    interquartile_mean,
    probability_of_improvement,
)
from naslib_incremental.reports.statistics.searches import Searches


def searches_of(values: np.ndarray) -> Searches:
    """[A, S, R] finals of the first measure."""
    agents, sets, _ = (axis.ravel() for axis in np.indices(values.shape))
    flat = values.ravel()
    nothing = np.full((1, 1), np.nan)
    crossed = gather(agents, sets, flat[:, None, None])
    return Searches(1, agents, sets, flat[:, None], nothing, nothing, crossed)


def middle(values: np.ndarray) -> float:
    levels, (crossed,) = histograms([searches_of(values)], 0)
    return interquartile_mean(levels, crossed)[0]


@pytest.mark.parametrize("decimals", [1, 5], ids=["ties", "all distinct"])
def test_interquartile_mean_is_scipys(decimals: int) -> None:
    values = np.random.default_rng(1).beta(8, 2, (3, 2, 40)).round(decimals)
    assert middle(values) == pytest.approx(stats.trim_mean(values.ravel(), 0.25))


def test_a_part_of_a_search_is_in_the_middle_half() -> None:
    """Of five searches the middle half is 1.25 to 3.75: .75 of the 2nd, the 3rd, .75 of the 4th"""
    values = np.array([0.1, 0.2, 0.5, 0.6, 0.9]).reshape(1, 1, 5)
    assert middle(values) == pytest.approx((0.75 * 0.2 + 0.5 + 0.75 * 0.6) / 2.5)


def test_interval_of_the_interquartile_mean_by_resampling_searches() -> None:
    """The resamples, made by repeating whole pairs as often as they are drawn."""
    values = np.random.default_rng(2).beta(8, 2, (4, 3, 8)).round(3)
    levels, (crossed,) = histograms([searches_of(values)], 0)
    found = interquartile_mean(levels, crossed)[1]
    agents, sets = resample_counts(4, 3)
    resampled = [
        stats.trim_mean(
            np.repeat(values.reshape(12, 8), np.outer(a, s).ravel().astype(int), 0), 0.25, None
        )
        for a, s in zip(agents[:3_000], sets[:3_000], strict=True)
    ]
    assert found.low <= np.quantile(resampled, 0.01) <= np.median(resampled)
    share = stats.norm.cdf(-np.sqrt(4 / 3) * stats.t.ppf(0.975, 3))
    assert found.low == pytest.approx(np.quantile(resampled, share), abs=0.01)
    assert found.high == pytest.approx(np.quantile(resampled, 1 - share), abs=0.01)


def test_probability_of_improvement_is_mann_whitneys() -> None:
    """Equal numbers of searches: the mean over pairs of agents and start sets of U / (n m)."""
    rng = np.random.default_rng(3)
    ours, theirs = rng.integers(60, 75, (3, 2, 9)) / 100, rng.integers(58, 72, (4, 2, 7)) / 100
    _, crossed = histograms([searches_of(ours), searches_of(theirs)], 0)
    value, interval = probability_of_improvement(*crossed)
    chances = [
        stats.mannwhitneyu(ours[a, s], theirs[b, s]).statistic / 63
        for a in range(3)
        for b in range(4)
        for s in range(2)
    ]
    assert value == pytest.approx(np.mean(chances))
    assert interval.low < value < interval.high
    assert interval.agents == 3
    other = probability_of_improvement(*reversed(crossed))[0]
    assert value + other == pytest.approx(1)


def test_equal_searches_are_as_likely_better_as_worse() -> None:
    same = searches_of(np.full((5, 5, 3), 0.93))
    levels, (one, other) = histograms([same, same], 0)
    value, interval = probability_of_improvement(one, other)
    assert (value, interval.low, interval.high) == (0.5, 0.5, 0.5)
    mean, interval = interquartile_mean(levels, one)
    assert [mean, interval.low, interval.high] == pytest.approx([0.93] * 3)


def test_always_better() -> None:
    _, crossed = histograms([searches_of(np.full((5, 5, 3), v)) for v in (0.9, 0.8)], 0)
    value, interval = probability_of_improvement(*crossed)
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
    levels, (one, _) = histograms([searches_of(values), searches_of(np.full((5, 5, 3), 0.5))], 0)
    mean, interval = interquartile_mean(levels, one)
    assert interval.reason == reason
    assert np.isnan(mean) == (reason != "one agent")
    value, interval = probability_of_improvement(one, one)
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
    _, crossed = histograms([part, theirs], 0)
    value, interval = probability_of_improvement(*crossed)
    assert (value, interval.low, interval.high) == (1, 1, 1)
