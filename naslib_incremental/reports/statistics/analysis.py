"""The numbers of a report: each is computed when it is first asked for, and once."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from naslib_incremental.reports.statistics.comparisons import Contrast, contrasts
from naslib_incremental.reports.statistics.landscape import SpaceStudy
from naslib_incremental.reports.statistics.measures import MEASURES
from naslib_incremental.reports.statistics.optimizer_analysis import OptimizerAnalysis
from naslib_incremental.reports.statistics.runs import RunSet


class Analysis:
    """The numbers of a report.

    Args:
        runs: the run folders.

    Attributes:
        runs: the same.
        optimizers: one each, in the order of the report.
        study: what is known of the space.
    """

    def __init__(self, runs: RunSet) -> None:
        self.runs = runs
        self.optimizers = tuple(
            OptimizerAnalysis(one, runs.budgets, number)
            for number, one in enumerate(runs.optimizers)
        )
        self.study = SpaceStudy(
            runs, lambda: {one.name: one.endings.architecture for one in self.optimizers}
        )

    @property
    def budgets(self) -> tuple[int, ...]:
        """Query budgets, ascending."""
        return self.runs.budgets

    @cached_property
    def measured(self) -> tuple[int, ...]:
        """Indices of the ``MEASURES`` that any optimizer has; those of test may be missing."""
        estimates = [one.estimates(budget) for one in self.optimizers for budget in self.budgets]
        return tuple(
            index
            for index, measure in enumerate(MEASURES)
            if measure.accuracy == "validation"
            or not all(np.isnan(of_budget[index].value) for of_budget in estimates)
        )

    @cached_property
    def contrasts(self) -> tuple[Contrast, ...]:
        """Every trained optimizer against every baseline, by every measure, at every budget."""
        return contrasts(self.optimizers, self.measured, self.budgets)

    def made_from(self, *accuracies: str) -> str:
        """What columns of the benchmark are, for captions."""
        benchmark = self.runs.benchmark
        columns = [f"; {name}: {getattr(benchmark, name) or 'none'}" for name in accuracies]
        return f"Made from {benchmark.label or benchmark.name}{''.join(columns)}."
