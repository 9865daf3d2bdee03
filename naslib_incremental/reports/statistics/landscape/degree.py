"""Whether architectures with more neighbours are better: over the starts of episodes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from naslib_incremental.reports.statistics.analysis import SEED, Analysis
from naslib_incremental.reports.statistics.estimates import CONFIDENCE
from naslib_incremental.reports.statistics.reading import read_starts
from naslib_incremental.reports.tables.budgets import NOTHING, made_from
from naslib_incremental.reports.tables.rendering import Column, Entry, Table
from naslib_incremental.search_spaces_ext import SearchSpace

SAMPLE = 2_000
RESAMPLES = 1_000

Interval = tuple[float, float, float]
"""A correlation and the ends of its 95 % interval; NaN where there is none."""


@dataclass(frozen=True)
class Degrees:
    """Starts drawn at random from all of a report's.

    Attributes:
        degree: [n] number of neighbours, before at most N are presented.
        validation: [n] accuracy, fractions.
        pearson: linear correlation, interval by Fisher's z.
        kendall: rank correlation tau-b, percentile bootstrap interval.
    """

    degree: NDArray[np.int64]
    validation: NDArray[np.float64]
    pearson: Interval
    kendall: Interval


def study_degrees(analysis: Analysis, space: SearchSpace) -> Degrees:
    """Count the neighbours of at most 2,000 starts.

    Raises:
        UserError: the starts are no architectures of the space.
        OSError: they cannot be read.
    """
    texts, validation = read_starts(analysis.evaluation.optimizers[0])
    rng = np.random.default_rng(SEED)
    chosen = rng.choice(len(texts), min(SAMPLE, len(texts)), replace=False)
    architectures = space.from_readable(texts.take(chosen).to_pylist())
    return correlate(space.degree(architectures), validation[chosen])


def correlate(degree: NDArray[np.int64], validation: NDArray[np.float64]) -> Degrees:
    """Both correlations of [n] degrees and accuracies, with intervals."""
    if len(degree) < 4 or np.ptp(degree) == 0 or np.ptp(validation) == 0:
        nothing = (np.nan, np.nan, np.nan)
        return Degrees(degree, validation, nothing, nothing)
    linear = stats.pearsonr(degree, validation)
    resampled = stats.bootstrap(
        (degree, validation),
        lambda x, y: stats.kendalltau(x, y).statistic,
        paired=True,
        vectorized=False,
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(SEED),
    ).confidence_interval
    tau = float(stats.kendalltau(degree, validation).statistic)
    ends = linear.confidence_interval(CONFIDENCE)
    return Degrees(
        degree,
        validation,
        (float(linear.statistic), float(ends.low), float(ends.high)),
        (tau, float(resampled.low), float(resampled.high)),
    )


def degree_table(analysis: Analysis, found: Degrees) -> Table:
    """Both correlations, in one row."""
    interval = (("", "low", "high"), "[{1}, {2}]")
    return Table(
        "degree",
        "Accuracy and number of neighbours",
        (
            Column("architectures", numeric=False),
            Column("number"),
            Column("neighbours, mean"),
            Column("Pearson", *interval),
            Column("Kendall", *interval),
        ),
        (
            (
                Entry(("starts of episodes",)),
                Entry((f"{len(found.degree):,}",)),
                Entry((f"{found.degree.mean():.1f}",)),
                _entry(found.pearson),
                _entry(found.kendall),
            ),
        ),
        "Correlation of an architecture's validation accuracy with the number of its neighbours, "
        f"before at most so many are presented, over starts drawn at random [{CONFIDENCE:.0%} "
        "interval: by Fisher's z for Pearson, percentile bootstrap with "
        f"{RESAMPLES:,} resamples for Kendall]. {made_from(analysis, 'validation')}",
    )


def _entry(numbers: Interval) -> Entry:
    if np.isnan(numbers).any():
        return Entry((f"{NOTHING} (all equal)",))
    return Entry(tuple(f"{number:+.3f}" for number in numbers))
