"""The contract of a search space: everything takes and returns arrays of architectures."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.foundation.errors import UserError

Architectures = NDArray[Any]
"""[..., *architecture_shape] integers: a state index, or packed 64-bit words."""


@dataclass(frozen=True)
class Neighbours:
    """The neighbours presented for B architectures.

    Attributes:
        architectures: [B, N, *architecture_shape]; where ``mask`` is False, a valid architecture
            that means nothing.
        mask: [B, N] True where a neighbour is presented; True entries come first in each row.
    """

    architectures: Architectures
    mask: NDArray[np.bool_]


@dataclass(frozen=True)
class CellDrawing:
    """One cell as a graph to draw.

    Attributes:
        name: the cell's name, e.g. ``"cell"``, ``"normal"``.
        labels: one label per vertex, in topological order.
        edges: (source, target) vertex numbers, source < target.
    """

    name: str
    labels: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]


class SearchSpace(ABC):
    """What an architecture is.

    Attributes:
        name: registry name.
        version: raised whenever enumeration, neighbours or encoding change; part of cache keys.
        architecture_shape: trailing shape of one architecture, ``()`` for a state index.
        dtype: integer type of architectures.
        features: F, length of an encoding.
        max_degree: most neighbours any architecture has.
        samplers: names that ``sample`` takes; the first is the default.
        cells: cells that make an architecture.
        vertices: V, most vertices of a cell, where an encoding is for each cell a graph: the
            V (V - 1) / 2 entries of adjacency, then one-hot labels; 0 where it holds no graph.
    """

    name: str
    version: ClassVar[int]
    architecture_shape: tuple[int, ...]
    dtype: np.dtype[Any]
    features: int
    samplers: tuple[str, ...]
    cells: ClassVar[int] = 1
    vertices: ClassVar[int] = 0

    @property
    @abstractmethod
    def max_degree(self) -> int:
        """The largest number of neighbours of any architecture."""

    def sample(
        self, count: int, rng: np.random.Generator, sampler: str | None = None
    ) -> Architectures:
        """Sample [count] architectures, with replacement, by the named sampler or the default one.

        Raises:
            UserError: the space has no sampler of that name.
        """
        if sampler not in (None, *self.samplers):
            raise UserError(
                f"a sampler of {self.name}: {', '.join(self.samplers)}",
                repr(sampler),
                f"take {self.samplers[0]!r}",
            )
        return self.sample_by(sampler or self.samplers[0], count, rng)

    @abstractmethod
    def sample_by(self, sampler: str, count: int, rng: np.random.Generator) -> Architectures:
        """Sample [count] architectures, with replacement, by one of ``samplers``."""

    @abstractmethod
    def neighbours(
        self, architectures: Architectures, limit: int, rng: np.random.Generator | None
    ) -> Neighbours:
        """Up to ``limit`` neighbours of each of B architectures, in uniformly random order.

        An architecture with more neighbours than ``limit`` gets a uniformly random subset. The
        returned N is ``width(limit)``.

        Args:
            architectures: [B, *architecture_shape].
            limit: most neighbours presented.
            rng: source of the order and the subset; None gives the space's own fixed order, and
                the first ``limit`` of it.
        """

    def width(self, limit: int) -> int:
        """N that ``neighbours`` returns: more than ``max_degree`` could never be presented."""
        return min(limit, self.max_degree)

    @abstractmethod
    def degree(self, architectures: Architectures) -> NDArray[np.int64]:
        """[B] number of distinct neighbours of each architecture."""

    @abstractmethod
    def encode(self, architectures: Architectures) -> NDArray[np.uint8]:
        """[..., F] 0/1 features: lower-triangular adjacency, one-hot labels (paper, sec. 3)."""

    @abstractmethod
    def canonical(self, architectures: Architectures) -> Architectures:
        """The one representative of each architecture's isomorphism class."""

    @abstractmethod
    def hash(self, architectures: Architectures) -> NDArray[np.uint64]:
        """[...] 64-bit hash, equal exactly for isomorphic architectures."""

    @abstractmethod
    def to_readable(self, architectures: Architectures) -> list[str]:
        """One line of text per architecture, from which it can be read back."""

    @abstractmethod
    def from_readable(self, texts: Sequence[str]) -> Architectures:
        """The architectures that ``to_readable`` wrote.

        Raises:
            UserError: a text is no architecture of this space.
        """

    @abstractmethod
    def draw(self, architecture: Architectures) -> list[CellDrawing]:
        """The cells of one architecture, as graphs to draw."""
