"""Performance profiles: how many searches end at least as well as an accuracy."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from naslib_incremental.reports.figures.canvas import (
    Drawing,
    Style,
    draw_shares,
    legend_below,
    panel,
)
from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.measures import COMPARED, MEASURES
from naslib_incremental.reports.statistics.searches import CLOSE
from naslib_incremental.reports.statistics.seed_intervals import MEANING, band

LEVELS = 160
SHOWN = MEASURES[:COMPARED]
TAIL = 0.001
"""The share of the searches of any optimizer that may be worse than all accuracies shown."""


def figure(analysis: Analysis, styles: Mapping[str, Style]) -> Drawing | None:
    """The figure; None where no optimizer has a complete search of the largest budget."""
    frame = data(analysis)
    if frame.empty:
        return None
    caption = (
        f"Share of the searches of {analysis.budgets[-1]} queries that end with at least an "
        "accuracy: a curve to the right of another is better for every accuracy one may ask for. "
        f"Band: [{MEANING}]. Source: Agarwal et al. (2021). "
        f"{analysis.made_from('validation', 'test')}"
    )
    return Drawing("profiles", "Performance profiles", caption, frame, draw(frame, styles))


def data(analysis: Analysis) -> pd.DataFrame:
    """One row per measure, optimizer and accuracy: share and interval."""
    budget = analysis.budgets[-1]
    parts = []
    for index, measure in enumerate(SHOWN):
        finals = {one.name: one.searches(budget).finals[:, index] for one in analysis.optimizers}
        known = {name: values for name, values in finals.items() if _known(values)}
        levels = _levels(list(known.values()))
        for one in analysis.optimizers:
            if one.name not in known:
                continue
            reached = (known[one.name][:, None] >= levels - CLOSE).astype(np.float64)
            found = one.searches(budget)
            crossed = found.gathered(reached)
            low, high = np.clip(band(crossed), 0, 1)
            columns = {
                "measure": measure.key,
                "optimizer": one.name,
                "accuracy": levels,
                "share": crossed.mean,
                "training_seed_low": low,
                "training_seed_high": high,
            }
            parts.append(pd.DataFrame(columns))
    frame: pd.DataFrame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    return frame


def _known(values: NDArray[np.float64]) -> bool:
    return len(values) > 0 and not np.isnan(values).any()


def _levels(samples: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Accuracies from about the worst search of all to the best, with some space around."""
    if not samples:
        return np.empty(0)
    low = min(float(np.quantile(sample, TAIL)) for sample in samples)
    high = max(float(sample.max()) for sample in samples)
    space = max(0.02 * (high - low), 0.0005)
    return np.linspace(low - space, high + space, LEVELS)


def draw(frame: pd.DataFrame, styles: Mapping[str, Style]) -> dict[str, Figure]:
    """One panel per measure."""
    panels = {}
    for measure in SHOWN:
        rows = frame[frame["measure"] == measure.key]
        if rows.empty:
            continue
        labels = (f"{measure.accuracy} accuracy (%)", "searches at least as good (%)")
        with panel(measure.title, *labels) as (picture, axes):
            draw_shares(axes, rows.assign(accuracy=100 * rows["accuracy"]), "accuracy", styles)
            legend_below(picture, axes)
        panels[measure.key] = picture
    return panels
