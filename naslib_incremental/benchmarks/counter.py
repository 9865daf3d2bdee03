"""The query counter: the only thing that counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import Accuracies, Answers, Benchmark
from naslib_incremental.search_spaces_ext.contract import Architectures
from naslib_incremental.search_spaces_ext.identities import identities

# Identities are compacted when this many wait: cheap, and never much memory.
PENDING = 1 << 18


class QueryCounter:
    """Passes queries on to a benchmark and counts each of them, repeats included.

    Different architectures are told apart as the memory of a search tells them apart: isomorphic
    ones that a benchmark has trained apart stay apart.

    Args:
        benchmark: answers the queries.
        track_distinct: also count different architectures, at the price of numbering each query.

    Attributes:
        queries: so far.
        best: highest validation accuracy among the answers; minus infinity before the first.
    """

    def __init__(self, benchmark: Benchmark, track_distinct: bool = False) -> None:
        self.benchmark = benchmark
        self.queries = 0
        self.best = -np.inf
        self._track_distinct = track_distinct
        self._pending: list[NDArray[np.uint64]] = []
        self._seen = np.zeros(0, np.uint64)

    def query(self, architectures: Architectures) -> Answers:
        """Answers for [K, *architecture_shape] architectures; K queries."""
        answers, seen = self.benchmark.query(architectures), None
        if self._track_distinct:
            seen = identities(self.benchmark.space, architectures)
        self.record(len(architectures), seen, best_of(answers.validation))
        return answers

    def record(self, queries: int, seen: NDArray[np.uint64] | None, best: float) -> None:
        """Count queries that were answered elsewhere.

        Args:
            queries: how many.
            seen: identities of the architectures that they were of, if these are tracked.
            best: highest validation accuracy among the answers.
        """
        self.queries += queries
        self.best = max(self.best, best)
        if seen is not None:
            self._pending.append(seen)
            if sum(map(len, self._pending)) >= PENDING:
                self._compact()

    @property
    def distinct(self) -> int:
        """Different architectures queried; 0 where they are not tracked."""
        return len(self.seen)

    @property
    def seen(self) -> NDArray[np.uint64]:
        """Ascending identities of the architectures queried."""
        self._compact()
        return self._seen

    def restore(self, queries: int, seen: NDArray[np.uint64], best: float) -> None:
        """Go on counting from an earlier ``queries``, ``seen`` and ``best``."""
        self.queries = queries
        self.best = best
        self._seen = seen
        self._pending = []

    def _compact(self) -> None:
        if self._pending:
            self._seen = np.unique(np.concatenate([self._seen, *self._pending]))
            self._pending = []


def best_of(validation: Accuracies) -> float:
    """The highest of [K] accuracies; minus infinity of none."""
    return float(validation.max(initial=-np.inf))
