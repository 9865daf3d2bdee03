"""Transfer at its plainest: query what the other data sets rate best, one after the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import Accuracies
from naslib_incremental.optimizers.candidates import best_by
from naslib_incremental.optimizers.contract import Ask
from naslib_incremental.optimizers.shapes import BatchedSearch
from naslib_incremental.optimizers.source_trained import SourceTrained
from naslib_incremental.search_spaces_ext.contract import Architectures


class SourceRanking(BatchedSearch, SourceTrained):
    """Queries in the order of the mean of the sources' denoised scores; answers change nothing.

    A measured architecture is rated by the function too, not by what was measured: the two are not
    of one scale, and the best of noisy measurements are those with the luckiest noise.
    """

    name = "source_ranking"

    def begin(self, starts: Architectures) -> None:
        """Rank; all searches of one agent are the same."""
        self._order = best_by(self._score, self.space, self.settings.query_budget, self.rng)

    def _score(self, architectures: Architectures) -> NDArray[np.float32]:
        return np.asarray(self.sources()(architectures).mean(axis=-1))

    def propose(self, searches: NDArray[np.int64]) -> Architectures:
        """The next in order; where all were queried, the last again."""
        places = np.minimum(self.queries[searches], len(self._order) - 1)
        return np.asarray(self._order[places])

    def learn(self, asked: Ask, validation: Accuracies, new: NDArray[np.bool_]) -> None:
        """Nothing depends on the answers."""
