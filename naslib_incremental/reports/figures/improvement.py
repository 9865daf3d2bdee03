"""How much an episode improves on its start: one histogram per optimizer."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from naslib_incremental.reports.figures.canvas import INK, MUTED, Drawing, Style, panel
from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.estimates import CONDITION
from naslib_incremental.reports.statistics.optimizer_analysis import Improvement
from naslib_incremental.reports.tables.table import points

BINS = 60
TAIL = 0.02
"""The share of all episodes at either end that may lie outside the axes."""


def figure(analysis: Analysis, styles: Mapping[str, Style]) -> Drawing:
    """The figure."""
    frame = data(analysis)
    summaries = {one.name: one.improvement["validation"] for one in analysis.optimizers}
    outside = 100 * (1 - frame["share"].sum() / len(summaries))
    caption = (
        "Final minus start validation accuracy of all episodes, in percentage points. The line "
        "is the median; the bar above holds the central 50, 75, 90 and 95 % of the episodes, from "
        f"thick to thin; skew with [{CONDITION}]. {abs(outside):.1f} % of the episodes lie outside "
        f"the axes. {analysis.made_from('validation')}"
    )
    panels = draw(frame, styles, summaries)
    return Drawing("improvement", "Improvement within an episode", caption, frame, panels)


def data(analysis: Analysis) -> pd.DataFrame:
    """One row per optimizer and bin: its edges, and the share of the episodes."""
    values = {one.name: one.improvement["validation"].values for one in analysis.optimizers}
    edges = _edges(list(values.values()))
    frame: pd.DataFrame = pd.concat(
        [
            pd.DataFrame(
                {
                    "optimizer": name,
                    "low": edges[:-1],
                    "high": edges[1:],
                    "share": np.histogram(sample, edges)[0] / len(sample),
                }
            )
            for name, sample in values.items()
        ],
        ignore_index=True,
    )
    return frame


def _edges(samples: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """[BINS+1] edges for all panels alike, around 0, with one bin centred on 0."""
    ends = np.array([np.quantile(sample, [TAIL, 1 - TAIL]) for sample in samples])
    low, high = min(0.0, ends.min()), max(0.0, ends.max())
    width = max(high - low, 0.001) / (BINS - 2)
    first = np.floor(low / width) - 0.5
    edges: NDArray[np.float64] = width * (first + np.arange(BINS + 1))
    return edges


def draw(
    frame: pd.DataFrame, styles: Mapping[str, Style], summaries: Mapping[str, Improvement]
) -> dict[str, Figure]:
    """One panel per optimizer."""
    panels = {}
    for name, bins in frame.groupby("optimizer", sort=False):
        summary = summaries[str(name)]
        xlabel = "final minus start accuracy (points)"
        with panel(str(name), xlabel, "episodes (%)") as (picture, axes):
            sns.histplot(
                x=50 * (bins["low"] + bins["high"]).to_numpy(),
                weights=100 * bins["share"].to_numpy(),
                bins=[100 * edge for edge in (*bins["low"], bins["high"].iloc[-1])],
                color=styles[str(name)].colour,
                alpha=0.75,
                linewidth=0,
                element="step",
                ax=axes,
            )
            axes.set(xlabel=xlabel, ylabel="episodes (%)")
            axes.set_xlim(100 * bins["low"].iloc[0], 100 * bins["high"].iloc[-1])
            _summary(axes, summary, 100 * float(bins["share"].max()))
        panels[str(name)] = picture
    return panels


def _summary(axes: Axes, summary: Improvement, top: float) -> None:
    """Median and intervals in the space above the bars, with the numbers in words."""
    axes.set_ylim(0, 1.32 * top)
    axes.vlines(100 * summary.median, 0, 1.16 * top, color=INK, linewidth=1.2)
    for width, (_, low, high) in zip((7.0, 4.5, 2.5, 1.0), summary.intervals, strict=True):
        axes.hlines(1.1 * top, 100 * low, 100 * high, color=MUTED, linewidth=width)
    skew = summary.skew
    shape = "skew not defined"
    if not np.isnan(skew.value):
        shape = f"skew {skew.value:.2f} [{skew.low:.2f}, {skew.high:.2f}]"
    text = f"median {points(summary.median)}, {shape}"
    axes.text(0.01, 0.99, text, transform=axes.transAxes, va="top", fontsize=9)
