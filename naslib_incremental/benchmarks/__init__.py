"""What an architecture is worth: one batched query, the counter of queries, and the data behind."""

from __future__ import annotations

from naslib_incremental.benchmarks.catalogue import (
    BENCHMARKS,
    data_packages,
    data_sources,
    import_data,
    list_benchmarks,
    open_benchmark,
    source_for,
)
from naslib_incremental.benchmarks.contract import (
    Accuracies,
    Answers,
    Benchmark,
    DataFile,
    DataPackage,
    DataSource,
    Provenance,
)
from naslib_incremental.benchmarks.counter import QueryCounter
from naslib_incremental.benchmarks.imported import Imported
from naslib_incremental.foundation.metric import ACCURACY, Metric

__all__ = [
    "ACCURACY",
    "BENCHMARKS",
    "Accuracies",
    "Answers",
    "Benchmark",
    "DataFile",
    "DataPackage",
    "DataSource",
    "Imported",
    "Metric",
    "Provenance",
    "QueryCounter",
    "data_packages",
    "data_sources",
    "import_data",
    "list_benchmarks",
    "open_benchmark",
    "source_for",
]
