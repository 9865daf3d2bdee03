"""What is paid for what is found: before a trained optimizer's first search, and within searches.

Costs are counted alike for all: a look at an architecture is a query, looking again is free.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naslib_incremental.records import Episodes
from naslib_incremental.records.training import TrainingResult
from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.optimizer_analysis import OptimizerAnalysis
from naslib_incremental.reports.statistics.runs import Evaluation


@dataclass(frozen=True)
class AgentCost:
    """What one agent cost before it was evaluated.

    Attributes:
        optimizer: name in the report.
        agent_seed: number of the agent.
        trained_on: full names of the benchmarks that it learned from.
        benchmark: full name of the one that it is evaluated on.
        elsewhere: whether that one is never queried before the evaluation.
        table: architectures of all tables that it learned from, NaN where there is no such table.
        result: of its training.
    """

    optimizer: str
    agent_seed: int
    trained_on: tuple[str, ...]
    benchmark: str
    elsewhere: bool
    table: float
    result: TrainingResult

    @property
    def share(self) -> float:
        """Of the tables, what it has seen."""
        return self.result.distinct_queries / self.table

    @property
    def best_validation(self) -> float:
        """Highest validation accuracy that it met; NaN where that is not of the benchmark."""
        found = self.result.best_validation
        return np.nan if found is None or self.trained_on != (self.benchmark,) else found

    @property
    def where(self) -> str:
        """What it learned from, in words."""
        if self.elsewhere:
            return f"{len(self.trained_on)} others; {self.benchmark} never queried"
        return "itself" if self.trained_on == (self.benchmark,) else ", ".join(self.trained_on)


def agent_costs(analysis: Analysis) -> list[AgentCost]:
    """Of all agents whose training is known, in the order of the report."""
    size = analysis.runs.benchmark.architectures
    return [
        AgentCost(
            one.name,
            agent.agent_seed,
            recorded.trained_on,
            analysis.runs.benchmark.name,
            recorded.learns_elsewhere,
            np.nan if size is None else size * len(recorded.trained_on),
            agent.result,
        )
        for one in analysis.optimizers
        for recorded in [one.runs.run.manifest.optimizers[one.runs.registered]]
        for agent in one.runs.agents
    ]


def mean_cost(one: OptimizerAnalysis, key: str) -> float:
    """The mean over agents of a number of what their training cost; NaN without agents."""
    found = [float(getattr(agent.result, key)) for agent in one.runs.agents]
    return float(np.mean(found)) if found else np.nan


def longest_search(one: OptimizerAnalysis) -> int:
    """The largest budget whose searches are complete, of whole searches; 0 of other episodes.

    A search that stopped by itself is complete at any budget.
    """
    if not all(evaluation.is_search for evaluation in one.runs.evaluations):
        return 0
    queries, stopped = one.runs.column("queries"), one.runs.column("stopped")
    going = queries[~stopped]
    return int(going.min() if len(going) else queries.max())


def distinct_after(evaluations: Sequence[Evaluation], budget: int) -> NDArray[np.float64] | None:
    """Different architectures that searches of a budget have looked at after each query.

    Args:
        evaluations: one optimizer's, cut into searches as ``searches.cut`` cuts them.
        budget: Q, queries of each search.

    Returns:
        [Q] mean over the searches; NaN without any; None where it is not known: only of episodes of
        one query is it recorded what they asked for.
    """
    if all(one.is_search for one in evaluations):
        return np.arange(1.0, budget + 1)
    if not all(_asks_for_its_final(one.episodes) for one in evaluations):
        return None
    parts = [_first_looks(one.episodes, budget) for one in evaluations]
    searches = sum(len(part) for part in parts)
    total: NDArray[np.float64] = np.sum([part.sum(axis=0) for part in parts], axis=0)
    return np.cumsum(total) / searches if searches else np.full(budget, np.nan)


def _asks_for_its_final(episodes: Episodes) -> bool:
    """Whether each episode is one query, and that is of its final architecture."""
    asked = episodes.incumbents.validation
    return bool((episodes.queries == 1).all()) and np.array_equal(asked, episodes.final_validation)


def _first_looks(episodes: Episodes, budget: int) -> NDArray[np.bool_]:
    """[R, Q] True where a query of a search is of an architecture that it has not looked at yet."""
    searches = len(episodes.queries) // budget
    codes = pd.factorize(np.asarray(episodes.final, object))[0][: searches * budget]
    first = np.zeros((searches, budget), np.bool_)
    for row, own in zip(first, codes.reshape(searches, budget), strict=True):
        row[np.unique(own, return_index=True)[1]] = True
    return first
