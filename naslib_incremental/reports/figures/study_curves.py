"""Validation accuracy while agents learn, one panel per factor (paper, figures 17 to 19)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from naslib_incremental.records.study import BASE
from naslib_incremental.reports.figures.canvas import (
    Drawing,
    Style,
    legend_below,
    palette,
    panel,
)
from naslib_incremental.reports.statistics.study import LevelRuns, StudyRuns

WINDOW = 10
COLUMNS = ("variant", "factor", "value", "step", "mean", "low", "high", "agents")


def figure(study: StudyRuns, styles: Mapping[str, Style]) -> Drawing | None:
    """The figure; None where no agent left a learning curve."""
    frame = data(study)
    if frame.empty:
        return None
    caption = (
        "Mean validation accuracy of the final architectures of recent training episodes, in the "
        f"least exploring environments; moving average over {WINDOW} records of each agent (fewer "
        "at the start). Lines are means over agents, bands reach from the lowest agent to the "
        f"highest. Made from {study.made_from}."
    )
    return Drawing("ablation", "Accuracy while learning", caption, frame, draw(frame))


def data(study: StudyRuns) -> pd.DataFrame:
    """One row per value and step that all of its agents have reached."""
    frames = [curve for level in study.levels if (curve := _curve(level)) is not None]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(COLUMNS))


def _curve(level: LevelRuns) -> pd.DataFrame | None:
    """Mean, lowest and highest agent at each step."""
    agents = {agent: _smooth(curve) for agent, curve in level.runs.learning.items()}
    together = pd.DataFrame(agents).dropna()
    if together.empty:
        return None
    curve: pd.DataFrame = pd.DataFrame(
        {
            "variant": level.variant,
            "factor": level.factor,
            "value": level.value,
            "step": together.index,
            "mean": together.mean(axis=1).to_numpy(),
            "low": together.min(axis=1).to_numpy(),
            "high": together.max(axis=1).to_numpy(),
            "agents": together.shape[1],
        }
    )
    return curve


def _smooth(curve: pd.DataFrame) -> pd.Series[float]:
    """One agent's moving average by step; a record without finals counts for none."""
    finals = curve.get("mean_final_validation", pd.Series(np.nan, index=curve.index))
    points = pd.Series(finals.to_numpy(float), index=curve["step"].astype(int))
    points = points[~points.index.duplicated(keep="last")].sort_index()
    smooth: pd.Series[float] = points.rolling(WINDOW, min_periods=1).mean()
    return smooth


def draw(frame: pd.DataFrame) -> dict[str, Figure]:
    """One panel per variant and factor, one line per value."""
    panels = {}
    for (variant, factor), rows in frame.groupby(["variant", "factor"], sort=False):
        name = str(factor) if variant == BASE else f"{factor}, {variant}"
        styles = palette(list(dict.fromkeys(rows["value"])))
        with panel(name, "training steps", "mean final validation accuracy (%)") as (picture, axes):
            for value, style in styles.items():
                curve = rows[rows["value"] == value]
                axes.plot(
                    curve["step"],
                    100 * curve["mean"],
                    color=style.colour,
                    linestyle=style.dashes,
                    linewidth=1.6,
                    label=f"{factor} = {value}",
                )
                band = (curve["step"], 100 * curve["low"], 100 * curve["high"])
                axes.fill_between(*band, color=style.colour, alpha=0.15, linewidth=0)
            axes.xaxis.set_major_formatter(EngFormatter(sep=""))
            legend_below(picture, axes)
        panels[name] = picture
    return panels
