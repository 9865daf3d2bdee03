"""Searches with a memory as long as they were made, beside what trained agents cost in all."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

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
from naslib_incremental.reports.statistics.costs import (
    AgentCost,
    agent_costs,
    distinct_after,
    longest_search,
)
from naslib_incremental.reports.statistics.optimizer_analysis import OptimizerAnalysis

PLACES = 300
"""A curve has at most so many points, evenly spread over the logarithm."""
FIRST = 10
"""The axes begin at so many queries."""
SEARCH, IN_ALL, MET = "search", "agent in all", "met in training"
"""What a row of the frame is."""


def figure(analysis: Analysis, styles: Mapping[str, Style]) -> Drawing | None:
    """The figure; None without searches with a memory or without agents of known cost."""
    frame = data(analysis)
    if frame.empty or set(frame["what"]) == {SEARCH} or SEARCH not in set(frame["what"]):
        return None
    table = analysis.runs.benchmark.architectures
    caption = (
        "Mean best validation of baselines with a memory, as far as their searches go; one that "
        "finds nothing new any more stops and keeps what it found. The filled "
        "mark is the mean of a trained optimizer after searches of "
        f"{analysis.budgets[-1]} queries, at all that its agents have cost: the different "
        "architectures of training, choice of the policy and search; the line to its right ends "
        "where repeats are counted too. The hollow mark is the best that its agents met before "
        "the first search, at what they had cost until then, where they learned on the benchmark "
        f"itself. {analysis.made_from('validation')}"
    )
    title = "What the same queries buy without training"
    panels = {"best_validation": draw(frame, styles, table)}
    return Drawing("long_searches", title, caption, frame, panels)


def data(analysis: Analysis) -> pd.DataFrame:
    """One row per point of a curve, and one or two per trained optimizer.

    Columns: what it is, optimizer, distinct queries, queries with repeats, mean best validation.
    """
    costs: dict[str, list[AgentCost]] = {}
    for cost in agent_costs(analysis):
        costs.setdefault(cost.optimizer, []).append(cost)
    rows: list[tuple[str, str, float, float, float]] = []
    for one in analysis.optimizers:
        if one.trained:
            rows += _marks(one, costs.get(one.name, []), analysis.budgets[-1])
        elif longest := longest_search(one):
            mean = one.searches(longest).mean[0]
            places = _spread(longest)
            rows += [(SEARCH, one.name, q, q, mean[q - 1]) for q in places.tolist()]
    columns = ["what", "optimizer", "distinct", "queries", "mean"]
    frame: pd.DataFrame = pd.DataFrame(rows, columns=columns).dropna(subset=["mean"])
    return frame


def _marks(
    one: OptimizerAnalysis, costs: list[AgentCost], budget: int
) -> list[tuple[str, str, float, float, float]]:
    if not costs:
        return []
    results = [cost.result for cost in costs]
    distinct = float(np.mean([result.distinct_queries for result in results]))
    queries = float(np.mean([result.queries + result.selection_queries for result in results]))
    after = distinct_after(one.runs.evaluations, budget)
    own = budget if after is None else after[-1]
    return [
        (IN_ALL, one.name, distinct + own, queries + budget, one.searches(budget).mean[0, -1]),
        (
            MET,
            one.name,
            distinct,
            queries,
            float(np.mean([cost.best_validation for cost in costs])),
        ),
    ]


def _spread(longest: int) -> NDArray[np.int64]:
    """Ascending queries from 1 to the longest."""
    found: NDArray[np.int64] = np.unique(np.geomspace(1, longest, PLACES).round().astype(np.int64))
    return found


def draw(frame: pd.DataFrame, styles: Mapping[str, Style], table: int | None) -> Figure:
    """One curve per baseline, marks for trained optimizers, on a logarithmic axis of queries."""
    labels = "different architectures looked at", "best mean (%)"
    with panel("Best validation found", *labels) as (picture, axes):
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:,g}")
        for name, rows in frame.groupby("optimizer", sort=False):
            _one(axes, str(name), rows.set_index("what"), styles[str(name)])
        if table is not None:
            axes.axvline(table, color=MUTED, linewidth=1, linestyle=(0, (1, 2)))
            axes.annotate(
                f"whole table {table:,} ",
                (table, 0.02),
                xycoords=("data", "axes fraction"),
                rotation=90,
                ha="right",
                color=MUTED,
                fontsize=8.5,
            )
        shown = frame[frame["distinct"] >= min(FIRST, frame["distinct"].max())]
        axes.set_xlim(left=float(shown["distinct"].min()) * 0.9)
        low, high = 100 * shown["mean"].min(), 100 * shown["mean"].max()
        room = 0.06 * max(high - low, 0.2)
        axes.set_ylim(low - room, high + room)
        legend_below(picture, axes)
    return picture


def _one(axes: Axes, name: str, rows: pd.DataFrame, style: Style) -> None:
    """A curve, or the marks of a trained optimizer."""
    colour, label = style.colour, short(name, 26)
    if SEARCH in rows.index:
        curve = rows.loc[[SEARCH]]
        axes.plot(
            curve["distinct"],
            100 * curve["mean"],
            color=colour,
            linestyle=style.dashes,
            linewidth=1.8,
            label=label,
        )
    if IN_ALL in rows.index:
        mark = rows.loc[IN_ALL]
        place = 100 * mark["mean"]
        axes.plot([mark["distinct"], mark["queries"]], [place, place], color=colour, linewidth=1)
        axes.plot(
            mark["distinct"], place, style.marker, color=colour, label=label, linestyle="", zorder=3
        )
    if MET in rows.index:
        mark = rows.loc[MET]
        axes.plot(
            mark["distinct"],
            100 * mark["mean"],
            style.marker,
            markerfacecolor=PAPER,
            markeredgecolor=colour,
            linestyle="",
            zorder=3,
        )
