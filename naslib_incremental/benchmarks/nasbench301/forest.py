"""Boosters over NAS-Bench-301's features, specialised once into one forest of small trees.

All features that tell of an architecture are small whole numbers and all others are constant. So a
node is one of 224 yes-or-no questions, ``feature >= number``, and nodes that ask what is always so
vanish. Rows are asked in groups of 64: one word holds the answers of all rows to one question.

Every row takes as many steps as its tree is deep, a leaf leading to itself: without a branch on
data, a processor walks many rows at once. Sums are in float32 and in the trees' order, so that
every sum is, to the bit, what xgboost 1.3 and newer gives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.formats.xgboost_models import LEAF, Booster
from naslib_incremental.search_spaces_ext.contract import Architectures
from naslib_incremental.search_spaces_ext.nasbench301.genotype import (
    EDGE_COLUMNS,
    FEATURES,
    PAIR_COLUMNS,
    SETTINGS,
    to_features,
)

GROUP = 64
QUESTIONS = 256
"""Room for the numbers of questions; 0 is the one that leaves ask, and nobody answers it yes."""

FOREST = ("nodes", "values", "offsets", "depths", "members", "bases")
"""The arrays of a forest, as the kernel takes them."""

CHILD_SHIFT = 8
_ALWAYS_LEFT, _ALWAYS_RIGHT = -1, -2
_ONE = np.uint64(1)
_QUESTION = np.uint32(QUESTIONS - 1)
_SHIFT = np.uint32(CHILD_SHIFT)

# Groups summed at once: their answers stay in the processor's cache while the forest streams by.
GROUPS = 64


def _questions() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Least and greatest value of each feature, and the number of the first question about it."""
    least = np.zeros(FEATURES, np.int64)
    greatest = np.full(FEATURES, -1)
    greatest[EDGE_COLUMNS] = 6
    least[EDGE_COLUMNS[:, 2:]] = -1
    greatest[PAIR_COLUMNS[:, 1:]] = [2, 5, 9]
    asked = np.maximum(greatest - least, 0)
    return least, greatest, 1 + np.cumsum(asked) - asked


_LEAST, _GREATEST, _FIRST = _questions()
_CONSTANTS = np.zeros(FEATURES, np.float32)
_CONSTANTS[list(SETTINGS)] = list(SETTINGS.values())


class Ensemble:
    """E boosters as one forest.

    Args:
        forest: what ``compile_forest`` gives.
    """

    def __init__(self, forest: Mapping[str, NDArray[Any]]) -> None:
        self._forest = tuple(forest[name] for name in FOREST)
        self.members = len(forest["bases"])

    def predict(self, architectures: Architectures) -> NDArray[np.float64]:
        """[K, 2] mean and standard deviation over the members, in per cent."""
        size = GROUPS * GROUP
        moments = np.empty((len(architectures), 2), np.float64)
        for low in range(0, len(architectures), size):
            block = architectures[low : low + size]
            # Whole groups: alone, a row's ten sums would be added in another order.
            sums = sum_groups(ask(block), *self._forest).astype(np.float64)
            both = np.stack([sums.mean(axis=0), sums.std(axis=0)], axis=1)
            moments[low : low + size] = both[: len(block)]
        return moments


def compile_forest(boosters: Sequence[Booster]) -> dict[str, NDArray[Any]]:
    """The arrays of ``FOREST``.

    Returns:
        ``nodes`` [M] uint32: the left child's number within its tree from bit 8, the right child
        being the next one, and below the question; a leaf's child is itself. ``values`` [M] what a
        leaf adds. ``offsets`` [T + 1] where trees begin, ``depths`` [T], ``members`` [E + 1] where
        members begin among the trees, ``bases`` [E].

    Raises:
        ValueError: a tree reaches a node twice.
    """
    parts = [_compile(*_columns(booster)) for booster in boosters]
    if any(len(nodes) == 0 for nodes, *_ in parts):
        raise ValueError("a tree that reaches a node twice")
    sizes = np.concatenate([sizes for _, _, sizes, _ in parts])
    return {
        "nodes": np.concatenate([nodes for nodes, *_ in parts]),
        "values": np.concatenate([values for _, values, *_ in parts]),
        "offsets": np.concatenate([[0], np.cumsum(sizes)]),
        "depths": np.concatenate([depths for *_, depths in parts]),
        "members": np.cumsum([0, *(len(booster.offsets) - 1 for booster in boosters)]),
        "bases": np.array([booster.base for booster in boosters], np.float32),
    }


def _columns(booster: Booster) -> tuple[NDArray[Any], ...]:
    return (booster.offsets, booster.left, booster.right, booster.feature, booster.value)


@numba.njit(cache=True)
def _question(feature: int, threshold: float) -> int:
    """The question that sends a row right, or whether all rows go one way."""
    if _GREATEST[feature] < _LEAST[feature]:
        return _ALWAYS_LEFT if _CONSTANTS[feature] < threshold else _ALWAYS_RIGHT
    if not _GREATEST[feature] >= threshold:
        return _ALWAYS_LEFT
    if not _LEAST[feature] < threshold:
        return _ALWAYS_RIGHT
    number: int = _FIRST[feature] + np.int64(np.ceil(threshold)) - _LEAST[feature] - 1
    return number


@numba.njit(cache=True)
def _compile(
    offsets: NDArray[np.int64],
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    feature: NDArray[np.int32],
    value: NDArray[np.float32],
) -> tuple[NDArray[np.uint32], NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    """Nodes and values of all trees, level by level, and sizes and depths; no nodes if damaged."""
    nodes = np.empty(len(left), np.uint32)
    values = np.empty(len(left), np.float32)
    sizes = np.empty(len(offsets) - 1, np.int64)
    depths = np.empty(len(offsets) - 1, np.int64)
    written = 0
    for tree in range(len(sizes)):
        first = offsets[tree]
        most = offsets[tree + 1] - first
        source = np.empty(most + 2, np.int64)
        level = np.empty(most + 2, np.int64)
        source[0] = level[0] = 0
        count = 1
        place = 0
        while place < count:
            node = source[place]
            question = 0
            for _ in range(most):
                if left[first + node] == LEAF:
                    break
                question = _question(feature[first + node], value[first + node])
                if question >= 0:
                    break
                node = left[first + node] if question == _ALWAYS_LEFT else right[first + node]
                question = 0
            child = place
            if left[first + node] != LEAF:
                if count + 2 > most or question == 0:
                    return nodes[:0], values[:0], sizes, depths
                child = count
                source[count], source[count + 1] = left[first + node], right[first + node]
                level[count] = level[count + 1] = level[place] + 1
                count += 2
            nodes[written + place] = child << CHILD_SHIFT | question
            values[written + place] = value[first + node]
            place += 1
        depths[tree] = level[count - 1]
        sizes[tree] = count
        written += count
    return nodes[:written].copy(), values[:written].copy(), sizes, depths


@numba.njit(cache=True)
def ask(architectures: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """[ceil(K / 64), QUESTIONS] answers of [K, 2] architectures; bit r is row r of the group."""
    groups = -(-len(architectures) // GROUP)
    answers = np.zeros((groups, QUESTIONS), np.uint64)
    features = to_features(architectures)
    for row in range(len(architectures)):
        group = answers[row // GROUP]
        bit = np.uint64(1) << np.uint64(row % GROUP)
        for feature in range(FEATURES):
            if _GREATEST[feature] >= 0:
                yes = np.int64(features[row, feature]) - _LEAST[feature]
                for question in range(_FIRST[feature], _FIRST[feature] + yes):
                    group[question] |= bit
    return answers


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
