"""Cells of four nodes with an operation on each of their six edges: NAS-Bench-201 and its kind.

Node 0 is the cell's input, every other node sums its edges from all nodes before it, node 3 is the
output. A packed word is the six operations read as one number, edges in the order 1<-0, 2<-0, 2<-1,
3<-0, 3<-1, 3<-2.
"""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from hashlib import blake2s

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.foundation.array_cache import open_or_build
from naslib_incremental.search_spaces_ext.contract import Architectures, CellDrawing
from naslib_incremental.search_spaces_ext.enumerable import EnumerableSpace

NODES = 4
EDGES = tuple((target, source) for target in range(1, NODES) for source in range(target))
NONE, SKIP = 0, 1
"""Operations that mean the same in all spaces of this kind: no edge, and the identity."""


class EdgeCellSpace(EnumerableSpace):
    """All cells over some operations, each a state of its own, as it was trained on its own.

    Neighbours have another operation on one edge. ``hash`` is NAS-Bench-201's rule of isomorphism:
    equal for cells that compute the same once ``none`` and ``skip_connect`` are carried out, so
    that distinct queries are counted by what a cell computes, not by how it is written.

    Attributes:
        operations: names; the first is no edge, the second the identity.
    """

    operations: tuple[str, ...]

    @property
    def _weights(self) -> NDArray[np.int64]:
        return len(self.operations) ** np.arange(len(EDGES))[::-1]

    def unpack(self, words: NDArray[np.uint64]) -> NDArray[np.int64]:
        """[B, 6] operations of [B] packed words."""
        return words.astype(np.int64)[:, None] // self._weights % len(self.operations)

    def pack(self, operations: NDArray[np.int64]) -> NDArray[np.uint64]:
        """[B] packed words of [B, 6] operations."""
        return (operations @ self._weights).astype(np.uint64)

    def enumerate(self) -> NDArray[np.uint64]:  # noqa: D102
        return np.arange(len(self.operations) ** len(EDGES), dtype=np.uint64)

    def keys(self, words: NDArray[np.uint64]) -> NDArray[np.uint64]:  # noqa: D102
        return words

    def expand(  # noqa: D102
        self, words: NDArray[np.uint64]
    ) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        changed = self._changed(words)
        return np.full(len(words), changed.shape[1]), changed.reshape(-1)

    def _changed(self, words: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """[B, 6 (O - 1)] words with another operation on one edge."""
        old = self.unpack(words)[:, :, None]
        count = len(self.operations)
        steps = ((old + np.arange(1, count)) % count - old) * self._weights[:, None]
        changed = words.astype(np.int64)[:, None, None] + steps
        return changed.reshape(len(words), -1).astype(np.uint64)

    def encode_words(self, words: NDArray[np.uint64]) -> NDArray[np.uint8]:
        """[B, F] one-hot operations, edge by edge; the adjacency is always the same."""
        one_hot = self.unpack(words)[:, :, None] == np.arange(len(self.operations))
        return np.asarray(one_hot.reshape(len(words), -1), np.uint8)

    @property
    def features(self) -> int:  # type: ignore[override]
        """F, six one-hot operations."""
        return len(EDGES) * len(self.operations)

    def hash(self, architectures: Architectures) -> NDArray[np.uint64]:  # noqa: D102
        return np.asarray(self._classes[architectures])

    @cached_property
    def _classes(self) -> NDArray[np.uint64]:
        """[V] one number per class of isomorphic cells."""

        def build() -> dict[str, NDArray[np.uint64]]:
            texts = map(computed_text, self.unpack(self.graph.words).tolist())
            digests = (blake2s(text.encode(), digest_size=8).digest() for text in texts)
            return {"classes": np.frombuffer(b"".join(digests), np.uint64).copy()}

        return open_or_build("classes", f"{self.name}-v{self.version}", build)["classes"]

    def word_to_readable(self, word: int) -> str:
        """The architecture's name in the benchmark."""
        return self.to_name(self.unpack(np.array([word], np.uint64))[0].tolist())

    def readable_to_word(self, text: str) -> int:
        """The packed word of a name; ValueError with the reason if it is none."""
        return int(self.pack(np.array([self.from_name(text)]))[0])

    @abstractmethod
    def to_name(self, operations: list[int]) -> str:
        """The benchmark's own name of a cell with these six operations."""

    @abstractmethod
    def from_name(self, text: str) -> list[int]:
        """The six operations of a name; ValueError with the reason if it is none."""

    def draw_word(self, word: int) -> list[CellDrawing]:
        """The cell with operations on nodes; edges without operation are left out."""
        operations = self.unpack(np.array([word], np.uint64))[0].tolist()
        used = [(edge, name) for edge, name in zip(EDGES, operations, strict=True) if name != NONE]
        labels, place = ["input"], {0: 0}
        edges: list[tuple[int, int]] = []
        for node in range(1, NODES):
            inputs = []
            for (target, source), operation in used:
                if target == node and source in place:
                    edges.append((place[source], len(labels)))
                    inputs.append(len(labels))
                    labels.append(self.operations[operation])
            if inputs or node == NODES - 1:
                place[node] = len(labels)
                edges += [(one, len(labels)) for one in inputs]
                labels.append("output" if node == NODES - 1 else "sum")
        return [CellDrawing("cell", tuple(labels), tuple(edges))]


class CanonicalEdgeCellSpace(EdgeCellSpace):
    """The same cells with neighbours up to isomorphism, as in the paper's other spaces.

    With operations on nodes instead of edges, the paper's edits that lead to a cell of this kind
    again are: an operation's label changed, a vertex removed (its edge becomes ``none``) and a
    vertex added. Neighbours that compute the same stand for one, the first by packed word; those
    that compute what the cell itself does are no neighbours.
    """

    def expand(  # noqa: D102
        self, words: NDArray[np.uint64]
    ) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        changed = np.sort(self._changed(words), axis=1)
        everything = self.enumerate()
        texts = [computed_text(operations) for operations in self.unpack(everything).tolist()]
        classes = np.unique(texts, return_inverse=True)[1]
        counts, kept = [], []
        for word, row in zip(words.astype(np.int64).tolist(), changed, strict=True):
            _, first = np.unique(classes[row.astype(np.int64)], return_index=True)
            found = row[np.sort(first)]
            found = found[classes[found.astype(np.int64)] != classes[word]]
            counts.append(len(found))
            kept.append(found)
        return np.array(counts), np.concatenate(kept)


def computed_text(operations: list[int]) -> str:
    """What a cell computes, as text: ``none`` and ``skip_connect`` carried out, sums in order.

    Source: Dong and Yang (2020), NAS-Bench-201, ``Structure.to_unique_str`` with zeros considered.
    """
    nodes = ["0"]
    given = iter(operations)
    for target in range(1, NODES):
        parts = []
        for source in range(target):
            operation = next(given)
            if operation == NONE or nodes[source] == "#":
                parts.append("#")
            elif operation == SKIP:
                parts.append(nodes[source])
            else:
                parts.append(f"({nodes[source]})@{operation}")
        nodes.append("+".join(sorted(parts)))
    return nodes[-1]
