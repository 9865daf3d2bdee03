"""Correlations of accuracy with the number of neighbours, against scipy and Fieller."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from naslib_incremental.reports.statistics.landscape import correlate_degrees
from naslib_incremental.reports.statistics.runs import read_runs
from naslib_incremental.reports.tables.episodes import degree_tables
from tests.reports.builder import Episode, RunBuilder, analysis_of, shown


def test_correlations_and_intervals() -> None:
    rng = np.random.default_rng(1)
    degree = rng.permutation(np.arange(10, 410))
    validation = 0.001 * degree + rng.normal(0, 0.2, 400)
    found = correlate_degrees(degree, validation)
    r, low, high = found.pearson
    assert r == pytest.approx(np.corrcoef(degree, validation)[0, 1])
    half = stats.norm.ppf(0.975) / np.sqrt(400 - 3)
    assert [low, high] == pytest.approx(np.tanh(np.arctanh(r) + np.array([-half, half])))
    tau, low, high = found.kendall
    assert tau == pytest.approx(stats.kendalltau(degree, validation).statistic)
    half = stats.norm.ppf(0.975) * np.sqrt(0.437 / (400 - 4))
    assert [low, high] == pytest.approx(
        np.tanh(np.arctanh(tau) + np.array([-half, half])), abs=0.02
    )


def test_equal_degrees_have_no_correlation(tmp_path: Path) -> None:
    found = correlate_degrees(np.full(9, 7), np.linspace(0.5, 0.6, 9))
    assert np.isnan([*found.pearson, *found.kendall]).all()
    run = RunBuilder(tmp_path, {"random_walk": {(0, 0): [Episode([(0.5, 0.5)])]}}, trained=())
    analysis = analysis_of(run)
    analysis.study.degrees = found
    (table,) = degree_tables(analysis)
    assert shown(table)[0][3:] == ["n/a (all equal)"] * 2


def test_starts_of_every_set_are_read_once(tmp_path: Path) -> None:
    cells = {
        (agent, number): [
            Episode([(0.5, 0.5)], start=(0.1 * number, 0.5), start_name=f"{number}-{place}")
            for place in range(3)
        ]
        for agent in range(2)
        for number in range(2)
    }
    run = RunBuilder(tmp_path, {"random_walk": cells}, trained=())
    (runs,) = read_runs([run.write()]).optimizers
    texts, validation = runs.starts()
    assert texts.to_pylist() == ["0-0", "0-1", "0-2", "1-0", "1-1", "1-2"]
    np.testing.assert_allclose(validation, [0, 0, 0, 0.1, 0.1, 0.1])
