"""Why random walks beat random search: where a walk leads, over the whole search graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from naslib_incremental.reports.figures.canvas import (
    Drawing,
    Style,
    legend_below,
    palette,
    panel,
)
from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.graph_walks import expected_best
from naslib_incremental.reports.statistics.landscape import (
    TOP,
    Landscape,
    degrees,
    describe,
    distributions,
)
from naslib_incremental.reports.tables.landscape import walk_facts
from naslib_incremental.reports.tables.table import percent

QUANTILES = 24
DEGREES = 16
LEVELS = 160
POINTS = 40

FEWEST = 10
"""Draws at which the curves of the expected best begin: before, all rise steeply."""
RANKED = "architectures, the worst first (%)"
PANELS = {
    "steps": ("Accuracy after so many steps", "steps", "mean validation accuracy (%)"),
    "tail": ("Chance of an accuracy at least so high", "validation accuracy (%)", "chance (%)"),
    "best": ("Expected best of so many draws", "draws", "best validation accuracy (%)"),
    "visits_degree": ("Visits by degree", "degree", "visits relative to uniform"),
    "visits_accuracy": ("Visits by accuracy", RANKED, "visits relative to uniform"),
    "accuracy_degree": ("Accuracy by degree", "degree", "mean validation accuracy (%)"),
}
"""Title and labels of both axes."""
UNITS = {"steps": (1, 100), "tail": (100, 100), "best": (1, 100), "accuracy_degree": (1, 100)}
UNITS |= {"visits_accuracy": (100, 1)}
"""Factors of x and y as they are drawn: fractions in per cent."""
LOGARITHMIC = {"tail": "y", "visits_degree": "xy", "accuracy_degree": "x", "best": "x"}


def figure(analysis: Analysis, styles: Mapping[str, Style]) -> Drawing | None:
    """The figure; None where there is no landscape."""
    landscape = analysis.study.landscape
    if landscape is None:
        return None
    frame = data(landscape, analysis.budgets[-1])
    caption = (
        f"Computed over all {len(landscape.validation):,} architectures and "
        f"{len(landscape.space.graph.targets):,} neighbour pairs, not from episodes. After so many "
        "steps: of the walks that make them. Draws are independent: those of random search are the "
        "start sampler's, those of a random walk its final architectures. Visits are the share of "
        "all architectures stood on, against an equal share for each; by degree and by accuracy as "
        f"means over bins. {_answer(landscape)} {walk_facts(landscape)} "
        f"{analysis.made_from('validation')}"
    )
    return Drawing("walk_landscape", "Where random walks lead", caption, frame, draw(frame))


def _answer(landscape: Landscape) -> str:
    """What makes a walk's draws better or worse than the sampler's, in a sentence."""
    *_, start, _, final = describe(landscape, ())
    return (
        f"A start is one of the best {TOP:.0%} of all architectures with a probability of "
        f"{percent(start.top)} %, the end of a walk with {percent(final.top)} %; starts repeat as "
        f"often as {start.effective:,.0f} equally likely architectures would, the ends of walks "
        f"as {final.effective:,.0f}."
    )


def data(landscape: Landscape, samples: int) -> pd.DataFrame:
    """One row per panel, series and x: y."""
    parts = [*_steps(landscape), *_by_distribution(landscape, samples), *_by_degree(landscape)]
    frame: pd.DataFrame = pd.concat(parts, ignore_index=True)
    order = frame["panel"].map(list(PANELS).index)
    ordered: pd.DataFrame = frame.iloc[np.argsort(order, kind="stable")]
    return ordered


def _series(name: str, label: str, x: NDArray[Any], y: NDArray[np.float64]) -> pd.DataFrame:
    """One line of one panel."""
    frame: pd.DataFrame = pd.DataFrame({"panel": name, "series": label, "x": x, "y": y})
    return frame


def _steps(landscape: Landscape) -> list[pd.DataFrame]:
    """Accuracy by steps, from each kind of start."""
    walks = {"uniform": landscape.uniform_walk, landscape.sampler: landscape.walk}
    return [
        _series("steps", f"from {name} starts", np.arange(len(walk.going)), walk.accuracy)
        for name, walk in walks.items()
    ]


def _by_distribution(landscape: Landscape, samples: int) -> list[pd.DataFrame]:
    """Upper tail, expected best and visits by accuracy, of each distribution."""
    validation = landscape.validation
    order = np.argsort(validation, kind="stable")
    ascending = validation[order]
    spaced = np.linspace(ascending[len(order) // 2], ascending[-1], LEVELS)
    # Levels that occur, so that rounding cannot put an accuracy on the wrong side of its level.
    levels = np.unique(ascending[np.minimum(np.searchsorted(ascending, spaced), len(order) - 1)])
    above = np.searchsorted(ascending, levels)
    blocks = np.array_split(order, min(QUANTILES, len(order)))
    ranked = (np.arange(len(blocks)) + 0.5) / len(blocks)
    counts = np.unique(np.geomspace(min(FEWEST, samples), samples, POINTS).round())
    parts = []
    for name, shares in distributions(landscape).items():
        chance = np.cumsum(shares[order][::-1])[::-1][above]
        parts.append(_series("tail", name, levels, chance))
        best = expected_best(validation, shares, counts)
        parts.append(_series("best", name, counts, best))
        relative = np.array([shares[block].mean() * len(shares) for block in blocks])
        parts.append(_series("visits_accuracy", name, ranked, relative))
    return parts


def _by_degree(landscape: Landscape) -> list[pd.DataFrame]:
    """Visits and accuracy by degree, as means over architectures in bins of equal ratio."""
    parts = []
    visits = landscape.walk.visits * len(landscape.validation)
    for name, degree in degrees(landscape).items():
        bins = _bins(degree)
        counts = np.bincount(bins)
        held = counts > 0
        x, relative, accuracy = (
            (np.bincount(bins, values)[held] / counts[held])
            for values in (degree, visits, landscape.validation)
        )
        parts.append(_series("visits_degree", name, x, relative))
        parts.append(_series("accuracy_degree", name, x, accuracy))
    return parts


def _bins(degree: NDArray[np.int64]) -> NDArray[np.int64]:
    """[V] number of the bin; architectures without a neighbour, in bin 0, have one of their own."""
    edges = np.unique(np.geomspace(1, degree.max() + 1, DEGREES).round())
    return np.digitize(degree, edges)


def draw(frame: pd.DataFrame) -> dict[str, Figure]:
    """One panel for each that has data."""
    styles = palette(list(frame["series"].unique()))
    panels = {}
    for name, rows in frame.groupby("panel", sort=False):
        logarithmic = LOGARITHMIC.get(str(name), "")
        along, upwards = UNITS.get(str(name), (1, 1))
        with panel(*PANELS[str(name)]) as (picture, axes):
            if "y" in logarithmic:
                axes.set_yscale("log", nonpositive="mask")
                axes.yaxis.set_major_formatter("{x:g}")
            if "x" in logarithmic:
                axes.set_xscale("log", nonpositive="mask")
                axes.xaxis.set_major_formatter("{x:g}")
            for label, curve in rows.groupby("series", sort=False):
                style = styles[str(label)]
                axes.plot(
                    along * curve["x"],
                    upwards * curve["y"],
                    color=style.colour,
                    linestyle=style.dashes,
                    linewidth=1.6,
                    marker=style.marker if len(curve) <= QUANTILES else "",
                    markersize=4,
                    label=str(label),
                )
            legend_below(picture, axes)
        panels[str(name)] = picture
    return panels
