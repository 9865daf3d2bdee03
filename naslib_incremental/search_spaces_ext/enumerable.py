"""A space small enough to be enumerated: the whole contract answered from its search graph."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.foundation.array_cache import open_or_build
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.search_spaces_ext.contract import (
    Architectures,
    CellDrawing,
    Neighbours,
    SearchSpace,
)
from naslib_incremental.search_spaces_ext.search_graph import (
    SearchGraph,
    compile_search_graph,
    present_in_order,
    present_shuffled,
    unpack_features,
)


class EnumerableSpace(SearchSpace):
    """Architectures are indices 0..V-1 into the compiled search graph, int32, shape ``()``.

    A subclass tells how packed words are enumerated, keyed, expanded, encoded, written, read, drawn
    and sampled; this class answers the contract from the graph that is compiled from it.
    """

    architecture_shape: tuple[int, ...] = ()
    dtype: np.dtype[Any] = np.dtype(np.int32)
    samplers: tuple[str, ...] = ("uniform",)

    @abstractmethod
    def enumerate(self) -> NDArray[np.uint64]:
        """[V] packed words, one representative of every isomorphism class."""

    @abstractmethod
    def keys(self, words: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """[B] isomorphism keys, equal exactly for isomorphic cells."""

    @abstractmethod
    def expand(self, words: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        """Neighbours of [B] cells: [B] counts, and their keys one after the other."""

    @abstractmethod
    def encode_words(self, words: NDArray[np.uint64]) -> NDArray[np.uint8]:
        """[B, F] 0/1 features."""

    @abstractmethod
    def word_to_readable(self, word: int) -> str:
        """One line of text for a packed word."""

    @abstractmethod
    def readable_to_word(self, text: str) -> int:
        """The packed word of a line of text; ValueError with the reason if it is none."""

    @abstractmethod
    def draw_word(self, word: int) -> list[CellDrawing]:
        """The cells of a packed word, as graphs to draw."""

    @cached_property
    def graph(self) -> SearchGraph:
        """The compiled search graph, from the cache or built now."""
        key = f"{self.name}-v{self.version}"
        arrays = open_or_build("search_graphs", key, lambda: compile_search_graph(self).arrays())
        return SearchGraph(**arrays)

    def __len__(self) -> int:
        """V, the number of architectures."""
        return len(self.graph.words)

    @cached_property
    def max_degree(self) -> int:  # noqa: D102
        return int(np.diff(self.graph.offsets).max())

    def sample_by(self, sampler: str, count: int, rng: np.random.Generator) -> Architectures:
        """Sample [count] architectures by a sampler of ``samplers``; here ``"uniform"``."""
        return rng.integers(len(self), size=count, dtype=np.int32)

    def neighbours(  # noqa: D102
        self, architectures: Architectures, limit: int, rng: np.random.Generator | None
    ) -> Neighbours:
        rows = (self.graph.offsets, self.graph.targets, architectures, self.width(limit))
        presented, mask = present_in_order(*rows) if rng is None else present_shuffled(*rows, rng)
        return Neighbours(presented, mask)

    def degree(self, architectures: Architectures) -> NDArray[np.int64]:  # noqa: D102
        offsets = self.graph.offsets
        return np.asarray(offsets[architectures + 1] - offsets[architectures])

    def encode(self, architectures: Architectures) -> NDArray[np.uint8]:  # noqa: D102
        flat = unpack_features(self.graph.packed, architectures.reshape(-1), self.features)
        return np.asarray(flat.reshape(*architectures.shape, self.features))

    def canonical(self, architectures: Architectures) -> Architectures:  # noqa: D102
        return architectures

    def hash(self, architectures: Architectures) -> NDArray[np.uint64]:  # noqa: D102
        return np.asarray(self.graph.keys[architectures])

    def index_of(self, words: NDArray[np.uint64]) -> Architectures:
        """[B] indices of packed words, isomorphic ones alike.

        Raises:
            KeyError: a word lies outside the space.
        """
        keys = self.keys(words)
        found = np.minimum(np.searchsorted(self.graph.keys, keys), len(self) - 1)
        strange = self.graph.keys[found] != keys
        if strange.any():
            raise KeyError(int(words[strange][0]))
        return found.astype(np.int32)

    def to_readable(self, architectures: Architectures) -> list[str]:  # noqa: D102
        return [self.word_to_readable(word) for word in self.graph.words[architectures].tolist()]

    def from_readable(self, texts: Sequence[str]) -> Architectures:  # noqa: D102
        words = []
        for text in texts:
            try:
                words.append(self.readable_to_word(text))
            except ValueError as error:
                raise self._unreadable(text, str(error)) from error
        try:
            return self.index_of(np.array(words, np.uint64))
        except KeyError as error:
            strange = texts[words.index(error.args[0])]
            raise self._unreadable(strange, "give one that the space holds") from error

    def _unreadable(self, text: str, advice: str) -> UserError:
        example = self.word_to_readable(int(self.graph.words[-1]))
        expected = f"an architecture of {self.name} such as {example!r}"
        return UserError(expected, repr(text), advice)

    def draw(self, architecture: Architectures) -> list[CellDrawing]:  # noqa: D102
        return self.draw_word(int(self.graph.words[architecture]))
