"""Descriptors: what an architecture looks like, as a few numbers whose distances mean something.

A model of accuracies (a Gaussian process, a ridge regression) learns from few queries only where
architectures that behave alike lie close together. The encoding alone says where an operation
stands; where an encoding holds graphs, descriptors say too what it stands beside and how deep.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256

import numba
import numpy as np
from numpy.typing import NDArray

from naslib_incremental.foundation.array_cache import open_or_build
from naslib_incremental.search_spaces_ext.contract import Architectures, SearchSpace
from naslib_incremental.search_spaces_ext.enumerable import EnumerableSpace

COMPONENTS = 64
"""Most numbers that describe an architecture."""

LARGEST_TABLE = 500_000
"""Most architectures of a space whose descriptors are all kept in the cache."""

SAMPLES = 8_192
SEED = 0
BLOCK = 16_384


def raw_descriptors(space: SearchSpace, architectures: Architectures) -> NDArray[np.float32]:
    """[B, D] the encoding of [B] architectures, and of each of its graphs what it is made of.

    These are pairs of labels along edges, labels by depth (the longest path from a vertex that
    reads nothing), the number of vertices and the number of edges into the last one.
    """
    encoded = np.ascontiguousarray(space.encode(architectures))
    if not space.vertices:
        return encoded.astype(np.float32)
    cells = encoded.reshape(-1, space.features // space.cells)
    graphs = _graph_descriptors(cells, space.vertices)
    return np.concatenate([encoded, graphs.reshape(len(encoded), -1)], axis=1, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Descriptors:
    """A map from architectures to at most 64 numbers, of mean squared distance 1.

    Two architectures from the space's default sampler have that mean squared distance before
    everything but the first principal components is left out.

    Attributes:
        space: of the architectures.
        centre: [D] of the raw descriptors.
        axes: [D, C] from raw descriptors to the numbers.
    """

    space: SearchSpace
    centre: NDArray[np.float32]
    axes: NDArray[np.float32]

    @property
    def width(self) -> int:
        """C, how many numbers describe an architecture."""
        return int(self.axes.shape[1])

    def __call__(self, architectures: Architectures) -> NDArray[np.float32]:
        """[..., C] descriptors of [..., *architecture_shape] architectures."""
        if self._table is not None:
            return np.asarray(self._table[architectures])
        shape = self.space.architecture_shape
        leading = architectures.shape[: architectures.ndim - len(shape)]
        described = self._compute(architectures.reshape(-1, *shape))
        return described.reshape(*leading, self.width)

    def _compute(self, architectures: Architectures) -> NDArray[np.float32]:
        described = np.empty((len(architectures), self.width), np.float32)
        for first in range(0, len(architectures), BLOCK):
            block = slice(first, first + BLOCK)
            raw = raw_descriptors(self.space, architectures[block])
            described[block] = (raw - self.centre) @ self.axes
        return described

    @cached_property
    def _table(self) -> NDArray[np.float32] | None:
        """[V, C] descriptors of a whole space that is small enough."""
        space = self.space
        if not isinstance(space, EnumerableSpace) or len(space) > LARGEST_TABLE:
            return None
        digest = sha256(self.centre.tobytes() + self.axes.tobytes()).hexdigest()[:16]
        everything = np.arange(len(space), dtype=space.dtype)
        key = f"{space.name}-v{space.version}-{digest}"
        arrays = open_or_build("descriptors", key, lambda: {"all": self._compute(everything)})
        return arrays["all"]


@lru_cache(maxsize=8)
def descriptors(space: SearchSpace) -> Descriptors:
    """The descriptors of a space, fitted to samples of its default sampler; always the same."""
    rng = np.random.default_rng(SEED)
    raw = raw_descriptors(space, space.sample(SAMPLES, rng)).astype(np.float64)
    centre = raw.mean(axis=0)
    centred = raw - centre
    # The mean squared distance of two samples is twice the sum of the variances.
    spread = np.sqrt(2 * centred.var(axis=0).sum()) or 1.0
    axes = np.eye(len(centre))[:, raw.std(axis=0) > 0]
    if axes.shape[1] > COMPONENTS:
        axes = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :COMPONENTS]
        # Eigenvectors come with either sign.
        axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(COMPONENTS)])
    return Descriptors(space, centre.astype(np.float32), (axes / spread).astype(np.float32))


@numba.njit(cache=True)
def _graph_descriptors(cells: NDArray[np.uint8], vertices: int) -> NDArray[np.float32]:
    """[B, D] counts of [B, F] encoded graphs of at most so many vertices.

    An encoding is the lower-triangular adjacency by rows, then one-hot labels; a vertex without
    label is absent.
    """
    adjacency = vertices * (vertices - 1) // 2
    labels = (cells.shape[1] - adjacency) // vertices
    by_depth = labels * labels
    sizes = by_depth + vertices * labels
    into_last = sizes + vertices + 1
    found = np.zeros((len(cells), into_last + vertices), np.float32)
    label = np.empty(vertices, np.int64)
    depth = np.empty(vertices, np.int64)
    for row in range(len(cells)):
        present = 0
        degree = 0
        for target in range(vertices):
            label[target] = -1
            for one in range(labels):
                if cells[row, adjacency + target * labels + one]:
                    label[target] = one
            if label[target] < 0:
                continue
            present += 1
            degree = 0
            depth[target] = 0
            for source in range(target):
                if cells[row, target * (target - 1) // 2 + source]:
                    degree += 1
                    depth[target] = max(depth[target], depth[source] + 1)
                    found[row, label[source] * labels + label[target]] += 1
            found[row, by_depth + depth[target] * labels + label[target]] += 1
        found[row, sizes + present] = 1
        found[row, into_last + degree] = 1
    return found
