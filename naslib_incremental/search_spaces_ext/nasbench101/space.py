"""NAS-Bench-101: cells of three operations on 2..7 vertices (Ying et al. 2019).

A cell is a directed acyclic graph from an input to an output vertex, each vertex on a path between
them, at most nine edges, each inner vertex with an operation; 423,624 of them up to isomorphism.
Neighbours are those of Cassimon, Mercelis and Mets 2024: a vertex or an edge added or removed, or
an operation changed; 24.95 a cell on average, at most 85, and not symmetric.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.search_spaces_ext.contract import Architectures, CellDrawing
from naslib_incremental.search_spaces_ext.enumerable import EnumerableSpace
from naslib_incremental.search_spaces_ext.nasbench101 import kernels
from naslib_incremental.search_spaces_ext.nasbench101.edits import expand
from naslib_incremental.search_spaces_ext.nasbench101.module_hash import md5_module_hash

OPERATIONS = ("conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3")

_WORD_SAMPLERS = {
    "paper": kernels.sample_size_first,
    "random_cell_adj": kernels.sample_random_cell_adj,
}


class NASBench101Space(EnumerableSpace):
    """All cells of NAS-Bench-101 under one index each.

    Samplers: ``paper`` samples the size first, ``random_cell_adj`` is BANANAS's, ``uniform``
    samples uniformly over the space.
    """

    name = "nasbench101"
    version = 2
    features = kernels.FEATURES
    vertices = kernels.MOST_VERTICES
    samplers = ("paper", "random_cell_adj", "uniform")

    def enumerate(self) -> NDArray[np.uint64]:  # noqa: D102
        return np.concatenate(
            [cells_of_size(vertices) for vertices in range(2, kernels.MOST_VERTICES + 1)]
        )

    def keys(self, words: NDArray[np.uint64]) -> NDArray[np.uint64]:  # noqa: D102
        return np.asarray(kernels.hash_words(words))

    def expand(  # noqa: D102
        self, words: NDArray[np.uint64]
    ) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        counts, keys = expand(words)
        return counts, keys

    def encode_words(self, words: NDArray[np.uint64]) -> NDArray[np.uint8]:  # noqa: D102
        return np.asarray(kernels.encode(words))

    def sample_by(  # noqa: D102
        self, sampler: str, count: int, rng: np.random.Generator
    ) -> Architectures:
        if sampler in _WORD_SAMPLERS:
            return self.index_of(_WORD_SAMPLERS[sampler](count, rng))
        return super().sample_by(sampler, count, rng)

    def module_hashes(self, architectures: Architectures) -> list[str]:
        """The MD5 module hash of each of [B] architectures, its name in the official files."""
        return [
            md5_module_hash(*word_to_cell(word))
            for word in self.graph.words[architectures].tolist()
        ]

    def word_to_readable(self, word: int) -> str:
        """Rows of the adjacency and the inner operations, e.g. ``011/001/000|maxpool3x3``."""
        adjacency, operations = word_to_cell(word)
        rows = ["".join(map(str, row)) for row in adjacency]
        return "/".join(rows) + "|" + ",".join(OPERATIONS[operation] for operation in operations)

    def readable_to_word(self, text: str) -> int:
        """The word of a text such as ``011/001/000|maxpool3x3``; ValueError if it is no cell.

        As in the original benchmark, vertices off every path from input to output are dropped.
        """
        rows_text, _, operations_text = text.partition("|")
        rows = rows_text.split("/")
        size = len(rows)
        if not 2 <= size <= kernels.MOST_VERTICES:
            raise ValueError(f"give 2 to {kernels.MOST_VERTICES} rows, separated by /")
        if not all(
            re.fullmatch(f"0{{{row + 1}}}[01]{{{size - row - 1}}}", text)
            for row, text in enumerate(rows)
        ):
            raise ValueError(f"give each row {size} digits 0 or 1, all 0 up to the diagonal")
        names = operations_text.split(",") if operations_text else []
        if len(names) != size - 2 or not set(names) <= set(OPERATIONS):
            raise ValueError(f"give {size - 2} operations of {', '.join(OPERATIONS)}")
        adjacency = [[int(digit) for digit in row] for row in rows]
        word = cell_to_word(adjacency, [OPERATIONS.index(name) for name in names])
        if word == kernels.NO_CELL:
            raise ValueError("give a path from input to output, and at most nine edges")
        return word

    def draw_word(self, word: int) -> list[CellDrawing]:  # noqa: D102
        adjacency, operations = word_to_cell(word)
        edges = tuple((int(source), int(target)) for source, target in np.argwhere(adjacency))
        names = ("input", *(OPERATIONS[operation] for operation in operations), "output")
        return [CellDrawing("cell", names, edges)]


def cells_of_size(vertices: int) -> NDArray[np.uint64]:
    """One word of each isomorphism class with a number of vertices."""
    # Most adjacencies fall together before they are labelled; few are left to label.
    words = _one_per_class(kernels.complete_shapes(vertices))
    operations = np.arange(kernels.OPERATIONS, dtype=np.uint64)
    for inner in range(vertices - 2):
        labels = operations << np.uint64(kernels.LABEL_SHIFT + 2 * inner)
        words = (words[:, None] | labels).reshape(-1)
    return _one_per_class(words)


def _one_per_class(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    _, first = np.unique(kernels.hash_words(words), return_index=True)
    return words[first]


def word_to_cell(word: int) -> tuple[list[list[int]], list[int]]:
    """The adjacency, [V][V] entries [source][target], and the V - 2 inner operations of a word."""
    size = word >> kernels.SIZE_SHIFT
    adjacency = [
        [
            word >> (source + target * (target - 1) // 2) & 1 if source < target else 0
            for target in range(size)
        ]
        for source in range(size)
    ]
    operations = [word >> (kernels.LABEL_SHIFT + 2 * inner) & 3 for inner in range(size - 2)]
    return adjacency, operations


def cell_to_word(
    adjacency: Sequence[Sequence[int]] | NDArray[Any], operations: Sequence[int]
) -> int:
    """The pruned word of an upper-triangular adjacency with inner operations, or NO_CELL."""
    size = len(adjacency)
    word = size << kernels.SIZE_SHIFT
    for target in range(1, size):
        for source in range(target):
            word |= int(adjacency[source][target]) << (source + target * (target - 1) // 2)
    for inner, operation in enumerate(operations):
        word |= int(operation) << (kernels.LABEL_SHIFT + 2 * inner)
    return int(kernels.prune_words(np.array([word], np.uint64))[0])
