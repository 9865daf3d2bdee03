"""Whether agents of two run folders search equally well: means over agents, and their intervals.

naslib-run --seeds 3 --no-baselines --out runs
naslib-run --seeds 3 --no-baselines --out runs --engine rllib --num-env-runners 2
python -m bench.rllib_quality runs/LOCAL runs/RLLIB
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.reports.statistics.budgets import cut
from naslib_incremental.reports.statistics.reading import read_runs
from naslib_incremental.reports.tables.ablation import interval


def of_agents(folder: Path, budget: int) -> NDArray[np.float64]:
    """[A] per cent: each agent's mean best validation accuracy found in ``budget`` queries."""
    (found,) = (runs for runs in read_runs([folder]).optimizers if runs.trained)
    cutting = cut(found.cells, budget)
    best, agents = cutting.finals[:, 0], cutting.agent_seed
    return np.array([100 * best[agents == agent].mean() for agent in np.unique(agents)])


def main() -> int:
    """Print both intervals at every budget; 1 if any two of them do not overlap."""
    folders = [Path(argument) for argument in sys.argv[1:3]]
    apart = False
    for budget in (50, 100, 150, 300):
        found = [of_agents(folder, budget) for folder in folders]
        (low, high), (other_low, other_high) = map(interval, found)
        apart |= high < other_low or other_high < low
        texts = [
            f"{means.mean():.3f} [{interval(means)[0]:.3f}, {interval(means)[1]:.3f}]"
            for means in found
        ]
        print(f"{budget:4} queries: {texts[0]} and {texts[1]}")
    print("the intervals do not overlap" if apart else "the intervals overlap")
    return int(apart)


if __name__ == "__main__":
    sys.exit(main())
