"""Every number of a report, computed once from the run folders; tables and figures only show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from tqdm import tqdm

from naslib_incremental.reports.statistics.budgets import BudgetRuns, cut
from naslib_incremental.reports.statistics.crossed_bootstrap import Interval, interval_of_mean
from naslib_incremental.reports.statistics.estimates import (
    Estimate,
    estimate_mean,
    estimate_skew,
    symmetric_intervals,
)
from naslib_incremental.reports.statistics.measures import MEASURES
from naslib_incremental.reports.statistics.reading import Evaluation, OptimizerRuns

SEED = 2024
ACCURACIES = ("validation", "test")


@dataclass(frozen=True)
class Improvement:
    """Final minus start accuracy over all E episodes of one optimizer.

    Attributes:
        values: [E] fractions.
        median: their median.
        intervals: (share, low, high) of the central shares.
        skew: skew with its interval.
        improved: share of episodes that end better than they started.
    """

    values: NDArray[np.float64]
    median: float
    intervals: tuple[tuple[float, float, float], ...]
    skew: Estimate
    improved: float


@dataclass(frozen=True)
class Endings:
    """How the episodes of one optimizer end.

    Attributes:
        architecture: the most frequent final architecture, readable.
        share: the share of episodes that end there.
        distinct: number of different final architectures.
        validation: its validation accuracy.
        steps: mean number of moves.
        queries: mean number of queries.
        stopped: share of episodes that the optimizer ended by itself.
        episodes: number of episodes.
    """

    architecture: str
    share: float
    distinct: int
    validation: float
    steps: float
    queries: float
    stopped: float
    episodes: int


@dataclass(frozen=True)
class OptimizerAnalysis:
    """One optimizer's numbers.

    Attributes:
        runs: what they are made from.
        budgets: runs cut for each budget.
        estimates: by budget, one estimate of the mean for each measure.
        seeds: by budget, the training-seed interval of the mean for each measure.
        improvement: by accuracy, without the test where there is none.
        endings: how episodes end.
    """

    runs: OptimizerRuns
    budgets: Mapping[int, BudgetRuns]
    estimates: Mapping[int, tuple[Estimate, ...]]
    seeds: Mapping[int, tuple[Interval, ...]]
    improvement: Mapping[str, Improvement]
    endings: Endings

    @property
    def name(self) -> str:
        """The optimizer's name in this report."""
        return self.runs.name

    @property
    def trained(self) -> bool:
        """Whether it learns to search before it is evaluated."""
        return self.runs.trained


@dataclass(frozen=True)
class Analysis:
    """The numbers of a report.

    Attributes:
        evaluation: the run folders.
        optimizers: one each, in the order of the report.
    """

    evaluation: Evaluation
    optimizers: tuple[OptimizerAnalysis, ...]

    @property
    def budgets(self) -> tuple[int, ...]:
        """Query budgets, ascending."""
        return self.evaluation.budgets

    @property
    def measured(self) -> tuple[int, ...]:
        """Indices of the ``MEASURES`` that any optimizer has; those of test may be missing."""
        estimates = [by for one in self.optimizers for by in one.estimates.values()]
        return tuple(
            index
            for index, measure in enumerate(MEASURES)
            if measure.accuracy == "validation"
            or not all(np.isnan(of_budget[index].value) for of_budget in estimates)
        )


def analyse(evaluation: Evaluation) -> Analysis:
    """Compute every number; the same run folders give the same numbers, bit for bit."""
    found = tuple(
        _analyse(runs, evaluation.budgets, np.random.default_rng([SEED, number]))
        for number, runs in enumerate(
            tqdm(evaluation.optimizers, "computing numbers", disable=None, delay=1, leave=False)
        )
    )
    return Analysis(evaluation, found)


def _analyse(
    runs: OptimizerRuns, budgets: tuple[int, ...], rng: np.random.Generator
) -> OptimizerAnalysis:
    """The numbers of one optimizer."""
    by_budget = {budget: cut(runs.cells, budget) for budget in budgets}
    estimates = {
        budget: tuple(estimate_mean(cutting.finals[:, k], rng) for k in range(len(MEASURES)))
        for budget, cutting in by_budget.items()
    }
    improvement = {
        accuracy: summary
        for accuracy in ACCURACIES
        if (summary := _improvement(runs, accuracy, rng)) is not None
    }
    seeds = {
        budget: tuple(interval_of_mean(cutting.final_cells(k)) for k in range(len(MEASURES)))
        for budget, cutting in by_budget.items()
    }
    return OptimizerAnalysis(runs, by_budget, estimates, seeds, improvement, _endings(runs))


def column(runs: OptimizerRuns, name: str) -> NDArray[Any]:
    """[E] one attribute of all of an optimizer's cells, end to end."""
    return np.concatenate([getattr(cell, name) for cell in runs.cells])


def _improvement(
    runs: OptimizerRuns, accuracy: str, rng: np.random.Generator
) -> Improvement | None:
    """Improvement in one accuracy; None where an episode has none."""
    values = column(runs, f"final_{accuracy}") - column(runs, f"start_{accuracy}")
    if np.isnan(values).any():
        return None
    return Improvement(
        values,
        float(np.median(values)),
        tuple(symmetric_intervals(values)),
        estimate_skew(values, rng),
        float((values > 0).mean()),
    )


def _endings(runs: OptimizerRuns) -> Endings:
    """Count final architectures; at equal counts the one that comes first in the alphabet."""
    finals = pa.chunked_array([cell.final for cell in runs.cells]).unify_dictionaries()
    finals = finals.combine_chunks()
    counts = np.bincount(finals.indices.to_numpy(), minlength=len(finals.dictionary))
    top = counts.max()
    winner = min(finals.dictionary.take(np.flatnonzero(counts == top)).to_pylist())
    place = pc.index(finals.dictionary, winner).as_py()
    example = int(np.argmax(finals.indices.to_numpy() == place))
    return Endings(
        architecture=str(winner),
        share=float(top / len(finals)),
        distinct=int((counts > 0).sum()),
        validation=float(column(runs, "final_validation")[example]),
        steps=float(column(runs, "steps").mean()),
        queries=float(column(runs, "queries").mean()),
        stopped=float(column(runs, "stopped").mean()),
        episodes=len(finals),
    )
