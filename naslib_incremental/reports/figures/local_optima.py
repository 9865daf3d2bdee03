"""The local optima of a landscape: how many, how good, and how much climbs to each."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.stats import spearmanr

from naslib_incremental.foundation.metric import Metric
from naslib_incremental.reports.figures.canvas import (
    INK,
    Drawing,
    Style,
    legend_below,
    palette,
    panel,
)
from naslib_incremental.reports.figures.cell_picture import picture
from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.landscape import Landscape
from naslib_incremental.reports.tables.landscape import optima
from naslib_incremental.reports.tables.table import percent

SHARES = {"architectures": "share of the architectures", "starts": "share of the starts"}


def figure(analysis: Analysis, styles: Mapping[str, Style]) -> Drawing | None:
    """The figure; None where there is no landscape."""
    landscape = analysis.study.landscape
    if landscape is None:
        return None
    frame = optima(landscape)
    metric = analysis.runs.benchmark.metric
    panels = draw(frame) | most_frequent(landscape, frame, metric)
    caption = f"{_facts(landscape, frame, metric)} {analysis.made_from('validation')}"
    return Drawing("local_optima", "Local optima of the landscape", caption, frame, panels)


def _facts(landscape: Landscape, frame: pd.DataFrame, metric: Metric) -> str:
    """What was found, in sentences."""
    basins, validation = landscape.basins, landscape.validation
    half = 1 + int(np.searchsorted(np.cumsum(basins.sizes), len(validation) / 2))
    best, ends = frame[frame["rank"] == 1], validation[basins.ends]
    found = (
        f"Steepest ascent with all neighbours from each of {len(validation):,} architectures ends "
        f"in {len(frame):,} local optima, after {basins.num_steps.mean():.1f} steps on average and "
        f"{basins.num_steps.max()} at most; {half:,} of them take half of the architectures. "
        f"The best of the space takes {percent(best['architectures'].sum())} % of the "
        f"architectures and {percent(best['starts'].sum())} % of the starts (sampler "
        f"{landscape.sampler}). Where the ascent ends, the mean accuracy is "
        f"{metric.shown(percent(ends.mean()))} over the architectures and "
        f"{metric.shown(percent(float(landscape.start @ ends)))} over the starts. "
    )
    if frame["architectures"].nunique() > 1 and frame["validation"].nunique() > 1:
        rank = float(spearmanr(frame["architectures"], frame["validation"])[0])
        found += f"Rank correlation (Spearman) of an optimum's accuracy and basin: {rank:+.2f}. "
    return found + (
        "Local search in the tables above sees at most "
        f"{landscape.neighbours} neighbours at a time, so it can end elsewhere."
    )


def draw(frame: pd.DataFrame) -> dict[str, Figure]:
    """Accuracy against basin size, and how few optima take how much."""
    styles = palette(list(SHARES))
    return {"accuracy": _accuracy(frame, styles), "shares": _shares(frame, styles)}


def _accuracy(frame: pd.DataFrame, styles: dict[str, Style]) -> Figure:
    """One point per local optimum, the largest basin marked."""
    labels = ("basin (% of the architectures)", "validation accuracy (%)")
    with panel("Accuracy of an optimum by its basin", *labels) as (figure, axes):
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.scatter(
            100 * frame["architectures"],
            100 * frame["validation"],
            s=9,
            alpha=0.45,
            linewidth=0,
            color=styles["architectures"].colour,
        )
        largest = frame.iloc[0]
        axes.scatter(
            100 * largest["architectures"],
            100 * largest["validation"],
            s=60,
            facecolor="none",
            edgecolor=INK,
            linewidth=1.2,
        )
    return figure


def _shares(frame: pd.DataFrame, styles: dict[str, Style]) -> Figure:
    """How much the largest basins take together."""
    labels = ("local optima, the largest basins first", "climb to one of them (%)")
    with panel("How few optima take how much", *labels) as (figure, axes):
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        for column, label in SHARES.items():
            together = 100 * np.cumsum(np.sort(frame[column])[::-1])
            axes.plot(
                np.arange(1, len(together) + 1),
                together,
                color=styles[column].colour,
                linestyle=styles[column].dashes,
                linewidth=1.8,
                label=label,
            )
        axes.set_ylim(0, 103)
        legend_below(figure, axes)
    return figure


def most_frequent(landscape: Landscape, frame: pd.DataFrame, metric: Metric) -> dict[str, Figure]:
    """The cells of the optimum with the largest basin, drawn."""
    first = frame.iloc[0]
    below = (
        f"{percent(first['architectures'])} % of the architectures and "
        f"{percent(first['starts'])} %\nof the starts climb here; accuracy "
        f"{metric.shown(percent(first['validation']))}, rank {first['rank']:,}"
    )
    drawn = landscape.space.draw(landscape.basins.optima[0])
    return {
        f"largest-{cell.name}": picture(cell, "The most frequent final cell", below)
        for cell in drawn
    }
