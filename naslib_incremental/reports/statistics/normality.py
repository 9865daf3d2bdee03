"""Whether improvements are normal or Student's t, and how far from it: sizes beside p-values."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import stdtr

from naslib_incremental.reports.statistics.estimates import SEED, Estimate, estimate_kurtosis

LEVEL = 5e-3
"""The p-value below which a hypothesis is rejected, as in the paper."""
SAMPLES = 999
DRAWN = 500
"""Values of a draw from the fitted t at most: the distribution of the statistic has settled."""
FEWEST = 20
"""Values from which the tests of skew and kurtosis hold."""


FREEDOM = (0.5, 1_000.0)
"""Degrees of freedom that are looked at; above, the distribution is as good as normal."""
GOLDEN = (math.sqrt(5) - 1) / 2
ROUNDS = 32
STEPS = 100
CONVERGED = 1e-7
TIES = FREEDOM[0] / (1 + FREEDOM[0])
"""A larger share of equal values makes the likelihood unbounded, as the scale goes to 0."""


@dataclass(frozen=True)
class Normality:
    """Tests of one sample.

    Attributes:
        count: n, size of the sample.
        skew: with its interval.
        kurtosis: excess kurtosis with its interval.
        normal: p of D'Agostino and Pearson's test.
        freedom: degrees of freedom of the fitted t.
        student: p of the Anderson-Darling test of that fit.
        reason: why there are no tests; empty where there are.
    """

    count: int
    skew: Estimate
    kurtosis: Estimate
    normal: float = np.nan
    freedom: float = np.nan
    student: float = np.nan
    reason: str = ""


def check(values: NDArray[np.float64], skew: Estimate) -> Normality:
    """Test [n] values, all of them.

    Source: Cassimon, Mercelis, Mets (2024), section 4: normality and fit of a t distribution.
    """
    rng = np.random.default_rng(SEED)
    sizes = (len(values), skew, estimate_kurtosis(values, rng))
    if len(values) < FEWEST:
        return Normality(*sizes, reason=f"fewer than {FEWEST} episodes")
    if np.isnan(values).any() or np.ptp(values) == 0:
        return Normality(*sizes, reason="all equal")
    fit = fit_t(values)
    student = fits_t(values, fit, rng) if fit[2] else np.nan
    return Normality(*sizes, float(stats.normaltest(values).pvalue), fit[0], student)


def fits_t(
    values: NDArray[np.float64], fit: tuple[float, float, float], rng: np.random.Generator
) -> float:
    """P of the Anderson-Darling test that [n] values are from the t fitted to them.

    The statistic is that of all values. Its distribution where they are, with parameters fitted
    each time, is drawn: it depends on the degrees of freedom alone, and hardly on n.

    Source: Stute, Gonzalez Manteiga, Presedo Quindimil (1993), Bootstrap based goodness-of-fit
    tests.
    """
    size = min(len(values), DRAWN)
    drawn = stats.t.rvs(fit[0], size=(SAMPLES, size), random_state=rng)
    found = anderson_darling(values, fit)
    larger = sum(anderson_darling(one, fit_t(one)) >= found for one in drawn)
    return (1 + larger) / (1 + SAMPLES)


def anderson_darling(values: NDArray[np.float64], fit: tuple[float, float, float]) -> float:
    """The statistic of [n] values and a t: degrees of freedom, location and scale."""
    freedom, location, scale = fit
    scaled = (np.sort(values) - location) / scale
    count = len(scaled)
    tiny = np.finfo(float).tiny
    below, above = (np.log(np.maximum(stdtr(freedom, one), tiny)) for one in (scaled, -scaled))
    weights = 2 * np.arange(count) + 1
    return float(-count - weights @ (below + above[::-1]) / count)


def fit_t(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Degrees of freedom, location and scale of greatest likelihood for [n] values.

    Golden section over the logarithm of the degrees of freedom; for each, location and scale by
    expectation maximization. Where more than a third of the values are equal there is no such fit:
    degrees of freedom NaN, scale 0.

    Source: Lange, Little, Taylor (1989), Robust statistical modeling using the t distribution.
    """
    centre, spread = float(np.median(values)), float(values.std())
    _, counts = np.unique(values, return_counts=True)
    if counts.max() > TIES * len(values):
        return np.nan, centre, 0.0
    freedom, location, scale = _fit((values - centre) / spread)
    return freedom, centre + spread * location, spread * scale


@numba.njit(cache=True)
def _fit(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """``fit_t`` of values with median 0 and variance 1."""
    low, high = math.log(FREEDOM[0]), math.log(FREEDOM[1])
    inner = np.array([high - GOLDEN * (high - low), low + GOLDEN * (high - low)])
    found = np.empty((2, 3))
    for side in range(2):
        found[side] = _maximize(values, math.exp(inner[side]), 0.0, 1.0)
    for _ in range(ROUNDS):
        if found[0, 2] >= found[1, 2]:
            high, inner[1] = inner[1], inner[0]
            found[1] = found[0]
            inner[0], side = high - GOLDEN * (high - low), 0
        else:
            low, inner[0] = inner[0], inner[1]
            found[0] = found[1]
            inner[1], side = low + GOLDEN * (high - low), 1
        start = found[1 - side]
        found[side] = _maximize(values, math.exp(inner[side]), start[0], start[1])
    best = 0 if found[0, 2] >= found[1, 2] else 1
    return math.exp(inner[best]), found[best, 0], found[best, 1]


@numba.njit(cache=True)
def _maximize(
    values: NDArray[np.float64], freedom: float, location: float, scale: float
) -> NDArray[np.float64]:
    """[3] location, scale and mean log likelihood for given degrees of freedom."""
    count, variance = len(values), max(scale**2, CONVERGED)
    for _ in range(STEPS):
        weight, first = 0.0, 0.0
        for value in values:
            own = (freedom + 1) / (freedom + (value - location) ** 2 / variance)
            weight += own
            first += own * value
        moved, second = first / weight, 0.0
        for value in values:
            own = (freedom + 1) / (freedom + (value - location) ** 2 / variance)
            second += own * (value - moved) ** 2
        # Kent, Tyler, Vardi (1994): divided by the weights, not by n, the same limit sooner.
        change = abs(moved - location) + abs(second / weight - variance)
        location, variance = moved, second / weight
        if variance < CONVERGED**2:
            return np.array([location, 0.0, -np.inf])
        if change < CONVERGED:
            break
    kernel = 0.0
    for value in values:
        kernel += math.log1p((value - location) ** 2 / (freedom * variance))
    likelihood = (
        math.lgamma((freedom + 1) / 2)
        - math.lgamma(freedom / 2)
        - 0.5 * math.log(freedom * math.pi * variance)
        - (freedom + 1) / 2 * kernel / count
    )
    return np.array([location, math.sqrt(variance), likelihood])
