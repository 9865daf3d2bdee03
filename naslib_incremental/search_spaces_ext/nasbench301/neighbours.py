"""Kernels of the neighbours of DARTS cells, and of the pairs of cells presented.

A neighbour of a cell has another operation at one of its eight edges, or another input at one: 48
and 12 changes of the canonical cell, fewer neighbours once isomorphic ones are removed.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from naslib_incremental.search_spaces_ext.nasbench301.kernels import (
    INPUTS,
    NODES,
    OPERATIONS,
    canonical_word,
    pack_record,
    record_shift,
)

CHANGES = 60


@numba.njit(cache=True)
def cell_neighbours(word: int, found: NDArray[np.int64]) -> int:
    """Write the ascending words of a canonical cell's neighbours; returns their number."""
    count = 0
    for node in range(NODES):
        shift = record_shift(node)
        record = word >> shift & 4095
        rest = word ^ (record << shift)
        for edge in range(2):
            source = record >> (9 - 6 * edge) & 7
            operation = record >> (6 - 6 * edge) & 7
            kept = record >> (3 + 6 * edge) & 7
            kept_operation = record >> 6 * edge & 7
            for other in range(OPERATIONS):
                if other != operation:
                    changed = pack_record(source, other, kept, kept_operation)
                    found[count] = canonical_word(rest | changed << shift)
                    count += 1
            for other in range(node + INPUTS):
                if other not in (source, kept):
                    changed = pack_record(other, operation, kept, kept_operation)
                    found[count] = canonical_word(rest | changed << shift)
                    count += 1
    return _distinct(found, count, word)


@numba.njit(cache=True)
def _distinct(found: NDArray[np.int64], count: int, excluded: int) -> int:
    """Sort the first ``count`` words and drop duplicates and the excluded one."""
    for place in range(1, count):
        value = found[place]
        free = place
        while free and found[free - 1] > value:
            found[free] = found[free - 1]
            free -= 1
        found[free] = value
    kept = 0
    for place in range(count):
        value = found[place]
        if value != excluded and (kept == 0 or found[kept - 1] != value):
            found[kept] = value
            kept += 1
    return kept


@numba.njit(cache=True)
def degrees(architectures: NDArray[np.uint64]) -> NDArray[np.int64]:
    """[B, 2] numbers of neighbours of each cell."""
    found = np.empty(CHANGES, np.int64)
    counts = np.empty(architectures.shape, np.int64)
    for row in range(len(architectures)):
        for cell in range(2):
            word = canonical_word(np.int64(architectures[row, cell]))
            counts[row, cell] = cell_neighbours(word, found)
    return counts


@numba.njit(cache=True)
def _greatest_common_divisor(one: int, other: int) -> int:
    while other:
        one, other = other, one % other
    return one


@numba.njit(cache=True)
def _write_neighbour(
    presented: NDArray[np.uint64],
    number: int,
    counts: NDArray[np.int64],
    cells: NDArray[np.int64],
    own: NDArray[np.int64],
    both: bool,
) -> None:
    """Write neighbour ``number`` of an architecture, in the space's fixed order.

    Pairs run along diagonals, so that even the first few change both cells in many ways.
    """
    if both:
        normal, reduction = counts
        cycle = normal * reduction // _greatest_common_divisor(normal, reduction)
        presented[0] = cells[0, number % normal]
        presented[1] = cells[1, (number + number // cycle) % reduction]
    elif number < counts[0]:
        presented[0] = cells[0, number]
        presented[1] = own[1]
    else:
        presented[0] = own[0]
        presented[1] = cells[1, number - counts[0]]


@numba.njit(cache=True)
def _prepare(
    architecture: NDArray[np.uint64],
    counts: NDArray[np.int64],
    cells: NDArray[np.int64],
    own: NDArray[np.int64],
    both: bool,
) -> int:
    """Write the neighbours of both cells and the canonical cells; returns the degree."""
    for cell in range(2):
        own[cell] = canonical_word(np.int64(architecture[cell]))
        counts[cell] = cell_neighbours(own[cell], cells[cell])
    degree: int = counts[0] * counts[1] if both else counts[0] + counts[1]
    return degree


@numba.njit(cache=True)
def present_in_order(
    architectures: NDArray[np.uint64], width: int, both: bool
) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """[B, width, 2] the first neighbours in the fixed order, and [B, width] which are presented."""
    presented = np.empty((len(architectures), width, 2), np.uint64)
    mask = np.zeros((len(architectures), width), np.bool_)
    cells = np.empty((2, CHANGES), np.int64)
    counts = np.empty(2, np.int64)
    own = np.empty(2, np.int64)
    for row in range(len(architectures)):
        shown = min(_prepare(architectures[row], counts, cells, own, both), width)
        for slot in range(shown):
            _write_neighbour(presented[row, slot], slot, counts, cells, own, both)
        presented[row, shown:] = architectures[row]
        mask[row, :shown] = True
    return presented, mask


@numba.njit(cache=True)
def present_shuffled(
    architectures: NDArray[np.uint64], width: int, both: bool, rng: np.random.Generator
) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """[B, width, 2] neighbours by a partial Fisher-Yates shuffle, and [B, width] their mask."""
    presented = np.empty((len(architectures), width, 2), np.uint64)
    mask = np.zeros((len(architectures), width), np.bool_)
    cells = np.empty((2, CHANGES), np.int64)
    counts = np.empty(2, np.int64)
    own = np.empty(2, np.int64)
    # Shuffled in its first places only, and put in order again: cheaper than filling it anew.
    numbers = np.arange(CHANGES * CHANGES)
    swapped = np.empty(width, np.int64)
    for row in range(len(architectures)):
        degree = _prepare(architectures[row], counts, cells, own, both)
        shown = min(degree, width)
        for slot in range(shown):
            chosen = slot + int(rng.random() * (degree - slot))
            numbers[slot], numbers[chosen] = numbers[chosen], numbers[slot]
            swapped[slot] = chosen
            _write_neighbour(presented[row, slot], numbers[slot], counts, cells, own, both)
        for slot in range(shown - 1, -1, -1):
            chosen = swapped[slot]
            numbers[slot], numbers[chosen] = numbers[chosen], numbers[slot]
        presented[row, shown:] = architectures[row]
        mask[row, :shown] = True
    return presented, mask
