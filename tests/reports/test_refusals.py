"""Too few agents or searches: no verdict and no star anywhere, and why stands in their place."""

from __future__ import annotations

from html import unescape
from pathlib import Path

import numpy as np
import pytest

from naslib_incremental.reports import build_report
from naslib_incremental.reports.page.html import Shown, run_page
from naslib_incremental.reports.tables.budgets import budget_table
from naslib_incremental.reports.tables.comparisons import contrast_tables, leads_table
from tests.reports.builder import Episode, Pair, RunBuilder, analysis_of

BUDGET = 2


def cells(mean: float, agents: int, searches: int, queries: int) -> dict[Pair, list[Episode]]:
    """Searches of ``BUDGET`` queries on two start sets, of episodes of so many queries."""
    rng = np.random.default_rng(round(1000 * mean))
    return {
        (agent, number): [
            Episode([(float(v), float(v)) for v in rng.normal(mean, 0.001, queries)])
            for _ in range(searches * BUDGET // queries)
        ]
        for agent in range(agents)
        for number in range(2)
    }


def run_of(
    folder: Path, agents: int = 5, searches: int = 2, repetitions: int = 5, queries: int = 1
) -> RunBuilder:
    """An agent far ahead of a baseline; so many searches of each agent on each start set."""
    optimizers = {
        "apex_incremental": cells(0.7, agents, searches, queries),
        "local_search": cells(0.5, repetitions, searches, queries),
    }
    searching = tuple(optimizers) if queries == BUDGET else ()
    return RunBuilder(folder, optimizers, budgets=(BUDGET,), searching=searching)


def everywhere(folder: Path, run: RunBuilder) -> dict[str, str]:
    """What each format shows of stars and verdicts."""
    report = build_report([run.write()], folder, ("md", "tex"))
    tables = ("leads", "contrasts", "budgets_best_validation")
    found = {
        ending: "\n".join((folder / "tables" / f"{name}.{ending}").read_text() for name in tables)
        for ending in ("md", "tex")
    }
    analysis = analysis_of(run)
    made = (*contrast_tables(analysis), budget_table(analysis, 0))
    page = run_page(analysis, leads_table(analysis), [Shown("Search", made, ())])
    return {**found, "html": unescape(page), "terminal": report.text}


REFUSED = {
    "four agents": ({"agents": 4}, "4 agents, 5 needed"),
    "fifteen searches": ({"agents": 7, "searches": 1}, "10 searches, 20 needed"),
    "few searches of the baseline": ({"repetitions": 1, "searches": 9}, "18 searches, 20 needed"),
    "ten whole searches": ({"searches": 1, "queries": BUDGET}, "10 searches, 20 needed"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_no_verdict_and_no_star(tmp_path: Path, name: str) -> None:
    options, reason = REFUSED[name]
    run = run_of(tmp_path / "run", **options)
    analysis = analysis_of(run)
    assert {(one.verdict, one.reason) for one in analysis.contrasts} == {("unknown", reason)}
    shown = everywhere(tmp_path / "report", run)
    for text in shown.values():
        assert f"no star: {reason}" in text
    for ending in ("md", "tex", "html"):
        assert f"no verdict: {reason}" in shown[ending]
    said = f"apex_incremental is not judged against local_search at {BUDGET} queries ({reason})."
    assert said in shown["terminal"]
    assert said in shown["html"]
    assert "**" not in shown["md"]
    assert r"\textbf" not in shown["tex"]
    assert "70.0*" not in shown["terminal"].replace(" ", "")
    assert 'class="number best' not in shown["html"]
    assert '<li class="unknown">' in shown["html"]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"repetitions": 1, "searches": 10},
        {"queries": BUDGET},
    ],
    ids=["five agents, twenty searches", "one repetition of a baseline", "whole searches"],
)
def test_enough_is_enough(tmp_path: Path, options: dict[str, int]) -> None:
    """A baseline needs searches alone: it has no agents."""
    run = run_of(tmp_path / "run", **options)
    assert {one.verdict for one in analysis_of(run).contrasts} == {"ahead"}
    shown = everywhere(tmp_path / "report", run)
    for text in shown.values():
        assert "no star: " not in text
        assert "no verdict: " not in text
    assert "**apex_incremental**" in shown["md"]
    assert "apex_incremental is ahead of local_search" in shown["terminal"]
    assert "* ±" in shown["terminal"]
    assert '<li class="ahead">' in shown["html"]


def test_whole_searches_are_counted_and_never_cut_from_several_episodes(tmp_path: Path) -> None:
    """Episodes of two queries are one search of two, and none of four."""
    episodes = {
        (a, s): [Episode([(0.5, 0.5)] * 2, stopped=False)] * 6 for a in (0, 1) for s in (0, 1)
    }
    for searching, counts in (((), [24, 12]), (("random_search",), [24, 0])):
        run = RunBuilder(
            tmp_path / str(len(searching)),
            {"random_search": episodes},
            budgets=(2, 4),
            trained=(),
            searching=searching,
        )
        (one,) = analysis_of(run).optimizers
        assert [len(one.searches(budget).finals) for budget in (2, 4)] == counts
        assert [one.searches(budget).crossed.num_searches for budget in (2, 4)] == counts
