"""NAS-Bench-101: its tables, and where they come from."""

from naslib_incremental.benchmarks.nasbench101.benchmark import NASBench101

__all__ = ["NASBench101"]
