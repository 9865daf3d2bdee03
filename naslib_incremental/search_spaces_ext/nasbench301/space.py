"""NAS-Bench-301: the DARTS space, pairs of a normal and a reduction cell (Siems et al. 2020).

Both cells have four nodes of two inputs each and seven operations. The states of a search are
canonical: one word for all numberings of the nodes of a cell that leave its graph the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.search_spaces_ext.contract import (
    Architectures,
    CellDrawing,
    Neighbours,
    SearchSpace,
)
from naslib_incremental.search_spaces_ext.nasbench301 import kernels, ops_on_nodes
from naslib_incremental.search_spaces_ext.nasbench301.genotype import OPERATIONS
from naslib_incremental.search_spaces_ext.nasbench301.neighbours import (
    CHANGES,
    degrees,
    present_in_order,
    present_shuffled,
)

EXAMPLE = "/".join(["skip_connect@0+sep_conv_3x3@1"] * 4)
_EDGE = re.compile(r"(\w+)@([0-4])")


class NASBench301Space(SearchSpace):
    """Architectures are two packed words, the normal and the reduction cell, [..., 2] uint64.

    A neighbour is a pair of one neighbour of each cell (mode ``product``, the paper's); a cell has
    at most 60: another operation, or another input, at one of its edges, isomorphic ones counted
    once. All neighbours are canonical, and isomorphic architectures have the same ones.

    Sampler ``uniform``: for each node a uniform pair of inputs and uniform operations.
    """

    name = "nasbench301"
    version = 1
    architecture_shape: tuple[int, ...] = (2,)
    dtype: np.dtype[Any] = np.dtype(np.uint64)
    features = ops_on_nodes.FEATURES
    samplers: tuple[str, ...] = ("uniform",)
    cells = 2
    vertices = ops_on_nodes.VERTICES
    changes_both = True

    @property
    def max_degree(self) -> int:  # noqa: D102
        return CHANGES * CHANGES if self.changes_both else 2 * CHANGES

    def sample_by(  # noqa: D102
        self, sampler: str, count: int, rng: np.random.Generator
    ) -> Architectures:
        return np.asarray(kernels.sample_words(2 * count, rng)).reshape(count, 2)

    def neighbours(  # noqa: D102
        self, architectures: Architectures, limit: int, rng: np.random.Generator | None
    ) -> Neighbours:
        asked = (np.ascontiguousarray(architectures), self.width(limit))
        if rng is None:
            return Neighbours(*present_in_order(*asked, self.changes_both))
        return Neighbours(*present_shuffled(*asked, self.changes_both, rng))

    def degree(self, architectures: Architectures) -> NDArray[np.int64]:  # noqa: D102
        counts = degrees(np.ascontiguousarray(architectures))
        return np.asarray(counts.prod(axis=1) if self.changes_both else counts.sum(axis=1))

    def encode(self, architectures: Architectures) -> NDArray[np.uint8]:  # noqa: D102
        flat = ops_on_nodes.encode(np.ascontiguousarray(architectures).reshape(-1))
        return np.asarray(flat.reshape(*architectures.shape[:-1], self.features))

    def canonical(self, architectures: Architectures) -> Architectures:  # noqa: D102
        flat = kernels.canonical_words(np.ascontiguousarray(architectures).reshape(-1))
        return np.asarray(flat.reshape(architectures.shape))

    def hash(self, architectures: Architectures) -> NDArray[np.uint64]:  # noqa: D102
        flat = kernels.hash_architectures(self.canonical(architectures).reshape(-1, 2))
        return np.asarray(flat.reshape(architectures.shape[:-1]))

    def to_readable(self, architectures: Architectures) -> list[str]:
        """Nodes as operation@input pairs, cells apart, e.g. ``skip_connect@0+max_pool_3x3@1/...|``.

        The order of the nodes is kept, so that surrogates read the text as they read the words.
        """
        inputs, operations = kernels.unpack_cells(architectures)
        edges = _EDGE_TEXTS[operations, inputs]
        nodes = edges[..., 0::2] + "+" + edges[..., 1::2]
        return ["|".join("/".join(cell) for cell in pair) for pair in nodes]

    def from_readable(self, texts: Sequence[str]) -> Architectures:  # noqa: D102
        return np.array([_read(text) for text in texts], np.uint64).reshape(-1, 2)

    def draw(self, architecture: Architectures) -> list[CellDrawing]:
        """Both cells with operations on nodes."""
        drawings = []
        for name, word in zip(("normal", "reduction"), architecture.tolist(), strict=True):
            adjacency, labels = ops_on_nodes.to_graph(word)
            edges = sorted((int(source), int(target)) for target, source in np.argwhere(adjacency))
            shown = tuple(_LABEL_TEXTS[label] for label in labels)
            drawings.append(CellDrawing(name, shown, tuple(edges)))
        return drawings


class NASBench301SingleSpace(NASBench301Space):
    """The same architectures; a neighbour changes one of the two cells (mode ``single``)."""

    name = "nasbench301_single"
    changes_both = False


_LABEL_TEXTS = ("c_{k-2}", "c_{k-1}", *OPERATIONS, "sum", "output")
_EDGE_TEXTS = np.array(
    [
        [f"{name}@{source}" for source in range(kernels.NODES + kernels.INPUTS - 1)]
        for name in OPERATIONS
    ],
    dtype=object,
)


def _read(text: str) -> NDArray[np.uint64]:
    cells = [cell.split("/") for cell in text.split("|")]
    edges = [_EDGE.fullmatch(edge) for cell in cells for node in cell for edge in node.split("+")]
    counts = [len(node.split("+")) for cell in cells for node in cell]
    shapely = [len(cell) for cell in cells] == [kernels.NODES] * 2 and counts == [2] * 8
    found = [(match[1], int(match[2])) for match in edges if match and match[1] in OPERATIONS]
    if not shapely or len(found) != len(edges):
        raise _unreadable(text, f"give two cells of four nodes, operations of {OPERATIONS}")
    inputs = np.array([source for _, source in found]).reshape(2, 8)
    operations = np.array([OPERATIONS.index(name) for name, _ in found]).reshape(2, 8)
    words = kernels.pack_cells(inputs, operations)
    if not words.all():
        raise _unreadable(text, "give node k two different inputs of 0..k+1")
    return words


def _unreadable(text: str, action: str) -> UserError:
    return UserError(
        f"an architecture of nasbench301 such as '{EXAMPLE}|{EXAMPLE}'", repr(text), action
    )
