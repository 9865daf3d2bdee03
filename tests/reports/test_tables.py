"""Tables: one set of digits in every format, and the words around them."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from naslib_incremental.reports.build import all_tables
from naslib_incremental.reports.statistics.analysis import Analysis, analyse
from naslib_incremental.reports.statistics.comparisons import contrasts, leads, statement
from naslib_incremental.reports.statistics.reading import read_runs
from naslib_incremental.reports.tables.budgets import (
    budget_table,
    contrast_table,
    endings_table,
    improvement_table,
    percent,
    points,
)
from naslib_incremental.reports.tables.costs import episodes_table, throughput_table, training_table
from naslib_incremental.reports.tables.rendering import (
    Column,
    Entry,
    Table,
    comma_separated,
    escape_latex,
    latex,
    markdown,
    terminal,
)
from tests.reports.builder import Episode, Query, RunFolder, random_episodes


def analysed(folder: Path, cells: dict[str, list[Query]], **options: object) -> Analysis:
    """One cell per optimizer, one query per episode."""
    run = RunFolder(
        folder,
        {
            name: {(0, 0): [Episode([query], start=(0.5, 0.5)) for query in queries]}
            for name, queries in cells.items()
        },
        **options,  # type: ignore[arg-type]
    )
    return analyse(read_runs([run.write()]))


def random_analysis(folder: Path, *, test: bool = True) -> Analysis:
    rng = np.random.default_rng(8)
    cells = {
        name: {(a, s): random_episodes(rng, 40, 4, test=test) for a in range(2) for s in range(2)}
        for name in ("local_search", "apex_incremental", "random_walk")
    }
    return analyse(read_runs([RunFolder(folder, cells).write()]))


ROW = Table(
    "t",
    "Title",
    (Column("name", numeric=False), Column("50 queries", ("mean", "low", "high"), "[{1}, {2}]")),
    (
        (Entry(("a_b|c",)), Entry(("81.20", "81.10", "81.30"), bold=True)),
        (Entry(("d",)), Entry(("no test accuracy",))),
    ),
    "100 % & more.",
)


def test_digits_stand_below_each_other_beside_a_star() -> None:
    rows = ((Entry(("1.25",), bold=True),), (Entry(("10.50",)),))
    table = Table("t", "Title", (Column("points"),), rows, "")
    assert terminal(table).splitlines()[2:] == ["points", " 1.25*", "10.50"]


def test_every_format_by_hand() -> None:
    assert markdown(ROW).splitlines() == [
        "### Title",
        "",
        "| name | 50 queries |",
        "| :--- | ---: |",
        "| a_b\\|c | **81.20** [81.10, 81.30] |",
        "| d | no test accuracy |",
        "",
        "100 % & more.",
    ]
    assert comma_separated(ROW).splitlines() == [
        "name,50 queries mean,50 queries low,50 queries high",
        "a_b|c,81.20,81.10,81.30",
        "d,no test accuracy,,",
    ]
    written = latex(ROW)
    assert r"a\_b|c & \textbf{81.20} [81.10, 81.30] \\" in written
    assert r"d & no test accuracy \\" in written
    assert r"\caption{Title. 100 \% \& more.}" in written
    assert terminal(ROW).splitlines() == [
        "Title",
        "",
        "name         50 queries",
        "a_b|c            81.20*",
        "         [81.10, 81.30]",
        "d      no test accuracy",
    ]


def test_latex_prints_what_it_would_obey() -> None:
    assert escape_latex(r"\$_{x}^~<%") == (
        r"\textbackslash{}\$\_\{x\}\textasciicircum{}\textasciitilde{}\textless{}\%"
    )


@pytest.mark.parametrize(
    ("value", "expected"), [(0.81234, "81.23"), (-0.00001, "0.00"), (np.nan, "n/a")]
)
def test_percent(value: float, expected: str) -> None:
    assert percent(value) == expected


def test_points() -> None:
    assert [points(x) for x in (0.012, -0.012, -1e-9)] == ["+1.20", "-1.20", "0.00"]


def test_formats_agree_digit_by_digit(tmp_path: Path) -> None:
    analysis = random_analysis(tmp_path)
    digits = re.compile(r"-?\d+\.\d\d")
    tables = all_tables(analysis, contrasts(analysis))
    assert len(tables) > 8
    for table in tables.values():
        lines = list(csv.reader(io.StringIO(comma_separated(table))))[1:]
        rows = [digits.findall("; ".join(line)) for line in lines]
        body = markdown(table).splitlines()[4 : 4 + len(table.rows)]
        assert [digits.findall(line) for line in body] == rows
        printed = [line for line in latex(table).splitlines() if line.endswith(r"\\")][1:]
        assert [digits.findall(line) for line in printed] == rows
        counts = {"training", "throughput", "break_even", "episode_costs"}
        assert any(rows) or table.name in counts


def test_budget_table_by_hand(tmp_path: Path) -> None:
    """Runs of two: best validations .62 .70 and .64 .64; of five queries there is no run."""
    analysis = analysed(
        tmp_path,
        {
            "apex_incremental": [(0.60, 0.9), (0.62, 0.5), (0.70, 0.6), (0.60, 0.8)],
            "random_walk": [(0.64, 0.7), (0.64, 0.9), (0.5, 0.5), (0.64, 0.6)],
        },
    )
    best, selected, seen = (budget_table(analysis, index).rows for index in range(3))
    assert [row[0].parts[0] for row in best] == ["apex_incremental", "random_walk"]
    alone = ("n/a", "one agent")
    assert best[0][1].parts == ("66.00", "5.66", *alone, "62.00", "70.00", "2")
    assert best[1][1].parts == ("64.00", "0.00", *alone, "64.00", "64.00", "2")
    assert (best[0][1].bold, best[1][1].bold) == (True, False)
    assert best[0][2].parts == ("no complete run",)
    assert [row[1].parts[0] for row in selected] == ["55.00", "65.00"]
    assert [row[1].parts[0] for row in seen] == ["85.00", "75.00"]


def test_equal_digits_are_equally_good(tmp_path: Path) -> None:
    same = [(0.93, 0.92)] * 6
    analysis = analysed(tmp_path, {"apex_incremental": same, "random_walk": [(0.930004, 0.92)] * 6})
    rows = budget_table(analysis, 0).rows
    assert [row[1].bold for row in rows] == [True, True]


def test_no_test_accuracy_is_said(tmp_path: Path) -> None:
    analysis = random_analysis(tmp_path, test=False)
    for index in (1, 2):
        for row in budget_table(analysis, index).rows:
            assert [entry.parts for entry in row[1:]] == [("no test accuracy",)] * 2
    assert [row[0].parts[0] for row in improvement_table(analysis).rows] == ["validation"] * 3
    assert {one.measure.accuracy for one in contrasts(analysis)} == {"validation"}


def test_some_missing_test_accuracies_are_counted(tmp_path: Path) -> None:
    queries = [(0.6, 0.6), (0.6, 0.5), (0.7, np.nan), (0.6, 0.8)]
    analysis = analysed(tmp_path, {"random_walk": queries})
    assert budget_table(analysis, 1).rows[0][1].parts == ("test missing in 1 of 2 runs",)
    assert budget_table(analysis, 2).rows[0][1].parts[0] == "70.00"


def test_improvement_endings_and_training_by_hand(tmp_path: Path) -> None:
    episodes = [
        Episode([(0.6, 0.5)], start=(0.5, 0.5), name="b", steps=2),
        Episode([(0.7, 0.5)], start=(0.5, 0.5), name="a", steps=4, stopped=False),
        Episode([(0.7, 0.5)], start=(0.7, 0.5), name="a", steps=0),
        Episode([(0.4, 0.5)], start=(0.5, 0.5), name="b", steps=2),
    ]
    run = RunFolder(tmp_path, {"apex_incremental": {(0, 0): episodes}})
    analysis = analyse(read_runs([run.write()]))
    validation, test = improvement_table(analysis).rows
    assert [entry.parts for entry in validation[2:4]] == [("+5.00",), ("-2.50", "+12.50")]
    assert validation[-1].parts == ("50.00",)
    assert test[-2].parts == ("n/a",)
    (ends,) = endings_table(analysis).rows
    assert [entry.parts[0] for entry in ends[1:]] == [
        *("a", "50.00 %", "70.00 %", "2"),
        *("4", "2.0", "1.0", "75.00 %"),
    ]
    (agent,) = training_table(analysis).rows
    costs = ["apex_incremental", "0", "1,000", "12", "900", "800"]
    assert [entry.parts[0] for entry in agent] == costs
    rates = [[entry.parts[0] for entry in row[1:]] for row in throughput_table(analysis).rows]
    assert rates == [["1", "30,000", "20,000"], ["1,024", "2,000,000", "400,000"]]


def test_seconds_of_episodes_are_those_of_the_cells_over_their_number(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run", {"random_walk": {(0, 0): [Episode([(0.5, 0.5)])] * 8}})
    path = folder.write()
    (row,) = episodes_table(analyse(read_runs([path]))).rows
    assert [entry.parts[0] for entry in row] == ["random_walk", "4", "1.0"]
    file = path / "cells" / "random_walk" / "agent0-set0.parquet"
    pq.write_table(pq.read_table(file).replace_schema_metadata(None), file)
    assert episodes_table(analyse(read_runs([path]))).rows == ()


def test_trainings_that_no_seed_repeats_are_named(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run", {"a": {(0, 0): [Episode([(0.5, 0.5)] * 5)]}}, name="loose")
    folder = run.write()
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    for reproducible, said in ((True, False), (False, True)):
        path.write_text(json.dumps({**manifest, "reproducible": reproducible}))
        note = training_table(analyse(read_runs([folder]))).caption
        sentence = "loose: trained by processes that do not wait for each other"
        assert (sentence in note) == said


def test_contrasts_say_where_not(tmp_path: Path) -> None:
    rng = np.random.default_rng(9)

    def noisy(mean: float) -> list[Query]:
        return [(float(v), 0.5) for v in np.round(rng.normal(mean, 0.01, 200), 3)]

    analysis = analysed(
        tmp_path,
        {
            "apex_incremental": noisy(0.70),
            "local_search": noisy(0.72),
            "random_search": noisy(0.60),
            "random_walk": noisy(0.70),
        },
        budgets=(1, 2),
    )
    found = [one for one in contrasts(analysis) if one.measure.key == "best_validation"]
    verdicts = {(one.other, one.budget): one.verdict for one in found}
    assert verdicts["local_search", 1] == verdicts["local_search", 2] == "behind"
    assert verdicts["random_search", 1] == verdicts["random_search", 2] == "ahead"
    assert verdicts["random_walk", 1] == "even"
    for one in found:
        means = {o.name: o.budgets[one.budget].finals[:, 0].mean() for o in analysis.optimizers}
        assert one.difference == pytest.approx(means[one.name] - means[one.other])
        low, high = one.episodes
        assert low < one.difference < high
        assert one.seeds.reason == "one agent"
    assert {lead.name for lead in leads(analysis)} == {"local_search"}
    pair = [one for one in found if one.other == "local_search"]
    sizes = sorted(f"{100 * abs(one.difference):.2f}" for one in pair)
    assert statement(pair) == (
        "apex_incremental is behind local_search at 1 and 2 queries "
        f"by {sizes[0]} to {sizes[1]} points "
        "(1 agent: said of these alone, as the method needs 5 or more)."
    )


def test_agents_that_disagree_are_not_ahead(tmp_path: Path) -> None:
    """Five agents, one below the baseline: the episodes are sure, the seeds are not."""
    rng = np.random.default_rng(10)

    def cells(means: list[float]) -> dict[tuple[int, int], list[Episode]]:
        return {
            (agent, number): [Episode([(float(v), 0.5)]) for v in rng.normal(mean, 0.001, 50)]
            for agent, mean in enumerate(means)
            for number in range(2)
        }

    optimizers = {
        "apex_incremental": cells([0.70, 0.72, 0.71, 0.69, 0.64]),
        "local_search": cells([0.68] * 5),
        "random_search": cells([0.60] * 5),
    }
    run = RunFolder(tmp_path, optimizers, budgets=(5,))
    analysis = analyse(read_runs([run.write()]))
    first, second, *_ = contrasts(analysis)
    assert (first.other, second.other) == ("local_search", "random_search")
    assert first.episodes[0] > 0
    assert first.seeds.low < 0 < first.seeds.high
    assert (first.verdict, second.verdict) == ("even", "ahead")
    assert second.signs.p == 0.0625
    assert first.general
    assert statement([second]).endswith(" points.")
    entry = contrast_table([first, second]).rows[1][3]
    assert entry.parts[5:] == ("0.0625", "ahead")
    assert "at least 0.0625" in contrast_table([first, second]).caption


def test_equal_optimizers_are_even(tmp_path: Path) -> None:
    same = [(0.93, 0.92)] * 7
    analysis = analysed(tmp_path, {"apex_incremental": same[:4], "random_walk": same}, budgets=(1,))
    assert {one.verdict for one in contrasts(analysis)} == {"even"}
    assert "not clearly different from random_walk at 1 queries" in statement(
        contrasts(analysis)[:1]
    )
