"""What an architecture is worth: one batched query, and the counter of queries."""

from __future__ import annotations

from naslib_incremental.benchmarks.catalogue import BENCHMARKS, list_benchmarks, open_benchmark
from naslib_incremental.benchmarks.contract import Accuracies, Answers, Benchmark, Provenance
from naslib_incremental.benchmarks.counter import QueryCounter

__all__ = [
    "BENCHMARKS",
    "Accuracies",
    "Answers",
    "Benchmark",
    "Provenance",
    "QueryCounter",
    "list_benchmarks",
    "open_benchmark",
]
