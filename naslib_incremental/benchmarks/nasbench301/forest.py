"""Boosters over NAS-Bench-301's features, specialised once into one forest of small trees.

All features that tell of an architecture are small whole numbers and all others are constant. So a
node is one of 224 yes-or-no questions, ``feature >= number``, and nodes that ask what is always so
vanish. Rows are asked in groups of 64: one word holds the answers of all rows to one question.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.formats.xgboost_model import LEAF, Booster
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

CHILD_SHIFT = 8
_ALWAYS_LEFT, _ALWAYS_RIGHT = -1, -2


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


def compile_forest(boosters: Sequence[Booster]) -> dict[str, NDArray[Any]]:
    """The arrays that ``nasbench301_forest_kernels`` take.

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
