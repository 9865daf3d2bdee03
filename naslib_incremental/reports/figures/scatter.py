"""Where an episode starts against how much it improves, with lines of equal final accuracy."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from naslib_incremental.reports.figures.canvas import MUTED, PAPER, Drawing, Style, panel
from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.estimates import SEED
from naslib_incremental.reports.tables.table import percent

POINTS = 1_200
TAIL = 0.005
"""The share of sampled episodes at either end of an axis that may lie outside it."""


def figure(analysis: Analysis, styles: Mapping[str, Style]) -> Drawing:
    """The figure."""
    frame = data(analysis)
    optimum = analysis.runs.benchmark.validation_optimum
    ceiling = ", and the dotted one the best of the benchmark" if optimum is not None else ""
    caption = (
        f"Each point is one episode, at most {POINTS:,} per optimizer, drawn at random without "
        "replacement. On a diagonal all episodes end with the same validation accuracy, written "
        f"at its end (%){ceiling}. Up to {2 * TAIL:.0%} of the points of either axis lie outside. "
        f"{analysis.made_from('validation')}"
    )
    panels = draw(frame, styles, optimum)
    return Drawing("scatter", "Start accuracy against improvement", caption, frame, panels)


def data(analysis: Analysis) -> pd.DataFrame:
    """One row per sampled episode: start accuracy and improvement."""
    rng = np.random.default_rng(SEED)
    parts = []
    for optimizer in analysis.optimizers:
        start = optimizer.runs.column("start_validation")
        values = optimizer.improvement["validation"].values
        chosen = rng.choice(len(start), min(POINTS, len(start)), replace=False, shuffle=False)
        columns = {
            "optimizer": optimizer.name,
            "start": start[chosen],
            "improvement": values[chosen],
        }
        parts.append(pd.DataFrame(columns))
    frame: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return frame


def draw(
    frame: pd.DataFrame, styles: Mapping[str, Style], optimum: float | None
) -> dict[str, Figure]:
    """One panel per optimizer, all with the same axes."""
    limits = {key: _limits(100 * frame[key]) for key in ("start", "improvement")}
    panels = {}
    for name, rows in frame.groupby("optimizer", sort=False):
        labels = ("start accuracy (%)", "improvement (points)")
        with panel(str(name), *labels) as (picture, axes):
            sns.scatterplot(
                x=100 * rows["start"].to_numpy(),
                y=100 * rows["improvement"].to_numpy(),
                color=styles[str(name)].colour,
                s=9,
                alpha=0.45,
                linewidth=0,
                ax=axes,
            )
            axes.set(xlabel=labels[0], ylabel=labels[1])
            axes.set(xlim=limits["start"], ylim=limits["improvement"])
            _diagonals(axes, optimum)
        panels[str(name)] = picture
    return panels


def _limits(values: pd.Series[float]) -> tuple[float, float]:
    """Ends of an axis that hold nearly all values, with some space."""
    low, high = np.quantile(values, [TAIL, 1 - TAIL])
    space = max(0.06 * (high - low), 0.1)
    return float(low - space), float(high + space)


def _diagonals(axes: Axes, optimum: float | None) -> None:
    """Lines of equal final accuracy = start + improvement."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    axes.grid(visible=False)
    finals = MaxNLocator(6).tick_values(left + bottom, right + top)
    taken = np.inf if optimum is None else 100 * optimum
    for final in finals:
        apart = abs(final - taken) > 0.4 * (finals[1] - finals[0])
        if left + bottom < final < min(right + top, 100) and apart:
            _diagonal(axes, float(final), f"{final:g}", "-", 0.7)
    if optimum is not None:
        _diagonal(axes, 100 * optimum, f"best {percent(optimum)}", (0, (1, 2)), 1.3)


def _diagonal(
    axes: Axes,
    final: float,
    label: str,
    dashes: str | tuple[float, tuple[float, ...]],
    width: float,
) -> None:
    """One line of equal final accuracy, named where it enters the axes from the left or above."""
    left, (bottom, top) = axes.get_xlim()[0], axes.get_ylim()
    axes.axline((final, 0), slope=-1, color=MUTED, linewidth=width, linestyle=dashes, zorder=0.5)
    x = max(left, final - top)
    y = final - x
    if bottom < y:
        axes.annotate(
            label,
            (x, y),
            xytext=(2, -2),
            textcoords="offset points",
            va="top",
            fontsize=8,
            color=MUTED,
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.8, "alpha": 0.8},
            annotation_clip=True,
        )
