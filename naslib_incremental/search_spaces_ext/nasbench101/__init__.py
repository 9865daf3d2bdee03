"""NAS-Bench-101: cells of three operations on 2..7 vertices."""

from naslib_incremental.search_spaces_ext.nasbench101.space import NASBench101Space

__all__ = ["NASBench101Space"]
