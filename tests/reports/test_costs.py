"""What agents cost before, and long searches beside it, by hand and against plain loops."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from naslib_incremental.records import EvaluationTask
from naslib_incremental.reports import build_report
from naslib_incremental.reports.figures import long_searches
from naslib_incremental.reports.figures.canvas import palette
from naslib_incremental.reports.statistics.costs import distinct_after, longest_search
from naslib_incremental.reports.statistics.runs import Evaluation
from naslib_incremental.reports.tables.costs import training_lines, training_tables
from tests.reports.builder import Episode, RunBuilder, analysis_of, as_columns, shown

TRAINED, EVOLUTION, RANDOM = "apex_incremental", "regularized_evolution", "random_search"
TABLE = {"architectures": 4_000}


def search(values: list[float], *, stopped: bool = False) -> Episode:
    return Episode([(value, 0.5) for value in values], name="best", stopped=stopped)


def run(folder: Path, **options: object) -> RunBuilder:
    """Two agents of four episodes, evolution with two long searches, random search."""
    single = [Episode([(v, 0.5)], name=f"cell{v}") for v in (0.6, 0.6, 0.8, 0.7)]
    long = [search([0.5, 0.6, 0.7, 0.8, 0.9, 0.95]), search([0.5, 0.5, 0.5, 0.6], stopped=True)]
    cells = {
        TRAINED: {(agent, 0): single for agent in (0, 1)},
        EVOLUTION: {(agent, 0): long for agent in (0, 1)},
        RANDOM: {(agent, 0): single for agent in (0, 1)},
    }
    settings = {"benchmark": TABLE, "best_validation": 0.97, **options}
    return RunBuilder(
        folder,
        cells,
        budgets=(2, 4),
        searching=(EVOLUTION,),
        **settings,  # type: ignore[arg-type]
    )


def test_costs_of_agents_that_learn_on_the_benchmark(tmp_path: Path) -> None:
    analysis = analysis_of(run(tmp_path))
    (table,) = training_tables(analysis)
    assert shown(table) == [
        [TRAINED, "0", "itself", "900", "70", "800", "20.00", "4,000", "97.00", "1,000", "12"],
        [TRAINED, "1", "itself", "901", "70", "810", "20.25", "4,000", "97.00", "1,000", "12"],
    ]
    (line,) = training_lines(analysis)
    assert line == (
        f"{TRAINED}: 900 queries to train, 70 to choose the policy; 805 different architectures "
        "= 20.1% of the table (4,000); best met 97.00"
    )


def test_costs_on_another_benchmark_say_so_and_no_best(tmp_path: Path) -> None:
    """The best of another data set is no accuracy of this one."""
    analysis = analysis_of(run(tmp_path, trained_on=("toy/two",)))
    (table,) = training_tables(analysis)
    assert [row[2] for row in shown(table)] == ["toy/two"] * 2
    assert [row[8] for row in shown(table)] == ["n/a"] * 2
    assert training_lines(analysis)[0].endswith("= 20.1% of the table (4,000); on toy/two")


def test_who_learns_elsewhere_never_asked_the_target(tmp_path: Path) -> None:
    sources = ("toy/two", "toy/three")
    analysis = analysis_of(run(tmp_path, trained_on=sources, learns_elsewhere=True))
    (table,) = training_tables(analysis)
    assert {row[2] for row in shown(table)} == {"2 others; toy/one never queried"}
    assert {row[7] for row in shown(table)} == {"8,000"}
    assert [row[6] for row in shown(table)] == ["10.00", "10.12"]
    expected = "900 queries on 2 others; toy/one was never queried"
    assert training_lines(analysis) == [f"{TRAINED}: {expected}"]


def test_costs_where_no_table_holds_the_space(tmp_path: Path) -> None:
    analysis = analysis_of(run(tmp_path, benchmark={}, best_validation=None))
    (table,) = training_tables(analysis)
    assert [row[6:9] for row in shown(table)] == [["n/a"] * 3] * 2
    (line,) = training_lines(analysis)
    assert line.endswith("805 different architectures")


def test_the_terminal_says_what_agents_cost(tmp_path: Path) -> None:
    report = build_report([run(tmp_path / "run").write()], tmp_path / "report", ["md"])
    before = report.text.partition("Before the first search:\n")[2]
    assert before.startswith(f"  {TRAINED}: 900 queries to train, 70 to choose the policy;")
    assert {"training.md", "break_even.md"} <= {
        path.name for path in (tmp_path / "report" / "tables").iterdir()
    }
    without = run(tmp_path / "other", trained=()).write()
    assert "Before the first" not in build_report([without], tmp_path / "none", ["md"]).text


@given(
    st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=12), min_size=1, max_size=3),
    st.integers(1, 6),
)
def test_distinct_queries_by_a_set(cells: list[list[int]], budget: int) -> None:
    evaluations = [
        Evaluation(
            EvaluationTask(RANDOM, number, 0),
            as_columns([Episode([(0.5, 0.5)], name=f"cell{cell}") for cell in own]),
        )
        for number, own in enumerate(cells)
    ]
    looked = [
        [len(set(own[first : first + query])) for query in range(1, budget + 1)]
        for own in cells
        for first in range(0, len(own) - budget + 1, budget)
    ]
    found = distinct_after(evaluations, budget)
    assert found is not None
    if looked:
        assert found == pytest.approx(np.mean(looked, axis=0))
    else:
        assert np.isnan(found).all()


def test_what_an_episode_asked_for_may_not_be_known() -> None:
    task = EvaluationTask("local_search", 0, 0)
    several = [Episode([(0.5, 0.5), (0.6, 0.5)])]
    other = [Episode([(0.5, 0.5)], final=(0.7, 0.5))]
    for episodes in (several, other):
        assert distinct_after([Evaluation(task, as_columns(episodes))], 1) is None
    found = distinct_after([Evaluation(task, as_columns(several), is_search=True)], 3)
    assert found is not None
    assert found.tolist() == [1, 2, 3]


def test_the_longest_searches_are_those_that_all_made_or_stopped_before(tmp_path: Path) -> None:
    trained, evolution, random = analysis_of(run(tmp_path)).optimizers
    assert [longest_search(one) for one in (trained, evolution, random)] == [0, 6, 0]
    assert evolution.searches(6).mean[0] == pytest.approx([0.5, 0.55, 0.6, 0.7, 0.75, 0.775])
    one = run(tmp_path / "stopped")
    one.episodes[EVOLUTION] = {(0, 0): [search([0.5] * n, stopped=True) for n in (3, 5)]}
    assert longest_search(analysis_of(one).optimizers[1]) == 5


def test_long_searches_by_hand(tmp_path: Path) -> None:
    """A search of four queries looks at .6, .6, .8, .7: three cells, the best .8."""
    analysis = analysis_of(run(tmp_path))
    frame = long_searches.data(analysis)
    marks = frame[frame["optimizer"] == TRAINED].set_index("what")
    assert marks.loc["agent in all", ["distinct", "queries", "mean"]].tolist() == pytest.approx(
        [805 + 3, 900.5 + 70 + 4, 0.8]
    )
    assert marks.loc["met in training", ["distinct", "queries", "mean"]].tolist() == pytest.approx(
        [805, 900.5 + 70, 0.97]
    )
    curve = frame[frame["optimizer"] == EVOLUTION]
    assert curve["distinct"].tolist() == [1, 2, 3, 4, 5, 6]
    assert curve["mean"].tolist() == pytest.approx([0.5, 0.55, 0.6, 0.7, 0.75, 0.775])
    assert RANDOM not in set(frame["optimizer"])
    drawing = long_searches.figure(analysis, palette([TRAINED, EVOLUTION, RANDOM]))
    assert drawing is not None
    (axes,) = drawing.panels["best_validation"].axes
    assert axes.get_xscale() == "log"
    assert axes.get_xlim()[1] > 4_000, "the whole table is in the picture"


@pytest.mark.parametrize("missing", ["agents", "searches"])
def test_no_long_searches_without_both(tmp_path: Path, missing: str) -> None:
    one = run(tmp_path, **({"agents_known": False} if missing == "agents" else {}))
    if missing == "searches":
        del one.episodes[EVOLUTION]
    assert long_searches.figure(analysis_of(one), palette([TRAINED, EVOLUTION, RANDOM])) is None
