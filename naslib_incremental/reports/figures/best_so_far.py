"""Best so far against queries: one panel per measure, one curve with a band per optimizer."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from naslib_incremental.reports.analysis import Analysis
from naslib_incremental.reports.figures.canvas import (
    MUTED,
    Drawing,
    Style,
    legend_below,
    panel,
    short,
)
from naslib_incremental.reports.measures import MEASURES
from naslib_incremental.reports.tables import made_from, percent

START = 0.04
"""The share of the budget after which a curve must be inside the axes."""
LEAST = 0.2
"""The least height of the axes, in percentage points: equal curves are drawn as equal."""


def figure(analysis: Analysis, styles: Mapping[str, Style]) -> Drawing | None:
    """The figure; None where no optimizer has a complete run of the largest budget."""
    frame = data(analysis)
    if frame.empty:
        return None
    optimum = analysis.evaluation.benchmark.get("validation_optimum")
    panels = draw(frame, styles, analysis.budgets, optimum)
    without = [m.title for m in MEASURES if m.key not in panels]
    caption = (
        f"Mean over runs of {analysis.budgets[-1]} queries after each query; the band is one sigma "
        "of the runs to either side; marks stand at the reported budgets. The axes begin where "
        f"all curves have passed the first {START:.0%} of the queries. "
        + "".join(f"{title}: no test accuracy. " for title in without)
        + f"{made_from(analysis, 'validation', 'test')}"
    )
    return Drawing("best_so_far", "Best so far, by query", caption, frame, panels)


def data(analysis: Analysis) -> pd.DataFrame:
    """One row per optimizer, measure and query: runs, and mean and sigma in per cent."""
    budget = analysis.budgets[-1]
    parts = []
    for optimizer in analysis.optimizers:
        cutting = optimizer.budgets[budget]
        for measure, mean, sigma in zip(MEASURES, cutting.mean, cutting.sigma, strict=True):
            if not np.isnan(mean).any():
                columns = {
                    "optimizer": optimizer.name,
                    "measure": measure.key,
                    "query": np.arange(1, budget + 1),
                    "runs": len(cutting.finals),
                    "mean": 100 * mean,
                    "sigma": 100 * sigma,
                }
                parts.append(pd.DataFrame(columns))
    frame: pd.DataFrame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    return frame


def draw(
    frame: pd.DataFrame,
    styles: Mapping[str, Style],
    budgets: tuple[int, ...],
    optimum: float | None,
) -> dict[str, Figure]:
    """One panel per measure that has data."""
    panels = {}
    for measure in MEASURES:
        rows = frame[frame["measure"] == measure.key]
        if rows.empty:
            continue
        title, ylabel = measure.title, f"{measure.accuracy} accuracy (%)"
        with panel(title, "queries", ylabel) as (picture, axes):
            for name, curve in rows.groupby("optimizer", sort=False):
                _curve(axes, str(name), curve, styles[str(name)], budgets)
            legend_below(picture, axes)
            _limits(axes, rows)
            if optimum is not None and measure.accuracy == "validation":
                _optimum(axes, 100 * optimum)
        panels[measure.key] = picture
    return panels


def _curve(
    axes: Axes, name: str, curve: pd.DataFrame, style: Style, budgets: tuple[int, ...]
) -> None:
    """One optimizer's mean with its band, and a mark at each budget."""
    query, mean, sigma = (curve[key].to_numpy() for key in ("query", "mean", "sigma"))
    axes.fill_between(
        query, mean - sigma, mean + sigma, color=style.colour, alpha=0.13, linewidth=0
    )
    axes.plot(
        query,
        mean,
        color=style.colour,
        linestyle=style.dashes,
        linewidth=1.8,
        marker=style.marker,
        markersize=5,
        markevery=[budget - 1 for budget in budgets],
        label=short(name, 26),
    )


def _limits(axes: Axes, rows: pd.DataFrame) -> None:
    """Leave out the steep first queries, which would flatten everything after them."""
    last = int(rows["query"].max())
    shown = rows[rows["query"] >= max(1, START * last)]
    low = float(shown["mean"].min())
    high = float((shown["mean"] + shown["sigma"].fillna(0)).max())
    space = max(high - low, LEAST)
    axes.set_ylim(low - 0.05 * space, low + 1.06 * space)
    axes.set_xlim(0, last * 1.02)


def _optimum(axes: Axes, optimum: float) -> None:
    """The best of the whole benchmark, where it is near enough to be shown."""
    low, high = axes.get_ylim()
    if optimum > high + 0.6 * (high - low):
        return
    axes.set_ylim(low, max(high, optimum + 0.07 * (optimum - low)))
    axes.axhline(optimum, color=MUTED, linewidth=1, linestyle=(0, (1, 2)))
    label = f"best of the benchmark {percent(optimum / 100)}"
    place = (0.01, optimum)
    axes.annotate(
        label,
        place,
        xycoords=("axes fraction", "data"),
        xytext=(0, 3),
        textcoords="offset points",
        color=MUTED,
        fontsize=8.5,
    )
