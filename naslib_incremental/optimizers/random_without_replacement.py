"""Random search with a memory: samples, none of which is queried twice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import Accuracies
from naslib_incremental.optimizers.contract import Ask
from naslib_incremental.optimizers.shapes import BatchedSearch
from naslib_incremental.search_spaces_ext.contract import Architectures


class RandomWithoutReplacement(BatchedSearch):
    """The start, then samples of the space's default sampler.

    What is drawn again costs no query, so the queries of a search are distinct.
    """

    name = "random_without_replacement"
    long_searches = True

    def begin(self, starts: Architectures) -> None:
        """Begin at ``starts``."""
        self._starts = starts
        self._started = False

    def propose(self, searches: NDArray[np.int64]) -> Architectures:
        """The starts once, then samples."""
        if self._started:
            return self.space.sample(len(searches), self.rng)
        self._started = True
        return np.asarray(self._starts[searches])

    def learn(self, asked: Ask, validation: Accuracies, new: NDArray[np.bool_]) -> None:
        """Nothing depends on the answers."""
