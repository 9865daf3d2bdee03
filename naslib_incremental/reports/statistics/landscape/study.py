"""The space and the benchmark of a report, opened again by the names in the manifest.

All else in a report comes from the run folders; what is said of the whole space cannot. Where
space or data are not at hand, a note says what is left out, and the report does without.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.catalogue import open_benchmark
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.landscape.basins import Basins, climb
from naslib_incremental.reports.statistics.landscape.degree import Degrees, study_degrees
from naslib_incremental.reports.statistics.landscape.walk import Walk, random_walk
from naslib_incremental.search_spaces_ext import (
    SEARCH_SPACES,
    Architectures,
    EnumerableSpace,
    SearchSpace,
)

DRAWS = 1_000_000
SEED = 0
DEFAULTS = {"neighbours": 50, "max-steps": 32}
"""What the paper evaluates with, for manifests that do not say."""

Found = TypeVar("Found")


@dataclass(frozen=True)
class Landscape:
    """Every architecture of a space with its validation accuracy, and how runs move on it.

    Attributes:
        space: V architectures.
        validation: [V] fractions.
        neighbours: N, most neighbours presented.
        max_steps: most moves of an episode.
    """

    space: EnumerableSpace
    validation: NDArray[np.float64]
    neighbours: int
    max_steps: int

    @property
    def sampler(self) -> str:
        """The sampler of starts."""
        return self.space.samplers[0]

    @property
    def uniform(self) -> NDArray[np.float64]:
        """[V] equal probabilities."""
        return np.full(len(self.validation), 1 / len(self.validation))

    @cached_property
    def start(self) -> NDArray[np.float64]:
        """[V] distribution of starts: exact where uniform, else counted from ``DRAWS`` draws."""
        if self.sampler == "uniform":
            return self.uniform
        drawn = self.space.sample(DRAWS, np.random.default_rng(SEED), self.sampler)
        return np.bincount(drawn, minlength=len(self.validation)) / DRAWS

    @cached_property
    def walk(self) -> Walk:
        """The random walk from the sampler of starts."""
        return self._walk_from(self.start)

    @cached_property
    def uniform_walk(self) -> Walk:
        """The random walk from uniform starts."""
        return self.walk if self.sampler == "uniform" else self._walk_from(self.uniform)

    def _walk_from(self, start: NDArray[np.float64]) -> Walk:
        graph = self.space.graph
        return random_walk(graph, start, self.validation, self.neighbours, self.max_steps)

    @cached_property
    def basins(self) -> Basins:
        """Steepest ascent from every architecture."""
        return climb(self.space.graph, self.validation)


@dataclass(frozen=True)
class Study:
    """What is known of the space of a report beyond its run folders.

    Attributes:
        space: the space; None where it cannot be opened.
        finals: the most frequent final architecture by optimizer, where the space can read it.
        degrees: numbers of neighbours of starts, where the space can read them.
        landscape: None where the space is not enumerable, or its data cannot be opened.
        notes: one line for each thing that is left out.
    """

    space: SearchSpace | None
    finals: Mapping[str, Architectures]
    degrees: Degrees | None
    landscape: Landscape | None
    notes: tuple[str, ...]


def study_space(analysis: Analysis) -> Study:
    """Open the space and the benchmark of a report, as far as they are at hand."""
    notes: list[str] = []
    name = analysis.evaluation.benchmark.get("space")
    space = _attempt(lambda: _open_space(name), "figures of the search space", notes)
    if space is None:
        return Study(None, {}, None, None, tuple(notes))
    finals = _attempt(lambda: _finals(analysis, space), "drawings of final architectures", notes)
    degrees = _attempt(lambda: study_degrees(analysis, space), "numbers of neighbours", notes)
    landscape = None
    if isinstance(space, EnumerableSpace):
        landscape = _attempt(lambda: _open_landscape(analysis, space), "the landscape", notes)
    return Study(space, finals or {}, degrees, landscape, tuple(notes))


def _attempt(make: Callable[[], Found], what: str, notes: list[str]) -> Found | None:
    """What ``make`` returns; None, and a note, where it cannot."""
    try:
        return make()
    except (UserError, KeyError, OSError, ValueError) as error:
        notes.append(f"{what}: {error}")
        return None


def _open_space(name: Any) -> SearchSpace:
    space: SearchSpace = SEARCH_SPACES.load(str(name))()
    return space


def _finals(analysis: Analysis, space: SearchSpace) -> dict[str, Architectures]:
    texts = [one.endings.architecture for one in analysis.optimizers]
    names = [one.name for one in analysis.optimizers]
    return dict(zip(names, space.from_readable(texts), strict=True))


def _open_landscape(analysis: Analysis, space: EnumerableSpace) -> Landscape:
    """The landscape of the data that the runs were made on.

    Raises:
        UserError: there is no such benchmark, or its data is missing or not that of the runs.
    """
    described = analysis.evaluation.benchmark
    benchmark = open_benchmark(described["name"])
    at_hand = (benchmark.space.name, dict(benchmark.provenance.files))
    if at_hand != (space.name, described.get("files")):
        raise UserError(
            f"the files of {described['name']} that the runs were made on",
            "others",
            "naslib-report where the runs were made",
        )
    config = analysis.evaluation.runs[0].manifest.get("config", {})
    limits = [config.get(key, default) for key, default in DEFAULTS.items()]
    everything = np.arange(len(space), dtype=space.dtype)
    return Landscape(space, benchmark.query(everything).validation, *map(int, limits))
