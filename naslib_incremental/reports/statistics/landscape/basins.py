"""The local optima of a landscape, and which architectures climb to each of them."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from naslib_incremental.search_spaces_ext.search_graph import SearchGraph


@dataclass(frozen=True)
class Basins:
    """Steepest ascent from each of V architectures to one of O local optima.

    Attributes:
        optima: [O] architectures, the largest basin first, of equal ones the lower number.
        sizes: [O] how many architectures climb there, itself included.
        ends: [V] the architecture that each one climbs to.
        moves: [V] in how many moves.
    """

    optima: NDArray[np.int64]
    sizes: NDArray[np.int64]
    ends: NDArray[np.int64]
    moves: NDArray[np.int64]


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
    moves = np.zeros(len(uphill), np.int64)
    while (moving := uphill[ends] != ends).any():
        ends = uphill[ends]
        moves += moving
    sizes = np.bincount(ends, minlength=len(ends))
    optima = np.flatnonzero(uphill == np.arange(len(uphill)))
    optima = optima[np.argsort(-sizes[optima], kind="stable")]
    return Basins(optima, sizes[optima], ends, moves)


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
