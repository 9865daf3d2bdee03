"""Variance components against a published gauge study, and by simulation."""

from __future__ import annotations

import numpy as np
import pytest

from naslib_incremental.reports.statistics.components import Components, variance_components

GAUGE = """
21 20 20 20 19 21  24 23 24 24 23 24  20 21 19 21 20 22  27 27 28 26 27 28  19 18 19 18 18 21
23 21 24 21 23 22  22 21 22 24 22 20  19 17 18 20 19 18  24 23 25 23 24 24  25 23 26 25 24 25
21 20 20 20 21 20  18 19 17 19 18 19  23 25 25 25 25 25  24 24 23 25 24 25  29 30 30 28 31 30
26 26 25 26 25 27  20 20 19 20 20 20  19 21 19 19 21 23  25 26 25 24 25 25  19 19 18 17 19 17
"""
"""20 parts x 3 operators x 2 measurements (Montgomery, Design and analysis of experiments)."""


def found(values: np.ndarray, agents: np.ndarray, sets: np.ndarray) -> Components:
    result = variance_components(agents, sets, values)
    assert isinstance(result, Components)
    return result


def test_published_gauge_study() -> None:
    """Published: parts 10.28, operators .015, interaction below zero, repeatability .99."""
    values = np.array(GAUGE.split(), dtype=float)
    parts, operators = np.repeat(np.arange(20), 6), np.tile(np.repeat(np.arange(3), 2), 20)
    one = found(values, parts, operators)
    assert one.agents == pytest.approx(10.28, abs=0.005)
    assert one.sets == pytest.approx(0.0149, abs=0.0005)
    assert one.both == 0
    assert one.within == pytest.approx(0.99, abs=0.005)
    assert one.intraclass == pytest.approx(10.28 / (10.28 + 0.0149 + 0.99), abs=1e-3)


def test_simulated_components_are_found() -> None:
    rng = np.random.default_rng(1)
    agents, sets = (axis.ravel() for axis in np.indices((60, 50, 4))[:2])
    values = rng.normal(0, 0.3, 60)[agents] + rng.normal(0, 0.2, 50)[sets]
    values += rng.normal(0, 0.5, (60, 50))[agents, sets] + rng.normal(0, 1, len(values))
    one = found(values, agents, sets)
    assert one.agents == pytest.approx(0.09, rel=0.3)
    assert one.sets == pytest.approx(0.04, rel=0.5)
    assert one.both == pytest.approx(0.25, rel=0.1)
    assert one.within == pytest.approx(1, rel=0.05)


def test_worth_is_the_variance_ratio_of_simulated_means() -> None:
    rng = np.random.default_rng(2)
    agents = np.repeat(np.arange(5), 24)
    means = [
        (rng.normal(0, 1, 5)[agents] + rng.normal(0, 2, len(agents))).mean() for _ in range(4_000)
    ]
    exact = Components(1, 0, 0, 4, 120, 1 / 5 + 4 / 120)
    assert exact.worth == pytest.approx(5 / np.var(means), rel=0.06)
    assert exact.intraclass == 0.2


def test_unequal_counts_by_hand() -> None:
    """Cell means 0 2 / 4 6: agents differ by 4 and sets by 2, with no interaction."""
    agents = np.array([0, 0, 0, 1, 1, 1])
    sets = np.array([0, 0, 1, 0, 1, 1])
    one = found(np.array([-1.0, 1, 2, 4, 5, 7]), agents, sets)
    assert (one.agents, one.sets, one.both) == pytest.approx((8, 2, 0))
    assert one.within == pytest.approx(2)
    assert one.mean_variance == pytest.approx(8 / 2 + 2 / 2 + 2 * 0.75 / 4)


@pytest.mark.parametrize(
    ("shape", "value", "reason"),
    [
        ((1, 3, 2), 0.5, "one agent"),
        ((3, 1, 2), 0.5, "one start set"),
        ((2, 2, 1), 0.5, "one search a pair"),
        ((2, 2, 2), np.nan, "accuracy missing"),
        ((2, 2, 2), 0.93, "all searches equal"),
        ((0, 0, 0), 0.5, "no complete search"),
    ],
)
def test_why_there_are_none(shape: tuple[int, int, int], value: float, reason: str) -> None:
    agents, sets = (axis.ravel() for axis in np.indices(shape)[:2])
    assert variance_components(agents, sets, np.full(len(agents), value)) == reason


def test_a_missing_cell_is_said() -> None:
    agents, sets = np.array([0, 0, 1, 1, 0]), np.array([0, 1, 0, 0, 0])
    assert variance_components(agents, sets, np.arange(5.0)) == "a pair without searches"
