"""What an architecture is worth: one batched query, and the counter of queries."""

from __future__ import annotations

from naslib_incremental.benchmarks.contract import Accuracies, Answers, Benchmark, Provenance
from naslib_incremental.benchmarks.counter import QueryCounter
from naslib_incremental.benchmarks.opening import BENCHMARKS, list_benchmarks, open_benchmark

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
