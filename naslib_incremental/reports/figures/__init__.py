"""The figures of a report; each is ``data()``, which its CSV file shows, and ``draw()``."""

from __future__ import annotations

from naslib_incremental.reports.analysis import Analysis
from naslib_incremental.reports.figures import (
    accuracies,
    best_so_far,
    break_even,
    degree,
    final_cells,
    fixed_targets,
    improvement,
    learning,
    local_optima,
    profiles,
    qq,
    sampler_sizes,
    scatter,
    walk_landscape,
)
from naslib_incremental.reports.figures.canvas import Drawing, palette
from naslib_incremental.reports.landscape import Study


def draw_all(analysis: Analysis, study: Study) -> list[Drawing]:
    """Every figure that there is data for, in the order of the report."""
    colours = palette([optimizer.name for optimizer in analysis.optimizers])
    modules = (best_so_far, fixed_targets, profiles, break_even, improvement, qq, scatter, learning)
    found: list[Drawing | None] = [module.figure(analysis, colours) for module in modules]
    found.append(final_cells.figure(analysis, study))
    found.append(accuracies.figure(analysis))
    if study.degrees is not None:
        found.append(degree.figure(analysis, study.degrees))
    if study.landscape is not None:
        found.append(walk_landscape.figure(analysis, study.landscape))
        found.append(local_optima.figure(analysis, study.landscape))
    if study.space is not None:
        found.append(sampler_sizes.figure(study.space))
    return [drawing for drawing in found if drawing is not None]
