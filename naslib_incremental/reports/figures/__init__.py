"""The figures of a report; each is ``data()``, which its CSV file shows, and ``draw()``."""

from __future__ import annotations

from naslib_incremental.reports.analysis import Analysis
from naslib_incremental.reports.figures import best_so_far, improvement, learning, scatter
from naslib_incremental.reports.figures.canvas import Drawing, palette


def draw_all(analysis: Analysis) -> list[Drawing]:
    """Every figure that the run folders have data for, in the order of the report."""
    colours = palette([optimizer.name for optimizer in analysis.optimizers])
    modules = (best_so_far, improvement, scatter, learning)
    found = (module.figure(analysis, colours) for module in modules)
    return [drawing for drawing in found if drawing is not None]
