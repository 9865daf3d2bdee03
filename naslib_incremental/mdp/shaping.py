"""Reward shaping of the incremental MDP (paper, section 3)."""

from __future__ import annotations

import numpy as np

from naslib_incremental.benchmarks.contract import Accuracies


def shape(accuracy: Accuracies, alpha: float) -> Accuracies:
    """exp(alpha * accuracy); the accuracy itself for alpha = 0.

    The reward of a move s -> s' is ``shape(acc(s')) - shape(acc(s))``, so an undiscounted episode
    sums to the shaped improvement.

    Args:
        accuracy: [...] fractions.
        alpha: sharpness, 0 switches shaping off (paper: 6 on NAS-Bench-101, 32 on NAS-Bench-301).
    """
    return np.exp(alpha * accuracy) if alpha else accuracy
