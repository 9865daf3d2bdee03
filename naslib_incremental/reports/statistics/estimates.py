"""Means, skews and quantiles with intervals, for samples from two values to millions."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap

SEED = 2024
"""Of every resampling that a report does for itself: the same folders give the same numbers."""
RESAMPLES = 5_000
CONFIDENCE = 0.95
SHARES = (0.50, 0.75, 0.90, 0.95)
INTERVAL = f"{100 * CONFIDENCE:.0f} % episode interval"
CONDITION = f"{INTERVAL}: conditional on these agents and start sets"
DIRECT = 10_000
"""Largest sample that is resampled value by value; above it, counts of bins are resampled."""
BATCH_VALUES = 2_000_000
EXTREMES, MIDDLE_BINS = 100, 800
"""Above DIRECT: the values that stay single at either end, and the bins of equal count between."""


@dataclass(frozen=True)
class Estimate:
    """A statistic of a sample with its percentile bootstrap interval.

    Attributes:
        count: n, size of the sample.
        missing: how many of the n are NaN.
        value: the statistic; NaN where it is not defined.
        sigma: standard deviation of the sample (ddof = 1); NaN below two values.
        low: lower end of the 95 % interval; NaN below two values.
        high: upper end.
        resampled: [5000] the statistic of each resample, empty below two values.
    """

    count: int
    missing: int
    value: float
    sigma: float
    low: float
    high: float
    resampled: NDArray[np.float64] = field(repr=False)


def estimate_mean(values: NDArray[np.float64], rng: np.random.Generator) -> Estimate:
    """Mean of [n] values, with the percentile bootstrap interval of 5,000 resamples.

    Source:
        The paper's interval (Cassimon, Mercelis, Mets 2024, section 4): searches are resampled,
        agents and start sets are not.
    """
    if len(values) < 2 or np.isnan(values).any():
        value = float(values.mean()) if len(values) else np.nan
        return _estimate(values, value, np.empty(0))
    if len(values) <= DIRECT:
        resampled = bootstrap(
            (values,),
            np.mean,
            n_resamples=RESAMPLES,
            batch=max(1, BATCH_VALUES // len(values)),
            confidence_level=CONFIDENCE,
            method="percentile",
            rng=rng,
        ).bootstrap_distribution
    else:
        resampled = _resampled_moments(values, 1, rng)[:, 0]
    return _estimate(values, float(values.mean()), resampled)


def estimate_skew(values: NDArray[np.float64], rng: np.random.Generator) -> Estimate:
    """Skew m3 / m2^1.5 of [n] values, with a percentile bootstrap interval of 5,000 resamples.

    NaN where all values are equal.
    """
    if len(values) < 3 or np.isnan(values).any() or np.ptp(values) == 0:
        return _estimate(values, np.nan, np.empty(0))
    scaled = (values - values.mean()) / values.std()
    resampled = _skew_of_moments(_resampled_moments(scaled, 3, rng))
    return _estimate(values, float((scaled**3).mean()), resampled[np.isfinite(resampled)])


def estimate_kurtosis(values: NDArray[np.float64], rng: np.random.Generator) -> Estimate:
    """Excess kurtosis m4 / m2^2 - 3 of [n] values, with the interval of ``estimate_skew``.

    NaN where all values are equal.
    """
    if len(values) < 4 or np.isnan(values).any() or np.ptp(values) == 0:
        return _estimate(values, np.nan, np.empty(0))
    scaled = (values - values.mean()) / values.std()
    first, second, third, fourth = _resampled_moments(scaled, 4, rng).T
    variance = second - first**2
    variance = np.where(variance > 1e-12, variance, np.nan)
    central = fourth - 4 * first * third + 6 * first**2 * second - 3 * first**4
    resampled = central / variance**2 - 3
    return _estimate(values, float((scaled**4).mean()) - 3, resampled[np.isfinite(resampled)])


def symmetric_intervals(values: NDArray[np.float64]) -> list[tuple[float, float, float]]:
    """(share, low, high): the central 50, 75, 90 and 95 % of [n] values, linear quantiles."""
    shares = np.array(SHARES)
    low, high = np.quantile(values, [(1 - shares) / 2, (1 + shares) / 2])
    return list(zip(SHARES, low.tolist(), high.tolist(), strict=True))


def _estimate(
    values: NDArray[np.float64], value: float, resampled: NDArray[np.float64]
) -> Estimate:
    """An estimate with the percentiles of its resamples."""
    sigma = float(values.std(ddof=1)) if len(values) > 1 else np.nan
    ends = [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]
    low, high = np.quantile(resampled, ends) if len(resampled) else (np.nan, np.nan)
    missing = int(np.isnan(values).sum())
    return Estimate(len(values), missing, value, sigma, float(low), float(high), resampled)


def _resampled_moments(
    values: NDArray[np.float64], order: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """[5000, order] raw moments of resamples, by resampling how often each bin is drawn.

    With up to 1,000 distinct values each is its own bin and the resampling is exact. With more,
    the middle is binned by count and a bin stands for its values by their mean moments: the spread
    within bins, below a thousandth of the variance, is not resampled.
    """
    ordered = np.sort(values)
    edges = np.concatenate([[0], np.flatnonzero(np.diff(ordered)) + 1])
    if len(edges) > 2 * EXTREMES + MIDDLE_BINS:
        middle = np.linspace(EXTREMES, len(ordered) - EXTREMES, MIDDLE_BINS + 1)
        ends = np.arange(EXTREMES)
        edges = np.unique(np.concatenate([ends, middle.astype(int), len(ordered) - 1 - ends]))
    counts = np.diff(np.append(edges, len(ordered)))
    powers = ordered[:, None] ** np.arange(1, order + 1)
    means = np.add.reduceat(powers, edges, axis=0) / counts[:, None]
    drawn = rng.multinomial(len(ordered), counts / len(ordered), size=RESAMPLES)
    moments: NDArray[np.float64] = drawn @ means / len(ordered)
    return moments


def _skew_of_moments(moments: NDArray[np.float64]) -> NDArray[np.float64]:
    """[B] skews from [B, 3] raw moments; NaN where a resample has no variance."""
    first, second, third = moments.T
    variance = second - first**2
    variance = np.where(variance > 1e-12, variance, np.nan)
    skew: NDArray[np.float64] = (third - 3 * first * second + 2 * first**3) / variance**1.5
    return skew
