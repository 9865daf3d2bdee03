"""By simulation: intervals hold what they say, and corrected tests are seldom wrong.

A trial is an experiment of 5 agents (or repetitions) on 5 start sets; all trials are quantities of
one ``CrossedSums``. Bounds are those of the claim, widened by what so many trials are off by.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy import stats

from naslib_incremental.reports.statistics.crossed import CrossedSums, Design
from naslib_incremental.reports.statistics.estimates import estimate_mean
from naslib_incremental.reports.statistics.seed_intervals import (
    Spread,
    spread,
    spread_of_difference,
)
from naslib_incremental.reports.statistics.verdicts import SIGNIFICANCE, holm

AGENTS = SETS = 5
SEARCHES = 8
TRIALS = 6_000
LOWEST, HIGHEST = 0.93, 0.97
WRONGLY = 0.001
"""How likely the whole file fails though the claims hold."""


@dataclass(frozen=True)
class Sigmas:
    """What makes searches differ: standard deviations, of a single search where not named."""

    agents: float = 0.0
    sets: float = 0.0
    both: float = 0.0
    searches: float = 0.0


PROPORTIONS = {
    "agents alone": Sigmas(agents=1),
    "start sets alone": Sigmas(sets=1),
    "searches alone": Sigmas(searches=1),
    "agents and searches": Sigmas(agents=0.5, searches=1),
    "agents, hardly": Sigmas(agents=0.15, searches=1),
    "start sets and searches": Sigmas(sets=0.5, searches=1),
    "start sets, hardly": Sigmas(sets=0.15, searches=1),
    "all alike": Sigmas(agents=0.3, sets=0.3, searches=1),
    "all, agents on start sets too": Sigmas(agents=0.2, sets=0.2, both=0.3, searches=1),
    "agents and start sets": Sigmas(agents=1, sets=1),
}
CLAIMS = 6 * len(PROPORTIONS)


def simulated(
    rng: np.random.Generator, sigmas: Sigmas, trials: int, *, trained: bool = True, seed: int = 0
) -> CrossedSums:
    """Searches around zero; repetitions of what is not trained share the start sets alone."""
    shape = (AGENTS, SETS, trials)
    means = sigmas.sets * rng.normal(size=(1, *shape[1:])) + np.zeros(shape)
    if trained:
        means += sigmas.agents * rng.normal(size=(AGENTS, 1, trials))
        means += sigmas.both * rng.normal(size=shape)
    means += sigmas.searches / SEARCHES**0.5 * rng.normal(size=shape)
    within = sigmas.searches**2 * rng.chisquare(AGENTS * SETS * (SEARCHES - 1), trials)
    between = SEARCHES * ((means - means.mean((0, 1))) ** 2).sum((0, 1))
    variance = (within + between) / (AGENTS * SETS * SEARCHES - 1)
    labels = tuple(range(AGENTS)), tuple(range(SETS))
    counts = np.full(shape[:2], SEARCHES)
    return CrossedSums(*labels, SEARCHES * means, counts, variance, Design(trained, seed))


def check(values: np.ndarray, found: Spread) -> None:
    """That intervals around estimates of zero hold it as often as they should."""
    off = stats.norm.isf(WRONGLY / CLAIMS / 2) * (LOWEST * (1 - LOWEST) / len(values)) ** 0.5
    held = np.mean(abs(values) <= found.half_width)
    assert LOWEST - off <= held <= HIGHEST + off


@pytest.mark.parametrize("name", PROPORTIONS)
def test_coverage(name: str) -> None:
    sigmas, rng = PROPORTIONS[name], np.random.default_rng(1)
    ours, theirs = (simulated(rng, sigmas, TRIALS) for _ in range(2))
    elsewhere = simulated(rng, sigmas, TRIALS, seed=1)
    check(ours.mean, spread(ours))
    check(ours.mean - theirs.mean, spread_of_difference(ours, theirs))
    check(ours.mean - elsewhere.mean, spread_of_difference(ours, elsewhere))
    if not sigmas.sets and not sigmas.searches:
        return
    first, second = (simulated(rng, sigmas, TRIALS, trained=False) for _ in range(2))
    check(first.mean, spread(first))
    check(ours.mean - first.mean, spread_of_difference(ours, first))
    check(second.mean - first.mean, spread_of_difference(second, first))


def test_with_an_agent_factor_the_baselines_interval_would_be_too_wide() -> None:
    """Where repetitions share start sets alone: no wider than t over 5 means has to be."""
    found = simulated(np.random.default_rng(2), Sigmas(sets=1), TRIALS, trained=False)
    width = spread(found).half_width.mean()
    # The mean of the standard deviation of 5 normal values is 0.94.
    assert width == pytest.approx(stats.t.ppf(0.975, SETS - 1) * 0.94 / SETS**0.5, rel=0.03)


@pytest.mark.parametrize("name", PROPORTIONS)
@pytest.mark.parametrize("trained", [True, False])
def test_no_table_is_wrong_more_often_than_it_says(name: str, trained: bool) -> None:
    """Twenty comparisons without any difference, after Holm: at least one verdict in 5 % at most.

    The comparisons are independent, for which the correction has least to spare.
    """
    count, tables, sigmas = 20, 1_500, PROPORTIONS[name]
    if not trained and not sigmas.sets and not sigmas.searches:
        pytest.skip("baselines that never differ")
    rng = np.random.default_rng(3)
    ours = simulated(rng, sigmas, count * tables)
    theirs = simulated(rng, sigmas, count * tables, trained=trained)
    found = spread_of_difference(ours, theirs, strict=True)
    p = found.p(ours.mean - theirs.mean).reshape(tables, count)
    wrong = np.mean([(holm(row.tolist()) < SIGNIFICANCE).any() for row in p])
    level = SIGNIFICANCE * (1 - SIGNIFICANCE) / tables
    off = stats.norm.isf(WRONGLY / 2 / len(PROPORTIONS)) * level**0.5
    assert wrong <= SIGNIFICANCE + off


def test_the_episode_interval_does_not_hold_where_agents_differ() -> None:
    """It is about these agents; the failure is no accident of the seed."""
    rng, trials = np.random.default_rng(4), 60
    agents = np.repeat(np.arange(5), 40)
    held = 0
    for _ in range(trials):
        values = rng.normal(0, 1, 5)[agents] + rng.normal(0, 1, len(agents))
        one = estimate_mean(values, rng)
        held += one.low <= 0 <= one.high
    assert stats.binomtest(held, trials, 0.95).pvalue < 1e-9


def test_coverage_of_the_episode_interval_where_agents_do_not_differ() -> None:
    rng, trials = np.random.default_rng(6), 150
    found = (estimate_mean(rng.normal(0, 1, 200), rng) for _ in range(trials))
    held = sum(one.low <= 0 <= one.high for one in found)
    assert stats.binomtest(held, trials, 0.95).pvalue > WRONGLY
