"""Cutting episodes into runs of a budget, against brute force over every single query."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from naslib_incremental.reports.statistics.budgets import cut
from naslib_incremental.reports.statistics.cells import Cell, read_cell
from tests.reports.builder import Episode, Query, RunFolder

ACCURACY = st.integers(50, 60).map(lambda hundredths: hundredths / 100)
TEST = st.one_of(ACCURACY, st.just(np.nan))
EPISODES = st.lists(st.lists(st.tuples(ACCURACY, TEST), max_size=6), min_size=1, max_size=12)


def write_cells(folder: Path, cells: list[list[list[Query]]]) -> list[Cell]:
    """Episodes, given by their queries, through a run folder and back."""
    episodes = {
        (number, 0): [Episode(queries) for queries in cell] for number, cell in enumerate(cells)
    }
    RunFolder(folder, {"local_search": episodes}).write()
    return [
        read_cell(
            folder / "cells" / "local_search" / f"agent{number}-set0.parquet",
            "local_search",
            "toy/one",
            number,
            0,
        )
        for number in range(len(cells))
    ]


def brute_force(cells: list[list[list[Query]]], budget: int) -> list[list[list[float]]]:
    """Every complete run as its best-so-far triples, query by query."""
    runs = []
    for cell in cells:
        collected: list[Query] = []
        for queries in cell:
            collected += queries
            if len(collected) >= budget:
                runs.append([best_so_far(collected[: q + 1]) for q in range(budget)])
                collected = []
    return runs


def best_so_far(queries: list[Query]) -> list[float]:
    validations = [validation for validation, _ in queries]
    selected = queries[validations.index(max(validations))][1]
    tests = [test for _, test in queries if not np.isnan(test)]
    return [max(validations), selected, max(tests, default=np.nan)]


@settings(max_examples=80, deadline=None)
@given(cells=st.lists(EPISODES, min_size=1, max_size=3), budget=st.integers(1, 15))
def test_runs_and_curves_equal_brute_force(
    tmp_path_factory: pytest.TempPathFactory, cells: list[list[list[Query]]], budget: int
) -> None:
    folder = tmp_path_factory.mktemp("run")
    found = cut(write_cells(folder, cells), budget)
    expected = np.array(brute_force(cells, budget)).reshape(-1, budget, 3)
    np.testing.assert_array_equal(found.finals, expected[:, -1, :])
    if not len(expected):
        assert np.isnan(found.mean).all()
        return
    np.testing.assert_allclose(found.mean, expected.mean(0).T, rtol=0, atol=1e-14)
    if len(expected) > 1:
        sigma = expected.std(0, ddof=1).T
        np.testing.assert_allclose(found.sigma, sigma, rtol=0, atol=1e-8)
    else:
        assert np.isnan(found.sigma).all()


def test_hand_computed_runs(tmp_path: Path) -> None:
    """Budget 3: the second episode is cut off after one query, the last two are incomplete."""
    first = [(0.6, 0.9), (0.7, 0.5)]
    second = [(0.7, 0.8), (0.9, 0.9)]
    third = [(0.5, 0.1)]
    found = cut(write_cells(tmp_path, [[first, second, third, third]]), 3)
    np.testing.assert_array_equal(found.finals, [[0.7, 0.5, 0.9]])
    np.testing.assert_array_equal(found.mean[0], [0.6, 0.7, 0.7])
    np.testing.assert_array_equal(found.mean[1], [0.9, 0.5, 0.5])
    np.testing.assert_array_equal(found.mean[2], [0.9, 0.9, 0.9])


def test_one_query_per_episode_is_groups_of_episodes(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    values = rng.random((2, 23))
    cells = [[[(float(v), float(v))] for v in cell] for cell in values]
    found = cut(write_cells(tmp_path, cells), 5)
    grouped = values[:, :20].reshape(2, 4, 5).max(axis=2)
    np.testing.assert_array_equal(found.finals[:, 0], grouped.ravel())
    assert found.agent_seed.tolist() == [0] * 4 + [1] * 4
    assert found.start_set.tolist() == [0] * 8


def test_equal_accuracies_have_no_spread_at_all(tmp_path: Path) -> None:
    found = cut(write_cells(tmp_path, [[[(0.93, 0.91)] for _ in range(30)]]), 3)
    assert (found.sigma == 0).all()
    assert (found.mean[0] == 0.93).all()


def test_cells_of_a_budget_hold_the_means_of_their_runs(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    written = [[[(float(v), float(v))] for v in rng.random(size)] for size in (21, 9, 3)]
    found = cut(write_cells(tmp_path, written), 4)
    assert found.cells.counts.tolist() == [[5], [2], [0]]
    own = [cut([one], 4).mean for one in write_cells(tmp_path, written)]
    np.testing.assert_allclose(found.cells.means[:, 0], own, atol=1e-14)
    np.testing.assert_allclose(found.cells.mean, found.mean, atol=1e-14)
    np.testing.assert_allclose(found.final_cells(1).mean, found.finals[:, 1].mean(), atol=1e-14)
