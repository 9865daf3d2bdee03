"""After how many searches the training of an agent has paid for itself, in queries.

A target is the mean best validation that a baseline has found after q queries. The agent needs
fewer queries of a search to have the same mean, and saves the difference in each search; training
cost T queries, the choice of the policy included. It has paid for itself after T / saved searches,
or never.

Both sides are counted alike: as different architectures that are looked at, in training and in each
search. Baselines of which that is not recorded are left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.costs import distinct_after, mean_cost
from naslib_incremental.reports.statistics.optimizer_analysis import OptimizerAnalysis
from naslib_incremental.reports.statistics.searches import CLOSE

BEST = "the best baseline"


@dataclass(frozen=True)
class Opponent:
    """A baseline, or at each query the best of several.

    Attributes:
        name: of the baseline, or ``BEST``.
        leaders: [Q] name of the baseline after each query.
        targets: [Q] its mean best validation, fractions.
        spent: [Q] different architectures that it has looked at.
    """

    name: str
    leaders: tuple[str, ...]
    targets: NDArray[np.float64]
    spent: NDArray[np.float64]


@dataclass(frozen=True)
class BreakEven:
    """One trained optimizer against one opponent, for targets after 1 to Q queries.

    Attributes:
        name: the trained optimizer.
        other: the opponent.
        needed: [Q] different architectures after which the trained optimizer's mean is as high;
            inf where it is not within Q queries.
        training: T, mean over agents of different architectures; NaN where not known.
        searches: [Q] break-even number of searches; inf for never.
        by_agent: [A, Q] of each agent alone, with its own training and its own mean.
    """

    name: str
    other: Opponent
    needed: NDArray[np.float64]
    training: float
    searches: NDArray[np.float64]
    by_agent: NDArray[np.float64]


def break_evens(analysis: Analysis) -> list[BreakEven]:
    """Each trained optimizer against each baseline, by the searches of the largest budget."""
    return _against(analysis, opponents(analysis))


def best_break_evens(analysis: Analysis) -> list[BreakEven]:
    """Each trained optimizer against what is the best baseline after each query."""
    found = opponents(analysis)
    return _against(analysis, [best_of(found)]) if found else []


def opponents(analysis: Analysis) -> list[Opponent]:
    """The baselines with searches of the largest budget whose cost is known."""
    budget = analysis.budgets[-1]
    return [
        Opponent(one.name, (one.name,) * budget, one.searches(budget).mean[0], spent)
        for one in analysis.optimizers
        if not one.trained and len(one.searches(budget).finals)
        for spent in [distinct_after(one.runs.evaluations, budget)]
        if spent is not None
    ]


def best_of(found: list[Opponent]) -> Opponent:
    """The one with the highest mean after each query, the first of equals."""
    means = np.array([one.targets for one in found])
    places, at = means.argmax(axis=0), np.arange(means.shape[1])
    return Opponent(
        BEST,
        tuple(found[place].name for place in places),
        means[places, at],
        np.array([one.spent for one in found])[places, at],
    )


def _against(analysis: Analysis, others: list[Opponent]) -> list[BreakEven]:
    budget = analysis.budgets[-1]
    return [
        _break_even(one, other, spent, budget)
        for one in analysis.optimizers
        if one.trained and len(one.searches(budget).finals)
        for spent in [distinct_after(one.runs.evaluations, budget)]
        if spent is not None
        for other in others
    ]


def _break_even(
    one: OptimizerAnalysis, other: Opponent, spent: NDArray[np.float64], budget: int
) -> BreakEven:
    """One pair."""
    needed = needed_queries(one.searches(budget).mean[0], spent, other.targets)
    training = mean_cost(one, "distinct_queries")
    searches = searches_until(training, needed, other.spent)
    by_agent = _by_agent(one, other, budget)
    return BreakEven(one.name, other, needed, training, searches, by_agent)


def _by_agent(one: OptimizerAnalysis, other: Opponent, budget: int) -> NDArray[np.float64]:
    """[A, Q] searches of each agent with searches whose training is known."""
    costs = {agent.agent_seed: agent.result.distinct_queries for agent in one.runs.agents}
    found = []
    for seed, cost in costs.items():
        own = [part for part in one.runs.evaluations if part.task.agent_seed == seed]
        alone = OptimizerAnalysis(replace(one.runs, evaluations=tuple(own)), (budget,), 0)
        spent = distinct_after(own, budget)
        if spent is not None and len(alone.searches(budget).finals):
            needed = needed_queries(alone.searches(budget).mean[0], spent, other.targets)
            found.append(searches_until(cost, needed, other.spent))
    return np.array(found).reshape(-1, budget)


def needed_queries(
    curve: NDArray[np.float64], spent: NDArray[np.float64], targets: NDArray[np.float64]
) -> NDArray[np.float64]:
    """[T] what is spent when a rising curve reaches each target; inf where it does not.

    Args:
        curve: [Q] after each query.
        spent: [Q] after each query.
        targets: [T].
    """
    place = np.searchsorted(curve, targets - CLOSE)
    found: NDArray[np.float64] = np.append(spent, np.inf)[place]
    return found


def searches_until(
    training: float, needed: NDArray[np.float64], spent: NDArray[np.float64]
) -> NDArray[np.float64]:
    """[Q] searches after which what is saved, spent - needed, is the training; inf for never."""
    saved = spent - needed
    never = np.full(len(saved), np.inf)
    # Means of counts: what is saved by rounding is not saved.
    found: NDArray[np.float64] = np.divide(training, saved, out=never, where=saved > CLOSE)
    return found
