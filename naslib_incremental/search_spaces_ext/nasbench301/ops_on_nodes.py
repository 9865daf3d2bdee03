"""DARTS cells with operations on nodes instead of edges, and back.

Every edge becomes a node that carries its operation, every intermediate node a node that sums its
two; the sums all lead to the output. Source: Cassimon, Mercelis, Mets (2024), figure 1.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from naslib_incremental.search_spaces_ext.nasbench301.kernels import (
    INPUTS,
    NODES,
    OPERATIONS,
    pack_cells,
    record_shift,
)

# Vertices in topological order: two inputs; for each node its two operations and its sum; output.
VERTICES = INPUTS + 3 * NODES + 1
FIRST_OPERATION = INPUTS
SUM = FIRST_OPERATION + OPERATIONS
OUTPUT = SUM + 1
LABELS = OUTPUT + 1
"""Labels: 0 and 1 the two inputs, then the operations, the sum and the output."""

ADJACENCY = VERTICES * (VERTICES - 1) // 2
CELL_FEATURES = ADJACENCY + VERTICES * LABELS
FEATURES = 2 * CELL_FEATURES


@numba.njit(cache=True, inline="always")
def operation_vertex(node: int, edge: int) -> int:
    """The vertex of one of a node's two operations."""
    return INPUTS + 3 * node + edge


@numba.njit(cache=True, inline="always")
def source_vertex(source: int) -> int:
    """The vertex of an input 0..5 of a node: an input of the cell, or the sum of another node."""
    return source if source < INPUTS else INPUTS + 3 * (source - INPUTS) + 2


def _constant_part() -> NDArray[np.uint8]:
    """What all cells have in common: [vertex, vertex] entries [target, source], then labels."""
    adjacency = np.zeros((VERTICES, VERTICES), np.uint8)
    labels = np.zeros((VERTICES, LABELS), np.uint8)
    labels[0, 0] = labels[1, 1] = labels[VERTICES - 1, OUTPUT] = 1
    for node in range(NODES):
        total = operation_vertex(node, 2)
        adjacency[total, [total - 2, total - 1]] = 1
        adjacency[VERTICES - 1, total] = 1
        labels[total, SUM] = 1
    lower = adjacency[np.tril_indices(VERTICES, -1)]
    return np.concatenate([lower, labels.reshape(-1)])


_CONSTANT = _constant_part()


@numba.njit(cache=True)
def encode(words: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """[M, CELL_FEATURES] lower-triangular adjacency by rows, then one-hot labels, of [M] cells."""
    encoded = np.empty((len(words), CELL_FEATURES), np.uint8)
    for row in range(len(words)):
        features = encoded[row]
        features[:] = _CONSTANT
        word = np.int64(words[row])
        for node in range(NODES):
            record = word >> record_shift(node)
            for edge in range(2):
                target = operation_vertex(node, edge)
                source = source_vertex(record >> (9 - 6 * edge) & 7)
                label = FIRST_OPERATION + (record >> (6 - 6 * edge) & 7)
                features[target * (target - 1) // 2 + source] = 1
                features[ADJACENCY + target * LABELS + label] = 1
    return encoded


def to_graph(word: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """[V, V] adjacency, entry [target, source], and [V] labels of one cell."""
    features = encode(np.array([word], np.uint64))[0]
    adjacency = np.zeros((VERTICES, VERTICES), np.uint8)
    adjacency[np.tril_indices(VERTICES, -1)] = features[:ADJACENCY]
    return adjacency, features[ADJACENCY:].reshape(VERTICES, LABELS).argmax(axis=1)


def from_graph(adjacency: NDArray[Any], labels: NDArray[np.int64]) -> int:
    """The cell of a graph with operations on nodes, whatever the order of its vertices.

    The nodes keep the order of their sums.

    Raises:
        ValueError: it is no converted DARTS cell, or a sum comes before one that it reads.
    """
    sums = np.flatnonzero(labels == SUM).tolist()
    is_operation = (labels >= FIRST_OPERATION) & (labels < SUM)
    if sorted(labels[~is_operation]) != sorted([0, 1, *[SUM] * NODES, OUTPUT]):
        raise ValueError("expected two inputs, four sums and one output beside the operations")
    numbers = {int(np.flatnonzero(labels == label)[0]): label for label in range(INPUTS)}
    numbers |= {vertex: INPUTS + node for node, vertex in enumerate(sums)}
    inputs, operations = [], []
    for vertex in sums:
        for operation in np.flatnonzero(adjacency[vertex]):
            sources = np.flatnonzero(adjacency[operation])
            if not is_operation[operation] or len(sources) != 1 or int(sources[0]) not in numbers:
                raise ValueError("expected each sum to read operations of one input each")
            inputs.append(numbers[int(sources[0])])
            operations.append(int(labels[operation]) - FIRST_OPERATION)
    pairs = np.array([inputs]), np.array([operations])
    edges = 5 * NODES
    if len(inputs) != 2 * NODES or np.count_nonzero(adjacency) != edges:
        raise ValueError("expected two operations to each sum, and no further edge")
    if not adjacency[np.flatnonzero(labels == OUTPUT)[0], sums].all():
        raise ValueError("expected an edge from each sum to the output")
    word = int(pack_cells(*pairs)[0])
    if not word:
        raise ValueError("expected two different inputs of each sum, none of them a later sum")
    return word
