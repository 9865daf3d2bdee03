"""Inter-quartile means and the probability of improvement, with training-seed intervals.

Both need the distribution of searches of every agent and start set, not only its mean: a histogram
over the different values, which is what is resampled.

Source: Agarwal et al. (2021), Deep reinforcement learning at the edge of the statistical precipice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numba
import numpy as np
from numpy.typing import NDArray

from naslib_incremental.reports.statistics.crossed_bootstrap import (
    CrossedSums,
    Interval,
    ends,
    gather,
    resample_counts,
    weights,
    why_not,
)
from naslib_incremental.reports.statistics.searches import Searches

DECIMALS = 5
"""Accuracies that differ by less than a thousandth of a point are taken as equal."""
BATCH = 1_000


def histograms(
    searches: Sequence[Searches], index: int
) -> tuple[NDArray[np.float64], list[CrossedSums]]:
    """Values of ``MEASURES[index]`` that occur, and how often for each agent and start set.

    Returns:
        [U] ascending values, and for each of ``searches`` crossed sums with [U] counts; all counts
        are NaN where a value is.
    """
    values = [np.round(one.finals[:, index], DECIMALS) for one in searches]
    levels, places = np.unique(np.concatenate(values), return_inverse=True)
    found = []
    for one in searches:
        own, places = places[: len(one.finals)], places[len(one.finals) :]
        crossed = gather(one.agent_seed, one.start_set, np.zeros((len(own), 0)))
        counts = np.zeros((*crossed.counts.shape, len(levels)))
        rows = np.searchsorted(crossed.agents, one.agent_seed)
        columns = np.searchsorted(crossed.sets, one.start_set)
        np.add.at(counts, (rows, columns, own), 1)
        if np.isnan(one.finals[:, index]).any():
            counts[:] = np.nan
        found.append(replace(crossed, sums=counts))
    return levels, found


def interquartile_mean(levels: NDArray[np.float64], crossed: CrossedSums) -> tuple[float, Interval]:
    """Mean of the middle half of the searches, and its training-seed interval.

    Args:
        levels: [U] ascending values.
        crossed: their counts.
    """
    agents = len(crossed.agents)
    if not crossed.counts.sum() or np.isnan(crossed.sums).any():
        return np.nan, Interval(np.nan, np.nan, agents, why_not(crossed))
    value = float(_middle(levels, crossed.sums.sum(axis=(0, 1))[None])[0])
    reason = why_not(crossed)
    if reason:
        return value, Interval(np.nan, np.nan, agents, reason)
    flat, drawn = crossed.sums.reshape(-1, len(levels)), weights(crossed)
    resampled = [_middle(levels, drawn[i : i + BATCH] @ flat) for i in range(0, len(drawn), BATCH)]
    low, high = ends(np.concatenate(resampled), agents)
    return value, Interval(float(low), float(high), agents)


@numba.njit(cache=True)
def _middle(levels: NDArray[np.float64], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """[B] mean of the middle half of [B, U] counted levels; a level may be in it in part."""
    found = np.empty(len(counts))
    for row in range(len(counts)):
        total = counts[row].sum()
        below, inside = 0.0, 0.0
        for level in range(len(levels)):
            above = below + counts[row, level]
            part = min(above, 0.75 * total) - max(below, 0.25 * total)
            if part > 0:
                inside += part * levels[level]
            below = above
        found[row] = inside / (0.5 * total) if total else np.nan
    return found


def probability_of_improvement(ours: CrossedSums, theirs: CrossedSums) -> tuple[float, Interval]:
    """How likely a search is better than another's on the same start set; half of the ties count.

    All agents of one side meet all of the other. The agents of both sides are resampled
    independently, the start sets together.

    Args:
        ours: counts of levels of one optimizer.
        theirs: of the other, of the same levels.
    """
    agents = min(len(ours.agents), len(theirs.agents))
    reason = why_not(ours, theirs)
    sets = sorted(set(ours.sets) & set(theirs.sets))
    if reason in ("no complete search", "accuracy missing") or not sets:
        return np.nan, Interval(np.nan, np.nan, agents, reason or "no start set in common")
    chances, pairs = _chances(*(_on(one, sets) for one in (ours, theirs)))
    value = float((chances * pairs).sum() / pairs.sum())
    if reason:
        return value, Interval(np.nan, np.nan, agents, reason)
    by_agent, by_set = resample_counts(len(ours.agents), len(sets))
    by_other, _ = resample_counts(len(theirs.agents), len(sets), stream=1)
    drawn = (by_agent, by_other, by_set)
    path = "ra,rb,rs,abs->r"
    upper, lower = (
        np.einsum(path, *drawn, numbers, optimize=True) for numbers in (chances * pairs, pairs)
    )
    low, high = ends(upper / np.where(lower > 0, lower, np.nan), agents)
    return value, Interval(float(low), float(high), agents)


def _on(crossed: CrossedSums, sets: Sequence[int]) -> NDArray[np.float64]:
    """[A, S, U] counts on some of the start sets."""
    return crossed.sums[:, [crossed.sets.index(label) for label in sets]]


def _chances(
    ours: NDArray[np.float64], theirs: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """[A, A', S] chance of being better of each two agents, and 1 where both have searches."""
    below = np.cumsum(theirs, axis=-1) - 0.5 * theirs
    wins = np.einsum("asu,bsu->abs", ours, below)
    counts = np.einsum("as,bs->abs", ours.sum(axis=-1), theirs.sum(axis=-1))
    chances = np.divide(wins, counts, out=np.zeros_like(wins), where=counts > 0)
    return chances, (counts > 0).astype(np.float64)
