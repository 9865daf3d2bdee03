"""After how many searches training has paid for itself, by what the baseline may spend."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from naslib_incremental.reports.figures.canvas import Drawing, Style, legend_below, panel, short
from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.break_even import break_evens


def figure(analysis: Analysis, styles: Mapping[str, Style]) -> Drawing | None:
    """The figure; None where no training is ever paid for."""
    frame = data(analysis)
    panels = draw(frame, styles, analysis.budgets) if len(frame) else {}
    if not panels:
        return None
    caption = (
        "Searches after which the queries that the trained agent saves are as many as its training "
        "cost, by the queries that the baseline makes in a search; the agent searches until its "
        "mean best validation is that of the baseline. What is saved and paid are different "
        "architectures, on both sides. Where there is no line, training is never "
        f"paid for. Marks stand at the reported budgets. {analysis.made_from('validation')}"
    )
    return Drawing("break_even", "When training has paid for itself", caption, frame, panels)


def data(analysis: Analysis) -> pd.DataFrame:
    """One row per pair and query of the baseline; no number of searches stands for never."""
    parts = [
        pd.DataFrame(
            {
                "optimizer": pair.name,
                "against": pair.other.name,
                "query": np.arange(1, len(pair.needed) + 1),
                "target": pair.other.targets,
                "spent": pair.other.spent,
                "needed": np.where(np.isfinite(pair.needed), pair.needed, np.nan),
                "training": pair.training,
                "searches": np.where(np.isfinite(pair.searches), pair.searches, np.nan),
            }
        )
        for pair in break_evens(analysis)
    ]
    frame: pd.DataFrame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    return frame


def draw(
    frame: pd.DataFrame, styles: Mapping[str, Style], budgets: tuple[int, ...]
) -> dict[str, Figure]:
    """One panel per trained optimizer that is ever paid for, one line per baseline."""
    panels = {}
    for name, rows in frame.groupby("optimizer", sort=False):
        if rows["searches"].isna().all():
            continue
        labels = ("queries of the baseline per search", "searches until paid for")
        with panel(str(name), *labels) as (picture, axes):
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter("{x:,g}")
            for other, line in rows.groupby("against", sort=False):
                if line["searches"].isna().all():
                    continue
                style = styles[str(other)]
                axes.plot(
                    line["query"],
                    line["searches"],
                    color=style.colour,
                    linestyle=style.dashes,
                    linewidth=1.8,
                    marker=style.marker,
                    markersize=5,
                    markevery=[budget - 1 for budget in budgets],
                    label=f"against {short(str(other), 20)}",
                )
            legend_below(picture, axes)
        panels[str(name)] = picture
    return panels
