"""NAS-Bench-301: the DARTS space, pairs of a normal and a reduction cell."""

from naslib_incremental.search_spaces_ext.nasbench301.space import (
    NASBench301SingleSpace,
    NASBench301Space,
)

__all__ = ["NASBench301SingleSpace", "NASBench301Space"]
