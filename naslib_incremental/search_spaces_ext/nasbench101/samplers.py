"""How NAS-Bench-101 cells are drawn: the paper's sampler, and the random cell of BANANAS.

Both return packed words; uniform draws over the space need no sampler of their own.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from naslib_incremental.search_spaces_ext.nasbench101.kernels import (
    ADJACENCY,
    LABEL_SHIFT,
    MOST_VERTICES,
    NO_CELL,
    OPERATIONS,
    SIZE_SHIFT,
    edge_bit,
    is_complete,
    prune,
)


@numba.njit(cache=True)
def draw_size_first(count: int, rng: np.random.Generator) -> NDArray[np.uint64]:
    """[count] words: a uniform number of vertices first, then a random valid cell of that size.

    Adjacency matrices are drawn uniformly and rejected until each vertex lies on a path from input
    to output, with at most nine edges. Every size is equally frequent, so small cells are drawn far
    more often than uniformly.

    Source: Cassimon, Mercelis and Mets 2024, the start distribution.
    """
    words = np.empty(count, np.uint64)
    for row in range(count):
        vertices = 2 + int(rng.random() * (MOST_VERTICES - 1))
        edge_bits = 0
        while not is_complete(edge_bits, vertices):
            edge_bits = int(rng.random() * (1 << edge_bit(0, vertices)))
        words[row] = edge_bits | _draw_labels(vertices, rng) | vertices << SIZE_SHIFT
    return words


@numba.njit(cache=True)
def draw_random_cell_adj(count: int, rng: np.random.Generator) -> NDArray[np.uint64]:
    """[count] words: a random 7 x 7 adjacency with random labels, until a valid cell is left.

    The cell is what remains after pruning, so its size is whatever the draw leaves.

    Source: ``random_cell_adj`` of BANANAS (White, Neiswanger and Savani 2021).
    """
    words = np.empty(count, np.uint64)
    for row in range(count):
        word = NO_CELL
        while word == NO_CELL:
            edge_bits = int(rng.random() * (1 << ADJACENCY))
            labels = _draw_labels(MOST_VERTICES, rng)
            word = prune(edge_bits | labels | MOST_VERTICES << SIZE_SHIFT)
        words[row] = word
    return words


@numba.njit(cache=True)
def _draw_labels(vertices: int, rng: np.random.Generator) -> int:
    """The label bits of uniformly random operations."""
    bits = 0
    for inner in range(vertices - 2):
        bits |= int(rng.random() * OPERATIONS) << (LABEL_SHIFT + 2 * inner)
    return bits
