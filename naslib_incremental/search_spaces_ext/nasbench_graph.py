"""NAS-Bench-Graph: cells of four graph-network operations (Qin et al. 2022).

Each of four computing nodes has one input, the raw input or an earlier node, and one operation;
nodes that feed no other are the cell's output. ``skip`` at a place where it changes nothing means
that the vertex is absent. A packed word is the benchmark's own canonical key: the rank of the
canonical list of inputs, then four operation digits.

The kernels take a cell as two rows of four: ``inputs[i]`` in 0..i is what node i + 1 reads (0 is
the raw input), and ``operations[i]`` in 0..8 what it computes; 8 is ``skip``.
"""

from __future__ import annotations

from itertools import permutations

import numba
import numpy as np
from numpy.typing import NDArray

from naslib_incremental.search_spaces_ext.contract import CellDrawing
from naslib_incremental.search_spaces_ext.enumerable import EnumerableSpace

OPERATIONS = ("gat", "gcn", "gin", "cheb", "sage", "arma", "graph", "fc", "skip")
PROTEINS_OPERATIONS = ("gcn", "sage", "arma", "fc", "skip")

SKIP = 8
NODES = 4
OPERATION_BASE = 10
MOST_VERTICES = NODES + 2
LABELS = SKIP + 3
ADJACENCY = MOST_VERTICES * (MOST_VERTICES - 1) // 2
FEATURES = ADJACENCY + MOST_VERTICES * LABELS

CANONICAL_INPUTS = np.array(
    [
        [0, 0, 0, 0],
        [0, 0, 0, 1],
        [0, 0, 1, 1],
        [0, 0, 1, 2],
        [0, 0, 1, 3],
        [0, 1, 1, 1],
        [0, 1, 1, 2],
        [0, 1, 2, 2],
        [0, 1, 2, 3],
    ],
    np.int64,
)
ALL_SKIP = 8 * OPERATION_BASE**NODES + 8888
_ORDERS = np.array(list(permutations(range(NODES))), np.int64)
_CODES = (CANONICAL_INPUTS @ (4 ** np.arange(NODES)[::-1])).astype(np.int64)


class NASBenchGraphSpace(EnumerableSpace):
    """The 26,206 cells over nine operations; a subclass narrows the operations.

    Neighbours change one operation, or the input of one node, of the canonical cell: at most 38.
    """

    name = "nasbench_graph"
    version = 1
    operations: tuple[str, ...] = OPERATIONS
    features = FEATURES
    vertices = MOST_VERTICES

    @property
    def _digits(self) -> NDArray[np.int64]:
        return np.array([OPERATIONS.index(operation) for operation in self.operations], np.int64)

    def enumerate(self) -> NDArray[np.uint64]:  # noqa: D102
        inputs = np.array(
            [(0, b, c, d) for b in range(2) for c in range(3) for d in range(4)], np.int64
        )
        operations = np.stack(np.meshgrid(*[self._digits] * 4, indexing="ij"), -1).reshape(-1, 4)
        keys = canonical_keys(
            np.repeat(inputs, len(operations), axis=0), np.tile(operations, (len(inputs), 1))
        )
        return np.unique(keys[keys != ALL_SKIP]).astype(np.uint64)

    def keys(self, words: NDArray[np.uint64]) -> NDArray[np.uint64]:  # noqa: D102
        inputs, operations = unpack(words)
        return np.asarray(canonical_keys(inputs, operations)).astype(np.uint64)

    def expand(  # noqa: D102
        self, words: NDArray[np.uint64]
    ) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        inputs, operations = unpack(words)
        changed_inputs, changed_operations = edits(inputs, operations, self._digits)
        keys = canonical_keys(changed_inputs.reshape(-1, 4), changed_operations.reshape(-1, 4))
        valid = (keys != ALL_SKIP).reshape(len(words), -1)
        return valid.sum(axis=1), keys[valid.reshape(-1)].astype(np.uint64)

    def encode_words(self, words: NDArray[np.uint64]) -> NDArray[np.uint8]:  # noqa: D102
        return np.asarray(encode(*unpack(words)))

    def word_to_readable(self, word: int) -> str:
        """Inputs and operations of the four nodes, e.g. ``0,0,1,2|gat,gcn,skip,fc``."""
        inputs, operations = unpack(np.array([word], np.uint64))
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
        key = int(canonical_keys(np.array([inputs]), np.array([digits]))[0])
        if key == ALL_SKIP:
            raise ValueError("give at least one operation that is not skip")
        return key

    def draw_word(self, word: int) -> list[CellDrawing]:  # noqa: D102
        adjacency, labels = to_graph(*(part[0] for part in unpack(np.array([word], np.uint64))))
        edges = tuple((int(source), int(target)) for target, source in np.argwhere(adjacency))
        names = tuple(("input", *OPERATIONS, "output")[label] for label in labels)
        return [CellDrawing("cell", names, tuple(sorted(edges)))]


class NASBenchGraphProteinsSpace(NASBenchGraphSpace):
    """The cells over the five operations that were trained on the proteins data set."""

    name = "nasbench_graph_proteins"
    operations = PROTEINS_OPERATIONS


def unpack(words: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """[B, 4] inputs and [B, 4] operations of [B] canonical keys."""
    digits = words.astype(np.int64)[:, None] // OPERATION_BASE ** np.arange(NODES)[::-1]
    return CANONICAL_INPUTS[digits[:, 0] // OPERATION_BASE], digits % OPERATION_BASE


@numba.njit(cache=True)
def canonical_keys(inputs: NDArray[np.int64], operations: NDArray[np.int64]) -> NDArray[np.int64]:
    """[B] canonical keys, equal exactly for cells that compute the same.

    The key is the least (inputs, operations) over all topological orders of the vertices that are
    present; absent ones lead as a chain of ``skip``. Equal to ``Arch.valid_hash`` of the package
    nas-bench-graph.
    """
    keys = np.empty(len(inputs), np.int64)
    parents = np.empty(NODES, np.int64)
    absent = np.empty(NODES, np.bool_)
    for row in range(len(inputs)):
        parents[:] = inputs[row]
        _absorb(parents, operations[row], absent)
        best_code = np.iinfo(np.int64).max
        best_operations = best_code
        for order in _ORDERS:
            code = _input_code(parents, absent, order)
            digits = 0
            for node in order:
                digits = digits * OPERATION_BASE + operations[row, node]
            if code >= 0 and (code, digits) < (best_code, best_operations):
                best_code, best_operations = code, digits
        rank = np.searchsorted(_CODES, best_code)
        keys[row] = rank * OPERATION_BASE**NODES + best_operations
    return keys


@numba.njit(cache=True)
def _absorb(
    parents: NDArray[np.int64], operations: NDArray[np.int64], absent: NDArray[np.bool_]
) -> None:
    """Mark the ``skip`` nodes that change nothing as absent, and hang their children higher.

    What remains of ``skip`` is a residual connection: a leaf beside other readers of a hidden node.
    A leaf that hangs on the raw input is dropped, since its width is not the hidden width.
    """
    absent[:] = False
    for node in range(NODES):
        if operations[node] != SKIP:
            continue
        has_child = False
        has_sibling = False
        for other in range(NODES):
            if absent[other] or other == node:
                continue
            has_child |= parents[other] == node + 1
            has_sibling |= parents[other] == parents[node]
        if has_child or not has_sibling or parents[node] == 0:
            absent[node] = True
            for other in range(NODES):
                if parents[other] == node + 1:
                    parents[other] = parents[node]


@numba.njit(cache=True)
def _input_code(
    parents: NDArray[np.int64], absent: NDArray[np.bool_], order: NDArray[np.int64]
) -> int:
    """Inputs read in the given order as one base-4 number, -1 if the order is not allowed."""
    missing = int(np.sum(absent))
    code = 0
    for place in range(NODES):
        node = order[place]
        if absent[node] != (place < missing):
            return -1
        source = place if place < missing else -1
        if place >= missing and parents[node] == 0:
            source = missing
        for earlier in range(missing, place):
            if order[earlier] == parents[node] - 1:
                source = earlier + 1
        if source < 0:
            return -1
        code = code * NODES + source
    return code


def edits(
    inputs: NDArray[np.int64], operations: NDArray[np.int64], allowed: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """[B, M, 4] inputs and operations after each change of one operation or of one node's input."""
    changes = len(allowed) * NODES + NODES * (NODES + 1) // 2
    changed_inputs = np.repeat(inputs[:, None], changes, axis=1)
    changed_operations = np.repeat(operations[:, None], changes, axis=1)
    change = 0
    for node in range(NODES):
        for operation in allowed:
            changed_operations[:, change, node] = operation
            change += 1
        for source in range(node + 1):
            changed_inputs[:, change, node] = source
            change += 1
    return changed_inputs, changed_operations


@numba.njit(cache=True)
def to_graph(
    inputs: NDArray[np.int64], operations: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """A canonical cell as a graph.

    Returns:
        [V, V] adjacency, entry [target, source], and [V] labels: 0 the input, 1 + operation, 10 the
        output. V is 2 plus the vertices present.
    """
    missing = 0
    while operations[missing] == SKIP:
        missing += 1
    vertices = NODES - missing + 2
    adjacency = np.zeros((vertices, vertices), np.bool_)
    labels = np.zeros(vertices, np.int64)
    labels[vertices - 1] = LABELS - 1
    is_leaf = np.ones(vertices, np.bool_)
    for vertex in range(1, vertices - 1):
        source = inputs[missing + vertex - 1] - missing
        adjacency[vertex, source] = True
        labels[vertex] = 1 + operations[missing + vertex - 1]
        is_leaf[source] = False
    for vertex in range(1, vertices - 1):
        adjacency[vertices - 1, vertex] = is_leaf[vertex]
    return adjacency, labels


@numba.njit(cache=True)
def encode(inputs: NDArray[np.int64], operations: NDArray[np.int64]) -> NDArray[np.uint8]:
    """[B, F] lower-triangular adjacency by rows, then one-hot labels, padded to six vertices."""
    encoded = np.zeros((len(inputs), FEATURES), np.uint8)
    for row in range(len(inputs)):
        adjacency, labels = to_graph(inputs[row], operations[row])
        for target in range(len(labels)):
            for source in range(target):
                encoded[row, target * (target - 1) // 2 + source] = adjacency[target, source]
            encoded[row, ADJACENCY + target * LABELS + labels[target]] = 1
    return encoded
