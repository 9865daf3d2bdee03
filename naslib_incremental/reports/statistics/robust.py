"""Inter-quartile means and the probability of improvement, with training-seed intervals.

Both need the distribution of runs in every cell, not only its mean: a histogram over the different
values, which is what is resampled.

Source: Agarwal et al. (2021), Deep reinforcement learning at the edge of the statistical precipice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numba
import numpy as np
from numpy.typing import NDArray

from naslib_incremental.reports.statistics.budgets import BudgetRuns
from naslib_incremental.reports.statistics.crossed_bootstrap import (
    Cells,
    Interval,
    draws,
    ends,
    gather,
    weights,
    why_not,
)

DECIMALS = 5
"""Accuracies that differ by less than a thousandth of a point are taken as equal."""
BATCH = 1_000


def histograms(runs: Sequence[BudgetRuns], index: int) -> tuple[NDArray[np.float64], list[Cells]]:
    """Values of ``MEASURES[index]`` that occur, and how often in each cell.

    Returns:
        [U] ascending values, and for each of ``runs`` cells with [U] counts; all counts are NaN
        where a value is.
    """
    values = [np.round(one.finals[:, index], DECIMALS) for one in runs]
    levels, places = np.unique(np.concatenate(values), return_inverse=True)
    found = []
    for one in runs:
        own, places = places[: len(one.finals)], places[len(one.finals) :]
        cells = gather(one.agent_seed, one.start_set, np.zeros((len(own), 0)))
        counts = np.zeros((*cells.counts.shape, len(levels)))
        rows = np.searchsorted(cells.agents, one.agent_seed)
        columns = np.searchsorted(cells.sets, one.start_set)
        np.add.at(counts, (rows, columns, own), 1)
        if np.isnan(one.finals[:, index]).any():
            counts[:] = np.nan
        found.append(replace(cells, sums=counts))
    return levels, found


def interquartile_mean(levels: NDArray[np.float64], cells: Cells) -> tuple[float, Interval]:
    """Mean of the middle half of the runs, and its training-seed interval.

    Args:
        levels: [U] ascending values.
        cells: their counts.
    """
    agents = len(cells.agents)
    if not cells.counts.sum() or np.isnan(cells.sums).any():
        return np.nan, Interval(np.nan, np.nan, agents, why_not(cells))
    value = float(_middle(levels, cells.sums.sum(axis=(0, 1))[None])[0])
    reason = why_not(cells)
    if reason:
        return value, Interval(np.nan, np.nan, agents, reason)
    flat, drawn = cells.sums.reshape(-1, len(levels)), weights(cells)
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


def probability_of_improvement(ours: Cells, theirs: Cells) -> tuple[float, Interval]:
    """How likely a run is better than another's on the same start set; half of the ties count.

    All agents of one side meet all of the other. The agents of both sides are resampled
    independently, the start sets together.

    Args:
        ours: counts of levels in the cells of one optimizer.
        theirs: of the other, of the same levels.
    """
    agents = min(len(ours.agents), len(theirs.agents))
    reason = why_not(ours, theirs)
    sets = sorted(set(ours.sets) & set(theirs.sets))
    if reason in ("no complete run", "accuracy missing") or not sets:
        return np.nan, Interval(np.nan, np.nan, agents, reason or "no start set in common")
    chances, pairs = _chances(*(_on(one, sets) for one in (ours, theirs)))
    value = float((chances * pairs).sum() / pairs.sum())
    if reason:
        return value, Interval(np.nan, np.nan, agents, reason)
    by_agent, by_set = draws(len(ours.agents), len(sets))
    by_other, _ = draws(len(theirs.agents), len(sets), stream=1)
    drawn = (by_agent, by_other, by_set)
    path = "ra,rb,rs,abs->r"
    upper, lower = (
        np.einsum(path, *drawn, numbers, optimize=True) for numbers in (chances * pairs, pairs)
    )
    low, high = ends(upper / np.where(lower > 0, lower, np.nan), agents)
    return value, Interval(float(low), float(high), agents)


def _on(cells: Cells, sets: Sequence[int]) -> NDArray[np.float64]:
    """[A, S, U] counts on some of the start sets."""
    return cells.sums[:, [cells.sets.index(label) for label in sets]]


def _chances(
    ours: NDArray[np.float64], theirs: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """[A, A', S] chance of being better in each pair of cells, and 1 where both have runs."""
    below = np.cumsum(theirs, axis=-1) - 0.5 * theirs
    wins = np.einsum("asu,bsu->abs", ours, below)
    counts = np.einsum("as,bs->abs", ours.sum(axis=-1), theirs.sum(axis=-1))
    chances = np.divide(wins, counts, out=np.zeros_like(wins), where=counts > 0)
    return chances, (counts > 0).astype(np.float64)
