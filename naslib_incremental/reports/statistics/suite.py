"""A suite: what the same optimizers find on several benchmarks, on scales that can be averaged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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

SMALLEST = 2e-4
"""Added to a share before its logarithm is taken: there is none of zero."""
SIGNIFICANCE = 0.05
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

    def ranks(self, budget: int) -> Ranks | None:
        """How the optimizers rank by mean regret; None where one of them has no score."""
        found = [
            [task.score(name, budget, "regret") for name in self.optimizers] for task in self.tasks
        ]
        if any(one is None for row in found for one in row):
            return None
        means = np.array([[one.mean for one in row if one is not None] for row in found])
        return rank(dict(zip(self.optimizers, means.T, strict=True)))


@dataclass(frozen=True)
class Ranks:
    """Mean ranks over tasks, 1 is best.

    Attributes:
        mean: by optimizer.
        p: of Friedman's test that all are equal; NaN below three optimizers or two tasks.
        critical_difference: mean ranks nearer than this are not told apart at 5 % (Nemenyi); NaN
            likewise.
    """

    mean: Mapping[str, float]
    p: float
    critical_difference: float


def rank(values: Mapping[str, NDArray[np.float64]]) -> Ranks:
    """Rank optimizers on each of [T] tasks by values of which lower is better, ties shared.

    Source: Demsar (2006), "Statistical comparisons of classifiers over multiple data sets".
    """
    table = np.stack(list(values.values()), axis=1)
    tasks, count = table.shape
    means = stats.rankdata(table, axis=1).mean(axis=0)
    p = critical = np.nan
    if count > 2 and tasks > 1:
        p = float(stats.friedmanchisquare(*table.T).pvalue) if np.ptp(table) else 1.0
        quantile = stats.studentized_range.ppf(1 - SIGNIFICANCE, count, np.inf) / np.sqrt(2)
        critical = float(quantile * np.sqrt(count * (count + 1) / (6 * tasks)))
    return Ranks(dict(zip(values, means.tolist(), strict=True)), p, critical)


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
