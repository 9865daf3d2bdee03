"""Quantiles of improvements against those of a normal distribution, with the fitted t."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from naslib_incremental.reports.figures.canvas import MUTED, Drawing, Style, legend_below, panel
from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.normality import FEWEST, fit_t

QUANTILES = 199


def figure(analysis: Analysis, styles: Mapping[str, Style]) -> Drawing | None:
    """The figure; None where no optimizer has enough different improvements."""
    frame = data(analysis)
    if frame.empty:
        return None
    caption = (
        f"Final minus start validation accuracy: {QUANTILES} quantiles of all episodes against "
        "those of the standard normal distribution. On the straight line they would be normal, on "
        "the dashed one Student's t, fitted to all of them. "
        f"{analysis.made_from('validation')}"
    )
    return Drawing("qq", "Quantiles of improvements", caption, frame, draw(frame, styles))


def data(analysis: Analysis) -> pd.DataFrame:
    """One row per optimizer and quantile: of the sample, the normal and the fitted t."""
    shares = (np.arange(QUANTILES) + 0.5) / QUANTILES
    normal = stats.norm.ppf(shares)
    parts = []
    for one in analysis.optimizers:
        values = one.improvement["validation"].values
        if len(values) < FEWEST or np.ptp(values) == 0:
            continue
        freedom, location, scale = fit_t(values)
        columns = {
            "optimizer": one.name,
            "share": shares,
            "standard_normal": normal,
            "improvement": np.quantile(values, shares),
            "normal": values.mean() + values.std() * normal,
            "t": location + scale * stats.t.ppf(shares, freedom),
        }
        parts.append(pd.DataFrame(columns))
    frame: pd.DataFrame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    return frame


def draw(frame: pd.DataFrame, styles: Mapping[str, Style]) -> dict[str, Figure]:
    """One panel per optimizer."""
    panels = {}
    for name, rows in frame.groupby("optimizer", sort=False):
        labels = ("standard normal quantile", "improvement (points)")
        with panel(str(name), *labels) as (picture, axes):
            x = rows["standard_normal"]
            axes.plot(x, 100 * rows["normal"], color=MUTED, linewidth=1.2, label="normal")
            fitted = 100 * rows["t"]
            axes.plot(x, fitted, color=MUTED, linewidth=1.2, linestyle="--", label="Student's t")
            axes.plot(
                x,
                100 * rows["improvement"],
                color=styles[str(name)].colour,
                linestyle="",
                marker="o",
                markersize=3,
                alpha=0.7,
                label="episodes",
            )
            seen = np.array([100 * rows[key].to_numpy() for key in ("improvement", "normal")])
            space = max(0.05 * np.ptp(seen), 0.05)
            axes.set_ylim(seen.min() - space, seen.max() + space)
            legend_below(picture, axes)
        panels[str(name)] = picture
    return panels
