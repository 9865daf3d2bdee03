"""Tables beside those of means: inter-quartile means, chances to be better, regret."""

from __future__ import annotations

import numpy as np

from naslib_incremental.reports.statistics.analysis import Analysis, OptimizerAnalysis
from naslib_incremental.reports.statistics.budgets import BudgetRuns
from naslib_incremental.reports.statistics.crossed_bootstrap import MEANING, Interval
from naslib_incremental.reports.statistics.measures import COMPARED, MEASURES
from naslib_incremental.reports.statistics.pairs import CLOSE
from naslib_incremental.reports.statistics.robust import (
    histograms,
    interquartile_mean,
    probability_of_improvement,
)
from naslib_incremental.reports.tables.budgets import NOTHING, bounds, made_from, percent
from naslib_incremental.reports.tables.rendering import Column, Entry, Table

ENDS = ("training-seed low", "training-seed high")


def robust_tables(analysis: Analysis) -> list[Table]:
    """All tables of this module."""
    return [interquartile_table(analysis), chances_table(analysis), regret_table(analysis)]


def interquartile_table(analysis: Analysis) -> Table:
    """Inter-quartile mean at each budget, by measure and optimizer."""
    rows = tuple(
        (
            Entry((MEASURES[index].title,)),
            Entry((one.name,)),
            *(_interquartile(one.budgets[budget], index) for budget in analysis.budgets),
        )
        for index in analysis.measured[:COMPARED]
        for one in analysis.optimizers
    )
    heads = (Column(title, numeric=False) for title in ("measure", "optimizer"))
    return Table(
        "interquartile",
        "Inter-quartile means",
        (*heads, *_columns(analysis, ("mean", *ENDS), "[{1}, {2}]")),
        rows,
        f"Mean of the middle half of the runs, per cent [{MEANING}]: what outliers of either side "
        "do not move. Source: Agarwal et al. (2021). "
        f"{made_from(analysis, 'validation', 'test')}",
    )


def _interquartile(cutting: BudgetRuns, index: int) -> Entry:
    """One inter-quartile mean in digits, or why there is none."""
    levels, (cells,) = histograms([cutting], index)
    value, interval = interquartile_mean(levels, cells)
    return _entry(value, interval)


def _entry(value: float, interval: Interval) -> Entry:
    """A fraction and its interval in per cent, or why there is none."""
    if np.isnan(value):
        return Entry((f"{NOTHING} ({interval.reason})",))
    return Entry((percent(value), *bounds(interval, percent)))


def chances_table(analysis: Analysis) -> Table:
    """Probability of improvement at each budget, of each trained optimizer over each baseline."""
    trained = [one for one in analysis.optimizers if one.trained]
    baselines = [one for one in analysis.optimizers if not one.trained]
    rows = tuple(
        (
            *(Entry((text,)) for text in (MEASURES[index].title, one.name, other.name)),
            *(_chance(one, other, budget, index) for budget in analysis.budgets),
        )
        for index in analysis.measured[:COMPARED]
        for one in trained
        for other in baselines
    )
    heads = (Column(title, numeric=False) for title in ("measure", "optimizer", "over"))
    return Table(
        "chances",
        "Probability of improvement",
        (*heads, *_columns(analysis, ("chance", *ENDS), "[{1}, {2}]")),
        rows,
        "How likely a run of the first is better than one of the second on the same start set (%), "
        f"half of the ties counted [{MEANING}]. It says nothing of how much better. Source: "
        f"Agarwal et al. (2021). {made_from(analysis, 'validation', 'test')}",
    )


def _chance(one: OptimizerAnalysis, other: OptimizerAnalysis, budget: int, index: int) -> Entry:
    """One probability in digits, or why there is none."""
    _, cells = histograms([one.budgets[budget], other.budgets[budget]], index)
    return _entry(*probability_of_improvement(*cells))


def regret_table(analysis: Analysis) -> Table:
    """Distance from the best validation accuracy of the benchmark; no rows where not known."""
    optimum = analysis.evaluation.benchmark.get("validation_optimum")
    rows = tuple(
        (
            Entry((one.name,)),
            *(_regret(one, budget, float(optimum)) for budget in analysis.budgets),
        )
        for one in analysis.optimizers
        if optimum is not None
    )
    parts = ("mean", *ENDS, "median", "at the optimum")
    detail = (
        "[{1}, {2}] median\N{NO-BREAK SPACE}{3}, optimum\N{NO-BREAK SPACE}in\N{NO-BREAK SPACE}{4} %"
    )
    return Table(
        "regret",
        "Simple regret: distance from the best of the benchmark",
        (Column("optimizer", numeric=False), *_columns(analysis, parts, detail)),
        rows,
        "The best validation accuracy of the whole benchmark "
        f"({'not known' if optimum is None else percent(float(optimum))} %) minus the best found, "
        f"in percentage points: mean [{MEANING}], median over runs, and the share of runs that "
        f"found the optimum. {made_from(analysis, 'validation')}",
    )


def _regret(one: OptimizerAnalysis, budget: int, optimum: float) -> Entry:
    """Regret of one optimizer at one budget in digits, or why there is none."""
    found = one.budgets[budget].finals[:, 0]
    if not len(found):
        return Entry(("no complete run",))
    seeds = one.seeds[budget][0]
    flipped = Interval(optimum - seeds.high, optimum - seeds.low, seeds.agents, seeds.reason)
    median = percent(optimum - float(np.median(found)))
    share = f"{100 * float((found > optimum - CLOSE).mean()):.1f}"
    return Entry((percent(optimum - float(found.mean())), *bounds(flipped, percent), median, share))


def _columns(analysis: Analysis, parts: tuple[str, ...], detail: str) -> tuple[Column, ...]:
    """One column for each budget."""
    return tuple(Column(f"{budget} queries", parts, detail) for budget in analysis.budgets)
