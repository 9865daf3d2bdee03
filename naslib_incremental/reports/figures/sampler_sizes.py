"""Vertices and edges of what each sampler of a search space draws (paper, figure 5)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from naslib_incremental.reports.figures.canvas import (
    Drawing,
    Style,
    legend_below,
    palette,
    panel,
)
from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.search_spaces_ext import SearchSpace

SAMPLES = 10_000
SEED = 0
SIZES = ("vertices", "edges")


def figure(analysis: Analysis, styles: Mapping[str, Style]) -> Drawing | None:
    """The figure; None where the space is not at hand, or has one sampler only."""
    space = analysis.study.space
    if space is None or len(space.samplers) < 2:
        return None
    frame = data(space)
    caption = (
        f"Share of {SAMPLES:,} architectures of {space.name} from each sampler that have so many "
        "vertices, input and output included, and so many edges, over all cells. "
        "Made from draws of the space itself, not from episodes."
    )
    return Drawing("sampler_sizes", "What the samplers draw", caption, frame, draw(frame))


def data(space: SearchSpace, samples: int = SAMPLES) -> pd.DataFrame:
    """One row per sampler, ``vertices`` or ``edges``, and number: the share."""
    parts = []
    for sampler in space.samplers:
        sampled = space.sample(samples, np.random.default_rng(SEED), sampler)
        distinct, counts = np.unique(sampled, axis=0, return_counts=True)
        cells = [space.draw(architecture) for architecture in distinct]
        numbers = {
            "vertices": [sum(len(cell.labels) for cell in pair) for pair in cells],
            "edges": [sum(len(cell.edges) for cell in pair) for pair in cells],
        }
        for size in SIZES:
            totals = np.bincount(numbers[size], weights=counts)
            columns = {
                "sampler": sampler,
                "size": size,
                "number": np.arange(len(totals)),
                "share": totals / samples,
            }
            parts.append(pd.DataFrame(columns))
    frame: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return frame


def draw(frame: pd.DataFrame) -> dict[str, Figure]:
    """One panel for vertices, one for edges."""
    styles = palette(list(frame["sampler"].unique()))
    panels = {}
    for size in SIZES:
        rows = frame[frame["size"] == size]
        drawn = rows.loc[rows["share"] > 0, "number"]
        least, most = int(drawn.min()), int(drawn.max())
        rows = rows[rows["number"] >= least]
        with panel(f"{size.capitalize()} of drawn architectures", size, "share (%)") as (
            picture,
            axes,
        ):
            for sampler, curve in rows.groupby("sampler", sort=False):
                style = styles[str(sampler)]
                axes.plot(
                    curve["number"],
                    100 * curve["share"],
                    color=style.colour,
                    linestyle=style.dashes,
                    marker=style.marker,
                    markersize=5,
                    label=str(sampler),
                )
            axes.set_xticks(range(least, most + 1))
            axes.set_ylim(bottom=0)
            legend_below(picture, axes)
        panels[size] = picture
    return panels
