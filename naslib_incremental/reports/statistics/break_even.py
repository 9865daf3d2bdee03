"""After how many searches the training of an agent has paid for itself, in queries.

A target is the mean best validation that a baseline has found after q queries. The agent needs
fewer queries of a search to have the same mean, and saves the difference in each search; training
cost T queries. It has paid for itself after T / saved searches, or never.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.reports.statistics.analysis import Analysis, OptimizerAnalysis
from naslib_incremental.reports.statistics.pairs import CLOSE
from naslib_incremental.reports.tables.budgets import NOTHING, made_from
from naslib_incremental.reports.tables.rendering import Column, Entry, Table

NEVER = "never"


@dataclass(frozen=True)
class BreakEven:
    """One trained optimizer against one baseline, for targets after 1 to Q queries.

    Attributes:
        name: the trained optimizer.
        other: the baseline.
        targets: [Q] mean best validation of the baseline after q queries, fractions.
        needed: [Q] queries after which the trained optimizer's mean is as high; inf where it is
            not within Q.
        training: T, mean training queries of an agent; NaN where not known.
        searches: [Q] break-even number of searches; inf for never.
        distinct: [Q] the same, with a training that pays for each architecture once.
        by_agent: [A, Q] of each agent alone, with its own training and its own mean.
    """

    name: str
    other: str
    targets: NDArray[np.float64]
    needed: NDArray[np.float64]
    training: float
    searches: NDArray[np.float64]
    distinct: NDArray[np.float64]
    by_agent: NDArray[np.float64]


def break_evens(analysis: Analysis) -> list[BreakEven]:
    """Each trained optimizer against each baseline, by the runs of the largest budget."""
    budget = analysis.budgets[-1]
    known = [one for one in analysis.optimizers if len(one.budgets[budget].finals)]
    return [
        _break_even(one, other, budget)
        for one in known
        if one.trained
        for other in known
        if not other.trained
    ]


def _break_even(one: OptimizerAnalysis, other: OptimizerAnalysis, budget: int) -> BreakEven:
    """One pair."""
    targets = other.budgets[budget].mean[0]
    needed = first_query(one.budgets[budget].mean[0], targets)
    training = mean_cost(one, "queries")
    return BreakEven(
        one.name,
        other.name,
        targets,
        needed,
        training,
        searches_until(training, needed),
        searches_until(mean_cost(one, "distinct_queries"), needed),
        _by_agent(one, targets, budget),
    )


def _by_agent(one: OptimizerAnalysis, targets: NDArray[np.float64], budget: int) -> Any:
    """[A, Q] searches of each agent with runs whose training queries are known."""
    cells = one.budgets[budget].cells
    costs = {entry.get("agent_seed"): _number(entry.get("queries")) for entry in one.runs.training}
    found = [
        searches_until(cost, first_query(sums[:, 0].sum(axis=0) / counts.sum(), targets))
        for agent, sums, counts in zip(cells.agents, cells.sums, cells.counts, strict=True)
        if counts.sum() and not np.isnan(cost := costs.get(agent, np.nan))
    ]
    return np.array(found).reshape(-1, budget)


def first_query(curve: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.float64]:
    """[T] the first query, from 1, at which a [Q] rising curve reaches each target; inf if none."""
    place = np.searchsorted(curve, targets - CLOSE)
    found: NDArray[np.float64] = np.where(place < len(curve), place + 1.0, np.inf)
    return found


def searches_until(training: float, needed: NDArray[np.float64]) -> NDArray[np.float64]:
    """[Q] searches after which the queries saved, q - needed, are the training's; inf for never."""
    saved = np.arange(1, len(needed) + 1) - needed
    never = np.full(len(saved), np.inf)
    found: NDArray[np.float64] = np.divide(training, saved, out=never, where=saved > 0)
    return found


def mean_cost(one: OptimizerAnalysis, key: str) -> float:
    """The mean over agents of a number that training left; NaN where an agent has none."""
    found = [_number(entry.get(key)) for entry in one.runs.training]
    return float(np.mean(found)) if found else np.nan


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else np.nan


def break_even_table(analysis: Analysis) -> Table:
    """Break-even numbers of searches at each budget, one row per pair."""
    parts = ("searches", "fewest", "most", "needed", "distinct")
    shown = "({1} to {2}), {3}\N{NO-BREAK SPACE}queries; {4}\N{NO-BREAK SPACE}distinct"
    trained = {one.name: one for one in analysis.optimizers}
    rows = tuple(
        (
            Entry((pair.name,)),
            Entry((pair.other,)),
            _training_entry(trained[pair.name]),
            *(_entry(pair, budget) for budget in analysis.budgets),
        )
        for pair in break_evens(analysis)
    )
    return Table(
        "break_even",
        "When training has paid for itself",
        (
            Column("optimizer", numeric=False),
            Column("against", numeric=False),
            Column(
                "training queries",
                ("", "distinct", "seconds"),
                "{1}\N{NO-BREAK SPACE}distinct, {2}\N{NO-BREAK SPACE}s",
            ),
            *(Column(f"{budget} queries", parts, shown) for budget in analysis.budgets),
        ),
        rows,
        "So many searches it takes until the queries saved are those that training cost: the "
        "baseline searches with the queries of the column, the agent until its mean best "
        "validation is as high. In brackets the agents with the fewest and the most, each with "
        "its own training and mean; then the queries the agent needs in a search, and the searches "
        "if training paid for each different architecture once. Never: the agent needs as many "
        "queries as the baseline, or does not get there. Training is the mean of the agents, the "
        "choice of the policy included; trials of other options are not counted. By runs of "
        f"{analysis.budgets[-1]} queries. {made_from(analysis, 'validation')}",
    )


def _training_entry(one: OptimizerAnalysis) -> Entry:
    """What training an agent cost in the mean."""
    keys = ("queries", "distinct_queries", "seconds")
    costs = [mean_cost(one, key) for key in keys]
    return Entry(tuple(NOTHING if np.isnan(cost) else f"{cost:,.0f}" for cost in costs))


def _entry(pair: BreakEven, budget: int) -> Entry:
    """The break-even of one budget in digits."""
    if np.isnan(pair.training):
        return Entry((f"{NOTHING} (training queries not known)",))
    place = budget - 1
    own = pair.by_agent[:, place]
    ends = (own.min(), own.max()) if len(own) else (np.nan, np.nan)
    numbers = (pair.searches[place], *ends)
    needed = pair.needed[place]
    reached = f"{needed:.0f}" if np.isfinite(needed) else f"over {len(pair.needed)}"
    return Entry((*map(_searches, numbers), reached, _searches(pair.distinct[place])))


def _searches(number: float) -> str:
    if np.isnan(number):
        return NOTHING
    return f"{np.ceil(number):,.0f}" if np.isfinite(number) else NEVER
