"""How good the starts of episodes are, by accuracy and by shaped accuracy."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from naslib_incremental.benchmarks import BENCHMARKS
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.mdp import shape
from naslib_incremental.reports.figures.canvas import SERIES, Drawing, Style, panel
from naslib_incremental.reports.statistics.analysis import Analysis

BINS = 60
TAIL = 0.01
"""The share of the worst starts that may lie outside the axes."""


def figure(analysis: Analysis, styles: Mapping[str, Style]) -> Drawing:
    """The figure; without shaped accuracies where alpha is not known here."""
    accuracies = analysis.optimizers[0].runs.column("start_validation")
    alpha = shaping_alpha(analysis)
    frame = data(accuracies, alpha)
    shaped = (
        ""
        if alpha is None
        else f"Shaped: exp({alpha:g} x accuracy), whose differences are the rewards. "
    )
    caption = (
        f"Validation accuracy of {len(accuracies):,} starts, as the sampler of starts draws them. "
        f"{shaped}Up to {TAIL:.0%} of the starts lie left of the axes. "
        f"{analysis.made_from('validation')}"
    )
    return Drawing("accuracies", "How good the starts are", caption, frame, draw(frame))


def shaping_alpha(analysis: Analysis) -> float | None:
    """The alpha that agents were trained with, or else the benchmark's default."""
    for run in analysis.runs.runs:
        for recorded in run.manifest.optimizers.values():
            alpha = recorded.options.get("shaping_alpha")
            if alpha is not None:
                return float(alpha)
    try:
        name = analysis.runs.benchmark.name.partition("/")[0]
        return float(BENCHMARKS.load(name).shaping_alpha)
    except (UserError, AttributeError):
        return None


def data(accuracies: NDArray[np.float64], alpha: float | None) -> pd.DataFrame:
    """One row per kind and bin: its edges, and the share of the starts."""
    kinds = {"accuracy": accuracies}
    if alpha:
        kinds["shaped accuracy"] = shape(accuracies, alpha)
    parts = []
    for kind, values in kinds.items():
        low, high = np.quantile(values, TAIL), values.max()
        margin = 0.0 if high > low else 0.005
        counts, edges = np.histogram(values, BINS, (low - margin, high + margin))
        shares = counts / len(values)
        parts.append(
            pd.DataFrame({"kind": kind, "low": edges[:-1], "high": edges[1:], "share": shares})
        )
    frame: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return frame


def draw(frame: pd.DataFrame) -> dict[str, Figure]:
    """One panel per kind."""
    panels = {}
    for kind, bins in frame.groupby("kind", sort=False):
        name = str(kind)
        xlabel = "validation accuracy (%)" if name == "accuracy" else name
        with panel(name.capitalize(), xlabel, "starts (%)") as (picture, axes):
            unit = 100 if name == "accuracy" else 1
            edges = [unit * edge for edge in (*bins["low"], bins["high"].iloc[-1])]
            axes.stairs(
                100 * bins["share"].to_numpy(), edges, fill=True, color=SERIES[0], alpha=0.75
            )
            axes.set_xlim(edges[0], edges[-1])
        panels[name] = picture
    return panels
