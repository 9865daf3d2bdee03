"""What model-based searches share: a scale without unit, and what an improvement is worth."""

from __future__ import annotations

from math import pi, sqrt

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from naslib_incremental.benchmarks.contract import Accuracies

LOWEST, HIGHEST = -2.5, 4.0
"""Standardised accuracies are cut off here: how bad a failed training is says nothing."""


def standardised(accuracies: Accuracies) -> NDArray[np.float64]:
    """[E, t] accuracies of each search, in robust deviations from their median.

    The deviation is the root mean square of what lies above four median absolute deviations below
    the median. Nothing depends on the unit or the origin of accuracies.
    """
    if not accuracies.shape[1]:
        return accuracies
    centred = accuracies - np.median(accuracies, axis=1, keepdims=True)
    absolute = np.median(np.abs(centred), axis=1, keepdims=True)
    deviation = np.sqrt(np.square(np.maximum(centred, -4 * absolute)).mean(axis=1, keepdims=True))
    deviation[deviation == 0] = 1
    return np.asarray((centred / deviation).clip(LOWEST, HIGHEST))


def expected_improvement(mean: Tensor, deviation: Tensor, best: Tensor) -> Tensor:
    """The mean of max(0, y - best) for a normal y (Mockus 1974), all of one shape."""
    z = (mean - best) / deviation
    density = torch.exp(-0.5 * z.square()) / sqrt(2 * pi)
    improvement: Tensor = deviation * (z * torch.special.ndtr(z) + density)
    return improvement
