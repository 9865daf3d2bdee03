"""Kernels that sum a forest over groups of 64 architectures, in float32 and in the trees' order.

So every sum is, to the bit, what xgboost 1.3 and newer gives. Every row takes as many steps as its
tree is deep, a leaf leading to itself: without a branch on data, a processor walks many rows at
once.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.nasbench301.forest import CHILD_SHIFT, GROUP, QUESTIONS

_ONE = np.uint64(1)
_QUESTION = np.uint32(QUESTIONS - 1)
_SHIFT = np.uint32(CHILD_SHIFT)

# A de Bruijn sequence: the top six bits of its product with a single bit tell which bit it is.
_DE_BRUIJN = 0x03F79D71B4CB0A89
_PLACES = np.empty(GROUP, np.int64)
_PLACES[[(_DE_BRUIJN << bit & (1 << 64) - 1) >> 58 for bit in range(GROUP)]] = np.arange(GROUP)


@numba.njit(cache=True)
def lowest_bit(bits: np.uint64) -> int:
    """The number of the lowest bit set."""
    alone = bits & (~bits + _ONE)
    place: int = _PLACES[(alone * np.uint64(_DE_BRUIJN)) >> np.uint64(58)]
    return place


@numba.njit(cache=True)
def sum_groups(
    answers: NDArray[np.uint64],
    nodes: NDArray[np.uint32],
    values: NDArray[np.float32],
    offsets: NDArray[np.int64],
    depths: NDArray[np.int64],
    members: NDArray[np.int64],
    bases: NDArray[np.float32],
) -> NDArray[np.float32]:
    """[E, 64 G] sums of every member over [G, QUESTIONS] answers; see ``compile_forest``."""
    groups = len(answers)
    sums = np.empty((len(bases), groups * GROUP), np.float32)
    at = np.empty(GROUP, np.uint32)
    for member in range(len(bases)):
        sums[member] = bases[member]
        for tree in range(members[member], members[member + 1]):
            own = nodes[offsets[tree] : offsets[tree + 1]]
            own_values = values[offsets[tree] : offsets[tree + 1]]
            for group in range(groups):
                asked = answers[group]
                part = sums[member, group * GROUP : (group + 1) * GROUP]
                at[:] = 0
                for _ in range(depths[tree]):
                    for row in range(GROUP):
                        word = own[at[row]]
                        yes = asked[word & _QUESTION] >> np.uint64(row) & _ONE
                        at[row] = (word >> _SHIFT) + np.uint32(yes)
                for row in range(GROUP):
                    part[row] += own_values[at[row]]
    return sums


@numba.njit(cache=True)
def sum_neighbours(
    answers: NDArray[np.uint64],
    origins: NDArray[np.uint64],
    nodes: NDArray[np.uint32],
    values: NDArray[np.float32],
    offsets: NDArray[np.int64],
    depths: NDArray[np.int64],
    members: NDArray[np.int64],
    bases: NDArray[np.float32],
) -> NDArray[np.float32]:
    """[E, 64 G] sums like those of ``sum_groups``, for groups whose rows resemble an origin.

    Each origin is walked once per tree. Only rows that answer a question on its path differently
    are walked themselves; the others share its leaf. ``origins`` are [G, QUESTIONS] answers of
    which all bits are set, or none.
    """
    groups = len(answers)
    sums = np.empty((len(bases), groups * GROUP), np.float32)
    leaves = np.empty(groups * GROUP, np.float32)
    walkers = np.empty(groups * GROUP, np.int64)
    path = np.empty(groups, np.uint32)
    leaving = np.empty(groups, np.uint64)
    at = np.empty(groups * GROUP, np.uint32)
    for member in range(len(bases)):
        sums[member] = bases[member]
        for tree in range(members[member], members[member + 1]):
            own = nodes[offsets[tree] : offsets[tree + 1]]
            own_values = values[offsets[tree] : offsets[tree + 1]]
            depth = depths[tree]
            _walk_origins(own, depth, answers, origins, path, leaving)
            count = 0
            for group in range(groups):
                leaf = own_values[path[group]]
                part = leaves[group * GROUP : (group + 1) * GROUP]
                for row in range(GROUP):
                    part[row] = leaf
                bits = leaving[group]
                while bits:
                    walkers[count] = group * GROUP + lowest_bit(bits)
                    bits &= bits - _ONE
                    count += 1
            _walk(own, depth, answers, walkers[:count], at[:count])
            for walker in range(count):
                leaves[walkers[walker]] = own_values[at[walker]]
            total = sums[member]
            for row in range(len(leaves)):
                total[row] += leaves[row]
    return sums


@numba.njit(cache=True)
def _walk_origins(
    own: NDArray[np.uint32],
    depth: int,
    answers: NDArray[np.uint64],
    origins: NDArray[np.uint64],
    path: NDArray[np.uint32],
    leaving: NDArray[np.uint64],
) -> None:
    """Write the origins' leaves, and the rows that differ somewhere on the way to them."""
    path[:] = 0
    leaving[:] = 0
    for _ in range(depth):
        for group in range(len(path)):
            word = own[path[group]]
            yes = origins[group, word & _QUESTION]
            leaving[group] |= answers[group, word & _QUESTION] ^ yes
            path[group] = (word >> _SHIFT) + np.uint32(yes & _ONE)


@numba.njit(cache=True)
def _walk(
    own: NDArray[np.uint32],
    depth: int,
    answers: NDArray[np.uint64],
    walkers: NDArray[np.int64],
    at: NDArray[np.uint32],
) -> None:
    """Write the leaves of some rows, in blocks that a processor's registers and cache can hold."""
    at[:] = 0
    for first in range(0, len(walkers), GROUP):
        rows = walkers[first : first + GROUP]
        place = at[first : first + GROUP]
        for _ in range(depth):
            for walker in range(len(rows)):
                word = own[place[walker]]
                asked = answers[rows[walker] >> 6, word & _QUESTION]
                yes = asked >> np.uint64(rows[walker] & 63) & _ONE
                place[walker] = (word >> _SHIFT) + np.uint32(yes)
