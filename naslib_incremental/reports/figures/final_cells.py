"""The architecture that most episodes of each optimizer end in, drawn."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from naslib_incremental.reports.figures.canvas import Drawing, Style
from naslib_incremental.reports.figures.cell_picture import picture
from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.tables.table import percent
from naslib_incremental.search_spaces_ext import CellDrawing


def figure(analysis: Analysis, styles: Mapping[str, Style]) -> Drawing | None:
    """The figure; None where the space cannot read the final architectures."""
    study = analysis.study
    if study.space is None or not study.finals:
        return None
    cells = {name: study.space.draw(final) for name, final in study.finals.items()}
    caption = (
        "The architecture that most episodes of an optimizer end in, with their share and its "
        f"validation accuracy. {analysis.made_from('validation')}"
    )
    title = "The most frequent final architecture"
    panels = draw(analysis, cells)
    pairs = any(len(drawn) == 2 for drawn in cells.values())
    return Drawing("final_cells", title, caption, data(analysis, cells), panels, pairs)


def data(analysis: Analysis, cells: dict[str, list[CellDrawing]]) -> pd.DataFrame:
    """One row per optimizer and cell: share, accuracy, labels, and edges a>b."""
    rows = [
        {
            "optimizer": one.name,
            "share": one.endings.share,
            "validation": one.endings.validation,
            "architecture": one.endings.architecture,
            "cell": cell.name,
            "labels": " ".join(cell.labels),
            "edges": " ".join(f"{source}>{target}" for source, target in cell.edges),
        }
        for one in analysis.optimizers
        for cell in cells[one.name]
    ]
    frame: pd.DataFrame = pd.DataFrame(rows)
    return frame


def draw(analysis: Analysis, cells: dict[str, list[CellDrawing]]) -> dict[str, Figure]:
    """One panel per optimizer and cell."""
    panels = {}
    for one in analysis.optimizers:
        ends = one.endings
        below = (
            f"{percent(ends.share)} % of {ends.episodes:,} episodes; "
            f"accuracy {analysis.runs.benchmark.metric.shown(percent(ends.validation))}"
        )
        for cell in cells[one.name]:
            several = len(cells[one.name]) > 1
            title = f"{one.name}, {cell.name}" if several else one.name
            panels[title] = picture(cell, title, below)
    return panels
