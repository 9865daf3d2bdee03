"""Inter-quartile means and the probability of improvement, with training-seed intervals.

Both are made means of numbers of single searches: what a search adds to the statistic, its
influence, to the first order. Their intervals are then those of means.

Sources:
    Agarwal et al. (2021), Deep reinforcement learning at the edge of the statistical precipice.
    Hampel (1974), The influence curve and its role in robust estimation.
    Hoeffding (1948), A class of statistics with asymptotically normal distribution.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.reports.statistics.crossed import CrossedSums, gather
from naslib_incremental.reports.statistics.searches import Searches
from naslib_incremental.reports.statistics.seed_intervals import (
    Interval,
    interval_around,
    interval_of_mean,
    paired,
    spread_of_difference,
    why_not,
)
from naslib_incremental.reports.statistics.verdicts import RESOLUTION, ROUNDING


def interquartile_mean(searches: Searches, index: int) -> tuple[float, Interval]:
    """Mean of the middle half of the searches by ``MEASURES[index]``, and its interval."""
    values = searches.finals[:, index]
    crossed = searches.gathered(values)
    if not len(values) or np.isnan(values).any():
        return np.nan, Interval(np.nan, np.nan, why_not(crossed))
    low, high, value = _middle(values)
    # The influence on a trimmed mean: twice what is left of a value cut off at the quartiles.
    influence = 2 * np.clip(values, low, high)
    return value, interval_of_mean(searches.gathered(value + influence - influence.mean()))


def _middle(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Quartiles and mean of the middle half of [R] values; a value may be in it in part."""
    ordered = np.sort(values)
    count = len(ordered)
    upto = np.arange(count + 1.0)
    inside = np.diff(np.clip(upto, 0.25 * count, 0.75 * count))
    low, high = ordered[np.flatnonzero(inside)[[0, -1]]]
    return float(low), float(high), float(inside @ ordered / inside.sum())


def probability_of_improvement(
    ours: Searches, theirs: Searches, index: int
) -> tuple[float, Interval]:
    """How likely a search is better than another's on the same start set; half of the ties count.

    All searches of one side on a start set meet all of the other. Runs of different master seeds
    have no start set in common: there, all searches meet all.

    Args:
        ours: of one optimizer.
        theirs: of the other.
        index: of ``MEASURES``.
    """
    pair = (ours, theirs)
    values = [one.finals[:, index] for one in pair]
    crossed = [one.gathered(own) for one, own in zip(pair, values, strict=True)]
    reason = why_not(*crossed)
    if any(not len(own) or np.isnan(own).any() for own in values):
        return np.nan, Interval(np.nan, np.nan, reason)
    same = paired(*crossed)
    groups = [one.start_set if same else np.zeros_like(one.start_set) for one in pair]
    won, lost = _shares_beaten(values, groups), _shares_beaten(values[::-1], groups[::-1])
    value = float(np.nanmean(won))
    if reason:
        return value, Interval(np.nan, np.nan, reason)
    if same:
        # What a start set does to both sides is in ours; theirs add what they do on it.
        lost = lost - _group_means(lost, groups[1])
    met = [_known(one, share) for one, share in zip(pair, (won, lost), strict=True)]
    found = interval_around(value, spread_of_difference(*met))
    return value, replace(found, low=max(found.low, 0.0), high=min(found.high, 1.0))


def _shares_beaten(
    values: list[NDArray[np.float64]], groups: list[NDArray[np.int64]]
) -> NDArray[np.float64]:
    """[R] what share of the other's searches each of the first one's beats, within its group.

    Args:
        values: [R] and [R'] of both sides.
        groups: theirs. NaN comes out where the other side has none of a group.
    """
    found = np.full(len(values[0]), np.nan)
    for group in np.intersect1d(groups[0], groups[1]):
        mine, others = (side == group for side in groups)
        other, own = np.sort(values[1][others]), values[0][mine]
        apart = RESOLUTION - ROUNDING
        below = np.searchsorted(other, own - apart, "right")
        upto = np.searchsorted(other, own + apart, "left")
        found[mine] = (below + upto) / (2 * len(other))
    return found


def _group_means(values: NDArray[np.float64], groups: NDArray[np.int64]) -> NDArray[np.float64]:
    """[R] the mean of each one's group."""
    _, place, counts = np.unique(groups, return_inverse=True, return_counts=True)
    means: NDArray[np.float64] = (np.bincount(place, values) / counts)[place]
    return means


def _known(searches: Searches, values: NDArray[np.float64]) -> CrossedSums:
    """Values in their pairs, without those that are NaN."""
    known = ~np.isnan(values)
    agents, sets = searches.agent_seed[known], searches.start_set[known]
    return gather(agents, sets, values[known], searches.crossed.design)
