"""What model-based searches share: a scale without unit, and what an improvement is worth."""

from __future__ import annotations

from math import pi, sqrt

import torch
from torch import Tensor

LOWEST, HIGHEST = -2.5, 4.0
"""Standardised accuracies are cut off here: how bad a failed training is says nothing."""


MARGIN = 0.1
"""How much better than the best an improvement has to be, in units of the prior."""

NOISE_SHARE = 0.5
"""What of an answer's noise counts as uncertainty of the candidate itself."""


def standardised(accuracies: Tensor) -> Tensor:
    """[E, t] accuracies of each search, in robust deviations from their median.

    Nothing depends on the unit or the origin of accuracies.

    Args:
        accuracies: [E, t] float64, in any unit.
    """
    if not accuracies.shape[1]:
        return accuracies
    return in_units(accuracies, *scale_of(accuracies))


def in_units(accuracies: Tensor, centre: Tensor, deviation: Tensor) -> Tensor:
    """[E, t] accuracies on the scale of [E, 1] ``scale_of``, cut off."""
    return ((accuracies - centre) / deviation).clamp(LOWEST, HIGHEST)


def scale_of(accuracies: Tensor) -> tuple[Tensor, Tensor]:
    """[E, 1] medians and [E, 1] robust deviations of [E, t] accuracies.

    The deviation is the root mean square of what lies above four median absolute deviations below
    the median; 1 where that is 0.
    """
    centre = median(accuracies)
    centred = accuracies - centre
    least = -4 * median(centred.abs())
    deviation = torch.maximum(centred, least).square().mean(1, keepdim=True).sqrt()
    return centre, torch.where(deviation == 0, 1.0, deviation)


def median(values: Tensor) -> Tensor:
    """[E, 1] medians of [E, t], the mean of the middle two where t is even."""
    ordered, count = values.sort(1).values, values.shape[1]
    return ordered[:, (count - 1) // 2 : count // 2 + 1].mean(1, keepdim=True)


def expected_improvement(mean: Tensor, deviation: Tensor, best: Tensor) -> Tensor:
    """The mean of max(0, y - best) for a normal y (Mockus 1974), all of one shape."""
    z = (mean - best) / deviation
    density = torch.exp(-0.5 * z.square()) / sqrt(2 * pi)
    improvement: Tensor = deviation * (z * torch.special.ndtr(z) + density)
    return improvement
