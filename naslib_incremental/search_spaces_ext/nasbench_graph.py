"""NAS-Bench-Graph: cells of four graph-network operations (Qin et al. 2022).

Each of four computing nodes has one input, the raw input or an earlier node, and one operation;
nodes that feed no other are the cell's output. ``skip`` at a place where it changes nothing means
that the vertex is absent. A packed word is the benchmark's own canonical key: the rank of the
canonical list of inputs, then four operation digits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.search_spaces_ext import nasbench_graph_kernels as kernels
from naslib_incremental.search_spaces_ext.contract import CellDrawing
from naslib_incremental.search_spaces_ext.enumerable import EnumerableSpace

OPERATIONS = ("gat", "gcn", "gin", "cheb", "sage", "arma", "graph", "fc", "skip")
PROTEINS_OPERATIONS = ("gcn", "sage", "arma", "fc", "skip")


class NASBenchGraphSpace(EnumerableSpace):
    """The 26,206 cells over nine operations; a subclass narrows the operations.

    Neighbours change one operation, or the input of one node, of the canonical cell: at most 38.
    """

    name = "nasbench_graph"
    version = 1
    operations: tuple[str, ...] = OPERATIONS
    features = kernels.FEATURES

    @property
    def _digits(self) -> NDArray[np.int64]:
        return np.array([OPERATIONS.index(operation) for operation in self.operations], np.int64)

    def enumerate(self) -> NDArray[np.uint64]:  # noqa: D102
        inputs = np.array(
            [(0, b, c, d) for b in range(2) for c in range(3) for d in range(4)], np.int64
        )
        operations = np.stack(np.meshgrid(*[self._digits] * 4, indexing="ij"), -1).reshape(-1, 4)
        keys = kernels.canonical_keys(
            np.repeat(inputs, len(operations), axis=0), np.tile(operations, (len(inputs), 1))
        )
        return np.unique(keys[keys != kernels.ALL_SKIP]).astype(np.uint64)

    def keys(self, words: NDArray[np.uint64]) -> NDArray[np.uint64]:  # noqa: D102
        inputs, operations = kernels.unpack(words)
        return np.asarray(kernels.canonical_keys(inputs, operations)).astype(np.uint64)

    def expand(  # noqa: D102
        self, words: NDArray[np.uint64]
    ) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        inputs, operations = kernels.unpack(words)
        changed_inputs, changed_operations = kernels.edits(inputs, operations, self._digits)
        keys = kernels.canonical_keys(
            changed_inputs.reshape(-1, 4), changed_operations.reshape(-1, 4)
        )
        valid = (keys != kernels.ALL_SKIP).reshape(len(words), -1)
        return valid.sum(axis=1), keys[valid.reshape(-1)].astype(np.uint64)

    def encode_words(self, words: NDArray[np.uint64]) -> NDArray[np.uint8]:  # noqa: D102
        return np.asarray(kernels.encode(*kernels.unpack(words)))

    def word_to_readable(self, word: int) -> str:
        """Inputs and operations of the four nodes, e.g. ``0,0,1,2|gat,gcn,skip,fc``."""
        inputs, operations = kernels.unpack(np.array([word], np.uint64))
        names = [OPERATIONS[digit] for digit in operations[0]]
        return ",".join(map(str, inputs[0])) + "|" + ",".join(names)

    def readable_to_word(self, text: str) -> int:
        """The canonical word of ``0,0,1,2|gat,gcn,skip,fc``; ValueError if it is none."""
        inputs_text, _, operations_text = text.partition("|")
        inputs = [int(part) for part in inputs_text.split(",")]
        names = operations_text.split(",")
        if len(inputs) != 4 or any(not 0 <= source <= node for node, source in enumerate(inputs)):
            raise ValueError("give each of four nodes an input: 0 or an earlier node's number")
        if len(names) != 4 or not set(names) <= set(self.operations):
            raise ValueError(f"give four operations of {', '.join(self.operations)}")
        digits = [OPERATIONS.index(name) for name in names]
        key = int(kernels.canonical_keys(np.array([inputs]), np.array([digits]))[0])
        if key == kernels.ALL_SKIP:
            raise ValueError("give at least one operation that is not skip")
        return key

    def draw_word(self, word: int) -> list[CellDrawing]:  # noqa: D102
        adjacency, labels = kernels.to_graph(
            *(part[0] for part in kernels.unpack(np.array([word], np.uint64)))
        )
        edges = tuple((int(source), int(target)) for target, source in np.argwhere(adjacency))
        names = tuple(("input", *OPERATIONS, "output")[label] for label in labels)
        return [CellDrawing("cell", names, tuple(sorted(edges)))]


class NASBenchGraphProteinsSpace(NASBenchGraphSpace):
    """The cells over the five operations that were trained on the proteins data set."""

    name = "nasbench_graph_proteins"
    operations = PROTEINS_OPERATIONS
