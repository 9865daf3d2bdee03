"""What searches find with so many queries: one table per measure, published numbers below."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.estimates import CONDITION
from naslib_incremental.reports.statistics.measures import MEASURES
from naslib_incremental.reports.statistics.optimizer_analysis import OptimizerAnalysis
from naslib_incremental.reports.statistics.published import Published, origin, published_beside
from naslib_incremental.reports.statistics.seed_intervals import MEANING, Interval
from naslib_incremental.reports.statistics.verdicts import RULE, refusal, tied, too_few
from naslib_incremental.reports.tables.table import Column, Fact, Table, text_column

NAME = "budgets_"
"""How the names of these tables begin."""
NO_TEST = "no test accuracy"
SEEDS = "[{seed_low:percent}, {seed_high:percent/seed_reason}]"
"""The training-seed interval, or why there is none."""
SEEDS_IN_POINTS = SEEDS.replace("percent", "points")
EPISODES = "(episodes\N{NO-BREAK SPACE}[{episode_low:percent}, {episode_high:percent}])"
EPISODES_IN_POINTS = EPISODES.replace("percent", "points")


def seed_interval(interval: Interval) -> dict[str, Any]:
    """A training-seed interval as columns of a frame."""
    reason = interval.reason
    return {"seed_low": interval.low, "seed_high": interval.high, "seed_reason": reason}


def tables(analysis: Analysis) -> Iterator[Table]:
    """One table for each measure that any optimizer has."""
    for index in analysis.measured:
        yield budget_table(analysis, index)


def budget_table(analysis: Analysis, index: int) -> Table:
    """Mean, sigma and interval of ``MEASURES[index]`` at each budget, one row per optimizer."""
    measure = MEASURES[index]
    benchmark = analysis.runs.benchmark.name
    others = published_beside(benchmark, measure.key, analysis.budgets)
    best = {budget: _best(analysis, index, budget) for budget in analysis.budgets}
    facts = [
        _fact(optimizer, budget, index, *best[budget])
        for optimizer in analysis.optimizers
        for budget in analysis.budgets
    ]
    below = f" Below the rule: {origin(benchmark)}." if others else ""
    return Table(
        f"{NAME}{measure.key}",
        measure.title,
        f"Per cent: mean ± sigma over searches [{MEANING}] (episodes [{CONDITION}]); the best mean "
        f"of a column and its ties stand out. {RULE}. After each query: {measure.meaning}. "
        f"{analysis.made_from(measure.accuracy)}{below}",
        pd.DataFrame([*facts, *map(_published, others)]),
        (text_column("optimizer"),),
        (
            Column(
                "{queries} queries",
                "{mean:percent}",
                f"± {{sigma:percent}} {SEEDS} {EPISODES}",
                bold="best",
                refusal="no_star",
                published="± {sigma:percent} [{published_low:percent}, {published_high:percent}]"
                "{fewer_queries}",
            ),
        ),
        across="queries",
    )


def _best(analysis: Analysis, index: int, budget: int) -> tuple[float, str]:
    """The best mean at a budget, NaN where none is known, and why it does not stand out."""
    means = {one: one.estimates(budget)[index].value for one in analysis.optimizers}
    known = [one for one, mean in means.items() if not np.isnan(mean)]
    reason = too_few(one.searches(budget).final(index) for one in known)
    return max((means[one] for one in known), default=np.nan), refusal(reason)


def _fact(
    optimizer: OptimizerAnalysis, budget: int, index: int, best: float, no_star: str
) -> dict[str, Any]:
    """An estimate, or a note why there is none."""
    estimate, seeds = optimizer.estimates(budget)[index], optimizer.seeds(budget)[index]
    accuracy, note = MEASURES[index].accuracy, ""
    if not estimate.count:
        note = "no complete search"
    elif estimate.missing == estimate.count:
        note = NO_TEST
    elif estimate.missing:
        note = f"{accuracy} missing in {estimate.missing} of {estimate.count} searches"
    first = not note and bool(tied(estimate.value - best))
    return {
        "optimizer": optimizer.name,
        "queries": budget,
        "mean": estimate.value,
        "sigma": estimate.sigma,
        **seed_interval(seeds),
        "episode_low": estimate.low,
        "episode_high": estimate.high,
        "searches": estimate.count,
        "best": first and not no_star,
        "no_star": no_star if first else "",
        "note": note,
        "published": False,
        "published_low": np.nan,
        "published_high": np.nan,
        "fewer_queries": "",
    }


def _published(one: Published) -> Fact:
    """A published number, whose interval is of another kind than ours."""
    less = "" if one.queries in (None, one.budget) else f"; {one.queries} queries"
    nothing = dict.fromkeys(("seed_low", "seed_high", "episode_low", "episode_high"), np.nan)
    return {
        "optimizer": one.name,
        "queries": one.budget,
        "mean": one.mean,
        "sigma": one.sigma,
        **nothing,
        "seed_reason": "",
        "searches": 0,
        "best": False,
        "no_star": "",
        "note": "",
        "published": True,
        "published_low": one.low,
        "published_high": one.high,
        "fewer_queries": less,
    }
