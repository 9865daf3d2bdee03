"""How the agents learned: mean final validation accuracy against training steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from naslib_incremental.reports.figures.canvas import Drawing, Style, legend_below, panel
from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.tables.budgets import made_from

COLUMNS = ("optimizer", "agent_seed", "step", "seconds", "mean_final_validation")


def figure(analysis: Analysis, styles: Mapping[str, Style]) -> Drawing | None:
    """The figure; None where no agent left a learning curve."""
    frame = data(analysis)
    if frame.empty:
        return None
    caption = (
        "Mean validation accuracy of the final architectures of recent training episodes; one "
        f"line per agent. {made_from(analysis, 'validation')}"
    )
    return Drawing("learning", "Learning curves", caption, frame, draw(frame, styles))


def data(analysis: Analysis) -> pd.DataFrame:
    """One row per logged step of each agent, accuracy in per cent; the last of equal steps."""
    rows = [
        (optimizer.name, agent, *figures)
        for optimizer in analysis.optimizers
        for agent, lines in optimizer.runs.learning
        for line in lines
        if (figures := _figures(line)) is not None
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame = frame.drop_duplicates(["optimizer", "agent_seed", "step"], keep="last")
    ordered: pd.DataFrame = frame.sort_values("step", kind="stable").reset_index(drop=True)
    return ordered


def _figures(line: Mapping[str, Any]) -> tuple[float, float, float] | None:
    """Step, seconds and accuracy of one line; None where one is missing or no finite number."""
    values = [line.get(key) for key in COLUMNS[2:]]
    numbers = [float(v) for v in values if isinstance(v, (int, float)) and np.isfinite(v)]
    return (numbers[0], numbers[1], 100 * numbers[2]) if len(numbers) == 3 else None


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
                    curve["mean_final_validation"],
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
