"""Two optimizers on the same agents' seeds and start sets: their difference, and how sure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import permutation_test

from naslib_incremental.reports.statistics.crossed_bootstrap import (
    Cells,
    Interval,
    ends,
    resampled_means,
    why_not,
)

FLIPS = 2**16 - 1
SEED = 1935
CLOSE = 1e-9
"""Differences below this are the rounding of sums, not of accuracies."""


@dataclass(frozen=True)
class SignFlip:
    """The sign-flip test of no difference between two optimizers, over agents.

    Attributes:
        differences: [A] mean difference of each agent that both have, over the start sets that
            both have of it.
        p: two-sided p-value, exact up to 16 agents; NaN below two.
        floor: the least p that so many agents can reach, 2^(1-A).
    """

    differences: NDArray[np.float64]
    p: float
    floor: float


def interval_of_difference(ours: Cells, theirs: Cells) -> Interval:
    """The training-seed interval of the difference of two means.

    Both are resampled with the same draws of agents and start sets, as far as they have the same.
    """
    agents = min(len(ours.agents), len(theirs.agents))
    reason = why_not(ours, theirs)
    if reason:
        return Interval(np.nan, np.nan, agents, reason)
    pair = (ours, theirs)
    low, high = ends(resampled_means(ours, pair) - resampled_means(theirs, pair), agents)
    return Interval(float(low), float(high), agents)


def sign_flip(ours: Cells, theirs: Cells) -> SignFlip:
    """Whether the agents agree on the sign of the difference.

    Under the hypothesis of no difference each agent's mean difference is as likely of either sign;
    p is the share of all 2^A ways to choose the signs that give a mean as far from zero.

    Source: Fisher (1935), The design of experiments, section 21.
    """
    differences = _by_agent(ours, theirs)
    count = len(differences)
    if count < 2:
        return SignFlip(differences, np.nan, 2.0 ** (1 - count))
    rounded = np.where(abs(differences) < CLOSE, 0.0, differences)
    tested = permutation_test(
        (rounded,),
        lambda values, axis: values.mean(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=FLIPS,
        batch=2**12,
        rng=np.random.default_rng(SEED),
    )
    return SignFlip(differences, float(tested.pvalue), 2.0 ** (1 - count))


def _by_agent(ours: Cells, theirs: Cells) -> NDArray[np.float64]:
    """[A] mean difference over the start sets of each agent, those that both have."""
    agents = sorted(set(ours.agents) & set(theirs.agents))
    sets = sorted(set(ours.sets) & set(theirs.sets))
    cells = (
        one.means[np.ix_(*([have.index(label) for label in wanted] for have, wanted in pairs))]
        for one in (ours, theirs)
        for pairs in [((one.agents, agents), (one.sets, sets))]
    )
    differences = np.subtract(*cells)
    known = ~np.isnan(differences)
    shared = known.any(axis=1)
    counts = known[shared].sum(axis=1)
    found: NDArray[np.float64] = np.where(known, differences, 0)[shared].sum(axis=1) / counts
    return found
