"""Transfer at its plainest: query what the other data sets rate best, one after the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import Accuracies
from naslib_incremental.optimizers.contract import Ask
from naslib_incremental.optimizers.shapes import BatchedSearch
from naslib_incremental.optimizers.source_trained import SourceTrained
from naslib_incremental.search_spaces_ext.contract import Architectures


class SourceRanking(BatchedSearch, SourceTrained):
    """Queries what was measured on the sources, the best by mean rank first.

    Answers change nothing; all searches of one agent are the same.
    """

    name = "source_ranking"

    def begin(self, starts: Architectures) -> None:
        """Nothing depends on ``starts``."""
        self.sources()

    def propose(self, searches: NDArray[np.int64]) -> Architectures:
        """The next in order; where all were queried, the last again."""
        places = np.minimum(self.queries[searches], len(self.measured) - 1)
        return np.asarray(self.measured[places])

    def learn(self, asked: Ask, validation: Accuracies, new: NDArray[np.bool_]) -> None:
        """Nothing depends on the answers."""
