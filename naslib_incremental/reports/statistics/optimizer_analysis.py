"""The numbers of one optimizer of a report: each is computed once, when it is first asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from naslib_incremental.reports.statistics.crossed import Design
from naslib_incremental.reports.statistics.estimates import (
    SEED,
    Estimate,
    estimate_mean,
    estimate_skew,
    symmetric_intervals,
)
from naslib_incremental.reports.statistics.measures import MEASURES
from naslib_incremental.reports.statistics.runs import OptimizerRuns
from naslib_incremental.reports.statistics.searches import Searches, cut
from naslib_incremental.reports.statistics.seed_intervals import Interval, interval_of_mean

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
        num_steps: mean number of steps.
        queries: mean number of queries.
        stopped: share of episodes that the optimizer ended by itself.
        episodes: number of episodes.
    """

    architecture: str
    share: float
    distinct: int
    validation: float
    num_steps: float
    queries: float
    stopped: float
    episodes: int


class OptimizerAnalysis:
    """One optimizer's numbers; the same run folders give the same, bit for bit.

    Args:
        runs: what they are made from.
        budgets: query budgets, ascending.
        number: of the optimizer within its report; each has its own stream of resamples.
    """

    def __init__(self, runs: OptimizerRuns, budgets: tuple[int, ...], number: int) -> None:
        self.runs = runs
        self._budgets = budgets
        self._rng = np.random.default_rng([SEED, number])
        self._searches: dict[int, Searches] = {}
        self._seeds: dict[int, tuple[Interval, ...]] = {}

    @property
    def name(self) -> str:
        """The optimizer's name in this report."""
        return self.runs.name

    @property
    def trained(self) -> bool:
        """Whether it learns to search before it is evaluated."""
        return self.runs.trained

    @property
    def design(self) -> Design:
        """What its searches share."""
        return Design(self.runs.trained, self.runs.run.manifest.settings.seed)

    def searches(self, budget: int) -> Searches:
        """What searches of a budget found."""
        if budget not in self._searches:
            self._searches[budget] = cut(self.runs.evaluations, budget, self.design)
        return self._searches[budget]

    def estimates(self, budget: int) -> tuple[Estimate, ...]:
        """The mean of each measure, with its episode interval."""
        return self._estimates[budget]

    @cached_property
    def _estimates(self) -> dict[int, tuple[Estimate, ...]]:
        return {
            budget: tuple(estimate_mean(values, self._rng) for values in found.finals.T)
            for budget in self._budgets
            for found in [self.searches(budget)]
        }

    def seeds(self, budget: int) -> tuple[Interval, ...]:
        """The training-seed interval of the mean of each measure."""
        if budget not in self._seeds:
            found = self.searches(budget)
            self._seeds[budget] = tuple(
                interval_of_mean(found.final(index)) for index in range(len(MEASURES))
            )
        return self._seeds[budget]

    @cached_property
    def improvement(self) -> dict[str, Improvement]:
        """By accuracy, without the test where an episode has none."""
        # Its resamples follow those of the estimates in the stream, whoever asks first.
        _ = self._estimates
        found = {accuracy: self._improvement(accuracy) for accuracy in ACCURACIES}
        return {accuracy: one for accuracy, one in found.items() if one is not None}

    def _improvement(self, accuracy: str) -> Improvement | None:
        values = self.runs.column(f"final_{accuracy}") - self.runs.column(f"start_{accuracy}")
        if np.isnan(values).any():
            return None
        return Improvement(
            values,
            float(np.median(values)),
            tuple(symmetric_intervals(values)),
            estimate_skew(values, self._rng),
            float((values > 0).mean()),
        )

    @cached_property
    def endings(self) -> Endings:
        """How episodes end; of equally frequent finals the first in the alphabet is shown."""
        finals = pa.chunked_array([one.episodes.final for one in self.runs.evaluations])
        finals = finals.unify_dictionaries().combine_chunks()
        counts = np.bincount(finals.indices.to_numpy(), minlength=len(finals.dictionary))
        top = counts.max()
        winner = min(finals.dictionary.take(np.flatnonzero(counts == top)).to_pylist())
        place = pc.index(finals.dictionary, winner).as_py()
        example = int(np.argmax(finals.indices.to_numpy() == place))
        return Endings(
            architecture=str(winner),
            share=float(top / len(finals)),
            distinct=int((counts > 0).sum()),
            validation=float(self.runs.column("final_validation")[example]),
            num_steps=float(self.runs.column("num_steps").mean()),
            queries=float(self.runs.column("queries").mean()),
            stopped=float(self.runs.column("stopped").mean()),
            episodes=len(finals),
        )
