"""What an architecture is: the contract of a search space, and the spaces of the package."""

from __future__ import annotations

from naslib_incremental.foundation.registry import Registry
from naslib_incremental.search_spaces_ext.contract import (
    Architectures,
    CellDrawing,
    Neighbours,
    SearchSpace,
)
from naslib_incremental.search_spaces_ext.enumerable import EnumerableSpace

SEARCH_SPACES = Registry("naslib_incremental.search_spaces", "search space")

__all__ = [
    "SEARCH_SPACES",
    "Architectures",
    "CellDrawing",
    "EnumerableSpace",
    "Neighbours",
    "SearchSpace",
]
