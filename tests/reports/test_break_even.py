"""Break-even numbers of searches, by hand and against a loop over searches."""

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
    break_evens,
    first_query,
    searches_until,
)
from naslib_incremental.reports.tables.costs import break_even_tables
from tests.reports.builder import Episode, RunBuilder, analysis_of, shown


def analysed(folder: Path, searches: dict[str, list[list[float]]], **options: object) -> Analysis:
    """One search of each agent, given by its queries."""
    cells = {
        name: {(a, 0): [Episode([(v, 0.5)]) for v in one] for a, one in enumerate(agents)}
        for name, agents in searches.items()
    }
    budgets = (2, len(next(iter(searches.values()))[0]))
    run = RunBuilder(folder, cells, budgets=budgets, **options)  # type: ignore[arg-type]
    return analysis_of(run)


@given(
    curve=st.lists(st.integers(0, 20), min_size=1, max_size=9).map(sorted),
    target=st.integers(0, 21),
)
def test_first_query_by_search(curve: list[int], target: int) -> None:
    found = first_query(np.array(curve, float), np.array([float(target)]))
    expected = next((q for q, value in enumerate(curve, 1) if value >= target), np.inf)
    assert found.tolist() == [expected]


@given(training=st.integers(1, 500), needed=st.lists(st.integers(1, 9), min_size=1, max_size=9))
def test_break_even_by_counting_searches(training: int, needed: list[int]) -> None:
    found = searches_until(training, np.array(needed, float))
    for query, (own, searches) in enumerate(zip(needed, found, strict=True), 1):
        if own >= query:
            assert searches == np.inf
            continue
        count = 0
        while training + count * own > count * query:
            count += 1
        assert np.ceil(searches - 1e-9) == count


def test_pairs_by_hand(tmp_path: Path) -> None:
    """Training cost 900 and 901; the agents' means are .7 .8 .8 .8, the baseline's .6 .7 .8 .9."""
    analysis = analysed(
        tmp_path,
        {
            "apex_incremental": [[0.6, 0.8, 0.1, 0.1], [0.8, 0.8, 0.1, 0.1]],
            "random_search": [[0.6, 0.7, 0.8, 0.9], [0.6, 0.7, 0.8, 0.9]],
        },
    )
    (pair,) = break_evens(analysis)
    assert pair.needed.tolist() == [1, 1, 2, np.inf]
    assert pair.training == 900.5
    assert pair.searches.tolist() == [np.inf, 900.5, 900.5, np.inf]
    assert pair.distinct.tolist() == [np.inf, 800, 800, np.inf]
    assert pair.by_agent.tolist() == [[np.inf, np.inf, 900, np.inf], [np.inf, 901, 450.5, np.inf]]
    (table,) = break_even_tables(analysis)
    (row,) = shown(table)
    assert row[2:] == [
        "900 800 distinct, 12 s",
        "901 (901 to never), 1 queries; 800 distinct",
        "never (never to never), over 4 queries; never distinct",
    ]
    frame = figure.data(analysis)
    assert frame["searches"].tolist() == pytest.approx([np.nan, 900.5, 900.5, np.nan], nan_ok=True)
    drawing = figure.figure(analysis, palette(["apex_incremental", "random_search"]))
    assert drawing is not None
    assert list(drawing.panels) == ["apex_incremental"]


def test_nothing_is_ever_saved(tmp_path: Path) -> None:
    """Equal optimizers: never, and no figure."""
    same = [[0.5] * 4] * 2
    analysis = analysed(tmp_path, {"apex_incremental": same, "random_search": same})
    (pair,) = break_evens(analysis)
    assert (pair.needed == 1).all()
    assert pair.searches[0] == np.inf
    worse = analysed(
        tmp_path / "worse", {"apex_incremental": [[0.4] * 4], "random_search": [[0.5] * 4]}
    )
    assert figure.figure(worse, palette(["apex_incremental", "random_search"])) is None
    (table,) = break_even_tables(worse)
    assert {entry.text for row in table.grid().rows for entry in row[3:]} == {"never"}


def test_nothing_to_compare(tmp_path: Path) -> None:
    only = analysed(tmp_path / "a", {"random_search": [[0.5] * 4]}, trained=())
    assert list(break_even_tables(only)) == []
    pair = {"apex_incremental": [[0.5] * 4], "random_search": [[0.4] * 4]}
    (table,) = break_even_tables(analysed(tmp_path / "b", pair, agents_known=False))
    assert shown(table)[0][3:] == ["n/a (training queries not known)"] * 2
