"""Best so far against queries: one panel per measure, one curve with a band per optimizer.

Published numbers at the same budgets stand beside the curves, with error bars.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import cycle

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from naslib_incremental.reports.figures.canvas import (
    MUTED,
    PAPER,
    Drawing,
    Style,
    legend_below,
    panel,
    short,
)
from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.measures import MEASURES
from naslib_incremental.reports.statistics.published import origin, published_beside
from naslib_incremental.reports.statistics.seed_intervals import MEANING, band
from naslib_incremental.reports.tables.table import percent

START = 0.04
"""The share of the budget after which a curve must be inside the axes."""
LEAST = 0.2
"""The least height of the axes, in percentage points: equal curves are drawn as equal."""
NEAR = 0.6
"""How far outside the curves, in their height, something is still shown."""
SIGNS = "osD^v<>ph8PX"
"""Markers of published numbers, hollow."""


def figure(analysis: Analysis, styles: Mapping[str, Style]) -> Drawing | None:
    """The figure; None where no optimizer has a complete search of the largest budget."""
    curves = data(analysis)
    if curves.empty:
        return None
    others = published(analysis)
    optimum = analysis.runs.benchmark.validation_optimum
    panels = draw(curves, others, styles, analysis.budgets, optimum)
    without = [m.title for m in MEASURES if m.key not in panels]
    caption = (
        f"Mean over searches of {analysis.budgets[-1]} queries after each query. The inner band is "
        f"the [{MEANING}]; the outer one is one sigma of the searches to either side. Marks stand "
        "at the reported budgets. The axes begin where all curves have passed the first "
        f"{START:.0%} of the queries. "
        + "".join(f"{title}: no test accuracy. " for title in without)
        + _of_others(analysis, others)
        + f"{analysis.made_from('validation', 'test')}"
    )
    frame = pd.concat([curves, others], ignore_index=True) if len(others) else curves
    return Drawing("best_so_far", "Best so far, by query", caption, frame, panels)


def _of_others(analysis: Analysis, others: pd.DataFrame) -> str:
    """What the caption says of published numbers."""
    if others.empty:
        return ""
    return (
        f"Hollow marks: {origin(analysis.runs.benchmark.name)}; those far from the "
        "curves are not shown. "
    )


def data(analysis: Analysis) -> pd.DataFrame:
    """One row per optimizer, measure and query: number of searches; mean, sigma and interval."""
    budget = analysis.budgets[-1]
    parts = []
    for optimizer in analysis.optimizers:
        found = optimizer.searches(budget)
        low, high = band(found.crossed)
        for measure, mean, sigma, *seeds in zip(
            MEASURES, found.mean, found.sigma, low, high, strict=True
        ):
            if not np.isnan(mean).any():
                columns = {
                    "optimizer": optimizer.name,
                    "measure": measure.key,
                    "query": np.arange(1, budget + 1),
                    "searches": len(found.finals),
                    "mean": mean,
                    "sigma": sigma,
                    "training_seed_low": seeds[0],
                    "training_seed_high": seeds[1],
                }
                parts.append(pd.DataFrame(columns))
    frame: pd.DataFrame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    return frame


def published(analysis: Analysis) -> pd.DataFrame:
    """One row per published number: mean, sigma and 95 % interval."""
    benchmark = analysis.runs.benchmark.name
    rows = [
        {
            "optimizer": one.name,
            "measure": measure.key,
            "query": one.budget,
            "mean": one.mean,
            "sigma": one.sigma,
            "low": one.low,
            "high": one.high,
        }
        for measure in MEASURES
        for one in published_beside(benchmark, measure.key, analysis.budgets)
    ]
    frame: pd.DataFrame = pd.DataFrame(rows)
    return frame


def draw(
    curves: pd.DataFrame,
    others: pd.DataFrame,
    styles: Mapping[str, Style],
    budgets: tuple[int, ...],
    optimum: float | None,
) -> dict[str, Figure]:
    """One panel per measure that has data."""
    panels = {}
    for measure in MEASURES:
        rows = curves[curves["measure"] == measure.key]
        if rows.empty:
            continue
        title, ylabel = measure.title, f"{measure.accuracy} accuracy (%)"
        with panel(title, "queries", ylabel) as (picture, axes):
            for name, curve in rows.groupby("optimizer", sort=False):
                _curve(axes, str(name), curve, styles[str(name)], budgets)
            _limits(axes, rows)
            if len(others) and (others["measure"] == measure.key).any():
                _published(axes, others[others["measure"] == measure.key])
            legend_below(picture, axes)
            if optimum is not None and measure.accuracy == "validation":
                _optimum(axes, 100 * optimum)
        panels[measure.key] = picture
    return panels


def _curve(
    axes: Axes, name: str, curve: pd.DataFrame, style: Style, budgets: tuple[int, ...]
) -> None:
    """One optimizer's mean with its band, and a mark at each budget."""
    query = curve["query"].to_numpy()
    mean, sigma = (100 * curve[key].to_numpy() for key in ("mean", "sigma"))
    seeds = [100 * curve[f"training_seed_{end}"].to_numpy() for end in ("low", "high")]
    for ends, alpha in (((mean - sigma, mean + sigma), 0.11), (seeds, 0.25)):
        axes.fill_between(query, *ends, color=style.colour, alpha=alpha, linewidth=0)
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
    low = 100 * float(shown["mean"].min())
    high = 100 * float((shown["mean"] + shown["sigma"].fillna(0)).max())
    space = max(high - low, LEAST)
    axes.set_ylim(low - 0.05 * space, low + 1.06 * space)
    axes.set_xlim(0, last * 1.02)


def _published(axes: Axes, rows: pd.DataFrame) -> None:
    """Published numbers near the curves, those of one budget side by side."""
    low, high = axes.get_ylim()
    room = NEAR * (high - low)
    shown = rows.assign(**{key: 100 * rows[key] for key in ("mean", "low", "high")})
    near = shown[shown["mean"].between(low - room, high + room)]
    if near.empty:
        return
    order = near.groupby("query").cumcount()
    rest = near.groupby("query")["mean"].transform("size") - 1
    place = near["query"] + (order - rest / 2) * 0.012 * axes.get_xlim()[1]
    for sign, (name, one) in zip(cycle(SIGNS), near.groupby("optimizer", sort=False)):
        axes.errorbar(
            place[one.index],
            one["mean"],
            yerr=[one["mean"] - one["low"], one["high"] - one["mean"]],
            color=MUTED,
            markerfacecolor=PAPER,
            markeredgewidth=0.9,
            elinewidth=0.7,
            linestyle="",
            marker=sign,
            markersize=4,
            label=short(_brief(str(name)), 30),
            zorder=3,
        )
    axes.set_xlim(0, max(axes.get_xlim()[1], 1.02 * place.max()))
    axes.set_ylim(min(low, near["mean"].min() - 0.1 * room), max(high, near["mean"].max()))


def _brief(name: str) -> str:
    """A published name for a legend, which has little room."""
    return re.sub(r" \(.*?\)| et al\.|published: ", "", name)


def _optimum(axes: Axes, optimum: float) -> None:
    """The best of the whole benchmark, where it is near enough to be shown."""
    low, high = axes.get_ylim()
    if optimum > high + NEAR * (high - low):
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
