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


def test_standardised_accuracies_know_no_unit_and_no_origin() -> None:
    accuracies = np.random.default_rng(2).random((2, 7))
    np.testing.assert_allclose(standardised(accuracies), standardised(0.01 * accuracies - 3))
    assert standardised(np.empty((2, 0))).shape == (2, 0)
    assert standardised(np.array([[0.5]])).tolist() == [[0.0]]
    assert standardised(np.array([[0.9, 0.9, 0.9, 0.9, -99]])).min() == -2.5
