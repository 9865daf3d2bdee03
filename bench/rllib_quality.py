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

from naslib_incremental.reports.statistics.runs import read_runs
from naslib_incremental.reports.statistics.searches import cut
from naslib_incremental.reports.tables.study import with_interval


def of_agents(folder: Path, budget: int) -> NDArray[np.float64]:
    """[A] per cent: each agent's mean best validation accuracy found in ``budget`` queries."""
    (found,) = (runs for runs in read_runs([folder]).optimizers if runs.trained)
    searches = cut(found.evaluations, budget)
    best, agents = searches.finals[:, 0], searches.agent_seed
    return np.array([100 * best[agents == agent].mean() for agent in np.unique(agents)])


def main() -> int:
    """Print both intervals at every budget; 1 if any two of them do not overlap."""
    folders = [Path(argument) for argument in sys.argv[1:3]]
    apart = False
    for budget in (50, 100, 150, 300):
        one, other = (with_interval(of_agents(folder, budget)) for folder in folders)
        apart |= one["high"] < other["low"] or other["high"] < one["low"]
        texts = [f"{of['mean']:.3f} [{of['low']:.3f}, {of['high']:.3f}]" for of in (one, other)]
        print(f"{budget:4} queries: {texts[0]} and {texts[1]}")
    print("the intervals do not overlap" if apart else "the intervals overlap")
    return int(apart)


if __name__ == "__main__":
    sys.exit(main())
