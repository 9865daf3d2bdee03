"""Intervals, skews and quantiles against scipy and hand-computed values."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from naslib_incremental.reports.statistics.estimates import (
    DIRECT,
    RESAMPLES,
    estimate_kurtosis,
    estimate_mean,
    estimate_skew,
    symmetric_intervals,
)


def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def scipy_interval(values: np.ndarray, statistic: object) -> tuple[float, float]:
    found = stats.bootstrap(
        (values,), statistic, n_resamples=3_000, batch=20, method="percentile", rng=1
    )
    return found.confidence_interval


def test_mean_of_a_small_sample_by_hand() -> None:
    found = estimate_mean(np.array([0.1, 0.2, 0.6]), rng())
    assert found.value == pytest.approx(0.3)
    assert found.sigma == pytest.approx(np.sqrt((0.04 + 0.01 + 0.09) / 2))
    assert found.low == pytest.approx(0.1)
    assert found.high == pytest.approx(0.6)
    assert len(found.resampled) == RESAMPLES


@pytest.mark.parametrize("distinct", [40, None], ids=["few distinct values", "all distinct"])
@pytest.mark.parametrize("size", [2_000, DIRECT + 5_000])
def test_mean_interval_is_scipys(size: int, distinct: int | None) -> None:
    values = np.random.default_rng(2).gamma(2, 0.02, size)
    values = np.round(values * distinct) / distinct if distinct else values
    found = estimate_mean(values, rng())
    low, high = scipy_interval(values, np.mean)
    assert found.value == pytest.approx(values.mean())
    assert [found.low, found.high] == pytest.approx([low, high], abs=0.06 * (high - low))


@pytest.mark.parametrize("size", [300, 20_000])
def test_skew_and_its_interval_are_scipys(size: int) -> None:
    values = np.random.default_rng(4).gamma(3, 0.02, size)
    found = estimate_skew(values, rng())
    low, high = scipy_interval(values, stats.skew)
    assert found.value == pytest.approx(stats.skew(values))
    assert [found.low, found.high] == pytest.approx([low, high], abs=0.08 * (high - low))


@pytest.mark.parametrize("size", [300, 20_000])
def test_kurtosis_and_its_interval_are_scipys(size: int) -> None:
    values = np.random.default_rng(4).gamma(9, 0.02, size)
    found = estimate_kurtosis(values, rng())
    low, high = scipy_interval(values, stats.kurtosis)
    assert found.value == pytest.approx(stats.kurtosis(values))
    assert [found.low, found.high] == pytest.approx([low, high], abs=0.1 * (high - low))


def test_large_sample_interval_follows_the_normal_limit() -> None:
    values = np.random.default_rng(6).beta(8, 2, 500_000)
    found = estimate_mean(values, rng())
    half = 1.96 * values.std() / np.sqrt(len(values))
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.05)
    assert found.low < values.mean() < found.high


def test_symmetric_intervals_by_hand() -> None:
    found = symmetric_intervals(np.arange(1001.0))
    expected = [(0.5, 250, 750), (0.75, 125, 875), (0.9, 50, 950), (0.95, 25, 975)]
    assert np.allclose(found, expected)


def test_the_same_stream_gives_the_same_numbers() -> None:
    values = np.random.default_rng(7).random(500)
    first, again = (estimate_mean(values, rng()) for _ in range(2))
    assert (first.low, first.high) == (again.low, again.high)


@pytest.mark.parametrize("size", [2, DIRECT + 1])
def test_equal_values_have_an_interval_of_no_width(size: int) -> None:
    values = np.full(size, 0.93)
    found = estimate_mean(values, rng())
    assert [found.low, found.high] == pytest.approx([0.93, 0.93], abs=1e-12)
    assert np.isnan(estimate_skew(values, rng()).value)


def test_what_cannot_be_known_is_not_a_number() -> None:
    nothing, one = (estimate_mean(np.full(n, 0.5), rng()) for n in (0, 1))
    assert np.isnan([nothing.value, nothing.low, nothing.sigma, one.low, one.sigma]).all()
    assert one.value == 0.5
    holed = estimate_mean(np.array([0.5, np.nan, 0.7]), rng())
    assert np.isnan([holed.value, holed.low]).all()
    assert (holed.missing, holed.count) == (1, 3)
