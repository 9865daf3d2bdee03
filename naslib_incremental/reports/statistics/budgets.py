"""Episodes cut into runs of Q queries, and the best so far within each run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numba
import numpy as np
from numpy.typing import NDArray

from naslib_incremental.reports.statistics.cells import Cell
from naslib_incremental.reports.statistics.crossed_bootstrap import Cells, gather
from naslib_incremental.reports.statistics.measures import MEASURES


@dataclass(frozen=True)
class BudgetRuns:
    """What R runs of one query budget found, by the M measures of ``MEASURES``.

    Attributes:
        budget: Q, queries of each run.
        agent_seed: [R] the agent of each run.
        start_set: [R] the start set of each run.
        finals: [R, M] the measures after the last query, fractions.
        mean: [M, Q] mean over the runs after each query; NaN without runs.
        sigma: [M, Q] standard deviation over the runs (ddof = 1); NaN below two runs.
        cells: sums of the measures over the runs of each cell, [M, Q] after each query.
    """

    budget: int
    agent_seed: NDArray[np.int64]
    start_set: NDArray[np.int64]
    finals: NDArray[np.float64]
    mean: NDArray[np.float64]
    sigma: NDArray[np.float64]
    cells: Cells

    def final_cells(self, index: int) -> Cells:
        """The cells of ``MEASURES[index]`` after the last query."""
        return replace(self.cells, sums=self.cells.sums[:, :, index, -1])


def cut(cells: Sequence[Cell], budget: int) -> BudgetRuns:
    """Cut each cell's episodes into consecutive runs of ``budget`` queries.

    A run starts with an episode and takes the next ones until the budget is used, the last one cut
    off there; the next run starts with the next episode. An incomplete last run is dropped.

    Args:
        cells: one optimizer's cells; a run never spans two of them.
        budget: Q, at least 1.

    Source:
        Cassimon, Mercelis, Mets (2024), section 4, evaluation by query budgets.
    """
    shape = (len(MEASURES), budget)
    mean, squares = np.zeros(shape), np.zeros(shape)
    runs = np.array([_count_runs(cell.queries, budget) for cell in cells], dtype=np.int64)
    finals = np.empty((int(runs.sum()), len(MEASURES)))
    sums = np.zeros((len(cells), *shape))
    done = 0
    for number, count in enumerate(runs.tolist()):
        own, spread = np.zeros(shape), np.zeros(shape)
        _follow_cell(cells[number], finals[done : done + count], own, spread)
        sums[number] = count * own
        # Chan, Golub, LeVeque (1979): cells joined without loss of digits.
        done += count
        change, share = own - mean, count / max(done, 1)
        mean += share * change
        squares += spread + share * (done - count) * change**2
    if not done:
        mean[:] = np.nan
    sigma = np.sqrt(squares / (done - 1)) if done > 1 else np.full_like(mean, np.nan)
    agents = np.array([cell.agent_seed for cell in cells], dtype=np.int64)
    sets = np.array([cell.start_set for cell in cells], dtype=np.int64)
    gathered = gather(agents, sets, sums, runs)
    agents, sets = np.repeat(agents, runs), np.repeat(sets, runs)
    return BudgetRuns(budget, agents, sets, finals, mean, sigma, gathered)


def _follow_cell(
    cell: Cell,
    finals: NDArray[np.float64],
    mean: NDArray[np.float64],
    squares: NDArray[np.float64],
) -> None:
    """Fill the finals, mean and sum of squares of one cell's complete runs."""
    _follow(
        cell.queries,
        cell.offsets,
        cell.incumbent_query,
        cell.incumbent_validation,
        cell.incumbent_test,
        finals,
        mean,
        squares,
    )


@numba.njit(cache=True)
def _count_runs(queries: NDArray[np.int64], budget: int) -> int:
    """R, complete runs in the [E] queries of one cell's episodes."""
    runs, used = 0, 0
    for count in queries:
        used += count
        if used >= budget:
            runs += 1
            used = 0
    return runs


@numba.njit(cache=True)
def _follow(
    queries: NDArray[np.int64],
    offsets: NDArray[np.int64],
    places: NDArray[np.int64],
    validation: NDArray[np.float64],
    test: NDArray[np.float64],
    finals: NDArray[np.float64],
    mean: NDArray[np.float64],
    squares: NDArray[np.float64],
) -> None:
    """Fill finals; add its runs to running mean and sum of squares (Welford)."""
    measures, budget = mean.shape
    curve = np.empty((measures, budget))
    best = np.empty(measures)
    run, used, filled = 0, 0, 0
    for episode in range(len(queries)):
        if run == len(finals):
            return
        if used == 0:
            best[0], best[1], best[2], filled = -np.inf, np.nan, np.nan, 0
        for i in range(offsets[episode], offsets[episode + 1]):
            place = used + places[i] - 1
            if place >= budget:
                break
            for k in range(measures):
                curve[k, filled:place] = best[k]
            filled = place
            if validation[i] > best[0]:
                best[0], best[1] = validation[i], test[i]
            if test[i] > best[2] or np.isnan(best[2]):
                best[2] = test[i]
        used += queries[episode]
        if used >= budget:
            finals[run] = best
            share = 1.0 / (run + 1)
            for k in range(measures):
                curve[k, filled:] = best[k]
                for q in range(budget):
                    change = curve[k, q] - mean[k, q]
                    mean[k, q] += change * share
                    squares[k, q] += change * (curve[k, q] - mean[k, q])
            run += 1
            used = 0
