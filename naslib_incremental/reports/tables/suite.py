"""Tables of a suite: what optimizers leave to be found over all benchmarks, and on each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from naslib_incremental.reports.statistics.suite import Score, SuiteRuns
from naslib_incremental.reports.statistics.verdicts import (
    RESOLUTION,
    RULE,
    SIGNIFICANCE,
    refusal,
    tied,
)
from naslib_incremental.reports.tables.table import Column, Table, text_column


@dataclass(frozen=True)
class Scale:
    """How a score is shown.

    Attributes:
        title: heading.
        meaning: what it is.
        shown: its format.
        step: nearer scores are ties.
    """

    title: str
    meaning: str
    shown: str
    step: float


SCALES = {
    "share": Scale(
        "Share of the space that is better",
        "per cent of all architectures of a space with a validation accuracy above the best found",
        "percent3",
        1e-5,
    ),
    "log_share": Scale(
        "Share of the space that is better, logarithm",
        "logarithm to the base 10 of that share, which the hardest benchmark rules less",
        "fixed3",
        1e-3,
    ),
    "regret": Scale(
        "Regret",
        "percentage points between the best validation accuracy there is and the best found",
        "percent3",
        RESOLUTION,
    ),
}
SAME_RANK = 1e-6
"""Mean ranks nearer than this are one, summed in another order."""
ERRORS = (
    "mean ± standard error over searches, or over agents where they were trained; lower is better, "
    "the lowest of a column and its ties stand out"
)


def over_tasks_tables(suite: SuiteRuns) -> Iterator[Table]:
    """One table for each scale that every benchmark has."""
    for name, scale in SCALES.items():
        facts = [
            {
                "optimizer": optimizer,
                "queries": budget,
                **_fact(score),
                "no_star": refusal(suite.too_few(budget)),
            }
            for optimizer in suite.optimizers
            for budget in suite.budgets
            if (score := suite.over_tasks(optimizer, budget, name)) is not None
        ]
        if facts:
            yield Table(
                f"over_benchmarks_{name}",
                f"{scale.title}, over {len(suite.tasks)} benchmarks",
                f"After each number of queries: {scale.meaning}; {ERRORS}. {RULE}. Benchmarks "
                f"count alike: {', '.join(task.name for task in suite.tasks)}.",
                _with_best(pd.DataFrame(facts), ["queries"], "mean", scale.step),
                (text_column("optimizer"),),
                (_column(scale.shown),),
                across="queries",
            )


def rank_tables(suite: SuiteRuns) -> Iterator[Table]:
    """Mean rank at each budget, and whether the ranks differ at all."""
    facts = [
        {
            "optimizer": name,
            "queries": budget,
            "rank": mean,
            "p": found.p,
            "no_star": refusal(suite.too_few(budget)),
        }
        for budget, found in suite.ranks.items()
        for name, mean in found.mean.items()
    ]
    if facts:
        yield Table(
            "over_benchmarks_ranks",
            "Mean rank",
            f"Rank by mean regret on each of {len(suite.tasks)} benchmarks, 1 is best, ties "
            f"shared; the mean over benchmarks. {friedman(suite)} {RULE}.",
            _with_best(pd.DataFrame(facts), ["queries"], "rank", SAME_RANK),
            (text_column("optimizer"),),
            (Column("{queries} queries", "{rank:fixed2}", bold="best", refusal="no_star"),),
            across="queries",
        )


def friedman(suite: SuiteRuns) -> str:
    """What Friedman's test says at each budget, or why there is none."""
    said = [
        f"{found.reason or f'p {found.p:.2g}'} at {budget}" for budget, found in suite.ranks.items()
    ]
    return (
        "Friedman's test that all are alike, benchmarks as blocks, p adjusted for the numbers of "
        f"queries (Holm 1979): {', '.join(said)} queries."
    )


def task_tables(suite: SuiteRuns) -> Iterator[Table]:
    """What is left to be found on each benchmark, by the first scale that all have."""
    for name, scale in SCALES.items():
        facts = [
            {
                "benchmark": task.name,
                "optimizer": optimizer,
                "queries": budget,
                **_fact(score),
                "no_star": refusal(task.too_few(suite.optimizers, budget)),
            }
            for task in suite.tasks
            for optimizer in suite.optimizers
            for budget in suite.budgets
            if (score := task.score(optimizer, budget, name)) is not None
        ]
        if facts:
            yield Table(
                f"each_benchmark_{name}",
                f"{scale.title}, on each benchmark",
                f"After each number of queries: {scale.meaning}; {ERRORS} of the benchmark. "
                f"{RULE}.",
                _with_best(pd.DataFrame(facts), ["benchmark", "queries"], "mean", scale.step),
                (text_column("benchmark"), text_column("optimizer")),
                (_column(scale.shown),),
                across="queries",
            )
            return


def critical_difference_meaning(tasks: int) -> str:
    """How a picture of critical differences is read."""
    return (
        f"Mean rank by regret over {tasks} benchmarks, 1 is best, ties shared. Optimizers "
        f"that a bar joins are not told apart at {100 * SIGNIFICANCE:.0f} % by Nemenyi's test "
        "(Demsar 2006)."
    )


def _fact(score: Score) -> dict[str, Any]:
    return {"mean": score.mean, "error": score.error, "searches": score.searches}


def _with_best(frame: pd.DataFrame, groups: list[str], key: str, step: float) -> pd.DataFrame:
    """Mark the lowest of each group and its ties, or say there why they do not stand out."""
    lowest = tied(frame[key] - frame.groupby(groups)[key].transform("min"), step)
    marked: pd.DataFrame = frame.assign(
        best=lowest & (frame["no_star"] == ""), no_star=frame["no_star"].where(lowest, "")
    )
    return marked


def _column(shown: str) -> Column:
    mean, error = f"{{mean:{shown}}}", f"± {{error:{shown}}}"
    return Column("{queries} queries", mean, error, bold="best", refusal="no_star")
