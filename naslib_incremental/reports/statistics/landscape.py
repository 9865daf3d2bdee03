"""The landscape that the optimizers of a report move on: the whole space, not their episodes.

Space and benchmark are opened again by the names in the manifest. All else in a report comes from
the run folders; what is said of the whole space cannot. Where space or data are not at hand, a note
says what is left out, and the report does without.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from naslib_incremental.benchmarks import open_benchmark
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.reports.statistics.estimates import CONFIDENCE, SEED
from naslib_incremental.reports.statistics.graph_walks import (
    Basins,
    Walk,
    climb,
    expected_best,
    random_walk,
)
from naslib_incremental.reports.statistics.runs import RunSet
from naslib_incremental.search_spaces_ext import (
    SEARCH_SPACES,
    Architectures,
    EnumerableSpace,
    SearchSpace,
)

SAMPLES = 1_000_000
"""Samples from which a distribution of starts that is not uniform is counted."""
TOP = 0.01
"""The share of the architectures that count as the best."""
STARTS = 2_000
RESAMPLES = 1_000

Found = TypeVar("Found")
Correlated = tuple[float, float, float]
"""A correlation and the ends of its 95 % interval; NaN where there is none."""


@dataclass(frozen=True)
class Landscape:
    """Every architecture of a space with its validation accuracy, and how searches move on it.

    Attributes:
        space: V architectures.
        validation: [V] fractions.
        neighbours: N, most neighbours presented.
        max_steps: most steps of an episode.
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
        """[V] distribution of starts: exact where uniform, else counted from samples."""
        if self.sampler == "uniform":
            return self.uniform
        sampled = self.space.sample(SAMPLES, np.random.default_rng(0), self.sampler)
        return np.bincount(sampled, minlength=len(self.validation)) / SAMPLES

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
class Degrees:
    """Starts at random from all of a report's.

    Attributes:
        degree: [n] number of neighbours, before at most N are presented.
        validation: [n] accuracy, fractions.
        pearson: linear correlation, interval by Fisher's z.
        kendall: rank correlation tau-b, percentile bootstrap interval.
    """

    degree: NDArray[np.int64]
    validation: NDArray[np.float64]
    pearson: Correlated
    kendall: Correlated


def study_degrees(runs: RunSet, space: SearchSpace) -> Degrees:
    """Count the neighbours of at most 2,000 starts.

    Raises:
        UserError: the starts are no architectures of the space.
        OSError: they cannot be read.
    """
    texts, validation = runs.optimizers[0].starts()
    rng = np.random.default_rng(SEED)
    chosen = rng.choice(len(texts), min(STARTS, len(texts)), replace=False)
    architectures = space.from_readable(texts.take(chosen).to_pylist())
    return correlate_degrees(space.degree(architectures), validation[chosen])


def correlate_degrees(degree: NDArray[np.int64], validation: NDArray[np.float64]) -> Degrees:
    """Both correlations of [n] degrees and accuracies, with intervals."""
    if len(degree) < 4 or np.ptp(degree) == 0 or np.ptp(validation) == 0:
        nothing = (np.nan, np.nan, np.nan)
        return Degrees(degree, validation, nothing, nothing)
    linear = stats.pearsonr(degree, validation)
    resampled = stats.bootstrap(
        (degree, validation),
        lambda x, y: stats.kendalltau(x, y).statistic,
        paired=True,
        vectorized=False,
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(SEED),
    ).confidence_interval
    tau = float(stats.kendalltau(degree, validation).statistic)
    ends = linear.confidence_interval(CONFIDENCE)
    return Degrees(
        degree,
        validation,
        (float(linear.statistic), float(ends.low), float(ends.high)),
        (tau, float(resampled.low), float(resampled.high)),
    )


class SpaceStudy:
    """What is known of the space of a report beyond its run folders, as far as it is at hand.

    Everything is opened and computed when it is first asked for.

    Args:
        runs: what the report is made from.
        finals: the most frequent final architecture of each optimizer, readable.

    Attributes:
        notes: one line for each thing that could not be had so far.
    """

    def __init__(self, runs: RunSet, finals: Callable[[], dict[str, str]]) -> None:
        self.notes: list[str] = []
        self._runs = runs
        self._finals = finals

    @cached_property
    def space(self) -> SearchSpace | None:
        """The space; None where it cannot be opened."""
        return self._attempt(self._open_space, "figures of the search space")

    @cached_property
    def finals(self) -> dict[str, Architectures]:
        """The most frequent final architecture by optimizer; empty where it cannot be read."""
        space = self.space
        if space is None:
            return {}

        def read() -> dict[str, Architectures]:
            texts = self._finals()
            return dict(zip(texts, space.from_readable(list(texts.values())), strict=True))

        return self._attempt(read, "drawings of final architectures") or {}

    @cached_property
    def degrees(self) -> Degrees | None:
        """Numbers of neighbours of starts; None where the space cannot read them."""
        space = self.space
        if space is None:
            return None
        return self._attempt(lambda: study_degrees(self._runs, space), "numbers of neighbours")

    @cached_property
    def landscape(self) -> Landscape | None:
        """None where the space is not enumerable, or its data cannot be opened."""
        space = self.space
        if not isinstance(space, EnumerableSpace):
            return None
        return self._attempt(lambda: _open_landscape(self._runs, space), "the landscape")

    def _open_space(self) -> SearchSpace:
        space: SearchSpace = SEARCH_SPACES.load(self._runs.benchmark.space)()
        return space

    def _attempt(self, make: Callable[[], Found], what: str) -> Found | None:
        """What ``make`` returns; None, and a note, where it cannot."""
        try:
            return make()
        except (UserError, KeyError, OSError, ValueError) as error:
            self.notes.append(f"{what}: {error}")
            return None


def _open_landscape(runs: RunSet, space: EnumerableSpace) -> Landscape:
    """The landscape of the data that the runs were made on.

    Raises:
        UserError: there is no such benchmark, or its data is missing or not that of the runs.
    """
    recorded = runs.benchmark
    benchmark = open_benchmark(recorded.name)
    at_hand = (benchmark.space.name, dict(benchmark.provenance.files))
    if at_hand != (space.name, dict(recorded.files)):
        raise UserError(
            f"the files of {recorded.name} that the runs were made on",
            "others",
            "make the report where the runs were made",
        )
    everything = np.arange(len(space), dtype=space.dtype)
    validation = benchmark.query(everything).validation
    return Landscape(space, validation, runs.settings.neighbours, runs.settings.max_steps)


@dataclass(frozen=True)
class Distribution:
    """One distribution over all architectures, in numbers.

    Attributes:
        name: what samples from it.
        shares: [V] its probabilities.
        mean: mean validation accuracy, a fraction.
        top: probability of the best ``TOP`` of all architectures.
        effective: inverse of the probability that two samples are equal: as many equally likely
            architectures would repeat as often.
        in_degree: mean number of architectures that a sampled one is a neighbour of.
        out_degree: mean number of neighbours of a sampled architecture.
        best: for each budget the expected best of so many samples.
    """

    name: str
    shares: NDArray[np.float64]
    mean: float
    top: float
    effective: float
    in_degree: float
    out_degree: float
    best: tuple[float, ...]


@dataclass(frozen=True)
class Correlation:
    """Two columns over architectures, and how their ranks go together."""

    first: str
    second: str
    spearman: float
    kendall: float


def distributions(landscape: Landscape) -> dict[str, NDArray[np.float64]]:
    """[V] probabilities by name, without the start sampler's where it is uniform itself."""
    found = {"uniform over the space": landscape.uniform}
    if landscape.sampler != "uniform":
        found[f"start sampler ({landscape.sampler})"] = landscape.start
    found["random walk, visited"] = landscape.walk.visits
    found["random walk, final"] = landscape.walk.finals
    return found


def degrees(landscape: Landscape) -> dict[str, NDArray[np.int64]]:
    """[V] numbers by name."""
    graph = landscape.space.graph
    arriving = np.bincount(graph.targets, minlength=len(graph.words))
    return {"in-degree": arriving, "out-degree": np.diff(graph.offsets)}


def describe(landscape: Landscape, budgets: Sequence[int]) -> list[Distribution]:
    """Each distribution in numbers."""
    validation = landscape.validation
    best = validation >= np.quantile(validation, 1 - TOP)
    arriving, leaving = degrees(landscape).values()
    return [
        Distribution(
            name,
            shares,
            float(shares @ validation),
            float(shares[best].sum()),
            float(1 / (shares @ shares)),
            float(shares @ arriving),
            float(shares @ leaving),
            tuple(map(float, expected_best(validation, shares, budgets))),
        )
        for name, shares in distributions(landscape).items()
    ]


def correlate(landscape: Landscape) -> list[Correlation]:
    """Visits, from the sampler's and from uniform starts, degrees and accuracy, over all V."""
    counts = degrees(landscape)
    columns = {**counts, "validation accuracy": landscape.validation}
    visits = {f"visits from {landscape.sampler} starts": landscape.walk.visits}
    visits["visits from uniform starts"] = landscape.uniform_walk.visits
    pairs = [(visited, other) for visited in visits for other in columns]
    pairs += [("validation accuracy", other) for other in counts]
    columns |= visits
    return [_correlation(*pair, columns[pair[0]], columns[pair[1]]) for pair in pairs]


def _correlation(first: str, second: str, a: NDArray[Any], b: NDArray[Any]) -> Correlation:
    """Rank correlations; NaN where all values of a column are equal."""
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return Correlation(first, second, np.nan, np.nan)
    return Correlation(
        first, second, float(stats.spearmanr(a, b)[0]), float(stats.kendalltau(a, b)[0])
    )
