"""What searches that query one architecture per episode draw from, as numbers and correlations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau, spearmanr

from naslib_incremental.reports.statistics.landscape.study import Landscape
from naslib_incremental.reports.statistics.landscape.walk import expected_best

TOP = 0.01
"""The share of the architectures that count as the best."""


@dataclass(frozen=True)
class Draws:
    """One distribution over all architectures, in numbers.

    Attributes:
        name: what draws from it.
        shares: [V] its probabilities.
        mean: mean validation accuracy, a fraction.
        top: probability of the best ``TOP`` of all architectures.
        effective: inverse of the probability that two draws are equal: as many equally likely
            architectures would repeat as often.
        in_degree: mean number of architectures that a drawn one is a neighbour of.
        out_degree: mean number of neighbours of a drawn architecture.
        best: for each budget the expected best of so many draws.
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


def describe(landscape: Landscape, budgets: Sequence[int]) -> list[Draws]:
    """Each distribution in numbers."""
    validation = landscape.validation
    best = validation >= np.quantile(validation, 1 - TOP)
    arriving, leaving = degrees(landscape).values()
    return [
        Draws(
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
    return Correlation(first, second, float(spearmanr(a, b)[0]), float(kendalltau(a, b)[0]))
