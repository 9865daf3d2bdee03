"""Whether improvements are normal or Student's t, and how far from it: sizes beside p-values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from naslib_incremental.reports.statistics.analysis import SEED, Analysis
from naslib_incremental.reports.statistics.estimates import CONDITION, Estimate, estimate_kurtosis
from naslib_incremental.reports.statistics.student import FREEDOM, StudentT, fit_t
from naslib_incremental.reports.tables.budgets import NOTHING, made_from
from naslib_incremental.reports.tables.rendering import Column, Entry, Table

LEVEL = 5e-3
"""The p-value below which a hypothesis is rejected, as in the paper."""
SUBSAMPLE = 500
DRAWS = 999
FEWEST = 20
"""Values from which the tests of skew and kurtosis hold."""


@dataclass(frozen=True)
class Normality:
    """Tests of one sample.

    Attributes:
        count: n, size of the sample.
        skew: with its interval.
        kurtosis: excess kurtosis with its interval.
        size: of the subsample.
        normal: p of D'Agostino and Pearson's test, all n values.
        normal_part: the same on the subsample.
        freedom: degrees of freedom of the t fitted to the subsample.
        student: p of the Anderson-Darling test of that fit.
        reason: why there are no tests; empty where there are.
    """

    count: int
    skew: Estimate
    kurtosis: Estimate
    size: int
    normal: float = np.nan
    normal_part: float = np.nan
    freedom: float = np.nan
    student: float = np.nan
    reason: str = ""


def subsample(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """[at most 500] of the values, drawn without replacement, always the same."""
    rng = np.random.default_rng(SEED)
    return rng.choice(values, min(SUBSAMPLE, len(values)), replace=False)


def check(values: NDArray[np.float64], skew: Estimate) -> Normality:
    """Test [n] values.

    Source: Cassimon, Mercelis, Mets (2024), section 4: normality and fit of a t distribution.
    """
    rng = np.random.default_rng(SEED)
    part = subsample(values)
    sizes = (len(values), skew, estimate_kurtosis(values, rng), len(part))
    if len(values) < FEWEST:
        return Normality(*sizes, reason=f"fewer than {FEWEST} episodes")
    if np.isnan(values).any() or np.ptp(part) == 0:
        return Normality(*sizes, reason="all equal")
    freedom, _, scale = fit_t(part)
    student = np.nan
    if scale:
        tested = stats.goodness_of_fit(
            StudentT(name="t"), part, statistic="ad", n_mc_samples=DRAWS, rng=rng
        )
        student = float(tested.pvalue)
    normal, normal_part = (float(stats.normaltest(one).pvalue) for one in (values, part))
    return Normality(*sizes, normal, normal_part, freedom, student)


def normality_table(analysis: Analysis) -> Table:
    """Sizes and tests of the validation improvement, one row per optimizer."""
    found = [
        (one.name, check(summary.values, summary.skew))
        for one in analysis.optimizers
        for summary in [one.improvement["validation"]]
    ]
    size = max(tested.size for _, tested in found)
    interval = (("", "low", "high"), "[{1}, {2}]")
    return Table(
        "normality",
        "Are improvements normal?",
        (
            Column("optimizer", numeric=False),
            Column("skew", *interval),
            Column("excess kurtosis", *interval),
            Column("p, normal, all episodes"),
            Column(f"p, normal, {size} of them"),
            Column("t, degrees of freedom"),
            Column(f"p, t, {size} of them"),
            Column(f"rejected at {LEVEL:g}", numeric=False),
        ),
        tuple(_row(name, tested) for name, tested in found),
        f"Final minus start validation accuracy: skew and excess kurtosis, 0 for a normal "
        f"distribution [{CONDITION}]; test of D'Agostino and Pearson (scipy.stats.normaltest) on "
        f"all episodes and on {size} drawn at random; Student's t fitted to these and tested by "
        f"Anderson-Darling with {DRAWS} Monte Carlo draws (scipy.stats.goodness_of_fit), which "
        f"cannot give a p below {1 / (DRAWS + 1):g}. On hundreds of thousands of episodes a test "
        "rejects shapes that nobody could tell from normal: read the sizes and the figure of "
        f"quantiles first. {made_from(analysis, 'validation')}",
    )


def _row(name: str, tested: Normality) -> tuple[Entry, ...]:
    """One optimizer in digits."""
    if tested.reason:
        notes = [Entry((f"{NOTHING} ({tested.reason})",))] * 2
        return (
            Entry((name,)),
            _size(tested.skew),
            _size(tested.kurtosis),
            *notes,
            *notes,
            notes[0],
        )
    normal, student = tested.normal < LEVEL, tested.student < LEVEL
    rejected = " and ".join(["normal"] * normal + ["t"] * student) or "neither"
    texts = (
        *(_p(tested.normal), _p(tested.normal_part)),
        *(_freedom(tested.freedom), _p(tested.student), rejected),
    )
    return (
        Entry((name,)),
        _size(tested.skew),
        _size(tested.kurtosis),
        *(Entry((text,)) for text in texts),
    )


def _freedom(value: float) -> str:
    """Degrees of freedom; the largest that are looked at stand for a normal distribution."""
    if np.isnan(value):
        return f"{NOTHING} (ties)"
    return f"{value:.1f}" if value < 0.99 * FREEDOM[1] else f"over {0.99 * FREEDOM[1]:.0f}"


def _size(estimate: Estimate) -> Entry:
    """An effect size and its interval in digits."""
    numbers = (estimate.value, estimate.low, estimate.high)
    return (
        Entry((NOTHING,)) if np.isnan(numbers).any() else Entry(tuple(f"{n:.2f}" for n in numbers))
    )


def _p(value: float) -> str:
    if np.isnan(value):
        return NOTHING
    return f"{value:.2g}" if value > 1e-300 else "below 1e-300"
