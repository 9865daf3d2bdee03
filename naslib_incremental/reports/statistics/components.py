"""What makes runs differ: agents, start sets, both together, or the runs themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.budgets import BudgetRuns
from naslib_incremental.reports.statistics.crossed_bootstrap import gather
from naslib_incremental.reports.statistics.measures import COMPARED, MEASURES
from naslib_incremental.reports.tables.budgets import made_from
from naslib_incremental.reports.tables.rendering import Column, Entry, Table

ROUNDING = 1e-18
"""Variances below this are the rounding of sums of fractions."""


@dataclass(frozen=True)
class Components:
    """Variances of y = mean + agent + start set + (agent x start set) + run, each at least 0.

    Attributes:
        agents: between agents.
        sets: between start sets.
        both: of what an agent does on one start set in particular.
        runs: within a cell.
        count: number of runs.
        mean_variance: variance of the mean over all runs, with other agents and start sets.
    """

    agents: float
    sets: float
    both: float
    runs: float
    count: int
    mean_variance: float

    @property
    def total(self) -> float:
        """Variance of a single run."""
        return self.agents + self.sets + self.both + self.runs

    @property
    def intraclass(self) -> float:
        """Correlation of two runs of one agent on different start sets."""
        return self.agents / self.total

    @property
    def worth(self) -> float:
        """So many independent runs would give a mean as sure."""
        return self.total / self.mean_variance


def variance_components(
    agent_seed: NDArray[np.int64], start_set: NDArray[np.int64], values: NDArray[np.float64]
) -> Components | str:
    """Components of [R] runs, or why they cannot be told apart.

    Analysis of variance of the unweighted cell means, whose expected mean squares are set equal to
    those found; what comes out below zero is zero.

    Source: Searle, Casella, McCulloch (1992), Variance components, section 4.3.
    """
    if not len(values):
        return "no complete run"
    if np.isnan(values).any():
        return "accuracy missing"
    cells = gather(agent_seed, start_set, values)
    shape = cells.counts.shape
    if min(shape) < 2:
        return "one agent" if shape[0] < 2 else "one start set"
    if not cells.counts.all():
        return "a cell without runs"
    if len(values) == cells.counts.size:
        return "one run a cell"
    return _solve(cells.means, cells.counts, _within(agent_seed, start_set, values))


def _within(agent_seed: NDArray[Any], start_set: NDArray[Any], values: NDArray[Any]) -> float:
    """Pooled variance within the cells."""
    squares, freedom = 0.0, 0
    for agent in np.unique(agent_seed):
        for number in np.unique(start_set):
            own = values[(agent_seed == agent) & (start_set == number)]
            squares += float(((own - own.mean()) ** 2).sum())
            freedom += len(own) - 1
    return squares / freedom


def _solve(
    means: NDArray[np.float64], counts: NDArray[np.int64], within: float
) -> Components | str:
    """Components from the [A, S] cell means."""
    agents, sets = means.shape
    by_agent = means.mean(axis=1, keepdims=True) - means.mean()
    by_set = means.mean(axis=0, keepdims=True) - means.mean()
    rest = means - means.mean() - by_agent - by_set
    agent_square = sets * float((by_agent**2).sum()) / (agents - 1)
    set_square = agents * float((by_set**2).sum()) / (sets - 1)
    rest_square = float((rest**2).sum()) / ((agents - 1) * (sets - 1))
    noise = within * float((1 / counts).mean())
    between = max(0.0, (agent_square - rest_square) / sets)
    among = max(0.0, (set_square - rest_square) / agents)
    both = max(0.0, rest_square - noise)
    if between + among + both + within < ROUNDING:
        return "all runs equal"
    spread = between / agents + among / sets + (both + noise) / means.size
    return Components(between, among, both, within, int(counts.sum()), spread)


def components_table(analysis: Analysis) -> Table:
    """Intra-class correlation and components at each budget, by measure and optimizer."""
    columns = tuple(
        Column(
            f"{budget} queries",
            ("ICC", "agents", "sets", "both", "within", "worth", "runs"),
            "agents\N{NO-BREAK SPACE}{1} sets\N{NO-BREAK SPACE}{2} both\N{NO-BREAK SPACE}{3} "
            "within\N{NO-BREAK SPACE}{4} worth\N{NO-BREAK SPACE}{5}\N{NO-BREAK SPACE}of {6}",
        )
        for budget in analysis.budgets
    )
    rows = tuple(
        (
            Entry((MEASURES[index].title,)),
            Entry((optimizer.name,)),
            *(_entry(optimizer.budgets[budget], index) for budget in analysis.budgets),
        )
        for index in analysis.measured[:COMPARED]
        for optimizer in analysis.optimizers
    )
    heads = (Column(title, numeric=False) for title in ("measure", "optimizer"))
    return Table(
        "components",
        "What makes runs differ",
        (*heads, *columns),
        rows,
        "ICC: intra-class correlation, the share of the variance of a run that is between agents; "
        "then the standard deviations, in percentage points, between agents, between start sets, "
        "of an agent on one start set in particular, and within a cell (analysis of variance; what "
        "comes out below zero is zero); worth: so many independent runs would give a mean as sure "
        "as these runs do, were agents and start sets drawn anew. "
        f"{made_from(analysis, 'validation', 'test')}",
    )


def _entry(cutting: BudgetRuns, index: int) -> Entry:
    """Components in digits, or why there are none."""
    found = variance_components(cutting.agent_seed, cutting.start_set, cutting.finals[:, index])
    if isinstance(found, str):
        return Entry((f"n/a ({found})",))
    deviations = np.sqrt([found.agents, found.sets, found.both, found.runs])
    shown = (f"{100 * deviation:.3f}" for deviation in deviations)
    counts = (f"{found.worth:,.0f}", f"{found.count:,}")
    return Entry((f"{found.intraclass:.3f}", *shown, *counts))
