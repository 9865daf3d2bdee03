"""Two shapes of search that several optimizers have: one query, and the whole budget."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import Accuracies
from naslib_incremental.optimizers.contract import Ask, Optimizer, Outcome
from naslib_incremental.search_spaces_ext.contract import Architectures


class OneQueryOptimizer(Optimizer):
    """An episode is one query: the accuracy of the architecture that it returns."""

    @abstractmethod
    def search(
        self, starts: Architectures, validation: Accuracies, rng: np.random.Generator
    ) -> Outcome:
        """Run E episodes from start to end; the arguments are those of ``start``."""

    def start(
        self, starts: Architectures, validation: Accuracies, rng: np.random.Generator
    ) -> None:
        """Run E episodes; no accuracy is needed on the way."""
        self._outcome = self.search(starts, validation, rng)
        self._asked = False

    def ask(self) -> Ask | None:
        """All E final architectures at once, then None."""
        if self._asked:
            return None
        self._asked = True
        final = self._outcome.final
        return Ask(np.arange(len(final)), final)

    def tell(self, validation: Accuracies) -> None:
        """Nothing depends on the answers."""

    def outcome(self) -> Outcome:
        """How the episodes ended."""
        return self._outcome


class WholeBudgetOptimizer(Optimizer):
    """An episode is one search of exactly ``query_budget`` queries, returning the best of them.

    Any smaller budget is the beginning of the same search. Nothing walks: ``num_steps`` is 0, and
    every search is cut off by the budget.
    """

    def start(
        self, starts: Architectures, validation: Accuracies, rng: np.random.Generator
    ) -> None:
        """Begin E searches whose best so far are ``starts``."""
        self._rng = rng
        self._best = starts.copy()
        self._best_validation = validation.astype(np.float64)
        self._queries = 0

    def _keep_best(
        self, episodes: NDArray[np.int64], architectures: Architectures, validation: Accuracies
    ) -> None:
        """Take note of [K] answers, of different episodes; the earliest of equals stays."""
        better = validation > self._best_validation[episodes]
        self._best[episodes[better]] = architectures[better]
        self._best_validation[episodes[better]] = validation[better]

    def outcome(self) -> Outcome:
        """The best that each search has seen."""
        count = len(self._best)
        return Outcome(self._best, np.zeros(count, np.int64), np.zeros(count, np.bool_))
