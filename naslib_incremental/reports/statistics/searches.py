"""A search is what a query budget buys: one episode with a memory, consecutive ones without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from naslib_incremental.reports.statistics.crossed import (
    AGENTS,
    CrossedSums,
    Design,
    gather,
    gather_sums,
)
from naslib_incremental.reports.statistics.measures import MEASURES
from naslib_incremental.reports.statistics.runs import Evaluation

CLOSE = 1e-9
"""Differences below this are the rounding of sums, not of accuracies."""


@dataclass(frozen=True)
class Searches:
    """What R searches of one query budget found, by the M measures of ``MEASURES``.

    Attributes:
        budget: Q, queries of each search.
        agent_seed: [R] the agent of each search.
        start_set: [R] the start set of each search.
        finals: [R, M] the measures after the last query, fractions.
        mean: [M, Q] mean over the searches after each query; NaN without searches.
        sigma: [M, Q] standard deviation over the searches (ddof = 1); NaN below two searches.
        crossed: sums of the measures over the searches of each agent and start set, [M, Q] after
            each query.
    """

    budget: int
    agent_seed: NDArray[np.int64]
    start_set: NDArray[np.int64]
    finals: NDArray[np.float64]
    mean: NDArray[np.float64]
    sigma: NDArray[np.float64]
    crossed: CrossedSums

    def final(self, index: int) -> CrossedSums:
        """The sums of ``MEASURES[index]`` after the last query."""
        return self.crossed.of(index).of(-1)

    def gathered(self, values: NDArray[np.float64]) -> CrossedSums:
        """The sums of [R, ...] values, one of each search."""
        return gather(self.agent_seed, self.start_set, values, self.crossed.design)


def cut(evaluations: Sequence[Evaluation], budget: int, design: Design = AGENTS) -> Searches:
    """Cut each evaluation's episodes into consecutive searches of ``budget`` queries.

    A search starts with an episode and takes the next ones until the budget is used, the last one
    cut off there; the next search starts with the next episode. An incomplete last search is
    dropped. Where an episode is a whole search it stands alone; one that stopped by itself keeps
    what it has found.

    Args:
        evaluations: one optimizer's; a search never spans two of them.
        budget: Q, at least 1.
        design: what the searches share.

    Source:
        Cassimon, Mercelis, Mets (2024), section 4, evaluation by query budgets.
    """
    shape = (len(MEASURES), budget)
    mean, squares = np.zeros(shape), np.zeros(shape)
    counts = np.array(
        [_count_searches(_spent(one, budget), budget) for one in evaluations], dtype=np.int64
    )
    finals = np.empty((int(counts.sum()), len(MEASURES)))
    sums = np.zeros((len(evaluations), *shape))
    done = 0
    for number, count in enumerate(counts.tolist()):
        own, spread = np.zeros(shape), np.zeros(shape)
        found = evaluations[number].episodes.incumbents
        _follow(
            _spent(evaluations[number], budget),
            found.offsets,
            found.query,
            found.validation,
            found.test,
            finals[done : done + count],
            own,
            spread,
        )
        sums[number] = count * own
        # Chan, Golub, LeVeque (1979): parts joined without loss of digits.
        done += count
        change, share = own - mean, count / max(done, 1)
        mean += share * change
        squares += spread + share * (done - count) * change**2
    if not done:
        mean[:] = np.nan
    sigma = np.sqrt(squares / (done - 1)) if done > 1 else np.full_like(mean, np.nan)
    agents, sets = _labels(evaluations)
    crossed = gather_sums(agents, sets, sums, counts, sigma**2, design)
    agents, sets = np.repeat(agents, counts), np.repeat(sets, counts)
    return Searches(budget, agents, sets, finals, mean, sigma, crossed)


def _labels(evaluations: Sequence[Evaluation]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """[C] agent and start set of each evaluation."""
    agents = np.array([one.task.agent_seed for one in evaluations], dtype=np.int64)
    sets = np.array([one.task.start_set for one in evaluations], dtype=np.int64)
    return agents, sets


def first_hits(
    evaluations: Sequence[Evaluation],
    budget: int,
    targets: NDArray[np.float64],
    design: Design = AGENTS,
) -> CrossedSums:
    """Searches of a budget that have found each target after each query.

    Args:
        evaluations: one optimizer's, cut into searches as ``cut`` cuts them.
        budget: Q, queries of each search.
        targets: [T] ascending validation accuracies.
        design: what the searches share.

    Returns:
        [T, Q] sums that count the searches with a best validation at least the target; divided by
        the number of searches, the fixed-target empirical distribution function.

    Source: Hansen et al. (2021), COCO, section on fixed-target runtime distributions.
    """
    hits = np.zeros((len(evaluations), len(targets), budget))
    counts = np.zeros(len(evaluations), np.int64)
    for number, one in enumerate(evaluations):
        counts[number] = _count_hits(
            _spent(one, budget),
            one.episodes.incumbents.offsets,
            one.episodes.incumbents.query,
            one.episodes.incumbents.validation,
            targets - CLOSE,
            hits[number],
        )
    sums = np.cumsum(hits, axis=-1)
    share = sums.sum(axis=0) / max(counts.sum(), 1)
    variance = _variance(share, share**2, int(counts.sum()))
    return gather_sums(*_labels(evaluations), sums, counts, variance, design)


def targets_found(hits: CrossedSums) -> CrossedSums:
    """The share of the targets that searches have found after each query.

    Args:
        hits: of ``first_hits``. A search that has found a target has found all easier ones, so that
            the sum of the first k odd numbers is the square of the number k that it has found.
    """
    count = hits.sums.shape[2]
    odd = 2 * np.arange(count) + 1.0
    squares = np.tensordot(odd, hits.mean, axes=1) / count**2
    share = hits.mean.mean(axis=0)
    variance = _variance(squares, share**2, hits.num_searches)
    return replace(hits, sums=hits.sums.mean(axis=2), variance=variance)


def _variance(squares: Any, squared: Any, count: int) -> NDArray[np.float64]:
    """Variance (ddof = 1) from the mean of squares and the square of the mean."""
    found: NDArray[np.float64] = (squares - squared) * (
        count / (count - 1) if count > 1 else np.nan
    )
    return found


def _spent(evaluation: Evaluation, budget: int) -> NDArray[np.int64]:
    """[E] what each episode uses of the budget; [0] where whole searches had a smaller one."""
    episodes = evaluation.episodes
    if not evaluation.is_search:
        return episodes.queries
    enough = episodes.stopped | (episodes.queries >= budget)
    return np.maximum(episodes.queries, budget) if enough.all() else episodes.queries[:0]


@numba.njit(cache=True)
def _count_searches(queries: NDArray[np.int64], budget: int) -> int:
    """R, complete searches in the [E] queries of one evaluation's episodes."""
    searches, used = 0, 0
    for count in queries:
        used += count
        if used >= budget:
            searches += 1
            used = 0
    return searches


@numba.njit(cache=True)
def _follow(
    queries: NDArray[np.int64],
    offsets: NDArray[np.int64],
    places: NDArray[np.int64],
    validation: NDArray[np.float64],
    test: NDArray[np.float64],
    finals: NDArray[np.float64],
    mean: NDArray[np.float64],
    squares: NDArray[np.float64],
) -> None:
    """Fill finals; add the searches to running mean and sum of squares (Welford)."""
    measures, budget = mean.shape
    curve = np.empty((measures, budget))
    best = np.empty(measures)
    search, used, filled = 0, 0, 0
    for episode in range(len(queries)):
        if search == len(finals):
            return
        if used == 0:
            best[0], best[1], best[2], filled = -np.inf, np.nan, np.nan, 0
        for i in range(offsets[episode], offsets[episode + 1]):
            place = used + places[i] - 1
            if place >= budget:
                break
            for k in range(measures):
                curve[k, filled:place] = best[k]
            filled = place
            if validation[i] > best[0]:
                best[0], best[1] = validation[i], test[i]
            if test[i] > best[2] or np.isnan(best[2]):
                best[2] = test[i]
        used += queries[episode]
        if used >= budget:
            finals[search] = best
            share = 1.0 / (search + 1)
            for k in range(measures):
                curve[k, filled:] = best[k]
                for q in range(budget):
                    change = curve[k, q] - mean[k, q]
                    mean[k, q] += change * share
                    squares[k, q] += change * (curve[k, q] - mean[k, q])
            search += 1
            used = 0


@numba.njit(cache=True)
def _count_hits(
    queries: NDArray[np.int64],
    offsets: NDArray[np.int64],
    places: NDArray[np.int64],
    validation: NDArray[np.float64],
    targets: NDArray[np.float64],
    hits: NDArray[np.float64],
) -> int:
    """Add the complete searches that find each target to [T, Q] hits; their number."""
    count, budget = hits.shape
    at = np.empty(count, np.int64)
    searches, used, found = 0, 0, 0
    for episode in range(len(queries)):
        for i in range(offsets[episode], offsets[episode + 1]):
            place = used + places[i] - 1
            if place >= budget:
                break
            while found < count and validation[i] >= targets[found]:
                at[found] = place
                found += 1
        used += queries[episode]
        if used >= budget:
            for target in range(found):
                hits[target, at[target]] += 1
            searches += 1
            used, found = 0, 0
    return searches
