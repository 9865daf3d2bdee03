"""The figures of a report; each is ``data()``, which its CSV file shows, and ``draw()``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from tqdm import tqdm

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
from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.landscape import Study


def draw_all(analysis: Analysis, study: Study) -> Iterator[Drawing]:
    """Every figure that there is data for, one after the other, in the order of the report."""
    colours = palette([optimizer.name for optimizer in analysis.optimizers])
    modules = (best_so_far, fixed_targets, profiles, break_even, improvement, qq, scatter, learning)
    makers: list[Callable[[], Drawing | None]] = [
        partial(module.figure, analysis, colours) for module in modules
    ]
    makers.append(partial(final_cells.figure, analysis, study))
    makers.append(partial(accuracies.figure, analysis))
    if study.degrees is not None:
        makers.append(partial(degree.figure, analysis, study.degrees))
    if study.landscape is not None:
        makers.append(partial(walk_landscape.figure, analysis, study.landscape))
        makers.append(partial(local_optima.figure, analysis, study.landscape))
    if study.space is not None:
        makers.append(partial(sampler_sizes.figure, study.space))
    for make in tqdm(makers, "drawing figures", disable=None, delay=1, leave=False):
        drawing = make()
        if drawing is not None:
            yield drawing
