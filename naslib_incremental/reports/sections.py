"""What a report shows, in its order: a new table or figure is one file, and one line here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from naslib_incremental.reports.figures import (
    accuracies,
    best_so_far,
    break_even,
    critical_difference,
    degree,
    final_cells,
    fixed_targets,
    improvement,
    learning,
    local_optima,
    long_searches,
    profiles,
    qq,
    sampler_sizes,
    scatter,
    study_curves,
    study_values,
    suite_curves,
    walk_landscape,
)
from naslib_incremental.reports.figures.canvas import Drawing, Style
from naslib_incremental.reports.tables import (
    budgets,
    comparisons,
    costs,
    episodes,
    landscape,
    robust,
    study,
    suite,
)
from naslib_incremental.reports.tables.table import Table

MakeTables = Callable[[Any], Iterable[Table]]
"""From the numbers of a report to some of its tables, none where there is nothing to show."""
MakeFigure = Callable[[Any, Mapping[str, Style]], Drawing | None]
"""From the numbers and the style of each optimizer to a figure, None where there is none."""


@dataclass(frozen=True)
class Section:
    """A theme of a report.

    Attributes:
        title: heading.
        tables: what makes its tables.
        figures: what makes its figures.
    """

    title: str
    tables: tuple[MakeTables, ...]
    figures: tuple[MakeFigure, ...]


RUN_SECTIONS = (
    Section(
        "Search under query budgets",
        (
            budgets.tables,
            costs.training_tables,
            comparisons.contrast_tables,
            robust.interquartile_tables,
            comparisons.chance_tables,
            robust.regret_tables,
            robust.component_tables,
        ),
        (best_so_far.figure, long_searches.figure, fixed_targets.figure, profiles.figure),
    ),
    Section(
        "Within an episode",
        (
            episodes.improvement_tables,
            episodes.normality_tables,
            episodes.ending_tables,
            episodes.degree_tables,
        ),
        (improvement.figure, qq.figure, scatter.figure, final_cells.figure, degree.figure),
    ),
    Section(
        "What it costs",
        (
            costs.break_even_tables,
            costs.episode_tables,
            costs.throughput_tables,
        ),
        (break_even.figure, learning.figure),
    ),
    Section(
        "The search space",
        (landscape.distribution_tables, landscape.correlation_tables, landscape.optimum_tables),
        (accuracies.figure, walk_landscape.figure, local_optima.figure, sampler_sizes.figure),
    ),
)
"""Of a report of runs."""

STUDY_SECTIONS = (
    Section(
        "One factor at a time",
        (study.sensitivity_tables, study.robustness_tables),
        (study_values.figure, study_curves.figure),
    ),
)
"""Of a report of a study."""

SUITE_SECTIONS = (
    Section(
        "Over all benchmarks",
        (suite.over_tasks_tables, suite.rank_tables, suite.task_tables),
        (suite_curves.figure, critical_difference.figure),
    ),
)
"""Of a report of a suite."""
