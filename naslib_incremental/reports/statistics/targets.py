"""When a run first finds an accuracy: counts by target and query, in each cell."""

from __future__ import annotations

from collections.abc import Sequence

import numba
import numpy as np
from numpy.typing import NDArray

from naslib_incremental.reports.statistics.cells import Cell
from naslib_incremental.reports.statistics.crossed_bootstrap import Cells, gather
from naslib_incremental.reports.statistics.pairs import CLOSE


def first_hits(cells: Sequence[Cell], budget: int, targets: NDArray[np.float64]) -> Cells:
    """Runs of a budget that have found each target after each query.

    Args:
        cells: one optimizer's cells, cut into runs as ``budgets.cut`` cuts them.
        budget: Q, queries of each run.
        targets: [T] ascending validation accuracies.

    Returns:
        Cells whose [T, Q] sums count the runs with a best validation at least the target; divided
        by the number of runs, the fixed-target empirical distribution function.

    Source: Hansen et al. (2021), COCO, section on fixed-target runtime distributions.
    """
    hits = np.zeros((len(cells), len(targets), budget))
    runs = np.zeros(len(cells), np.int64)
    for number, cell in enumerate(cells):
        runs[number] = _count_hits(
            cell.queries,
            cell.offsets,
            cell.incumbent_query,
            cell.incumbent_validation,
            targets - CLOSE,
            hits[number],
        )
    agents = np.array([cell.agent_seed for cell in cells], dtype=np.int64)
    sets = np.array([cell.start_set for cell in cells], dtype=np.int64)
    return gather(agents, sets, np.cumsum(hits, axis=-1), runs)


@numba.njit(cache=True)
def _count_hits(
    queries: NDArray[np.int64],
    offsets: NDArray[np.int64],
    places: NDArray[np.int64],
    validation: NDArray[np.float64],
    targets: NDArray[np.float64],
    hits: NDArray[np.float64],
) -> int:
    """Add the complete runs that find each target at each query to [T, Q] hits; their number."""
    count, budget = hits.shape
    at = np.empty(count, np.int64)
    runs, used, found = 0, 0, 0
    for episode in range(len(queries)):
        for i in range(offsets[episode], offsets[episode + 1]):
            place = used + places[i] - 1
            if place >= budget:
                break
            while found < count and validation[i] >= targets[found]:
                at[found] = place
                found += 1
        used += queries[episode]
        if used >= budget:
            for target in range(found):
                hits[target, at[target]] += 1
            runs += 1
            used, found = 0, 0
    return runs
