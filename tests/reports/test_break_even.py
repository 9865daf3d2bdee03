"""Break-even numbers of searches, by hand and against loops over searches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from naslib_incremental.reports.figures import break_even as figure
from naslib_incremental.reports.figures.canvas import palette
from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.break_even import (
    BEST,
    best_break_evens,
    break_evens,
    needed_queries,
    searches_until,
)
from naslib_incremental.reports.tables.costs import break_even_tables
from tests.reports.builder import Episode, RunBuilder, analysis_of, shown

TRAINED, RANDOM, EVOLUTION = "apex_incremental", "random_search", "regularized_evolution"


def analysed(folder: Path, searches: dict[str, list[list[float]]], **options: object) -> Analysis:
    """One search of each agent, given by its queries; cells are named by their accuracy.

    An episode is one query, but of evolution it is the whole search.
    """

    def episodes(name: str, values: list[float]) -> list[Episode]:
        if name == EVOLUTION:
            return [Episode([(v, 0.5) for v in values], name="final", stopped=False)]
        return [Episode([(v, 0.5)], name=f"cell{v}") for v in values]

    cells = {
        name: {(a, 0): episodes(name, one) for a, one in enumerate(agents)}
        for name, agents in searches.items()
    }
    budgets = (2, len(next(iter(searches.values()))[0]))
    run = RunBuilder(
        folder,
        cells,
        budgets=budgets,
        searching=(EVOLUTION,),
        **options,  # type: ignore[arg-type]
    )
    return analysis_of(run)


@given(
    curve=st.lists(st.integers(0, 20), min_size=1, max_size=9).map(sorted),
    target=st.integers(0, 21),
)
def test_needed_queries_by_search(curve: list[int], target: int) -> None:
    spent = np.cumsum(np.arange(1.0, len(curve) + 1))
    found = needed_queries(np.array(curve, float), spent, np.array([float(target)]))
    expected = next((s for s, value in zip(spent, curve, strict=True) if value >= target), np.inf)
    assert found.tolist() == [expected]


@given(
    training=st.integers(1, 500),
    costs=st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=9),
)
def test_break_even_by_counting_searches(training: int, costs: list[tuple[int, int]]) -> None:
    needed, spent = np.array(costs, float).T
    found = searches_until(training, needed, spent)
    for (own, other), searches in zip(costs, found, strict=True):
        if own >= other:
            assert searches == np.inf
            continue
        count = 0
        while training + count * own > count * other:
            count += 1
        assert np.ceil(searches - 1e-9) == count


def test_pairs_by_hand(tmp_path: Path) -> None:
    """Training saw 800 and 810; means of the agents are .7 .8 .8 .8, of the baseline .6 .7 .8 .9.

    The agents look at 1, 2 (1 of the second), 3 (2), 3 (2) cells, on average 1, 1.5, 2.5, 2.5.
    """
    analysis = analysed(
        tmp_path,
        {
            TRAINED: [[0.6, 0.8, 0.1, 0.1], [0.8, 0.8, 0.1, 0.1]],
            RANDOM: [[0.6, 0.7, 0.8, 0.9], [0.6, 0.7, 0.8, 0.9]],
        },
    )
    (pair,) = break_evens(analysis)
    assert pair.needed.tolist() == [1, 1, 1.5, np.inf]
    assert pair.training == 805
    assert pair.other.spent.tolist() == [1, 2, 3, 4]
    assert pair.searches.tolist() == [np.inf, 805, pytest.approx(805 / 1.5), np.inf]
    assert pair.by_agent.tolist() == [[np.inf, np.inf, 800, np.inf], [np.inf, 810, 405, np.inf]]
    (best,) = best_break_evens(analysis)
    assert (best.other.name, best.other.leaders) == (BEST, (RANDOM,) * 4)
    np.testing.assert_array_equal(best.searches, pair.searches)
    (table,) = break_even_tables(analysis)
    (row,) = shown(table)
    assert row[1:] == [
        "805 12 s",
        "805 (810 to never) against random_search: 1.0 for 2.0",
        "never (never to never) against random_search: not in 4 for 4.0",
    ]
    frame = figure.data(analysis)
    expected = [np.nan, 805, 805 / 1.5, np.nan]
    assert frame["searches"].tolist() == pytest.approx(expected, nan_ok=True)
    drawing = figure.figure(analysis, palette([TRAINED, RANDOM]))
    assert drawing is not None
    assert list(drawing.panels) == [TRAINED]


def test_the_best_baseline_changes_and_repeats_are_free(tmp_path: Path) -> None:
    """Random search leads first and looks at its first cell twice; evolution leads from then on."""
    analysis = analysed(
        tmp_path,
        {
            TRAINED: [[0.5, 0.9, 0.9, 0.9]],
            RANDOM: [[0.6, 0.6, 0.65, 0.7]],
            EVOLUTION: [[0.1, 0.2, 0.8, 0.9]],
        },
    )
    pairs = break_evens(analysis)
    assert [pair.other.name for pair in pairs] == [RANDOM, EVOLUTION]
    assert [pair.other.spent.tolist() for pair in pairs] == [[1, 1, 2, 3], [1, 2, 3, 4]]
    (best,) = best_break_evens(analysis)
    assert best.other.leaders == (RANDOM, RANDOM, EVOLUTION, EVOLUTION)
    assert best.other.targets.tolist() == [0.6, 0.6, 0.8, 0.9]
    assert best.other.spent.tolist() == [1, 1, 3, 4]
    assert best.needed.tolist() == [2, 2, 2, 2]
    assert best.searches.tolist() == [np.inf, np.inf, 800, 400]


def test_a_baseline_whose_repeats_are_not_known_is_left_out(tmp_path: Path) -> None:
    """Local search asks several times an episode, and the run does not say for what."""
    two = Episode([(0.6, 0.5), (0.7, 0.5)])
    cells = {
        TRAINED: {(0, 0): [Episode([(0.8, 0.5)])] * 4},
        "local_search": {(0, 0): [two] * 4},
    }
    analysis = analysis_of(RunBuilder(tmp_path, cells, budgets=(2, 4)))
    assert break_evens(analysis) == best_break_evens(analysis) == []
    assert list(break_even_tables(analysis)) == []


def test_nothing_is_ever_saved(tmp_path: Path) -> None:
    """Equal optimizers: never, and no figure."""
    same = [[0.5] * 4] * 2
    analysis = analysed(tmp_path, {TRAINED: same, RANDOM: same})
    (pair,) = break_evens(analysis)
    assert (pair.needed == 1).all()
    assert np.isinf(pair.searches).all()
    worse = analysed(tmp_path / "worse", {TRAINED: [[0.4] * 4], RANDOM: [[0.5] * 4]})
    assert figure.figure(worse, palette([TRAINED, RANDOM])) is None
    (table,) = break_even_tables(worse)
    assert {entry.text for row in table.grid().rows for entry in row[2:]} == {"never"}


def test_nothing_to_compare(tmp_path: Path) -> None:
    only = analysed(tmp_path / "a", {RANDOM: [[0.5] * 4]}, trained=())
    assert list(break_even_tables(only)) == []
    pair = {TRAINED: [[0.5] * 4], RANDOM: [[0.4] * 4]}
    (table,) = break_even_tables(analysed(tmp_path / "b", pair, agents_known=False))
    assert shown(table)[0][2:] == ["n/a (training queries not known)"] * 2
