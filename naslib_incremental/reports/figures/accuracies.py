"""How good the starts of episodes are, by accuracy and by shaped accuracy."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from naslib_incremental.benchmarks import BENCHMARKS
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.mdp import shape
from naslib_incremental.reports.figures.canvas import SERIES, Drawing, panel
from naslib_incremental.reports.statistics.analysis import Analysis, column
from naslib_incremental.reports.tables.budgets import made_from

BINS = 60
TAIL = 0.01
"""The share of the worst starts that may lie outside the axes."""


def figure(analysis: Analysis) -> Drawing:
    """The figure; without shaped accuracies where alpha is not known here."""
    accuracies = column(analysis.optimizers[0].runs, "start_validation")
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
        f"{made_from(analysis, 'validation')}"
    )
    return Drawing("accuracies", "How good the starts are", caption, frame, draw(frame))


def shaping_alpha(analysis: Analysis) -> float | None:
    """The alpha that agents were trained with, or else the benchmark's default."""
    for run in analysis.evaluation.runs:
        for described in run.manifest["optimizers"].values():
            alpha = described.get("options", {}).get("shaping_alpha")
            if alpha is not None:
                return float(alpha)
    try:
        name = str(analysis.evaluation.benchmark["name"]).partition("/")[0]
        return float(BENCHMARKS.load(name).shaping_alpha)
    except (UserError, AttributeError):
        return None


def data(accuracies: NDArray[np.float64], alpha: float | None) -> pd.DataFrame:
    """One row per kind and bin: its edges, accuracies in per cent, and the share in per cent."""
    kinds = {"accuracy": 100 * accuracies}
    if alpha:
        kinds["shaped accuracy"] = shape(accuracies, alpha)
    parts = []
    for kind, values in kinds.items():
        low, high = np.quantile(values, TAIL), values.max()
        margin = 0.0 if high > low else 0.5
        counts, edges = np.histogram(values, BINS, (low - margin, high + margin))
        shares = 100 * counts / len(values)
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
            edges = [*bins["low"], bins["high"].iloc[-1]]
            axes.stairs(bins["share"].to_numpy(), edges, fill=True, color=SERIES[0], alpha=0.75)
            axes.set_xlim(edges[0], edges[-1])
        panels[name] = picture
    return panels
