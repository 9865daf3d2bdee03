"""Two shapes that several optimizers have: an episode of one query, and a search with a memory."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import Accuracies
from naslib_incremental.mdp.search_memory import SearchMemory
from naslib_incremental.optimizers.contract import Ask, Optimizer, Outcome
from naslib_incremental.search_spaces_ext.contract import Architectures

PATIENCE = 200
"""Answers in a row without anything new after which a search has seen all that it can reach."""


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


class SearchOptimizer(Optimizer):
    """An episode is one search of ``query_budget`` queries, returning the best of them.

    An architecture that a search has asked for before costs it no query. Any smaller budget is the
    beginning of the same search. Nothing walks: ``num_steps`` is 0.

    Attributes:
        rng: the only source of randomness.
        queries: [E] queries made so far.
        memory: what each search has asked for.
    """

    is_search = True

    @abstractmethod
    def begin(self, starts: Architectures) -> None:
        """Begin E searches, which may take their first queries from ``starts``."""

    def start(
        self, starts: Architectures, validation: Accuracies, rng: np.random.Generator
    ) -> None:
        """Begin E searches; what the starts are worth is not known before it is asked for."""
        count = len(starts)
        self.rng = rng
        self.queries = np.zeros(count, np.int64)
        self.memory = SearchMemory(self.space, count)
        self._fruitless = np.zeros(count, np.int64)
        self._best = starts.copy()
        self._best_validation = np.full(count, -np.inf)
        self.begin(starts)

    @property
    def going(self) -> NDArray[np.int64]:
        """The searches that have queries left, and that went on finding something new."""
        left = self.queries < self.settings.query_budget
        return np.flatnonzero(left & (self._fruitless < PATIENCE))

    def note(self, asked: Ask, validation: Accuracies) -> NDArray[np.bool_]:
        """Take note of the answers to K different searches; of equals the earliest is the best.

        Returns:
            [K] True where a search asked for the architecture for the first time.
        """
        searches = asked.episodes
        new = self.memory.remember(searches, asked.architectures)
        self.queries[searches] += new
        self._fruitless[searches] = np.where(new, 0, self._fruitless[searches] + 1)
        better = validation > self._best_validation[searches]
        self._best[searches[better]] = asked.architectures[better]
        self._best_validation[searches[better]] = validation[better]
        return new

    def outcome(self) -> Outcome:
        """The best that each search has seen; one that found nothing new any more has stopped."""
        stopped = self.queries < self.settings.query_budget
        return Outcome(self._best, np.zeros(len(stopped), np.int64), stopped)


class BatchedSearch(SearchOptimizer):
    """Searches side by side, each of which asks for one architecture a round."""

    @abstractmethod
    def propose(self, searches: NDArray[np.int64]) -> Architectures:
        """[K] what each of K searches asks for next."""

    @abstractmethod
    def learn(self, asked: Ask, validation: Accuracies, new: NDArray[np.bool_]) -> None:
        """Take note of [K] answers.

        Args:
            asked: what was proposed.
            validation: [K] the answers.
            new: [K] True where a search asked for the architecture for the first time.
        """

    def ask(self) -> Ask | None:
        """One architecture per search that goes on."""
        searches = self.going
        if not len(searches):
            return None
        self._asked = Ask(searches, self.propose(searches))
        return self._asked

    def tell(self, validation: Accuracies) -> None:
        """Count what was new, keep the best, and learn."""
        self.learn(self._asked, validation, self.note(self._asked, validation))
