"""Where a random walk is and where it ends, as exact probabilities over a whole search graph."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from naslib_incremental.search_spaces_ext.search_graph import SearchGraph


@dataclass(frozen=True)
class Walk:
    """A random walk with at most T moves over V architectures; each row of shares sums to 1.

    Attributes:
        start: [V] distribution of the first architecture.
        visits: [V] stationary distribution of the walk that starts anew whenever an episode ends:
            the share of all architectures stood on, starts included.
        finals: [V] distribution of the architecture an episode ends in.
        going: [T+1] share of the episodes that make so many moves or more.
        accuracy: [T+1] mean accuracy of these after so many moves; NaN where there are none.
    """

    start: NDArray[np.float64]
    visits: NDArray[np.float64]
    finals: NDArray[np.float64]
    going: NDArray[np.float64]
    accuracy: NDArray[np.float64]

    @property
    def cut(self) -> float:
        """The share of the episodes that the limit of moves ends."""
        return float(self.going[-1])

    @property
    def moves(self) -> float:
        """The mean number of moves of an episode."""
        return float(self.going[1:].sum())


def random_walk(
    graph: SearchGraph,
    start: NDArray[np.float64],
    accuracy: NDArray[np.float64],
    limit: int,
    max_steps: int,
) -> Walk:
    """The random walk that moves to a presented neighbour or stops, all choices equally likely.

    Of more neighbours than ``limit`` a uniformly random subset is presented, so that stopping has
    the probability 1 / (min(degree, limit) + 1), and all neighbours share the rest equally.

    Args:
        graph: the whole search graph of V architectures.
        start: [V] probabilities of the first architecture.
        accuracy: [V] of each architecture.
        limit: N, most neighbours presented.
        max_steps: T, moves after which an episode is cut off.

    Source: Cassimon, Mercelis, Mets (2024), section 4, baseline *random walk*.
    """
    shares = start.copy()
    visits, finals = np.zeros_like(shares), np.zeros_like(shares)
    going, means = np.zeros(max_steps + 1), np.full(max_steps + 1, np.nan)
    for move in range(max_steps + 1):
        visits += shares
        going[move] = shares.sum()
        if going[move]:
            means[move] = shares @ accuracy / going[move]
        if move < max_steps:
            shares, stopped = _move(graph.offsets, graph.targets, shares, limit)
            finals += stopped
    return Walk(start, visits / visits.sum(), finals + shares, going, means)


@numba.njit(cache=True)
def _move(
    offsets: NDArray[np.int64],
    targets: NDArray[np.int32],
    shares: NDArray[np.float64],
    limit: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """[V] shares that have moved, and [V] shares that have stopped."""
    moved = np.zeros_like(shares)
    stopped = np.zeros_like(shares)
    for origin in range(len(shares)):
        degree = offsets[origin + 1] - offsets[origin]
        stopped[origin] = shares[origin] / (min(degree, limit) + 1)
        if degree:
            each = (shares[origin] - stopped[origin]) / degree
            for place in range(offsets[origin], offsets[origin + 1]):
                moved[targets[place]] += each
    return moved, stopped


def expected_best(
    accuracy: NDArray[np.float64], shares: NDArray[np.float64], draws: ArrayLike
) -> NDArray[np.float64]:
    """The expected highest accuracy among so many independent draws, for each number of draws.

    Args:
        accuracy: [V] of each architecture.
        shares: [V] probabilities of drawing it.
        draws: [D] numbers of draws.
    """
    order = np.argsort(accuracy, kind="stable")
    below = np.concatenate([np.zeros(1), np.cumsum(shares[order])])
    below /= below[-1]
    return np.array([np.diff(below**count) @ accuracy[order] for count in np.asarray(draws, int)])
