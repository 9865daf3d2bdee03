"""How many searches have come how near to the best, after each query."""

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
from naslib_incremental.reports.statistics.optimizer_analysis import OptimizerAnalysis
from naslib_incremental.reports.statistics.searches import first_hits, targets_found
from naslib_incremental.reports.statistics.seed_intervals import MEANING, band
from naslib_incremental.reports.tables.table import percent

GAPS = np.geomspace(10, 0.01, 31)
"""Distances of the targets from the best, in percentage points, the easiest first."""
SINGLE = (0, 10, 15, 20)
"""Places of the targets with a panel of their own, without the first, which stands for all."""
ALL = "all targets"


def figure(analysis: Analysis, styles: Mapping[str, Style]) -> Drawing | None:
    """The figure; None where no optimizer has a complete search of the largest budget."""
    frame = data(analysis)
    if frame.empty:
        return None
    best, known = reference(analysis)
    value = analysis.runs.benchmark.metric.shown(percent(best))
    origin = "the best of the benchmark" if known else "the best seen in these searches"
    caption = (
        f"Share of the searches of {analysis.budgets[-1]} queries that have found a validation "
        f"accuracy at most so far below {origin} ({value}), after each query; over all "
        f"targets: the share of pairs of a search and one of {len(GAPS)} targets from {GAPS[0]:g} "
        f"to {GAPS[-1]:g} points below, their distances in equal ratios, as in COCO (Hansen et al. "
        f"2021). Band: [{MEANING}]. {analysis.made_from('validation')}"
    )
    return Drawing("fixed_targets", "Targets found, by query", caption, frame, draw(frame, styles))


def reference(analysis: Analysis) -> tuple[float, bool]:
    """The accuracy that targets are measured from, and whether it is the known optimum."""
    optimum = analysis.runs.benchmark.validation_optimum
    if optimum is not None:
        return float(optimum), True
    budget = analysis.budgets[-1]
    seen = [one.searches(budget).finals[:, 0].max(initial=-np.inf) for one in analysis.optimizers]
    return float(max(seen)), False


def data(analysis: Analysis) -> pd.DataFrame:
    """One row per panel, optimizer and query: share and interval."""
    best, _ = reference(analysis)
    parts = [
        part
        for one in analysis.optimizers
        if len(one.searches(analysis.budgets[-1]).finals)
        for part in _curves(one, analysis.budgets[-1], best - GAPS / 100)
    ]
    frame: pd.DataFrame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    return frame


def _curves(
    one: OptimizerAnalysis, budget: int, targets: NDArray[np.float64]
) -> list[pd.DataFrame]:
    """The curves of one optimizer: over all targets, and of single ones."""
    hits = first_hits(one.runs.evaluations, budget, targets, one.design)
    parts = [hits.of(place) if place else targets_found(hits) for place in SINGLE]
    return [
        pd.DataFrame(
            {
                "target": _name(place),
                "optimizer": one.name,
                "query": np.arange(1, budget + 1),
                "share": own.mean,
                "training_seed_low": low,
                "training_seed_high": high,
            }
        )
        for place, own in zip(SINGLE, parts, strict=True)
        for low, high in [np.clip(band(own), 0, 1)]
    ]


def _name(place: int) -> str:
    return f"{GAPS[place]:.2g} points below" if place else ALL


def draw(frame: pd.DataFrame, styles: Mapping[str, Style]) -> dict[str, Figure]:
    """One panel for all targets, and one for each single one."""
    panels = {}
    for target in map(_name, SINGLE):
        rows = frame[frame["target"] == target]
        with panel(target.capitalize(), "queries", "found (%)") as (picture, axes):
            draw_shares(axes, rows, "query", styles)
            legend_below(picture, axes)
        panels[target.replace(" ", "_")] = picture
    return panels
