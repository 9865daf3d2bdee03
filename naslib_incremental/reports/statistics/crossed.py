"""Sums over the searches of each pair of an agent and a start set, and how searches depend.

Every agent meets every start set, so the two are crossed factors. Means, their intervals and their
differences need only the sums and counts of the pairs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Design:
    """What the searches of one optimizer share.

    Attributes:
        trained: whether those of one agent share what it has learned; the others are repetitions,
            which share nothing but their start sets.
        seed: master seed of the run. Agents and start sets of equal numbers are the same ones
            where it is the same.
    """

    trained: bool = True
    seed: int = 0


AGENTS = Design()


@dataclass(frozen=True)
class CrossedSums:
    """Sums over the searches of each pair of an agent and a start set, of any quantities.

    Attributes:
        agents: [A] seeds.
        sets: [S] numbers of start sets.
        sums: [A, S, ...] sums over the searches of a pair; zero where there is none.
        counts: [A, S] number of searches.
        variance: [...] of a single search, over all searches alike (ddof = 1); NaN below two.
        design: what the searches share.
    """

    agents: tuple[int, ...]
    sets: tuple[int, ...]
    sums: NDArray[np.float64]
    counts: NDArray[np.int64]
    variance: NDArray[np.float64]
    design: Design = AGENTS

    @property
    def means(self) -> NDArray[np.float64]:
        """[A, S, ...] mean of each pair; NaN where it has no search."""
        counts = as_columns(self.counts, self.sums.ndim - 2)
        empty = np.full_like(self.sums, np.nan)
        found: NDArray[np.float64] = np.divide(self.sums, counts, out=empty, where=counts > 0)
        return found

    @property
    def mean(self) -> NDArray[np.float64]:
        """[...] mean over all searches; NaN where there is none."""
        total = self.counts.sum()
        found: NDArray[np.float64] = self.sums.sum((0, 1)) / (total if total else np.nan)
        return found

    @property
    def num_searches(self) -> int:
        """N, all searches."""
        return int(self.counts.sum())

    def of(self, index: int) -> CrossedSums:
        """The same of one of [K, ...] quantities."""
        return replace(self, sums=self.sums[:, :, index], variance=self.variance[index])


def gather(
    agent_seed: NDArray[np.int64],
    start_set: NDArray[np.int64],
    values: NDArray[np.float64],
    design: Design = AGENTS,
) -> CrossedSums:
    """Put [R, ...] values, one of each search, into their pairs.

    Args:
        agent_seed: [R] the agent of each.
        start_set: [R] its start set.
        values: [R, ...] what it found.
        design: what the searches share.
    """
    variance = values.var(axis=0, ddof=1) if len(values) > 1 else np.full(values.shape[1:], np.nan)
    counts = np.ones(len(values), np.int64)
    return gather_sums(agent_seed, start_set, values, counts, variance, design)


def gather_sums(
    agent_seed: NDArray[np.int64],
    start_set: NDArray[np.int64],
    sums: NDArray[np.float64],
    counts: NDArray[np.int64],
    variance: NDArray[np.float64],
    design: Design = AGENTS,
) -> CrossedSums:
    """Put [C, ...] sums, over [C] numbers of searches, into their pairs; empty ones are left out.

    Args:
        agent_seed: [C] the agent of each sum.
        start_set: [C] its start set.
        sums: [C, ...] sums over its searches.
        counts: [C] number of its searches.
        variance: [...] of a single search.
        design: what the searches share.
    """
    some = counts > 0
    agents, row = np.unique(agent_seed[some], return_inverse=True)
    sets, column = np.unique(start_set[some], return_inverse=True)
    shape = (len(agents), len(sets))
    total, searches = np.zeros((*shape, *sums.shape[1:])), np.zeros(shape, np.int64)
    np.add.at(total, (row, column), sums[some])
    np.add.at(searches, (row, column), counts[some])
    labels = tuple(agents.tolist()), tuple(sets.tolist())
    return CrossedSums(*labels, total, searches, variance, design)


def as_columns(values: NDArray[Any], dimensions: int) -> NDArray[Any]:
    """Values with so many more dimensions, so that they stand before [...] quantities."""
    return values.reshape(*values.shape, *[1] * dimensions)
