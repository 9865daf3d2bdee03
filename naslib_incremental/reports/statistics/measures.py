"""The three numbers a search is judged by, in the order in which they are reported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Measure:
    """One way to read a run of queries.

    Attributes:
        key: name in files and columns.
        title: name in captions.
        accuracy: the column of the benchmark that the number is made from.
        meaning: what is taken after each query, one sentence.
    """

    key: str
    title: str
    accuracy: Literal["validation", "test"]
    meaning: str


COMPARED = 2
"""So many of the measures, the first ones, are what searches should be compared by."""
MEASURES = (
    Measure(
        "best_validation",
        "Best validation found",
        "validation",
        "the highest validation accuracy among the architectures queried so far: "
        "the number that is searched",
    ),
    Measure(
        "selected_test",
        "Validation-selected test",
        "test",
        "the test accuracy of the architecture with the highest validation accuracy so far "
        "(the first one found, at equal accuracy): what a user of the search would get",
    ),
    Measure(
        "best_test",
        "Best test seen",
        "test",
        "the highest test accuracy among the architectures queried so far, "
        "as in Cassimon et al. (2024); nobody who searches can know it",
    ),
)
"""Best practice first; the last is the published one (Cassimon, Mercelis, Mets 2024, section 4)."""
