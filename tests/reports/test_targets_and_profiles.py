"""Fixed targets and performance profiles, against brute force over every query."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from naslib_incremental.reports.figures import fixed_targets, profiles
from naslib_incremental.reports.figures.canvas import palette
from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.searches import first_hits, targets_found
from tests.reports.builder import (
    Episode,
    Query,
    RunBuilder,
    analysis_of,
    evaluations_of,
    random_episodes,
)
from tests.reports.test_searches import EPISODES, brute_force

TARGETS = np.array([0.5, 0.55, 0.57, 0.6, 0.61])


@settings(max_examples=60, deadline=None)
@given(pairs=st.lists(EPISODES, min_size=1, max_size=3), budget=st.integers(1, 15))
def test_hits_equal_brute_force(pairs: list[list[list[Query]]], budget: int) -> None:
    found = first_hits(evaluations_of(pairs), budget, TARGETS)
    for number, episodes in enumerate(pairs):
        searches = np.array(brute_force([episodes], budget)).reshape(-1, budget, 3)[:, :, 0]
        expected = (searches[:, None, :] >= TARGETS[:, None]).sum(axis=0)
        assert (number in found.agents) == (len(searches) > 0)
        if len(searches):
            place = found.agents.index(number)
            np.testing.assert_array_equal(found.sums[place, 0], expected)
            assert found.counts[place, 0] == len(searches)


@settings(max_examples=60, deadline=None)
@given(pairs=st.lists(EPISODES, min_size=1, max_size=3), budget=st.integers(1, 15))
def test_variances_of_hits_are_those_of_single_searches(
    pairs: list[list[list[Query]]], budget: int
) -> None:
    searches = np.array(brute_force(pairs, budget)).reshape(-1, budget, 3)[:, :, 0]
    assume(len(searches) > 1)
    reached = searches[:, None, :] >= TARGETS[:, None]
    hits = first_hits(evaluations_of(pairs), budget, TARGETS)
    np.testing.assert_allclose(hits.variance, reached.var(axis=0, ddof=1), atol=1e-12)
    found = targets_found(hits)
    share = reached.mean(axis=1)
    np.testing.assert_allclose(found.mean, share.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(found.variance, share.var(axis=0, ddof=1), atol=1e-12)


def ordinary(folder: Path, **options: object) -> Analysis:
    rng = np.random.default_rng(7)
    cells = {
        name: {(a, s): random_episodes(rng, 30, 4) for a in range(3) for s in range(2)}
        for name in ("apex_incremental", "random_walk")
    }
    run = RunBuilder(folder, cells, **options)  # type: ignore[arg-type]
    return analysis_of(run)


def test_profiles_are_the_shares_of_searches(tmp_path: Path) -> None:
    analysis = ordinary(tmp_path)
    frame = profiles.data(analysis)
    for one in analysis.optimizers:
        for index, measure in enumerate(("best_validation", "selected_test")):
            rows = frame[(frame["optimizer"] == one.name) & (frame["measure"] == measure)]
            finals = one.searches(5).finals[:, index]
            expected = [np.mean(finals >= level - 1e-9) for level in rows["accuracy"]]
            np.testing.assert_allclose(rows["share"], expected)
            assert (rows["training_seed_low"] <= rows["share"] + 1e-9).all()
            assert (rows["share"] <= rows["training_seed_high"] + 1e-9).all()
            assert rows["share"].iloc[0] > 0.95
            assert rows["share"].iloc[-1] == 0


def test_the_area_below_the_best_is_the_regret(tmp_path: Path) -> None:
    """Integral of 1 - profile from the lowest level to the optimum: the mean distance from it."""
    analysis = ordinary(tmp_path)
    frame = profiles.data(analysis)
    rows = frame[(frame["optimizer"] == "random_walk") & (frame["measure"] == "best_validation")]
    finals = analysis.optimizers[1].searches(5).finals[:, 0]
    area = np.trapezoid(1 - rows["share"], rows["accuracy"])
    top = rows["accuracy"].iloc[-1]
    assert area == pytest.approx(top - finals.mean(), abs=0.002)


def test_targets_are_measured_from_the_optimum(tmp_path: Path) -> None:
    analysis = ordinary(tmp_path, benchmark={"validation_optimum": 0.895})
    frame = fixed_targets.data(analysis)
    last = frame[frame["query"] == 5].set_index(["optimizer", "target"])["share"]
    for one in analysis.optimizers:
        finals = one.searches(5).finals[:, 0]
        reached = [(finals >= 0.895 - gap / 100 - 1e-9).mean() for gap in fixed_targets.GAPS]
        assert last[one.name, "all targets"] == pytest.approx(np.mean(reached))
        assert last[one.name, "1 points below"] == pytest.approx(reached[10])


def test_without_an_optimum_the_best_seen_stands_for_it(tmp_path: Path) -> None:
    analysis = ordinary(tmp_path, benchmark={"validation_optimum": None})
    seen = max(one.searches(5).finals[:, 0].max() for one in analysis.optimizers)
    assert fixed_targets.reference(analysis) == (seen, False)
    drawing = fixed_targets.figure(analysis, palette([one.name for one in analysis.optimizers]))
    assert drawing is not None
    assert "the best seen in these searches" in drawing.caption


@pytest.mark.parametrize("module", [fixed_targets, profiles])
def test_one_agent_has_no_band_and_no_search_no_figure(tmp_path: Path, module: object) -> None:
    for count in (9, 1):
        cells = {"random_walk": {(0, 0): [Episode([(0.5, np.nan)])] * count}}
        run = RunBuilder(tmp_path / str(count), cells, trained=())
        analysis = analysis_of(run)
        drawing = module.figure(analysis, palette(["random_walk"]))  # type: ignore[attr-defined]
        assert (drawing is None) == (count == 1)
        if drawing is not None:
            assert drawing.frame["training_seed_low"].isna().all()
            assert drawing.frame["share"].notna().all()
