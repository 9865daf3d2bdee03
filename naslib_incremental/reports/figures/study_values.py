"""Final accuracy by value, one panel per factor, one line per variant: a flat line is robust."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from naslib_incremental.reports.figures.canvas import (
    Drawing,
    Style,
    legend_below,
    palette,
    panel,
)
from naslib_incremental.reports.statistics.study import StudyRuns
from naslib_incremental.reports.tables.study import SEEDS, with_interval

# Between the lines of neighbouring variants at one value, which are one apart.
BESIDE = 0.06


def figure(study: StudyRuns, styles: Mapping[str, Style]) -> Drawing | None:
    """The figure; None where no factor has two values."""
    frame = data(study)
    if frame.empty:
        return None
    caption = (
        "Mean validation accuracy of the architectures in which episodes end, by the value of one "
        f"factor, the others as in the base; bars are the {SEEDS}. The flatter a line, the less "
        f"does the factor matter. Made from {study.made_from}."
    )
    return Drawing("values", "Final accuracy by value", caption, frame, draw(frame))


def data(study: StudyRuns) -> pd.DataFrame:
    """One row per variant and value of the factors that have several."""
    rows = [
        {
            "variant": level.variant,
            "factor": level.factor,
            "value": level.value,
            **with_interval(finals),
            "agents": len(finals),
        }
        for level in study.levels
        for finals in [level.finals()]
    ]
    frame = pd.DataFrame(rows)
    several: pd.DataFrame = frame[frame.groupby("factor")["value"].transform("nunique") > 1]
    return several


def draw(frame: pd.DataFrame) -> dict[str, Figure]:
    """One panel per factor, one line per variant."""
    styles = palette(list(dict.fromkeys(frame["variant"])))
    panels = {}
    for factor, rows in frame.groupby("factor", sort=False):
        values = list(dict.fromkeys(rows["value"]))
        drawn = [name for name in styles if name in set(rows["variant"])]
        with panel(str(factor), str(factor), "mean final validation accuracy (%)") as (
            picture,
            axes,
        ):
            for place, name in enumerate(drawn):
                line = rows[rows["variant"] == name]
                beside = BESIDE * (place - (len(drawn) - 1) / 2)
                axes.errorbar(
                    [values.index(value) + beside for value in line["value"]],
                    100 * line["mean"],
                    (100 * (line["mean"] - line["low"]), 100 * (line["high"] - line["mean"])),
                    color=styles[name].colour,
                    marker=styles[name].marker,
                    linestyle=styles[name].dashes,
                    markersize=4,
                    linewidth=1.4,
                    elinewidth=1,
                    capsize=2,
                    label=name,
                )
            axes.set_xticks(range(len(values)), values)
            axes.set_xlim(-0.5, len(values) - 0.5)
            legend_below(picture, axes)
        panels[str(factor)] = picture
    return panels
