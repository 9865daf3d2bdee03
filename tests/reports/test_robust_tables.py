"""Tables of inter-quartile means, chances and regret, by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from naslib_incremental.reports.statistics.analysis import Analysis, analyse
from naslib_incremental.reports.statistics.reading import read_runs
from naslib_incremental.reports.tables.robust import (
    chances_table,
    interquartile_table,
    regret_table,
    robust_tables,
)
from tests.reports.builder import Episode, RunFolder


def analysed(folder: Path, finals: dict[str, list[float]], **options: object) -> Analysis:
    """Runs of one query; the same two agents and two start sets for all optimizers."""
    cells = {
        name: {(a, s): [Episode([(v, v / 2)]) for v in values] for a in range(2) for s in range(2)}
        for name, values in finals.items()
    }
    run = RunFolder(folder, cells, budgets=(1, 9), **options)  # type: ignore[arg-type]
    return analyse(read_runs([run.write()]))


@pytest.fixture
def analysis(tmp_path: Path) -> Analysis:
    return analysed(
        tmp_path,
        {"apex_incremental": [0.80, 0.90, 0.92, 0.97], "random_search": [0.70, 0.80, 0.85, 0.95]},
    )


def test_interquartile_means_by_hand(analysis: Analysis) -> None:
    rows = interquartile_table(analysis).rows
    assert [[entry.parts for entry in row[2:]] for row in rows] == [
        [("91.00", "91.00", "91.00"), ("n/a (no complete run)",)],
        [("82.50", "82.50", "82.50"), ("n/a (no complete run)",)],
        [("45.50", "45.50", "45.50"), ("n/a (no complete run)",)],
        [("41.25", "41.25", "41.25"), ("n/a (no complete run)",)],
    ]


def test_chances_by_hand(analysis: Analysis) -> None:
    """.80 beats one and ties with one, .90 and .92 beat three, .97 all: 11.5 of 16."""
    rows = chances_table(analysis).rows
    assert [row[0].parts[0] for row in rows] == [
        "Best validation found",
        "Validation-selected test",
    ]
    assert rows[0][3].parts == ("71.88", "71.88", "71.88")
    assert rows[0][4].parts == ("n/a (no complete run)",)


def test_regret_by_hand(analysis: Analysis) -> None:
    agent, baseline = regret_table(analysis).rows
    assert agent[1].parts == ("7.25", "7.25", "7.25", "6.00", "25.0")
    assert baseline[1].parts == ("14.50", "14.50", "14.50", "14.50", "0.0")
    assert agent[2].parts == ("no complete run",)


def test_no_optimum_and_no_pair(tmp_path: Path) -> None:
    nothing = {"validation_optimum": None}
    alone = analysed(tmp_path, {"random_search": [0.5] * 3}, trained=(), benchmark=nothing)
    assert [len(table.rows) for table in robust_tables(alone)] == [2, 0, 0]
