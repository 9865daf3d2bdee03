"""n-step returns with correct tails, as a pure function over a window of steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import Accuracies


@dataclass(frozen=True)
class NStepReturns:
    """What the oldest step of a window leads to in each of L lanes.

    Attributes:
        returns: [L] sum of gamma^i r_i over the k steps taken.
        discounts: [L] gamma^k, or 0 where the episode terminated: the factor of what follows.
        last: [L] row k - 1 of the window, whose following observation is bootstrapped.
    """

    returns: Accuracies
    discounts: Accuracies
    last: NDArray[np.int64]


def n_step_returns(
    rewards: Accuracies,
    terminated: NDArray[np.bool_],
    truncated: NDArray[np.bool_],
    gamma: float,
) -> NStepReturns:
    """K is the number of steps up to the episode's end, or the whole window.

    Termination stops the bootstrap; truncation does not (partial episode bootstrapping), it only
    shortens the return.

    Args:
        rewards: [n, L] of n consecutive steps, oldest first.
        terminated: [n, L].
        truncated: [n, L].
        gamma: discount per step.
    """
    window = len(rewards)
    ended = terminated | truncated
    last = np.where(ended.any(axis=0), ended.argmax(axis=0), window - 1)
    discount = gamma ** np.arange(window + 1)
    counted = np.arange(window)[:, None] <= last
    returns = np.where(counted, rewards * discount[:window, None], 0.0).sum(axis=0)
    stops = np.take_along_axis(terminated, last[None], axis=0)[0]
    return NStepReturns(returns, np.where(stops, 0.0, discount[last + 1]), last)
