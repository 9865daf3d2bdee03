"""A suite: what the same optimizers find on several benchmarks, on scales that can be averaged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.metric import Metric
from naslib_incremental.records.suite import SuiteRecord, open_suite
from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.runs import read_runs
from naslib_incremental.reports.statistics.verdicts import (
    SIGNIFICANCE,
    holm,
    shared_ranks,
    too_few,
)

SMALLEST = 2e-4
"""Added to a share before its logarithm is taken: there is none of zero."""
VARIOUS = Metric("score", "x 100", None, None)


@dataclass(frozen=True)
class Score:
    """A mean over searches, lower is better.

    Attributes:
        mean: over agents of the means over their searches.
        error: its standard error: over agents where there are several that were trained, else over
            searches; NaN below two.
        searches: how many.
    """

    mean: float
    error: float
    searches: int


@dataclass(frozen=True)
class Task:
    """One benchmark of a suite.

    Attributes:
        name: full name.
        analysis: of its run.
    """

    name: str
    analysis: Analysis

    @cached_property
    def everything(self) -> NDArray[np.float64] | None:
        """[V] ascending validation accuracies of the whole space; None where it has no table."""
        landscape = self.analysis.study.landscape
        return None if landscape is None else np.sort(landscape.validation)

    @cached_property
    def best(self) -> float:
        """The highest accuracy of the whole space, or else of all searches of the suite's run."""
        optimum = self.analysis.runs.benchmark.validation_optimum
        if optimum is not None:
            return float(optimum)
        budget = self.analysis.budgets[-1]
        found = [one.searches(budget).finals[:, 0] for one in self.analysis.optimizers]
        return float(max(values.max(initial=-np.inf) for values in found))

    def score(self, optimizer: str, budget: int, scale: str) -> Score | None:
        """What searches of a budget leave to be found.

        Args:
            optimizer: its name.
            budget: queries of a search.
            scale: ``"regret"``, the distance to the best accuracy; ``"share"`` of the space that
                is better than the best found; or ``"log_share"``, its logarithm to the base 10.

        Returns:
            None where there is no complete search, or the scale needs a table that there is not.
        """
        one = next((o for o in self.analysis.optimizers if o.name == optimizer), None)
        searches = one.searches(budget) if one else None
        if one is None or searches is None or not len(searches.finals):
            return None
        values = self._scaled(searches.finals[:, 0], scale)
        return None if values is None else _score(values, searches.agent_seed, one.trained)

    def too_few(self, optimizers: Sequence[str], budget: int) -> str:
        """Why these optimizers are not compared here; empty where they are."""
        found = [
            one.searches(budget).final(0)
            for one in self.analysis.optimizers
            if one.name in optimizers
        ]
        return too_few(one for one in found if one.num_searches)

    def _scaled(self, found: NDArray[np.float64], scale: str) -> NDArray[np.float64] | None:
        if scale == "regret":
            return self.best - found
        if self.everything is None:
            return None
        # A sum of the same accuracies may differ in its last digit.
        better = len(self.everything) - np.searchsorted(self.everything, found + 1e-9)
        share = better / len(self.everything)
        return share if scale == "share" else np.log10(share + SMALLEST)

    def crossed(self, optimizer: str, budget: int, scale: str) -> NDArray[np.float64] | None:
        """[A, S] what each agent's searches from the same S starts leave to be found.

        Args:
            optimizer: its name; one that is not trained has repetitions in the place of agents.
            budget: queries of a search.
            scale: as for ``score``.

        Returns:
            None where there is no score, or not as many searches of each agent.
        """
        one = next((o for o in self.analysis.optimizers if o.name == optimizer), None)
        searches = one.searches(budget) if one else None
        if searches is None or not len(searches.finals):
            return None
        values = self._scaled(searches.finals[:, 0], scale)
        counts = np.unique(searches.agent_seed, return_counts=True)[1]
        if values is None or np.ptp(counts):
            return None
        return values[np.argsort(searches.agent_seed, kind="stable")].reshape(len(counts), -1)


def _score(values: NDArray[np.float64], agent_seed: NDArray[np.int64], trained: bool) -> Score:
    agents = np.array([values[agent_seed == agent].mean() for agent in np.unique(agent_seed)])
    independent = agents if trained and len(agents) > 1 else values
    error = float(stats.sem(independent)) if len(independent) > 1 else np.nan
    return Score(float(agents.mean()), error, len(values))


@dataclass(frozen=True)
class SuiteRuns:
    """All that was run of a suite so far.

    Attributes:
        record: content of ``suite.json``.
        tasks: the benchmarks with something to read.
        problems: one line for each thing that is missing or damaged, and left out.
    """

    record: SuiteRecord
    tasks: tuple[Task, ...]
    problems: tuple[str, ...]

    @property
    def metric(self) -> Metric:
        """What the benchmarks measure; a name for all where they measure different things."""
        found = {task.analysis.runs.benchmark.metric for task in self.tasks}
        return found.pop() if len(found) == 1 else VARIOUS

    @cached_property
    def optimizers(self) -> tuple[str, ...]:
        """Those that every task has."""
        found = [[one.name for one in task.analysis.optimizers] for task in self.tasks]
        return tuple(name for name in found[0] if all(name in names for names in found))

    @cached_property
    def budgets(self) -> tuple[int, ...]:
        """Those that every task has, ascending."""
        shared = set.intersection(*(set(task.analysis.budgets) for task in self.tasks))
        return tuple(sorted(shared))

    def over_tasks(self, optimizer: str, budget: int, scale: str) -> Score | None:
        """The mean over all tasks; None where one of them has no score."""
        found = [task.score(optimizer, budget, scale) for task in self.tasks]
        scores = [one for one in found if one is not None]
        if len(scores) < len(found):
            return None
        errors = np.array([one.error for one in scores])
        return Score(
            float(np.mean([one.mean for one in scores])),
            float(np.sqrt((errors**2).sum()) / len(errors)),
            sum(one.searches for one in scores),
        )

    def too_few(self, budget: int) -> str:
        """Why the optimizers are not compared at a budget, by the first benchmark where not."""
        found = (task.too_few(self.optimizers, budget) for task in self.tasks)
        return next(filter(None, found), "")

    @cached_property
    def ranks(self) -> Mapping[int, Ranks]:
        """How the optimizers rank by mean regret, at each budget where all of them have a score.

        Benchmarks are the blocks. The p-values are adjusted for the budgets, after Holm.
        """
        found = {
            budget: ranks for budget in self.budgets if (ranks := self._ranks(budget)) is not None
        }
        adjusted = holm([one.p for one in found.values()])
        return {
            budget: replace(one, p=float(p))
            for (budget, one), p in zip(found.items(), adjusted, strict=True)
        }

    def _ranks(self, budget: int) -> Ranks | None:
        found = [
            [task.score(name, budget, "regret") for name in self.optimizers] for task in self.tasks
        ]
        if any(one is None for row in found for one in row):
            return None
        means = np.array([[one.mean for one in row if one is not None] for row in found])
        return rank(dict(zip(self.optimizers, means.T, strict=True)), self.too_few(budget))


@dataclass(frozen=True)
class Ranks:
    """Mean ranks over tasks, 1 is best.

    Attributes:
        mean: by optimizer.
        p: of Friedman's test that all are equal; NaN where ``reason`` says why.
        critical_difference: mean ranks nearer than this are not told apart at 5 % (Nemenyi); NaN
            likewise.
        reason: why nothing is tested; empty where it is.
    """

    mean: Mapping[str, float]
    p: float
    critical_difference: float
    reason: str


def rank(values: Mapping[str, NDArray[np.float64]], reason: str = "") -> Ranks:
    """Rank optimizers on each of [T] tasks by values of which lower is better, ties shared.

    Args:
        values: [T] of each optimizer.
        reason: why there is to be no test; empty where there is.

    Source: Demsar (2006), "Statistical comparisons of classifiers over multiple data sets".
    """
    table = np.apply_along_axis(shared_ranks, 1, np.stack(list(values.values()), axis=1))
    tasks, count = table.shape
    mean = dict(zip(values, table.mean(axis=0).tolist(), strict=True))
    if count < 3:
        reason = reason or f"{count} optimizers, 3 needed"
    elif tasks < 2:
        reason = reason or "one benchmark, 2 needed"
    if reason:
        return Ranks(mean, np.nan, np.nan, reason)
    p = float(stats.friedmanchisquare(*table.T).pvalue) if np.ptp(table) else 1.0
    quantile = stats.studentized_range.ppf(1 - SIGNIFICANCE, count, np.inf) / np.sqrt(2)
    critical = float(quantile * np.sqrt(count * (count + 1) / (6 * tasks)))
    return Ranks(mean, p, critical, "")


def read_suite(folder: Path) -> SuiteRuns:
    """Load a suite and its runs.

    Raises:
        UserError: the description is broken or of another format, or no run is readable.
    """
    record = open_suite(folder)
    tasks, problems = [], []
    for member in record.members:
        try:
            runs = read_runs([folder.parent / member.run])
        except UserError as error:
            problems.append(f"{member.benchmark}: {error.got}")
            continue
        problems += [f"{member.benchmark}: {problem}" for problem in runs.problems]
        tasks.append(Task(member.benchmark, Analysis(runs)))
    if not tasks:
        raise UserError(
            "a suite with at least one finished evaluation",
            f"none beside {folder}",
            "run it again, which does what is missing",
        )
    return SuiteRuns(record, tuple(tasks), tuple(problems))
