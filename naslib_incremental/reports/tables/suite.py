"""Tables of a suite: what optimizers leave to be found over all benchmarks, and on each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from naslib_incremental.reports.statistics.suite import SIGNIFICANCE, Score, SuiteRuns
from naslib_incremental.reports.tables.table import Column, Table, text_column

SCALES = {
    "share": (
        "Share of the space that is better",
        "per cent of all architectures of a space with a validation accuracy above the best found",
        "percent3",
    ),
    "log_share": (
        "Share of the space that is better, logarithm",
        "logarithm to the base 10 of that share, which the hardest benchmark rules less",
        "fixed3",
    ),
    "regret": (
        "Regret",
        "percentage points between the best validation accuracy there is and the best found",
        "percent3",
    ),
}
ERRORS = (
    "mean ± standard error over searches, or over agents where they were trained; lower is better, "
    "the lowest of a column stands out"
)


def over_tasks_tables(suite: SuiteRuns) -> Iterator[Table]:
    """One table for each scale that every benchmark has."""
    for scale, (title, meaning, shown) in SCALES.items():
        facts = [
            {"optimizer": name, "queries": budget, **_fact(score)}
            for name in suite.optimizers
            for budget in suite.budgets
            if (score := suite.over_tasks(name, budget, scale)) is not None
        ]
        if facts:
            yield Table(
                f"over_benchmarks_{scale}",
                f"{title}, over {len(suite.tasks)} benchmarks",
                f"After each number of queries: {meaning}; {ERRORS}. Benchmarks count alike: "
                f"{', '.join(task.name for task in suite.tasks)}.",
                _with_best(pd.DataFrame(facts), ["queries"]),
                (text_column("optimizer"),),
                (_column(shown),),
                across="queries",
            )


def rank_tables(suite: SuiteRuns) -> Iterator[Table]:
    """Mean rank at each budget, and whether the ranks differ at all."""
    facts = [
        {"optimizer": name, "queries": budget, "rank": mean, "p": found.p}
        for budget in suite.budgets
        if (found := suite.ranks(budget)) is not None
        for name, mean in found.mean.items()
    ]
    if facts:
        frame = pd.DataFrame(facts)
        frame["best"] = frame["rank"] == frame.groupby("queries")["rank"].transform("min")
        ps = frame.drop_duplicates("queries").set_index("queries")["p"]
        tested = ", ".join(f"{p:.2g} at {budget}" for budget, p in ps.items() if not np.isnan(p))
        test = f" Friedman's test that all are alike, p by number of queries: {tested}."
        yield Table(
            "over_benchmarks_ranks",
            "Mean rank",
            f"Rank by mean regret on each of {len(suite.tasks)} benchmarks, 1 is best, ties "
            f"shared; the mean over benchmarks.{test if tested else ''}",
            frame,
            (text_column("optimizer"),),
            (Column("{queries} queries", "{rank:fixed2}", bold="best"),),
            across="queries",
        )


def task_tables(suite: SuiteRuns) -> Iterator[Table]:
    """What is left to be found on each benchmark, by the first scale that all have."""
    for scale, (title, meaning, shown) in SCALES.items():
        facts = [
            {"benchmark": task.name, "optimizer": name, "queries": budget, **_fact(score)}
            for task in suite.tasks
            for name in suite.optimizers
            for budget in suite.budgets
            if (score := task.score(name, budget, scale)) is not None
        ]
        if facts:
            yield Table(
                f"each_benchmark_{scale}",
                f"{title}, on each benchmark",
                f"After each number of queries: {meaning}; {ERRORS} of the benchmark.",
                _with_best(pd.DataFrame(facts), ["benchmark", "queries"]),
                (text_column("benchmark"), text_column("optimizer")),
                (_column(shown),),
                across="queries",
            )
            return


def critical_difference_meaning(tasks: int) -> str:
    """How a picture of critical differences is read."""
    return (
        f"Mean rank by regret over {tasks} benchmarks, 1 is best. Optimizers that a bar joins are "
        f"not told apart at {100 * SIGNIFICANCE:.0f} % by Nemenyi's test (Demsar 2006)."
    )


def _fact(score: Score) -> dict[str, Any]:
    return {"mean": score.mean, "error": score.error, "searches": score.searches}


def _with_best(frame: pd.DataFrame, groups: list[str]) -> pd.DataFrame:
    least = frame.groupby(groups)["mean"].transform("min")
    marked: pd.DataFrame = frame.assign(best=frame["mean"] == least)
    return marked


def _column(shown: str) -> Column:
    return Column("{queries} queries", f"{{mean:{shown}}}", f"± {{error:{shown}}}", bold="best")
