"""Tables: one set of digits in every format, and the words around them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from naslib_incremental.reports.sections import RUN_SECTIONS
from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.comparisons import leads, statement
from naslib_incremental.reports.statistics.runs import read_runs
from naslib_incremental.reports.tables.budgets import budget_table
from naslib_incremental.reports.tables.comparisons import contrast_table
from naslib_incremental.reports.tables.costs import (
    episode_tables,
    throughput_tables,
    training_tables,
)
from naslib_incremental.reports.tables.episodes import ending_tables, improvement_tables
from naslib_incremental.reports.tables.table import (
    Column,
    Table,
    comma_separated,
    escape_latex,
    latex,
    markdown,
    percent,
    points,
    terminal,
    text_column,
)
from tests.reports.builder import (
    Episode,
    Pair,
    Query,
    RunBuilder,
    analysis_of,
    random_episodes,
    shown,
)


def analysed(folder: Path, cells: dict[str, list[Query]], **options: object) -> Analysis:
    """One cell per optimizer, one query per episode."""
    run = RunBuilder(
        folder,
        {
            name: {(0, 0): [Episode([query], start=(0.5, 0.5)) for query in queries]}
            for name, queries in cells.items()
        },
        **options,  # type: ignore[arg-type]
    )
    return analysis_of(run)


def crossed_cells(
    values: Callable[[int], Iterable[float]], agents: int = 5, sets: int = 5
) -> dict[Pair, list[Episode]]:
    """Episodes of one query of each agent on each start set, by agent."""
    return {
        (agent, number): [Episode([(float(v), 0.5)]) for v in values(agent)]
        for agent in range(agents)
        for number in range(sets)
    }


def random_analysis(folder: Path, *, test: bool = True) -> Analysis:
    rng = np.random.default_rng(8)
    cells = {
        name: {(a, s): random_episodes(rng, 40, 4, test=test) for a in range(2) for s in range(2)}
        for name in ("local_search", "apex_incremental", "random_walk")
    }
    return analysis_of(RunBuilder(folder, cells))


TABLE = Table(
    "t",
    "Title",
    "100 % & more.",
    pd.DataFrame(
        {
            "name": ["a_b|c", "d"],
            "queries": [50, 50],
            "mean": [0.812, np.nan],
            "low": [1 / 3, np.nan],
            "high": [0.813, np.nan],
            "best": [True, False],
            "note": ["", "no test accuracy"],
        }
    ),
    (text_column("name"),),
    (
        Column(
            "{queries} queries", "{mean:percent}", "[{low:percent}, {high:percent}]", bold="best"
        ),
    ),
    across="queries",
)


def test_digits_stand_below_each_other_beside_a_star() -> None:
    frame = pd.DataFrame({"points": [0.0125, 0.105], "best": [True, False]})
    table = Table("t", "T", "", frame, (), (Column("points", "{points:percent}", bold="best"),))
    assert terminal(table).splitlines()[2:] == ["points", " 1.25*", "10.50"]


def test_one_table_in_every_format() -> None:
    assert markdown(TABLE).splitlines() == [
        "### Title",
        "",
        "| name | 50 queries |",
        "| :--- | ---: |",
        "| a_b\\|c | **81.20** [33.33, 81.30] |",
        "| d | no test accuracy |",
        "",
        "100 % & more.",
    ]
    written = latex(TABLE)
    assert r"a\_b|c & \textbf{81.20} [33.33, 81.30] \\" in written
    assert r"d & no test accuracy \\" in written
    assert r"\caption{Title. 100 \% \& more.}" in written
    assert terminal(TABLE).splitlines() == [
        "Title",
        "",
        "name         50 queries",
        "a_b|c            81.20*",
        "         [33.33, 81.30]",
        "d      no test accuracy",
    ]


def test_why_nothing_stands_out_stands_there_in_every_format() -> None:
    frame = TABLE.frame.assign(best=False, no_star=["no star: 1 & 2", ""])
    column = replace(TABLE.columns[0], refusal="no_star")
    table = replace(TABLE, frame=frame, columns=(column,))
    assert "| a_b\\|c | 81.20 [33.33, 81.30] no star: 1 & 2 |" in markdown(table)
    assert r"a\_b|c & 81.20 [33.33, 81.30] no star: 1 \& 2 \\" in latex(table)
    assert terminal(table).splitlines()[3:] == [
        "a_b|c             81.20",
        "         [33.33, 81.30]",
        "         no star: 1 & 2",
        "d      no test accuracy",
    ]


def test_csv_is_the_facts_in_full_precision() -> None:
    """What pandas reads back is what was computed: no per cent, nothing rounded."""
    read = pd.read_csv(io.StringIO(comma_separated(TABLE)), keep_default_na=True)
    pd.testing.assert_frame_equal(
        read.fillna({"note": ""}),
        TABLE.frame,
        check_exact=True,
    )
    assert read["low"][0] == 1 / 3


def test_facts_that_share_a_row_stand_beside_each_other_whatever_their_order() -> None:
    frame = pd.DataFrame({"name": ["a", "b", "a"], "queries": [50, 50, 9], "mean": [0.1, 0.2, 0.3]})
    columns = (Column("{queries} queries", "{mean:percent}"),)
    table = Table("t", "T", "", frame, (text_column("name"),), columns, across="queries")
    assert [head.title for head in table.grid().heads] == ["name", "50 queries", "9 queries"]
    assert shown(table) == [["a", "10.00", "30.00"], ["b", "20.00", ""]]


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
    makers = [make for section in RUN_SECTIONS for make in section.tables]
    tables = [table for make in makers for table in make(analysis)]
    assert len(tables) > 8
    for table in tables:
        rows = [digits.findall("; ".join(row)) for row in shown(table)]
        body = markdown(table).splitlines()[4 : 4 + len(rows)]
        assert [digits.findall(line) for line in body] == rows
        printed = [line for line in latex(table).splitlines() if line.endswith(r"\\")][1:]
        assert [digits.findall(line) for line in printed] == rows
        counts = {"training", "throughput", "break_even", "episode_costs"}
        assert any(rows) or table.name in counts


def test_budget_table_by_hand(tmp_path: Path) -> None:
    """Searches of two: best validations .62 .70 and .64 .64; of five queries there is no search."""
    analysis = analysed(
        tmp_path,
        {
            "apex_incremental": [(0.60, 0.9), (0.62, 0.5), (0.70, 0.6), (0.60, 0.8)],
            "random_walk": [(0.64, 0.7), (0.64, 0.9), (0.5, 0.5), (0.64, 0.6)],
        },
    )
    tables = [budget_table(analysis, index) for index in range(3)]
    best, selected, seen = map(shown, tables)
    assert [row[0] for row in best] == ["apex_incremental", "random_walk"]
    assert best[0][1] == "66.00 ± 5.66 [n/a, one agent] (episodes [62.00, 70.00])"
    assert best[1][1] == "64.00 ± 0.00 [64.00, 64.00] (episodes [64.00, 64.00])"
    assert [row[1].bold for row in tables[0].grid().rows] == [False, False]
    refused = [row[1].refusal for row in tables[0].grid().rows]
    assert refused == ["no star: 1 agent, 5 needed", ""]
    assert best[0][2] == "no complete search"
    assert [row[1][:5] for row in selected] == ["55.00", "65.00"]
    assert [row[1][:5] for row in seen] == ["85.00", "75.00"]
    frame = tables[0].frame.set_index(["optimizer", "queries"])
    assert frame["mean"]["apex_incremental", 2] == pytest.approx(0.66)
    assert frame["sigma"]["apex_incremental", 2] == pytest.approx(0.08 / 2**0.5)
    assert frame["searches"].tolist() == [2, 0, 2, 0]


def test_means_nearer_than_the_resolution_are_equally_good(tmp_path: Path) -> None:
    cells = {
        "apex_incremental": crossed_cells(lambda _: [0.93005] * 6),
        "random_walk": crossed_cells(lambda _: [0.92997] * 6),
        "random_search": crossed_cells(lambda _: [0.92994] * 6),
    }
    analysis = analysis_of(RunBuilder(tmp_path, cells, budgets=(1,)))
    rows = budget_table(analysis, 0).grid().rows
    assert [row[1].bold for row in rows] == [True, True, False]
    assert "no star" not in terminal(budget_table(analysis, 0))


def test_no_test_accuracy_is_said(tmp_path: Path) -> None:
    analysis = random_analysis(tmp_path, test=False)
    for index in (1, 2):
        for row in shown(budget_table(analysis, index)):
            assert row[1:] == ["no test accuracy"] * 2
    (table,) = improvement_tables(analysis)
    assert [row[0] for row in shown(table)] == ["validation"] * 3
    assert {one.measure.accuracy for one in analysis.contrasts} == {"validation"}


def test_some_missing_test_accuracies_are_counted(tmp_path: Path) -> None:
    queries = [(0.6, 0.6), (0.6, 0.5), (0.7, np.nan), (0.6, 0.8)]
    analysis = analysed(tmp_path, {"random_walk": queries})
    selected, seen = (shown(budget_table(analysis, index)) for index in (1, 2))
    assert selected[0][1] == "test missing in 1 of 2 searches"
    assert seen[0][1].startswith("70.00 ")


def test_improvement_endings_and_training_by_hand(tmp_path: Path) -> None:
    episodes = [
        Episode([(0.6, 0.5)], start=(0.5, 0.5), name="b", steps=2),
        Episode([(0.7, 0.5)], start=(0.5, 0.5), name="a", steps=4, stopped=False),
        Episode([(0.7, 0.5)], start=(0.7, 0.5), name="a", steps=0),
        Episode([(0.4, 0.5)], start=(0.5, 0.5), name="b", steps=2),
    ]
    run = RunBuilder(tmp_path, {"apex_incremental": {(0, 0): episodes}})
    analysis = analysis_of(run)
    (table,) = improvement_tables(analysis)
    validation, test = shown(table)
    assert validation[2:4] == ["+5.00", "-2.50 to +12.50"]
    assert validation[-1] == "50.00"
    assert test[-2] == "n/a"
    (table,) = ending_tables(analysis)
    (ends,) = shown(table)
    assert ends[1:] == [
        *("a", "50.00 %", "70.00 %", "2"),
        *("4", "2.0", "1.0", "75.00 %"),
    ]
    (table,) = training_tables(analysis)
    assert [row[:2] + row[3:6] + row[-2:] for row in shown(table)] == [
        ["apex_incremental", "0", "900", "70", "800", "1,000", "12"]
    ]
    (table,) = throughput_tables(analysis)
    assert [row[1:] for row in shown(table)] == [
        ["1", "30,000", "20,000"],
        ["1,024", "2,000,000", "400,000"],
    ]


def test_seconds_of_episodes_are_those_of_the_evaluations_over_their_number(
    tmp_path: Path,
) -> None:
    run = RunBuilder(tmp_path / "run", {"random_walk": {(0, 0): [Episode([(0.5, 0.5)])] * 8}})
    (table,) = episode_tables(analysis_of(run))
    assert shown(table) == [["random_walk", "4", "1.0"]]


def test_trainings_that_no_seed_repeats_are_named(tmp_path: Path) -> None:
    episodes = {"apex_incremental": {(0, 0): [Episode([(0.5, 0.5)] * 5)]}}
    for reproducible, said in ((True, False), (False, True)):
        run = RunBuilder(tmp_path, episodes, name="loose", reproducible=reproducible)
        (table,) = training_tables(analysis_of(run))
        sentence = "loose: trained by processes that do not wait for each other"
        assert (sentence in table.caption) == said


def test_contrasts_say_where_not(tmp_path: Path) -> None:
    rng = np.random.default_rng(9)

    def noisy(mean: float) -> dict[Pair, list[Episode]]:
        return crossed_cells(lambda _: np.round(rng.normal(mean, 0.01, 40), 3))

    cells = {
        "apex_incremental": noisy(0.70),
        "local_search": noisy(0.72),
        "random_search": noisy(0.60),
        "random_walk": noisy(0.70),
    }
    analysis = analysis_of(RunBuilder(tmp_path, cells, budgets=(1, 2)))
    found = [one for one in analysis.contrasts if one.measure.key == "best_validation"]
    verdicts = {(one.other, one.budget): one.verdict for one in found}
    assert verdicts["local_search", 1] == verdicts["local_search", 2] == "behind"
    assert verdicts["random_search", 1] == verdicts["random_search", 2] == "ahead"
    assert verdicts["random_walk", 1] == "even"
    for one in found:
        means = {o.name: o.searches(one.budget).finals[:, 0].mean() for o in analysis.optimizers}
        assert one.difference == pytest.approx(means[one.name] - means[one.other])
        assert one.episodes[0] < one.difference < one.episodes[1]
        assert one.seeds.low < one.difference < one.seeds.high
        assert one.paired
    first = leads(analysis.optimizers, analysis.measured, analysis.budgets)
    assert {first[0, budget].name for budget in analysis.budgets} == {"local_search"}
    pair = [one for one in found if one.other == "local_search"]
    sizes = sorted(f"{100 * abs(one.difference):.2f}" for one in pair)
    assert statement(pair) == (
        "apex_incremental is behind local_search at 1 and 2 queries "
        f"by {sizes[0]} to {sizes[1]} points."
    )


def test_all_comparisons_of_a_table_are_adjusted_together(tmp_path: Path) -> None:
    """By hand: the m-th smallest of K, times K - m + 1, and none below the one before."""
    rng = np.random.default_rng(12)
    cells = {
        name: crossed_cells(lambda _, mean=mean: rng.normal(mean, 0.01, 8))  # type: ignore[misc]
        for name, mean in (
            ("apex_incremental", 0.7),
            ("local_search", 0.694),
            ("random_search", 0.69),
        )
    }
    analysis = analysis_of(RunBuilder(tmp_path, cells, budgets=(1, 2)))
    margins = [
        one.margin
        for one in leads(analysis.optimizers, analysis.measured, analysis.budgets).values()
    ]
    for group in (analysis.contrasts, [one for one in margins if one]):
        alone = sorted(one.p for one in group)
        assert len(alone) in (6, 12)
        expected, least = {}, 0.0
        for place, p in enumerate(alone):
            least = max(least, min(1.0, (len(alone) - place) * p))
            expected[p] = least
        for one in group:
            assert one.adjusted == pytest.approx(expected[one.p])
            assert (one.verdict == "even") == (one.adjusted >= 0.05)
    assert any(one.p < 0.05 <= one.adjusted for one in analysis.contrasts)


def test_agents_that_disagree_are_not_ahead(tmp_path: Path) -> None:
    """Five agents, one below the baseline: the episodes are sure, the seeds are not."""
    rng = np.random.default_rng(10)

    def cells(means: list[float]) -> dict[Pair, list[Episode]]:
        return crossed_cells(lambda agent: rng.normal(means[agent], 0.001, 50), sets=4)

    optimizers = {
        "apex_incremental": cells([0.70, 0.72, 0.71, 0.69, 0.64]),
        "local_search": cells([0.68] * 5),
        "random_search": cells([0.60] * 5),
    }
    run = RunBuilder(tmp_path, optimizers, budgets=(5,))
    first, second, *_ = analysis_of(run).contrasts
    assert (first.other, second.other) == ("local_search", "random_search")
    assert first.episodes[0] > 0
    assert first.seeds.low < 0 < first.seeds.high
    assert (first.verdict, second.verdict) == ("even", "ahead")
    assert second.signs.p == 0.0625
    assert statement([second]).endswith(" points.")
    table = contrast_table([first, second])
    assert shown(table)[1][3].endswith(f"p {second.adjusted:.3g} ahead")
    assert table.grid().rows[1][3].tone == "ahead"
    assert "here 0.0625" in table.caption


@pytest.mark.parametrize("apart", [0, 0.00009])
def test_what_cannot_be_told_apart_is_even(tmp_path: Path, apart: float) -> None:
    """However surely: these agents never differ."""
    cells = {
        "apex_incremental": crossed_cells(lambda _: [0.93] * 7),
        "random_walk": crossed_cells(lambda _: [0.93 - apart] * 7),
    }
    analysis = analysis_of(RunBuilder(tmp_path, cells, budgets=(1,)))
    assert {one.verdict for one in analysis.contrasts} == {"even"}
    assert "not clearly different from random_walk at 1 queries" in statement(
        analysis.contrasts[:1]
    )


def test_runs_of_two_master_seeds_are_compared_unpaired(tmp_path: Path) -> None:
    """Both sides share what start sets do; of two master seeds, that is chance."""
    rng = np.random.default_rng(13)
    sets = rng.normal(0, 0.02, 5)

    def cells(mean: float) -> dict[Pair, list[Episode]]:
        return {
            (agent, number): [Episode([(float(v), 0.5)]) for v in rng.normal(mean + one, 0.001, 8)]
            for agent in range(5)
            for number, one in enumerate(sets)
        }

    agents = RunBuilder(tmp_path / "agents", {"apex_incremental": cells(0.71)}, budgets=(1,))
    found = {}
    for seed in (0, 1):
        name = f"seed{seed}"
        others = {"local_search": cells(0.7)}
        run = RunBuilder(tmp_path / name, others, (1,), name, settings={"seed": seed})
        analysis = Analysis(read_runs([agents.write(), run.write()]))
        found[seed] = analysis.contrasts[0]
        caption = contrast_table(analysis.contrasts).caption
        assert ("unpaired" in caption) == (seed == 1)
    assert [found[seed].paired for seed in (0, 1)] == [True, False]
    assert [found[seed].verdict for seed in (0, 1)] == ["ahead", "even"]
    assert np.isnan(found[1].signs.p)
