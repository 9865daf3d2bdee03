"""Mean ranks over the benchmarks of a suite, with bars over those that are not told apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from naslib_incremental.reports.figures.canvas import INK, Drawing, Style, panel, short
from naslib_incremental.reports.statistics.suite import SuiteRuns
from naslib_incremental.reports.tables.suite import critical_difference_meaning


def figure(suite: SuiteRuns, styles: Mapping[str, Style]) -> Drawing | None:
    """The figure; None where no budget has a score of every optimizer."""
    frame = data(suite)
    if frame.empty:
        return None
    caption = critical_difference_meaning(len(suite.tasks))
    name = "critical_difference"
    return Drawing(name, "Mean ranks", caption, frame, draw(frame, styles))


def data(suite: SuiteRuns) -> pd.DataFrame:
    """One row per budget and optimizer, the best rank first."""
    rows = [
        {
            "queries": budget,
            "optimizer": name,
            "rank": mean,
            "critical_difference": found.critical_difference,
            "reason": found.reason,
        }
        for budget, found in suite.ranks.items()
        for name, mean in sorted(found.mean.items(), key=lambda item: item[1])
    ]
    frame: pd.DataFrame = pd.DataFrame(rows)
    return frame


def draw(frame: pd.DataFrame, styles: Mapping[str, Style]) -> dict[str, Figure]:
    """One panel per budget."""
    panels = {}
    for budget, rows in frame.groupby("queries"):
        names, ranks = rows["optimizer"].tolist(), rows["rank"].to_numpy()
        places = np.arange(len(names))
        reason = rows["reason"].iloc[0]
        label = f"mean rank (no verdict: {reason})" if reason else "mean rank"
        with panel(f"{budget} queries", label, "") as (picture, axes):
            for place, name in zip(places, names, strict=True):
                style = styles[name]
                axes.plot(ranks[place], place, style.marker, color=style.colour)
            for number, (low, high) in enumerate(
                groups(ranks.tolist(), float(rows["critical_difference"].iloc[0]))
            ):
                height = -0.6 - 0.35 * number
                axes.plot(ranks[[low, high]], [height, height], color=INK, linewidth=3)
            axes.set_yticks(places, [short(name, 24) for name in names])
            axes.invert_yaxis()
            axes.set_xlim(0.8, len(names) + 0.2)
        panels[str(budget)] = picture
    return panels


def groups(ranks: Sequence[float], critical_difference: float) -> list[tuple[int, int]]:
    """First and last place of each largest run of ascending ranks that are not told apart.

    None where the critical difference is NaN: nothing was tested.
    """
    found: list[tuple[int, int]] = []
    for low, rank in enumerate(ranks):
        near = [place for place, other in enumerate(ranks) if other - rank < critical_difference]
        high = max(near, default=low)
        if high > low and (not found or high > found[-1][1]):
            found.append((low, high))
    return found
