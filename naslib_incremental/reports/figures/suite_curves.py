"""Regret by query on each benchmark of a suite, in one grid."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from naslib_incremental.reports.figures.canvas import Drawing, Style, legend_below, panel, short
from naslib_incremental.reports.statistics.suite import SuiteRuns

LOWEST = 1e-2
"""Percentage points at which the logarithmic axis begins: nothing is told apart below."""


def figure(suite: SuiteRuns, styles: Mapping[str, Style]) -> Drawing | None:
    """The figure; None where no optimizer has a complete search of the largest budget."""
    frame = data(suite)
    if frame.empty:
        return None
    caption = (
        "Mean over searches of the distance between the best validation accuracy of the benchmark "
        "and the best found, after each query; logarithmic axis, cut off at "
        f"{LOWEST:g} points."
    )
    return Drawing("suite_curves", "Regret by query", caption, frame, draw(frame, styles))


def data(suite: SuiteRuns) -> pd.DataFrame:
    """One row per benchmark, optimizer and query."""
    budget = suite.budgets[-1]
    parts = [
        pd.DataFrame(
            {
                "benchmark": task.name,
                "optimizer": one.name,
                "query": np.arange(1, budget + 1),
                "regret": task.best - one.searches(budget).mean[0],
            }
        )
        for task in suite.tasks
        for one in task.analysis.optimizers
        if one.name in suite.optimizers and len(one.searches(budget).finals)
    ]
    frame: pd.DataFrame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    return frame


def draw(frame: pd.DataFrame, styles: Mapping[str, Style]) -> dict[str, Figure]:
    """One panel per benchmark."""
    panels = {}
    for benchmark, rows in frame.groupby("benchmark", sort=False):
        with panel(str(benchmark), "queries", "regret (points)") as (picture, axes):
            for name, curve in rows.groupby("optimizer", sort=False):
                style = styles[str(name)]
                axes.plot(
                    curve["query"],
                    100 * curve["regret"].clip(lower=LOWEST / 100),
                    color=style.colour,
                    linestyle=style.dashes,
                    linewidth=1.6,
                    label=short(str(name), 26),
                )
            axes.set_xscale("log")
            axes.set_yscale("log")
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axes.yaxis.set_minor_formatter(NullFormatter())
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            legend_below(picture, axes)
        panels[str(benchmark)] = picture
    return panels
