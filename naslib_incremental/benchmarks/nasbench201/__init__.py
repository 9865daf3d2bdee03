"""NAS-Bench-201: its tables, and where they come from."""

from naslib_incremental.benchmarks.nasbench201.benchmark import (
    NASBench201,
    NASBench201Canonical,
)

__all__ = ["NASBench201", "NASBench201Canonical"]
