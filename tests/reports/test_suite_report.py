"""The report over several benchmarks, against scores counted by hand."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from naslib_incremental.benchmarks import open_benchmark
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.records.suite import MemberRecord, SuiteRecord, is_suite, write_suite
from naslib_incremental.reports import report_of
from naslib_incremental.reports.figures import critical_difference
from naslib_incremental.reports.figures.canvas import palette
from naslib_incremental.reports.figures.critical_difference import groups
from naslib_incremental.reports.statistics.suite import SMALLEST, Ranks, rank, read_suite
from naslib_incremental.reports.tables.suite import over_tasks_tables, rank_tables, task_tables
from naslib_incremental.reports.tables.table import latex, markdown, terminal
from tests.reports.builder import ON_PAGE, Episode, RunBuilder

NAMES = ("cora", "citeseer")
OPTIMIZERS = ("agent", "local_search", "random_walk")


def episodes(rng: np.random.Generator, validation: np.ndarray, lift: float) -> list[Episode]:
    """Ten episodes of two queries of real accuracies."""
    top = np.quantile(validation, lift)
    queries = rng.choice(validation[validation >= top], (10, 2))
    return [Episode([(float(v), 0.5) for v in row]) for row in queries]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out, rng = tmp_path_factory.mktemp("suite"), np.random.default_rng(0)
    members = []
    for name in NAMES:
        benchmark = open_benchmark(f"nasbench_graph/{name}")
        validation = benchmark.query(np.arange(len(benchmark.space))).validation
        described = {
            "name": benchmark.name,
            "files": dict(benchmark.provenance.files),
            "space": benchmark.space.name,
            "validation_optimum": benchmark.validation_optimum,
        }
        found = {
            optimizer: {(agent, 0): episodes(rng, validation, 0.2 * place) for agent in range(3)}
            for place, optimizer in enumerate(reversed(OPTIMIZERS))
        }
        run = RunBuilder(
            out / name, found, budgets=(2, 4), trained=("agent",), benchmark=described, name=name
        )
        run.write()
        members.append(MemberRecord(benchmark.name, name))
    write_suite(out / "all", SuiteRecord("all", tuple(members)))
    return out / "all"


def test_scores_are_counted_over_searches(folder: Path) -> None:
    suite = read_suite(folder)
    assert sorted(suite.optimizers) == sorted(OPTIMIZERS)
    assert suite.budgets == (2, 4)
    for task in suite.tasks:
        validation = open_benchmark(task.name).query(np.arange(26206)).validation
        for one in task.analysis.optimizers:
            best = [
                [
                    max(v for episode in pair for v in incumbents_of(evaluation, episode))
                    for pair in [(2 * s, 2 * s + 1) for s in range(5)]
                ]
                for evaluation in one.runs.evaluations
            ]
            shares = np.array([[(validation > b + 1e-9).mean() for b in row] for row in best])
            share = task.score(one.name, 4, "share")
            log = task.score(one.name, 4, "log_share")
            regret = task.score(one.name, 4, "regret")
            assert share
            assert log
            assert regret
            assert share.mean == pytest.approx(shares.mean())
            assert share.searches == 15
            np.testing.assert_allclose(task.crossed(one.name, 4, "share"), shares)
            independent = shares.mean(axis=1) if one.name == "agent" else shares.ravel()
            assert share.error == pytest.approx(stats.sem(independent))
            assert log.mean == pytest.approx(np.log10(shares + SMALLEST).mean())
            assert regret.mean == pytest.approx(validation.max() - np.mean(best))
    over = suite.over_tasks("agent", 4, "share")
    each = [task.score("agent", 4, "share") for task in suite.tasks]
    assert over
    assert over.mean == pytest.approx(np.mean([one.mean for one in each if one]))
    assert over.error == pytest.approx(np.hypot(*(one.error for one in each if one)) / 2)


def incumbents_of(evaluation: object, episode: int) -> list[float]:
    found = evaluation.episodes.incumbents  # type: ignore[attr-defined]
    return found.validation[found.offsets[episode] : found.offsets[episode + 1]].tolist()  # type: ignore[no-any-return]


def test_the_report_is_whole(folder: Path) -> None:
    assert is_suite(folder)
    report = report_of(folder)(folder / "report", ON_PAGE)
    assert report.index is not None
    page = report.index.read_text()
    assert page.count("<svg") == len(NAMES) + 2
    for words in ("over 2 benchmarks", "Mean rank", "nasbench_graph/citeseer", "Nemenyi"):
        assert words in page
    assert "Share of the space that is better, over 2 benchmarks" in report.text
    assert "no star: 3 agents, 5 needed" in report.text
    assert "mean rank (no verdict: 3 agents, 5 needed)" in page
    frame = pd.read_csv(folder / "report" / "tables" / "over_benchmarks_ranks.csv")
    assert frame.groupby("queries")["rank"].sum().tolist() == [6.0, 6.0]


def toy_suite(out: Path, agents: int, searches: int, apart: float = 0.01) -> Path:
    """Three optimizers whose searches are as far apart on each of four benchmarks."""
    rng, members = np.random.default_rng(1), []
    for name in "abcd":
        found = {
            optimizer: {
                (agent, 0): [
                    Episode([(float(v), 0.5)])
                    for v in 0.9 - apart * place + rng.normal(0, 1e-6, searches)
                ]
                for agent in range(agents)
            }
            for place, optimizer in enumerate(OPTIMIZERS)
        }
        described = {"name": f"toy/{name}"}
        RunBuilder(out / name, found, (1,), name, trained=("agent",), benchmark=described).write()
        members.append(MemberRecord(f"toy/{name}", name))
    write_suite(out / "all", SuiteRecord("all", tuple(members)))
    return out / "all"


@pytest.mark.parametrize(
    ("agents", "searches", "reason"),
    [(5, 4, ""), (4, 8, "4 agents, 5 needed"), (5, 3, "15 searches, 20 needed")],
)
def test_no_test_and_no_star_from_too_few(
    tmp_path: Path, agents: int, searches: int, reason: str
) -> None:
    """Ranks 1, 2, 3 on four blocks: Friedman's statistic is 8, with two degrees of freedom."""
    suite = read_suite(toy_suite(tmp_path, agents, searches))
    found = suite.ranks[1]
    assert found.reason == reason
    assert list(found.mean.values()) == [1, 2, 3]
    tested = [stats.chi2.sf(8, 2), 2.344 * (12 / 24) ** 0.5] if not reason else [np.nan, np.nan]
    assert [found.p, found.critical_difference] == pytest.approx(tested, rel=1e-3, nan_ok=True)
    tables = [*over_tasks_tables(suite), *rank_tables(suite), *task_tables(suite)]
    assert [one.name for one in tables] == [
        "over_benchmarks_regret",
        "over_benchmarks_ranks",
        "each_benchmark_regret",
    ]
    for table in tables:
        stars, no_stars = ("**", "no star: ") if not reason else ("no star: ", "**")
        assert stars in markdown(table)
        assert no_stars not in markdown(table)
        assert (f"no star: {reason}" in terminal(table)) == bool(reason)
        assert (f"no star: {reason}" in latex(table)) == bool(reason)
    assert f"{reason or 'p 0.018'} at 1 queries" in tables[1].caption
    frame = critical_difference.data(suite)
    (picture,) = critical_difference.draw(frame, palette(suite.optimizers)).values()
    (axes,) = picture.axes
    assert axes.get_xlabel() == (f"mean rank (no verdict: {reason})" if reason else "mean rank")
    bars = [line for line in axes.lines if line.get_linewidth() == 3]
    assert len(bars) == (0 if reason else 2)


def test_ranks_within_the_resolution_are_shared(tmp_path: Path) -> None:
    suite = read_suite(toy_suite(tmp_path, 5, 4, apart=4e-5))
    found = suite.ranks[1]
    assert list(found.mean.values()) == [2, 2, 2]
    assert found.p == 1
    assert all(
        row[1].bold for table in task_tables(suite) for row in [r[1:] for r in table.grid().rows]
    )


def test_ps_of_several_budgets_are_adjusted(folder: Path) -> None:
    """Where two budgets are tested, the smaller p counts twice."""
    suite = read_suite(folder)
    alone = {2: Ranks({}, 0.02, 1, ""), 4: Ranks({}, 0.03, 1, "")}
    object.__setattr__(suite, "_ranks", alone.get)
    assert [one.p for one in suite.ranks.values()] == [0.04, 0.04]


def test_what_is_missing_is_said(folder: Path, tmp_path: Path) -> None:
    members = (MemberRecord("nasbench_graph/cora", "cora"), MemberRecord("toy/one", "nowhere"))
    place = folder.parent / "partly"
    write_suite(place, SuiteRecord("partly", members))
    suite = read_suite(place)
    assert [task.name for task in suite.tasks] == ["nasbench_graph/cora"]
    assert "toy/one: no folder" in suite.problems[0]
    write_suite(tmp_path / "none", SuiteRecord("none", members[1:]))
    with pytest.raises(UserError, match="at least one finished evaluation"):
        read_suite(tmp_path / "none")


@given(st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=2, max_size=6))
def test_ranks_are_counted(table: list[list[int]]) -> None:
    names = "abcd"
    found = rank({name: np.array([row[k] for row in table]) / 1e3 for k, name in enumerate(names)})
    for k, name in enumerate(names):
        ranks = [1 + sum(o < row[k] for o in row) + (row.count(row[k]) - 1) / 2 for row in table]
        assert found.mean[name] == pytest.approx(np.mean(ranks))


def test_critical_difference_is_the_published_one() -> None:
    """Demsar (2006), section 3.2.2: four classifiers on 14 data sets, q = 2.569, CD = 1.25."""
    rng = np.random.default_rng(0)
    found = rank({name: rng.random(14) for name in "abcd"})
    assert found.critical_difference == pytest.approx(1.25, abs=5e-3)
    assert np.isnan(rank({name: rng.random(14) for name in "ab"}).critical_difference)


@given(st.lists(st.floats(1, 6), min_size=2, max_size=7).map(sorted), st.floats(0.1, 3))
def test_bars_join_exactly_what_is_not_told_apart(ranks: list[float], difference: float) -> None:
    found = groups(ranks, difference)
    for low, high in combinations(range(len(ranks)), 2):
        joined = any(first <= low and high <= last for first, last in found)
        assert joined == (ranks[high] - ranks[low] < difference)
    assert len(set(found)) == len(found)
