"""Scale and expected improvement against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from naslib_incremental.optimizers.acquisition import expected_improvement, standardised


@pytest.mark.parametrize(("mean", "deviation", "best"), [(0.0, 1.0, 0.5), (-1, 0.3, 0), (2, 2, 1)])
def test_expected_improvement_is_the_integral(mean: float, deviation: float, best: float) -> None:
    normal = stats.norm(mean, deviation)
    expected, _ = integrate.quad(lambda y: (y - best) * normal.pdf(y), best, mean + 12 * deviation)
    found = expected_improvement(*(torch.tensor(float(one)) for one in (mean, deviation, best)))
    assert found.item() == pytest.approx(expected, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("count", [1, 2, 6, 7])
def test_accuracies_are_standardised_by_their_robust_deviation(count: int) -> None:
    accuracies = np.random.default_rng(2).random((3, count))
    accuracies[0, 0] = -40
    found = standardised(torch.from_numpy(accuracies))
    for row, values in zip(found.numpy(), accuracies, strict=True):
        centred = values - np.median(values)
        cut = np.maximum(centred, -4 * np.median(np.abs(centred)))
        deviation = np.sqrt(np.mean(cut**2)) or 1.0
        np.testing.assert_allclose(row, np.clip(centred / deviation, -2.5, 4.0))
    other = standardised(torch.from_numpy(0.01 * accuracies - 3))
    np.testing.assert_allclose(found, other, atol=1e-9)


def test_nothing_and_equals_are_standardised_too() -> None:
    nothing = torch.empty(2, 0, dtype=torch.float64)
    assert standardised(nothing).shape == (2, 0)
    assert standardised(torch.tensor([[0.5, 0.5]])).tolist() == [[0.0, 0.0]]
