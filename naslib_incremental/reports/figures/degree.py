"""Validation accuracy against the number of neighbours, over starts of episodes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from naslib_incremental.reports.figures.canvas import (
    INK,
    SERIES,
    Drawing,
    Style,
    legend_below,
    panel,
)
from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.landscape import Degrees

SHOWN = 1_200
BINS = 12
TAIL = 0.01
"""The share of the worst architectures that may lie below the axes."""


def figure(analysis: Analysis, styles: Mapping[str, Style]) -> Drawing | None:
    """The figure; None where the space cannot read the starts."""
    found = analysis.study.degrees
    if found is None:
        return None
    frame = data(found)
    pearson, kendall = found.pearson[0], found.kendall[0]
    numbers = (
        "All have as many neighbours, or the same accuracy: there is no correlation. "
        if np.isnan(pearson)
        else f"Correlation {pearson:+.3f} (Pearson), {kendall:+.3f} (Kendall). "
    )
    caption = (
        f"Each point is one of {len(frame):,} starts of episodes, {min(SHOWN, len(frame)):,} of "
        f"them drawn; the line joins means over bins of about equal numbers. {numbers}Up to "
        f"{TAIL:.0%} of the points lie below the axes. {analysis.made_from('validation')}"
    )
    panels = {"validation": draw(frame)}
    return Drawing("degree", "Accuracy by number of neighbours", caption, frame, panels)


def data(found: Degrees) -> pd.DataFrame:
    """One row per start: its neighbours and its accuracy."""
    frame: pd.DataFrame = pd.DataFrame({"neighbours": found.degree, "validation": found.validation})
    return frame


def draw(frame: pd.DataFrame) -> Figure:
    """Points, and means over bins."""
    ordered = frame.sort_values("neighbours", kind="stable")
    bins = ordered.groupby(pd.qcut(ordered["neighbours"], BINS, duplicates="drop"), observed=True)
    means = bins.mean()
    with panel("Starts of episodes", "neighbours", "validation accuracy (%)") as (picture, axes):
        axes.scatter(
            frame["neighbours"][:SHOWN],
            100 * frame["validation"][:SHOWN],
            s=9,
            alpha=0.35,
            linewidth=0,
            color=SERIES[0],
        )
        axes.plot(
            means["neighbours"],
            100 * means["validation"],
            color=INK,
            linewidth=1.4,
            marker="o",
            markersize=4,
            label="means over bins",
        )
        validation = 100 * frame["validation"]
        low, high = validation.quantile(TAIL), validation.max()
        space = max(0.05 * (high - low), 0.1)
        axes.set_ylim(low - space, high + space)
        legend_below(picture, axes)
    return picture
