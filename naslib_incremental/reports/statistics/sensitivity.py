"""How much a factor matters, and whether it matters as much after a change (paper, section 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

# [A] accuracies of the agents of one value.
Agents = NDArray[np.float64]


@dataclass(frozen=True)
class Sensitivity:
    """How much a factor matters.

    Attributes:
        low: mean accuracy, over agents, of its worst value.
        high: of its best value.
        p: of a one-way analysis of variance; NaN where it cannot be made.
    """

    low: float
    high: float
    p: float

    @property
    def range(self) -> float:
        """What a wrong value can cost."""
        return self.high - self.low


def sensitivity(values: Sequence[Agents]) -> Sensitivity | None:
    """From the accuracies of each value's agents; None below two values."""
    if len(values) < 2:
        return None
    means = [float(agents.mean()) for agents in values]
    enough = min(map(len, values)) > 1 and any(np.ptp(agents) > 0 for agents in values)
    p = float(stats.f_oneway(*values).pvalue) if enough else np.nan
    return Sensitivity(min(means), max(means), p)


def interaction(base: Sequence[Agents], changed: Sequence[Agents]) -> float:
    """Test by a two-way analysis of variance whether a factor matters otherwise after a change.

    Args:
        base: the accuracies of each value's agents.
        changed: of the same values, after a change; numbers of agents may differ.

    Returns:
        P of the interaction: how often chance alone makes the effects differ as much, at equal
        variances; NaN where it cannot be computed.
    """
    groups = [*base, *changed]
    count = len(base)
    spare = sum(map(len, groups)) - len(groups)
    if count < 2 or spare < 1:
        return np.nan
    sizes = [len(agents) for agents in groups]
    accuracies = np.concatenate(groups)
    value = np.repeat(np.tile(np.arange(count), 2), sizes)
    side = np.repeat(np.repeat((0, 1), count), sizes)
    # Without interaction: one effect per value, and one of the change.
    design = np.column_stack([value[:, None] == np.arange(count), side]).astype(float)
    fit = design @ np.linalg.lstsq(design, accuracies, rcond=None)[0]
    within = float(sum(((agents - agents.mean()) ** 2).sum() for agents in groups))
    between = float(((accuracies - fit) ** 2).sum()) - within
    if within <= np.finfo(float).eps:
        return np.nan
    return float(stats.f.sf(between / (count - 1) / (within / spare), count - 1, spare))
