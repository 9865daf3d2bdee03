"""Tables beside those of means: inter-quartile means, regret, and what makes searches differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.components import variance_components
from naslib_incremental.reports.statistics.measures import COMPARED, MEASURES
from naslib_incremental.reports.statistics.optimizer_analysis import OptimizerAnalysis
from naslib_incremental.reports.statistics.robust import interquartile_mean
from naslib_incremental.reports.statistics.searches import CLOSE
from naslib_incremental.reports.statistics.seed_intervals import MEANING, Interval
from naslib_incremental.reports.tables.budgets import SEEDS, seed_interval
from naslib_incremental.reports.tables.table import NOTHING, Column, Table, percent, text_column


def interquartile_tables(analysis: Analysis) -> Iterator[Table]:
    """Inter-quartile mean at each budget, by measure and optimizer."""
    facts = [
        _interquartile(one, budget, index)
        for index in analysis.measured[:COMPARED]
        for one in analysis.optimizers
        for budget in analysis.budgets
    ]
    yield Table(
        "interquartile",
        "Inter-quartile means",
        f"Mean of the middle half of the searches, per cent [{MEANING}]: what outliers of either "
        "side do not move. Source: Agarwal et al. (2021). "
        f"{analysis.made_from('validation', 'test')}",
        pd.DataFrame(facts),
        (text_column("measure"), text_column("optimizer")),
        (Column("{queries} queries", "{mean:percent}", SEEDS),),
        across="queries",
    )


def _interquartile(one: OptimizerAnalysis, budget: int, index: int) -> dict[str, Any]:
    value, interval = interquartile_mean(one.searches(budget), index)
    return {
        "measure": MEASURES[index].title,
        "optimizer": one.name,
        "queries": budget,
        "mean": value,
        **seed_interval(interval),
        "note": f"{NOTHING} ({interval.reason})" if np.isnan(value) else "",
    }


def regret_tables(analysis: Analysis) -> Iterator[Table]:
    """Distance from the best validation accuracy of the benchmark, where that is known."""
    optimum = analysis.runs.benchmark.validation_optimum
    if optimum is None:
        return
    best = analysis.runs.benchmark.metric.shown(percent(optimum))
    facts = [
        _regret(one, budget, optimum) for one in analysis.optimizers for budget in analysis.budgets
    ]
    yield Table(
        "regret",
        "Simple regret: distance from the best of the benchmark",
        f"The best validation accuracy of the whole benchmark ({best}) minus the "
        f"best found, in percentage points: mean [{MEANING}], median over searches, and the share "
        f"of searches that found the optimum. {analysis.made_from('validation')}",
        pd.DataFrame(facts),
        (text_column("optimizer"),),
        (
            Column(
                "{queries} queries",
                "{mean:percent}",
                f"{SEEDS} median\N{NO-BREAK SPACE}{{median:percent}}, optimum\N{NO-BREAK SPACE}in"
                "\N{NO-BREAK SPACE}{at_optimum:percent1} %",
            ),
        ),
        across="queries",
    )


def _regret(one: OptimizerAnalysis, budget: int, optimum: float) -> dict[str, Any]:
    """Regret of one optimizer at one budget, or a note why there is none."""
    found = one.searches(budget).finals[:, 0]
    some = len(found) > 0
    seeds = one.seeds(budget)[0]
    flipped = Interval(optimum - seeds.high, optimum - seeds.low, seeds.reason)
    return {
        "optimizer": one.name,
        "queries": budget,
        "mean": optimum - float(found.mean()) if some else np.nan,
        **seed_interval(flipped),
        "median": optimum - float(np.median(found)) if some else np.nan,
        "at_optimum": float((found > optimum - CLOSE).mean()) if some else np.nan,
        "note": "" if some else "no complete search",
    }


def component_tables(analysis: Analysis) -> Iterator[Table]:
    """Intra-class correlation and components at each budget, by measure and optimizer."""
    facts = [
        _components(one, budget, index)
        for index in analysis.measured[:COMPARED]
        for one in analysis.optimizers
        for budget in analysis.budgets
    ]
    names = ("agents", "sets", "both", "within")
    parts = " ".join(f"{name}\N{NO-BREAK SPACE}{{{name}:percent3}}" for name in names)
    yield Table(
        "components",
        "What makes searches differ",
        "ICC: intra-class correlation, the share of the variance of a search that is between "
        "agents; then the standard deviations, in percentage points, between agents, between start "
        "sets, of an agent on one start set in particular, and within an agent and start set "
        "(analysis of variance; what comes out below zero is zero); worth: so many independent "
        "searches would give a mean as sure as these searches do, were agents and start sets drawn "
        f"anew. {analysis.made_from('validation', 'test')}",
        pd.DataFrame(facts),
        (text_column("measure"), text_column("optimizer")),
        (
            Column(
                "{queries} queries",
                "{icc:fixed3}",
                f"{parts} worth\N{NO-BREAK SPACE}{{worth:count}}\N{NO-BREAK SPACE}of "
                "{searches:count}",
            ),
        ),
        across="queries",
    )


def _components(one: OptimizerAnalysis, budget: int, index: int) -> dict[str, Any]:
    """Components of one optimizer at one budget, or a note why there are none."""
    searches = one.searches(budget)
    found = variance_components(searches.agent_seed, searches.start_set, searches.finals[:, index])
    heads = {"measure": MEASURES[index].title, "optimizer": one.name, "queries": budget}
    names = ("agents", "sets", "both", "within")
    if isinstance(found, str):
        nothing = dict.fromkeys(("icc", *names, "worth"), np.nan)
        return {**heads, **nothing, "searches": len(searches.finals), "note": f"n/a ({found})"}
    deviations = {name: float(np.sqrt(getattr(found, name))) for name in names}
    return {
        **heads,
        "icc": found.intraclass,
        **deviations,
        "worth": found.worth,
        "searches": found.count,
        "note": "",
    }
