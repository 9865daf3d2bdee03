"""Batched Gaussian processes against plain linear algebra, one search at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import optimize

from naslib_incremental.optimizers.gaussian_process import (
    SCALE_GUESS,
    SCALE_WEIGHT,
    GaussianProcess,
    Kernel,
    Points,
    likely_scale,
)

KERNEL = Kernel((0.7, 0.2), 0.15)
SEARCHES, SIZE, MOST = 3, 40, 12


def some_points(rng: np.random.Generator, size: int) -> Points:
    shapes = ((), (3,), (5,), (2,))
    mean, linear, *radial = (
        torch.from_numpy(0.6 * rng.standard_normal((SEARCHES, size, *shape))).float()
        for shape in shapes
    )
    return Points.of(mean, linear, *radial)


def covariance(one: Points, other: Points, search: int) -> NDArray[np.float64]:
    """The kernel as its docstring says it, entry by entry."""
    total = one.linear[search].double().numpy() @ other.linear[search].double().numpy().T
    for height, a, b in zip(KERNEL.heights, one.radial, other.radial, strict=True):
        here, there = a[search].double().numpy(), b[search].double().numpy()
        squares = ((here[:, None] - there[None]) ** 2).sum(-1)
        total += height * np.exp(-squares)
    return total


def test_posteriors_are_those_of_plain_algebra() -> None:
    """After every query, candidates being replaced on the way."""
    rng = np.random.default_rng(0)
    candidates = some_points(rng, SIZE)
    process = GaussianProcess(KERNEL, candidates, MOST)
    queried: list[Points] = []
    answers = rng.standard_normal((SEARCHES, MOST))
    for t in range(MOST):
        places = torch.from_numpy(rng.integers(SIZE, size=SEARCHES))
        queried.append(process.candidates.at(places[:, None]))
        process.observe(places)
        if t % 3 == 2:
            changed = torch.from_numpy(
                np.stack([rng.choice(SIZE, 4, replace=False) for _ in range(SEARCHES)])
            )
            process.replace(changed, some_points(rng, 4))
        found = process.posterior(torch.from_numpy(answers[:, : t + 1]).float())
        known = Points.of(
            *(torch.cat([getattr(one, name) for one in queried], 1) for name in ("mean", "linear")),
            *(torch.cat([one.radial[part] for one in queried], 1) for part in range(2)),
        )
        for search in range(SEARCHES):
            own = covariance(known, known, search) + KERNEL.noise * np.eye(t + 1)
            cross = covariance(process.candidates, known, search)
            prior = covariance(process.candidates, process.candidates, search)
            scale = float(found.scale[search])
            residual = scale * answers[search, : t + 1] - known.mean[search].numpy()
            mean = process.candidates.mean[search].numpy() + cross @ np.linalg.solve(own, residual)
            variance = np.diag(prior - cross @ np.linalg.solve(own, cross.T))
            np.testing.assert_allclose(found.mean[search].numpy(), mean / scale, atol=1e-4)
            deviation = np.sqrt(variance) / scale
            np.testing.assert_allclose(found.deviation[search].numpy(), deviation, atol=1e-4)


def test_the_scale_is_the_most_likely_one() -> None:
    rng = np.random.default_rng(1)
    targets, means = rng.standard_normal((2, 4, 9))
    found = likely_scale(torch.from_numpy(targets), torch.from_numpy(means)).numpy()
    for row in range(4):

        def negative(logarithm: float, row: int = row) -> float:
            scale = np.exp(logarithm)
            fit = ((scale * targets[row] - means[row]) ** 2).sum() / 2 - 9 * logarithm
            prior = SCALE_WEIGHT * ((scale / SCALE_GUESS) ** 2 / 2 - logarithm)
            return float(fit + prior)

        best = optimize.minimize_scalar(negative, bounds=(-5, 5), method="bounded").x
        assert np.log(found[row]) == pytest.approx(best, abs=1e-4)
