"""Tables of inter-quartile means, chances and regret, by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.tables.comparisons import chance_tables
from naslib_incremental.reports.tables.robust import interquartile_tables, regret_tables
from tests.reports.builder import Episode, RunBuilder, analysis_of, shown


def analysed(folder: Path, finals: dict[str, list[float]], **options: object) -> Analysis:
    """Searches of one query; the same two agents and four start sets for all optimizers."""
    cells = {
        name: {(a, s): [Episode([(v, v / 2)]) for v in values] for a in range(2) for s in range(4)}
        for name, values in finals.items()
    }
    run = RunBuilder(folder, cells, budgets=(1, 9), **options)  # type: ignore[arg-type]
    return analysis_of(run)


@pytest.fixture
def analysis(tmp_path: Path) -> Analysis:
    return analysed(
        tmp_path,
        {"apex_incremental": [0.80, 0.90, 0.92, 0.97], "random_search": [0.70, 0.80, 0.85, 0.95]},
    )


def test_interquartile_means_by_hand(analysis: Analysis) -> None:
    (table,) = interquartile_tables(analysis)
    assert [row[2:] for row in shown(table)] == [
        [f"{mean} [{mean}, {mean}]", "n/a (no complete search)"]
        for mean in ("91.00", "82.50", "45.50", "41.25")
    ]


def test_chances_by_hand(analysis: Analysis) -> None:
    """.80 beats one and ties with one, .90 and .92 beat three, .97 all: 11.5 of 16."""
    (table,) = chance_tables(analysis)
    rows = shown(table)
    assert [row[0] for row in rows] == ["Best validation found", "Validation-selected test"]
    assert rows[0][3:] == ["71.88 [71.88, 71.88]", "n/a (no complete search)"]


def test_regret_by_hand(analysis: Analysis) -> None:
    (table,) = regret_tables(analysis)
    agent, baseline = shown(table)
    assert agent[1] == "7.25 [7.25, 7.25] median 6.00, optimum in 25.0 %"
    assert baseline[1] == "14.50 [14.50, 14.50] median 14.50, optimum in 0.0 %"
    assert agent[2] == "no complete search"


def test_no_optimum_and_no_pair(tmp_path: Path) -> None:
    nothing = {"validation_optimum": None}
    alone = analysed(tmp_path, {"random_search": [0.5] * 3}, trained=(), benchmark=nothing)
    assert list(regret_tables(alone)) == list(chance_tables(alone)) == []
