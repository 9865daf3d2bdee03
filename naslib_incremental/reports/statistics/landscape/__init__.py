"""The landscape that the optimizers of a report move on: the whole space, not their episodes."""

from __future__ import annotations

from naslib_incremental.reports.statistics.landscape.basins import Basins, climb
from naslib_incremental.reports.statistics.landscape.study import Landscape, Study, study_space
from naslib_incremental.reports.statistics.landscape.walk import Walk, expected_best, random_walk

__all__ = [
    "Basins",
    "Landscape",
    "Study",
    "Walk",
    "climb",
    "expected_best",
    "random_walk",
    "study_space",
]
