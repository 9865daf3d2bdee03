"""NAS-Bench-301: its surrogates, and where they come from."""

from naslib_incremental.benchmarks.nasbench301.benchmark import NASBench301
from naslib_incremental.benchmarks.nasbench301.yahpo import NASBench301Yahpo

__all__ = ["NASBench301", "NASBench301Yahpo"]
