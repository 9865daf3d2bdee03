"""When one optimizer is said to be ahead of another: enough of both, far enough, surely enough.

The one owner of what a verdict needs: tables, figures, stars and ranks ask here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.reports.statistics.crossed import CrossedSums

FEWEST_AGENTS = 5
"""Agents of a trained optimizer from which something is said about the method."""
FEWEST_SEARCHES = 20
"""Searches of any optimizer from which its mean is compared."""
RESOLUTION = 1e-4
"""What accuracies are given to, a hundredth of a per cent, and tables show: nearer is a tie."""
ROUNDING = 1e-9
"""What sums of accuracies may be off; two accuracies one step apart are no tie."""
SIGNIFICANCE = 0.05
RULE = (
    f"No verdict and no star below {FEWEST_AGENTS} agents of what is trained and "
    f"{FEWEST_SEARCHES} searches of each; differences below {100 * RESOLUTION:g} points are ties"
)
JUDGED = (
    f"ahead or behind where the p of the difference (t over agents and start sets, nothing "
    f"pooled), adjusted for all comparisons of the table (Holm 1979), is below {SIGNIFICANCE:g}. "
    f"{RULE}"
)

Verdict = Literal["ahead", "behind", "even", "unknown"]


def too_few(found: Iterable[CrossedSums]) -> str:
    """Why optimizers are not compared, e.g. ``"3 agents, 5 needed"``; empty where they are."""
    every = list(found)
    if not every or not all(one.num_searches for one in every):
        return "no complete search"
    agents = min((len(one.agents) for one in every if one.design.trained), default=FEWEST_AGENTS)
    if reason := too_few_agents(agents):
        return reason
    searches = min(one.num_searches for one in every)
    if searches < FEWEST_SEARCHES:
        return f"{_counted(searches, 'search', 'searches')}, {FEWEST_SEARCHES} needed"
    return ""


def too_few_agents(count: int) -> str:
    """Why so many agents say too little; empty where they are enough."""
    if count >= FEWEST_AGENTS:
        return ""
    return f"{_counted(count, 'agent', 'agents')}, {FEWEST_AGENTS} needed"


def refusal(reason: str) -> str:
    """What stands where a star would; empty where it may stand."""
    return f"no star: {reason}" if reason else ""


def tied(differences: Any, step: float = RESOLUTION) -> Any:
    """Whether differences, by default of accuracies as fractions, are below a step."""
    return np.abs(differences) < step - ROUNDING


def verdict(difference: float, p: float) -> Verdict:
    """What a difference of means says, given its p-value after ``holm``."""
    if np.isnan(p):
        return "unknown"
    if tied(difference) or p >= SIGNIFICANCE:
        return "even"
    return "ahead" if difference > 0 else "behind"


def holm(p: Sequence[float]) -> NDArray[np.float64]:
    """[K] p-values adjusted for K tests; NaN stays, and is not counted.

    Source: Holm (1979), A simple sequentially rejective multiple test procedure.
    """
    found = np.array(p, dtype=np.float64)
    order = np.argsort(found)[: np.count_nonzero(~np.isnan(found))]
    times = np.arange(len(order), 0, -1)
    found[order] = np.minimum(np.maximum.accumulate(times * found[order]), 1)
    return found


def shared_ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """[K] ranks of values of which the lowest is best, 1; ties share the mean of theirs.

    From the best on, whatever is tied with the first of a group belongs to it.
    """
    order = np.argsort(values, kind="stable")
    ranks = np.empty(len(values))
    first = 0
    while first < len(order):
        near = tied(values[order[first:]] - values[order[first]])
        last = first + int(np.count_nonzero(near))
        ranks[order[first:last]] = (first + 1 + last) / 2
        first = last
    return ranks


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
