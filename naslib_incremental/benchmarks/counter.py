"""The query counter: the only thing that counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import Answers, Benchmark
from naslib_incremental.search_spaces_ext.contract import Architectures

# Hashes are compacted when this many wait: cheap, and never much memory.
PENDING_HASHES = 1 << 18


class QueryCounter:
    """Passes queries on to a benchmark and counts each of them, repeats included.

    Args:
        benchmark: answers the queries.
        track_distinct: also count different architectures, at the price of hashing each query.
    """

    def __init__(self, benchmark: Benchmark, track_distinct: bool = False) -> None:
        self.benchmark = benchmark
        self.queries = 0
        self._track_distinct = track_distinct
        self._pending: list[NDArray[np.uint64]] = []
        self._seen = np.zeros(0, np.uint64)

    def query(self, architectures: Architectures) -> Answers:
        """Answers for [K, *architecture_shape] architectures; K queries."""
        hashes = self.benchmark.space.hash(architectures) if self._track_distinct else None
        self.record(len(architectures), hashes)
        return self.benchmark.query(architectures)

    def record(self, queries: int, hashes: NDArray[np.uint64] | None) -> None:
        """Count queries that were answered elsewhere, and the architectures that they were of."""
        self.queries += queries
        if hashes is not None:
            self._pending.append(hashes)
            if sum(map(len, self._pending)) >= PENDING_HASHES:
                self._compact()

    @property
    def distinct(self) -> int:
        """Different architectures queried; 0 where they are not tracked."""
        return len(self.seen)

    @property
    def seen(self) -> NDArray[np.uint64]:
        """Ascending hashes of the architectures queried."""
        self._compact()
        return self._seen

    def restore(self, queries: int, seen: NDArray[np.uint64]) -> None:
        """Go on counting from an earlier ``queries`` and ``seen``."""
        self.queries = queries
        self._seen = seen
        self._pending = []

    def _compact(self) -> None:
        if self._pending:
            self._seen = np.unique(np.concatenate([self._seen, *self._pending]))
            self._pending = []
