"""The fit of a t, tests of normality and the figure of quantiles, against scipy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from naslib_incremental.reports.figures import qq
from naslib_incremental.reports.figures.canvas import palette
from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.estimates import estimate_skew
from naslib_incremental.reports.statistics.normality import (
    FREEDOM,
    Normality,
    anderson_darling,
    check,
    fit_t,
    fits_t,
)
from naslib_incremental.reports.tables.episodes import normality_tables
from tests.reports.builder import Episode, RunBuilder, analysis_of, shown


@pytest.mark.parametrize("freedom", [1, 3, 12])
def test_fit_is_scipys(freedom: float) -> None:
    values = stats.t.rvs(freedom, 2, 0.3, size=400, random_state=int(freedom))
    found, expected = fit_t(values), stats.t.fit(values)
    assert found == pytest.approx(expected, rel=2e-3)
    likelihoods = [stats.t.logpdf(values, *one).sum() for one in (found, expected)]
    assert likelihoods[0] >= likelihoods[1] - 1e-4


def test_normal_values_have_the_most_degrees_of_freedom() -> None:
    values = np.random.default_rng(1).normal(5, 2, 2_000)
    freedom, location, scale = fit_t(np.clip(values, 1, 9))
    assert freedom > 0.5 * FREEDOM[1]
    assert (location, scale) == pytest.approx((5, 2), abs=0.15)


def test_more_ties_than_a_t_can_have() -> None:
    assert fit_t(np.full(9, 0.5))[1:] == (0.5, 0.0)
    tied = np.concatenate([np.full(80, 0.5), np.random.default_rng(2).normal(0.5, 1, 20)])
    assert fit_t(tied)[2] == 0
    found = checked(tied)
    assert np.isnan([found.freedom, found.student]).all()
    assert found.normal < 1e-3


class StudentT(type(stats.t)):  # type: ignore[misc]
    """``scipy.stats.t`` with our fit, for scipy's own general fit takes minutes."""

    def fit(self, data: object, *_: object, **__: object) -> tuple[float, float, float]:
        return fit_t(np.asarray(data, dtype=np.float64))


def test_goodness_of_fit_is_scipys() -> None:
    """The statistic is the same; p differs by the draws alone."""
    values = stats.t.rvs(4, size=200, random_state=3)
    expected = stats.goodness_of_fit(
        StudentT(name="t"), values, statistic="ad", n_mc_samples=199, rng=np.random.default_rng(1)
    )
    fit = fit_t(values)
    assert anderson_darling(values, fit) == pytest.approx(expected.statistic)
    found = fits_t(values, fit, np.random.default_rng(1))
    assert found == pytest.approx(expected.pvalue, abs=0.1)


def test_the_distribution_of_the_statistic_has_settled() -> None:
    """So that draws of 500 values serve for any number of episodes."""
    rng = np.random.default_rng(7)
    few, many = (
        [anderson_darling(one, fit_t(one)) for one in rng.standard_t(4, (120, size))]
        for size in (500, 5_000)
    )
    assert stats.ks_2samp(few, many).pvalue > 0.01


def test_all_values_are_tested() -> None:
    """A share of values so small that 500 of them could not show it is seen in all."""
    values = np.random.default_rng(8).standard_t(5, 60_000)
    odd = checked(np.concatenate([values, np.full(1_200, 0.25)]))
    assert odd.student == pytest.approx(1e-3)
    assert odd.normal == stats.normaltest(np.append(values, np.full(1_200, 0.25))).pvalue
    assert odd.count == 61_200


def checked(values: np.ndarray) -> Normality:
    return check(values, estimate_skew(values, np.random.default_rng(0)))


def test_what_is_rejected() -> None:
    rng = np.random.default_rng(4)
    normal, heavy, skewed = rng.normal(size=900), rng.standard_t(2, 900), rng.exponential(size=900)
    found = [checked(values) for values in (normal, heavy, skewed)]
    assert [one.normal < 5e-3 for one in found] == [False, True, True]
    assert [one.student < 5e-3 for one in found] == [False, False, True]
    assert found[0].normal == stats.normaltest(normal).pvalue


def analysed(folder: Path, improvements: dict[str, np.ndarray]) -> Analysis:
    cells = {
        name: {(0, 0): [Episode([(0.5 + v, 0.5)], start=(0.5, 0.5)) for v in values]}
        for name, values in improvements.items()
    }
    return analysis_of(RunBuilder(folder, cells, trained=()))


def test_table_and_figure(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    values = rng.normal(0.05, 0.01, 600)
    analysis = analysed(
        tmp_path,
        {"random_walk": values, "random_search": np.full(600, 0.1)},
    )
    (table,) = normality_tables(analysis)
    walk, search = shown(table)
    assert walk[3] == f"{stats.normaltest(0.5 + values - 0.5).pvalue:.2g}"
    assert walk[4] == "over 990"
    assert walk[6] == "neither"
    assert search[1] == search[2] == "n/a"
    assert set(search[3:]) == {"n/a (all equal)"}
    frame = qq.data(analysis)
    assert set(frame["optimizer"]) == {"random_walk"}
    straight = stats.linregress(frame["standard_normal"], frame["normal"])
    assert (straight.intercept, straight.slope) == pytest.approx(
        (values.mean(), values.std()), rel=1e-6
    )
    assert np.corrcoef(frame["improvement"], frame["t"])[0, 1] > 0.99
    drawing = qq.figure(analysis, palette([one.name for one in analysis.optimizers]))
    assert drawing is not None
    assert list(drawing.panels) == ["random_walk"]


def test_few_episodes_are_not_tested(tmp_path: Path) -> None:
    values = np.random.default_rng(6).normal(0.05, 0.01, 9)
    (table,) = normality_tables(analysed(tmp_path, {"local_search": values}))
    assert set(shown(table)[0][3:]) == {"n/a (fewer than 20 episodes)"}


def test_nothing_to_draw(tmp_path: Path) -> None:
    assert qq.figure(analysed(tmp_path, {"random_walk": np.full(50, 0.1)}), {}) is None
