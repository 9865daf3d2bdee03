"""Intervals that hold for agents trained with other seeds, on other start sets.

The searches of a trained optimizer are y = mean + agent + start set + rest, agents and start sets
crossed and random: the variance of their mean is that of the agents' means, plus that of the start
sets' means, minus that of the rest, which is in both. An optimizer that is not trained has no
agents: its repetitions share the start sets, and nothing else.

In an interval, a factor that looks like noise is taken as noise, with more degrees of freedom.
Whether it does is seen from the same searches; ``FACTOR`` is chosen so that the intervals hold what
they say whether agents, start sets, both or neither differ (tests/reports/test_coverage.py). That
holds at 95 %, not far out in the tails, where corrected tests look: a ``strict`` spread pools
nothing, and its tests hold their level everywhere.

Sources:
    Satterthwaite (1946), An approximate distribution of estimates of variance components.
    Cameron, Gelbach, Miller (2011), Robust inference with multiway clustering.
    Bozivich, Bancroft, Hartley (1956), Power of analysis of variance test procedures for certain
    incompletely specified models, I: pooling after a preliminary test.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from naslib_incremental.reports.statistics.crossed import CrossedSums, as_columns
from naslib_incremental.reports.statistics.estimates import CONFIDENCE

FACTOR = 1.6
"""Agents or start sets are taken as a factor where their mean square is so many times the rest."""
FEWEST_SETS = 4
"""Start sets from which they are a factor; with fewer, intervals are said of these alone."""
LABEL = f"{100 * CONFIDENCE:.0f} % training-seed interval"
MEANING = f"{LABEL}: t over agents and start sets; where nothing is trained, over start sets alone"


@dataclass(frozen=True)
class Spread:
    """How far an estimate is from the truth.

    Attributes:
        variance: [...] of the estimate.
        freedom: [...] degrees of freedom of that variance.
    """

    variance: NDArray[np.float64]
    freedom: NDArray[np.float64]

    def __add__(self, other: Spread) -> Spread:
        """Of the difference of two independent estimates (Welch 1947)."""
        variance = self.variance + other.variance
        squares = self.variance**2 / self.freedom + other.variance**2 / other.freedom
        return _spread(variance, squares, self.freedom + other.freedom)

    @property
    def half_width(self) -> NDArray[np.float64]:
        """[...] of the interval."""
        quantile = stats.t.ppf((1 + CONFIDENCE) / 2, self.freedom)
        found: NDArray[np.float64] = quantile * np.sqrt(self.variance)
        return found

    def p(self, difference: NDArray[np.float64]) -> NDArray[np.float64]:
        """[...] two-sided p of no difference; NaN where there is no spread."""
        error = np.sqrt(self.variance)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = 2 * stats.t.sf(abs(difference) / error, self.freedom)
        return np.where((error == 0) & (difference == 0), 1.0, found)


@dataclass(frozen=True)
class Interval:
    """A training-seed interval, or why there is none.

    Attributes:
        low: lower end; NaN where there is none.
        high: upper end.
        reason: why there is none; empty where there is one.
    """

    low: float
    high: float
    reason: str = ""


@dataclass(frozen=True)
class _Shares:
    """What agents, start sets and pairs add to a mean, scaled: sums of squares are variances.

    Attributes:
        agents: [A, ...] so that the sum of squares estimates the variance that agents make.
        sets: [S, ...] likewise.
        rest: [A, S, ...] likewise, of what neither explains.
    """

    agents: NDArray[np.float64]
    sets: NDArray[np.float64]
    rest: NDArray[np.float64]


def interval_of_mean(crossed: CrossedSums) -> Interval:
    """The interval of the mean of one quantity."""
    reason = why_not(crossed)
    if reason:
        return Interval(np.nan, np.nan, reason)
    return interval_around(float(crossed.mean), spread(crossed))


def interval_around(value: float, found: Spread) -> Interval:
    """The interval of one estimate."""
    width = float(found.half_width)
    return Interval(value - width, value + width)


def band(crossed: CrossedSums) -> NDArray[np.float64]:
    """[2, ...] interval of the mean of each quantity; NaN where there is none."""
    if why_not(crossed) not in ("", "accuracy missing"):
        return np.full((2, *crossed.mean.shape), np.nan)
    width = spread(crossed).half_width
    return np.stack([crossed.mean - width, crossed.mean + width])


def spread(crossed: CrossedSums, *, strict: bool = False) -> Spread:
    """Of the mean over all searches; ``strict`` for tests, where nothing is pooled."""
    if not crossed.design.trained:
        return _of_repetitions(len(crossed.sets), _shares(crossed).sets, _of_searches(crossed))
    shape = (len(crossed.agents), len(crossed.sets))
    return _of_agents(_shares(crossed), *shape, strict=strict)


def spread_of_difference(ours: CrossedSums, theirs: CrossedSums, *, strict: bool = False) -> Spread:
    """Of the difference of two means; ``strict`` for tests, where nothing is pooled.

    Agents and start sets are paired by their numbers where both met the same start sets; else the
    means are independent.
    """
    if not paired(ours, theirs):
        return spread(ours, strict=strict) + spread(theirs, strict=strict)
    both = (ours, theirs)
    trained = [one for one in both if one.design.trained]
    sets = sorted({label for one in both for label in one.sets})
    first, second = (_aligned(one, trained, sets) for one in both)
    parts = zip(vars(first).values(), vars(second).values(), strict=True)
    shares = _Shares(*(one - other for one, other in parts))
    num_sets = min(len(one.sets) for one in both)
    if not trained:
        noise = _of_searches(ours) + _of_searches(theirs)
        return _of_repetitions(num_sets, shares.sets, noise)
    num_agents = min(len(one.agents) for one in trained)
    found = _of_agents(shares, num_agents, num_sets, strict=strict)
    untrained = [one for one in both if not one.design.trained]
    # With enough start sets, the noise of what is not trained is in their differences.
    if untrained and num_sets < FEWEST_SETS:
        return found + _of_searches(untrained[0])
    return found


def paired(ours: CrossedSums, theirs: CrossedSums) -> bool:
    """Whether both met the same start sets: with one master seed, and some of one number."""
    return ours.design.seed == theirs.design.seed and not set(ours.sets).isdisjoint(theirs.sets)


def why_not(*crossed: CrossedSums) -> str:
    """Why there is no interval; empty where there is one."""
    if not all(one.num_searches for one in crossed):
        return "no complete search"
    if any(one.design.trained and len(one.agents) < 2 for one in crossed):
        return "one agent"
    if any(one.num_searches < 2 for one in crossed):
        return "one search"
    return "accuracy missing" if any(np.isnan(one.sums).any() for one in crossed) else ""


def _shares(crossed: CrossedSums) -> _Shares:
    """What each agent, start set and pair adds to the mean.

    In a balanced design the sums of squares are the variances of the agents' means over A, of the
    start sets' means over S, and of the residuals of the pairs over A S.
    """
    num_agents, num_sets = crossed.counts.shape
    counts = as_columns(crossed.counts, crossed.sums.ndim - 2)
    added = (crossed.sums - counts * crossed.mean) / crossed.num_searches
    by_agent, by_set = added.sum(axis=1), added.sum(axis=0)
    rest = added - by_agent[:, None] / num_sets - by_set[None] / num_agents
    agents, sets = (n / max(n - 1, 1) for n in (num_agents, num_sets))
    return _Shares(agents**0.5 * by_agent, sets**0.5 * by_set, (agents * sets) ** 0.5 * rest)


def _aligned(crossed: CrossedSums, trained: Sequence[CrossedSums], sets: Sequence[int]) -> _Shares:
    """The shares with a place for each agent of the trained and for each start set."""
    agents = sorted({label for one in trained for label in one.agents})
    found, quantities = _shares(crossed), crossed.sums.shape[2:]
    columns = [sets.index(label) for label in crossed.sets]
    by_set = np.zeros((len(sets), *quantities))
    by_set[columns] = found.sets
    by_agent = np.zeros((len(agents), *quantities))
    rest = np.zeros((len(agents), len(sets), *quantities))
    if crossed.design.trained:
        rows = [agents.index(label) for label in crossed.agents]
        by_agent[rows] = found.agents
        rest[np.ix_(rows, columns)] = found.rest
    return _Shares(by_agent, by_set, rest)


def _of_agents(shares: _Shares, num_agents: int, num_sets: int, *, strict: bool) -> Spread:
    """Of a mean over agents and start sets."""
    agents = (shares.agents**2).sum(axis=0)
    if num_sets < FEWEST_SETS:
        return Spread(agents, np.full(agents.shape, num_agents - 1.0))
    sets, rest = (shares.sets**2).sum(axis=0), (shares.rest**2).sum(axis=(0, 1))
    join = _largest if strict else _pooled
    return join((agents, num_agents - 1), (sets, num_sets - 1), rest)


def _largest(
    agents: tuple[NDArray[np.float64], int],
    sets: tuple[NDArray[np.float64], int],
    rest: NDArray[np.float64],
) -> Spread:
    """The largest of what agents, start sets, and both without what they share give."""
    (first, agent_freedom), (second, set_freedom) = agents, sets
    both = first + second - rest
    larger = np.maximum(first, second)
    alone = np.where(first > second, agent_freedom, set_freedom).astype(np.float64)
    squares = first**2 / agent_freedom + second**2 / set_freedom
    squares += rest**2 / (agent_freedom * set_freedom)
    freedom = np.where(both > larger, _spread(both, squares, alone).freedom, alone)
    return Spread(np.maximum(both, larger), freedom)


def _pooled(
    agents: tuple[NDArray[np.float64], int],
    sets: tuple[NDArray[np.float64], int],
    rest: NDArray[np.float64],
) -> Spread:
    """Of what stands out as a factor; the other is pooled with the rest."""
    freedom = np.full(rest.shape, float(agents[1] * sets[1]))
    pooled, times = rest * freedom, np.ones(rest.shape)
    variance, squares = np.zeros(rest.shape), np.zeros(rest.shape)
    for found, own in (agents, sets):
        taken = found > FACTOR * rest
        variance += np.where(taken, found, 0)
        squares += np.where(taken, found**2 / own, 0)
        times -= taken
        pooled += np.where(taken, 0, own * found)
        freedom += np.where(taken, 0, own)
    noise = pooled / freedom
    return _spread(variance + times * noise, squares + (times * noise) ** 2 / freedom, freedom)


def _of_searches(crossed: CrossedSums) -> Spread:
    """Of a mean over independent searches."""
    count = crossed.num_searches
    variance = np.asarray(crossed.variance / count)
    return Spread(variance, np.full(variance.shape, count - 1.0))


def _of_repetitions(num_sets: int, shares: NDArray[np.float64], noise: Spread) -> Spread:
    """Of a mean over repetitions: t over start sets; over searches where those are few.

    An optimizer without chance repeats itself on a start set: its searches are not independent,
    the means of its start sets are.
    """
    if num_sets < FEWEST_SETS:
        return noise
    variance = (shares**2).sum(axis=0)
    return Spread(variance, np.full(variance.shape, num_sets - 1.0))


def _spread(
    variance: NDArray[np.float64], squares: NDArray[np.float64], freedom: NDArray[np.float64]
) -> Spread:
    """Satterthwaite's degrees of freedom; those given where nothing varies."""
    some = squares > 0
    found = np.divide(variance**2, squares, out=np.array(freedom, dtype=np.float64), where=some)
    return Spread(variance, found)
