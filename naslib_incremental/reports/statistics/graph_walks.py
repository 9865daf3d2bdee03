"""Ways over a whole search graph, exactly: random walks, and steepest ascent from everywhere."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from naslib_incremental.search_spaces_ext.search_graph import SearchGraph


@dataclass(frozen=True)
class Walk:
    """A random walk with at most T steps over V architectures; each row of shares sums to 1.

    Attributes:
        start: [V] distribution of the first architecture.
        visits: [V] stationary distribution of the walk that starts anew whenever an episode ends:
            the share of all architectures stood on, starts included.
        finals: [V] distribution of the architecture an episode ends in.
        going: [T+1] share of the episodes that make so many steps or more.
        accuracy: [T+1] mean accuracy of these after so many steps; NaN where there are none.
    """

    start: NDArray[np.float64]
    visits: NDArray[np.float64]
    finals: NDArray[np.float64]
    going: NDArray[np.float64]
    accuracy: NDArray[np.float64]

    @property
    def cut(self) -> float:
        """The share of the episodes that the limit of steps ends."""
        return float(self.going[-1])

    @property
    def num_steps(self) -> float:
        """The mean number of steps of an episode."""
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
        max_steps: T, steps after which an episode is cut off.

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
    accuracy: NDArray[np.float64], shares: NDArray[np.float64], samples: ArrayLike
) -> NDArray[np.float64]:
    """The expected highest accuracy among so many independent samples, for each number of them.

    Args:
        accuracy: [V] of each architecture.
        shares: [V] its probabilities.
        samples: [D] numbers of samples.
    """
    order = np.argsort(accuracy, kind="stable")
    below = np.concatenate([np.zeros(1), np.cumsum(shares[order])])
    below /= below[-1]
    return np.array([np.diff(below**count) @ accuracy[order] for count in np.asarray(samples, int)])


@dataclass(frozen=True)
class Basins:
    """Steepest ascent from each of V architectures to one of O local optima.

    Attributes:
        optima: [O] architectures, the largest basin first, of equal ones the lower number.
        sizes: [O] how many architectures climb there, itself included.
        ends: [V] the architecture that each one climbs to.
        num_steps: [V] in how many steps.
    """

    optima: NDArray[np.int64]
    sizes: NDArray[np.int64]
    ends: NDArray[np.int64]
    num_steps: NDArray[np.int64]


def climb(graph: SearchGraph, accuracy: NDArray[np.float64]) -> Basins:
    """Move each architecture to its best neighbour, of all it has, for as long as that is better.

    Of equally good neighbours the one with the lowest number is taken. An architecture without a
    strictly better neighbour is a local optimum.

    Args:
        graph: the whole search graph of V architectures.
        accuracy: [V] of each architecture.
    """
    uphill = _best_neighbours(graph.offsets, graph.targets, accuracy)
    ends = np.arange(len(uphill))
    steps = np.zeros(len(uphill), np.int64)
    while (moving := uphill[ends] != ends).any():
        ends = uphill[ends]
        steps += moving
    sizes = np.bincount(ends, minlength=len(ends))
    optima = np.flatnonzero(uphill == np.arange(len(uphill)))
    optima = optima[np.argsort(-sizes[optima], kind="stable")]
    return Basins(optima, sizes[optima], ends, steps)


@numba.njit(cache=True)
def _best_neighbours(
    offsets: NDArray[np.int64], targets: NDArray[np.int32], accuracy: NDArray[np.float64]
) -> NDArray[np.int64]:
    """[V] the best of each architecture and its neighbours."""
    best = np.arange(len(accuracy))
    for origin in range(len(accuracy)):
        for place in range(offsets[origin], offsets[origin + 1]):
            if accuracy[targets[place]] > accuracy[best[origin]]:
                best[origin] = targets[place]
    return best
