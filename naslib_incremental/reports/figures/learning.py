"""How the agents learned: mean final validation accuracy against training steps."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from naslib_incremental.reports.figures.canvas import Drawing, Style, legend_below, panel
from naslib_incremental.reports.statistics.analysis import Analysis

COLUMNS = ("optimizer", "agent_seed", "step", "seconds", "mean_final_validation")


def figure(analysis: Analysis, styles: Mapping[str, Style]) -> Drawing | None:
    """The figure; None where no agent left a learning curve."""
    frame = data(analysis)
    if frame.empty:
        return None
    caption = (
        "Mean validation accuracy of the final architectures of recent training episodes; one "
        f"line per agent. {analysis.made_from('validation')}"
    )
    return Drawing("learning", "Learning curves", caption, frame, draw(frame, styles))


def data(analysis: Analysis) -> pd.DataFrame:
    """One row per logged step of each agent; the last of equal steps."""
    parts = [
        curve.reindex(columns=list(COLUMNS[2:])).assign(optimizer=one.name, agent_seed=agent)
        for one in analysis.optimizers
        for agent, curve in one.runs.learning.items()
    ]
    empty: pd.DataFrame = pd.DataFrame(columns=list(COLUMNS))
    if not parts:
        return empty
    numbers = list(COLUMNS[2:])
    frame = pd.concat(parts, ignore_index=True)
    frame[numbers] = frame[numbers].apply(pd.to_numeric, errors="coerce")
    frame = frame[np.isfinite(frame[numbers].astype(float)).all(axis=1)]
    frame = frame.drop_duplicates(["optimizer", "agent_seed", "step"], keep="last")
    ordered: pd.DataFrame = frame.sort_values("step", kind="stable").reset_index(drop=True)
    named: pd.DataFrame = ordered[list(COLUMNS)]
    return named


def draw(frame: pd.DataFrame, styles: Mapping[str, Style]) -> dict[str, Figure]:
    """One panel per optimizer that learned."""
    panels = {}
    for name in (name for name in styles if (frame["optimizer"] == name).any()):
        rows = frame[frame["optimizer"] == name]
        labels = ("training steps", "mean final validation accuracy (%)")
        with panel(name, *labels) as (picture, axes):
            for number, (agent, curve) in enumerate(rows.groupby("agent_seed")):
                axes.plot(
                    curve["step"],
                    100 * curve["mean_final_validation"],
                    color=styles[name].colour,
                    alpha=max(0.45, 1 - 0.14 * number),
                    linewidth=1.4,
                    marker="o" if len(curve) == 1 else "",
                    label=f"agent {agent}",
                )
            axes.xaxis.set_major_formatter(EngFormatter(sep=""))
            legend_below(picture, axes)
        panels[name] = picture
    return panels
