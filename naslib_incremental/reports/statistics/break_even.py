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

from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.optimizer_analysis import OptimizerAnalysis
from naslib_incremental.reports.statistics.searches import CLOSE


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
    """Each trained optimizer against each baseline, by the searches of the largest budget."""
    budget = analysis.budgets[-1]
    known = [one for one in analysis.optimizers if len(one.searches(budget).finals)]
    return [
        _break_even(one, other, budget)
        for one in known
        if one.trained
        for other in known
        if not other.trained
    ]


def _break_even(one: OptimizerAnalysis, other: OptimizerAnalysis, budget: int) -> BreakEven:
    """One pair."""
    targets = other.searches(budget).mean[0]
    needed = first_query(one.searches(budget).mean[0], targets)
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
    """[A, Q] searches of each agent with searches whose training queries are known."""
    crossed = one.searches(budget).crossed
    costs = {agent.agent_seed: float(agent.result.queries) for agent in one.runs.agents}
    found = [
        searches_until(cost, first_query(sums[:, 0].sum(axis=0) / counts.sum(), targets))
        for agent, sums, counts in zip(crossed.agents, crossed.sums, crossed.counts, strict=True)
        if not np.isnan(cost := costs.get(agent, np.nan))
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
    """The mean over agents of a number of what their training cost; NaN without agents."""
    found = [float(getattr(agent.result, key)) for agent in one.runs.agents]
    return float(np.mean(found)) if found else np.nan
