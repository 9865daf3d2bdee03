"""Break-even numbers of searches, by hand and against a loop over searches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from naslib_incremental.reports.figures import break_even as figure
from naslib_incremental.reports.figures.canvas import palette
from naslib_incremental.reports.statistics.analysis import Analysis, analyse
from naslib_incremental.reports.statistics.break_even import (
    break_even_table,
    break_evens,
    first_query,
    searches_until,
)
from naslib_incremental.reports.statistics.reading import read_runs
from tests.reports.builder import Episode, RunFolder


def analysed(folder: Path, runs: dict[str, list[list[float]]], **options: object) -> Analysis:
    """One run of each agent, given by its queries."""
    cells = {
        name: {(a, 0): [Episode([(v, 0.5)]) for v in run] for a, run in enumerate(agents)}
        for name, agents in runs.items()
    }
    budgets = (2, len(next(iter(runs.values()))[0]))
    run = RunFolder(folder, cells, budgets=budgets, **options)  # type: ignore[arg-type]
    return analyse(read_runs([run.write()]))


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
    (row,) = break_even_table(analysis).rows
    assert row[2].parts == ("900", "800", "12")
    assert row[3].parts == ("901", "901", "never", "1", "800")
    assert row[4].parts == ("never", "never", "never", "over 4", "never")
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
    assert {entry.parts[0] for row in break_even_table(worse).rows for entry in row[3:]} == {
        "never"
    }


def test_nothing_to_compare(tmp_path: Path) -> None:
    only = analysed(tmp_path / "a", {"random_search": [[0.5] * 4]}, trained=())
    assert break_even_table(only).rows == ()
    unknown = analysed(
        tmp_path / "b", {"apex_incremental": [[0.5] * 4], "random_search": [[0.4] * 4]}, trained=()
    )
    (tmp_path / "b" / "agents" / "apex_incremental").mkdir(parents=True)
    unknown = analyse(read_runs([tmp_path / "b"]))
    (row,) = break_even_table(unknown).rows
    assert row[3].parts == ("n/a (training queries not known)",)
