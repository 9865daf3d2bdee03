"""Bagged ridge regressions of E searches side by side, each query a rank-one update."""

from __future__ import annotations

from math import pi, sqrt

import numpy as np
import torch
from torch import Tensor

FOURIER_FEATURES = 96
"""Of each member."""

SQUARED_LENGTH = 3.0
"""Squared length scale of the kernel that the features stand for; descriptors differ by 1."""

RIDGE = 0.15
"""Weight of the ridge: the noise of an answer, where a function has variance 1."""


class BaggedRidge:
    """Ensembles of M members, each linear in a constant and in random Fourier features of its own.

    A member counts an answer a Poisson number of times of mean 1, which is what a bootstrap of many
    answers does (Oza and Russell 2001). Features stand for the kernel
    ``exp(-distance^2 / SQUARED_LENGTH)`` (Rahimi and Recht 2007). Weights are those of least
    squares plus ``RIDGE`` times their squares.

    Args:
        candidates: [E, P, C] descriptors.
        most: T, most queries.
        members: M.
        rng: source of features and counts.

    Attributes:
        count: t, queries so far.
        counts: [E, M, T] how often a member counts each query.
    """

    def __init__(
        self, candidates: Tensor, most: int, members: int, rng: np.random.Generator
    ) -> None:
        searches, _, width = candidates.shape
        shape = (width, members * FOURIER_FEATURES)
        frequencies = rng.standard_normal(shape, np.float32) * np.float32(sqrt(2 / SQUARED_LENGTH))
        phases = 2 * np.float32(pi) * rng.random(shape[1], np.float32)
        self._frequencies, self._phases = torch.from_numpy(frequencies), torch.from_numpy(phases)
        self._members = members
        self._inputs = self.regressors(candidates)
        counts = rng.poisson(1.0, (searches, members, most)).astype(np.float32)
        self.counts = torch.from_numpy(counts)
        terms = 1 + FOURIER_FEATURES
        # Inverses of the members' Gram matrices [E, M, D, D], and their queries [E, M, T, D].
        self._inverse = torch.eye(terms).repeat(searches, members, 1, 1) / RIDGE
        self._queried = torch.zeros(searches, members, most, terms)
        self.count = 0

    @staticmethod
    def size(candidates: int, most: int, members: int) -> int:
        """How many numbers the ensemble of one search fills."""
        terms = 1 + FOURIER_FEATURES
        return members * terms * (candidates + most + terms)

    def regressors(self, described: Tensor) -> Tensor:
        """[E, M, K, D] what members are linear in of [E, K, C] descriptors."""
        waves = torch.addmm(self._phases, described.flatten(0, 1), self._frequencies).cos_()
        waves *= sqrt(2 / FOURIER_FEATURES)
        shape = (*described.shape[:2], self._members, FOURIER_FEATURES)
        waves = waves.view(shape).transpose(1, 2)
        return torch.cat([torch.ones_like(waves[..., :1]), waves], dim=3)

    def observe(self, places: Tensor) -> None:
        """Query one candidate of each search; ``places`` is [E]."""
        seen = self._inputs[torch.arange(len(places)), :, places]
        self._queried[:, :, self.count] = seen
        count = self.counts[:, :, self.count, None, None]
        # Sherman and Morrison (1950).
        step = self._inverse @ seen[..., None]
        size = 1 + count * (seen[:, :, None] @ step)
        torch.baddbmm(
            self._inverse.flatten(0, 1),
            (step * (-count / size)).flatten(0, 1),
            step.flatten(0, 1).mT,
            out=self._inverse.flatten(0, 1),
        )
        self.count += 1

    def replace(self, places: Tensor, described: Tensor) -> None:
        """Put [E, k, C] new candidates in the ``places``, [E, k], of old ones."""
        rows = torch.arange(len(places))[:, None]
        # What is indexed comes first, the slice between after it.
        self._inputs[rows, :, places] = self.regressors(described).transpose(1, 2)

    def predict(self, targets: Tensor) -> Tensor:
        """[E, M, P] what each member predicts of the candidates, from [E, t] targets."""
        counted = self.counts[:, :, : self.count] * targets[:, None]
        moments = counted[:, :, None] @ self._queried[:, :, : self.count]
        return (self._inputs @ (self._inverse @ moments.mT))[..., 0]
