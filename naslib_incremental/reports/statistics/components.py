"""What makes searches differ: agents, start sets, both together, or the searches themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.reports.statistics.crossed import gather

ROUNDING = 1e-18
"""Variances below this are the rounding of sums of fractions."""


@dataclass(frozen=True)
class Components:
    """Variances of y = mean + agent + start set + (agent x start set) + search, each at least 0.

    Attributes:
        agents: between agents.
        sets: between start sets.
        both: of what an agent does on one start set in particular.
        within: of the searches of one agent on one start set.
        count: number of searches.
        mean_variance: variance of the mean over all searches, with other agents and start sets.
    """

    agents: float
    sets: float
    both: float
    within: float
    count: int
    mean_variance: float

    @property
    def total(self) -> float:
        """Variance of a single search."""
        return self.agents + self.sets + self.both + self.within

    @property
    def intraclass(self) -> float:
        """Correlation of two searches of one agent on different start sets."""
        return self.agents / self.total

    @property
    def worth(self) -> float:
        """So many independent searches would give a mean as sure."""
        return self.total / self.mean_variance


def variance_components(
    agent_seed: NDArray[np.int64], start_set: NDArray[np.int64], values: NDArray[np.float64]
) -> Components | str:
    """Components of [R] searches, or why they cannot be told apart.

    Analysis of variance of the unweighted means of the pairs, whose expected mean squares are set
    equal to those found; what comes out below zero is zero.

    Source: Searle, Casella, McCulloch (1992), Variance components, section 4.3.
    """
    if not len(values):
        return "no complete search"
    if np.isnan(values).any():
        return "accuracy missing"
    crossed = gather(agent_seed, start_set, values)
    shape = crossed.counts.shape
    if min(shape) < 2:
        return "one agent" if shape[0] < 2 else "one start set"
    if not crossed.counts.all():
        return "a pair without searches"
    if len(values) == crossed.counts.size:
        return "one search a pair"
    return _solve(crossed.means, crossed.counts, _within(agent_seed, start_set, values))


def _within(agent_seed: NDArray[Any], start_set: NDArray[Any], values: NDArray[Any]) -> float:
    """Pooled variance within the pairs."""
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
    """Components from the [A, S] means."""
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
        return "all searches equal"
    spread = between / agents + among / sets + (both + noise) / means.size
    return Components(between, among, both, within, int(counts.sum()), spread)
