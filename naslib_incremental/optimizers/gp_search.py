"""Searches by Gaussian processes and expected improvement, whatever their prior."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import Accuracies
from naslib_incremental.optimizers.pool_search import PoolSearch
from naslib_incremental.search_spaces_ext.contract import Architectures

if TYPE_CHECKING:
    from naslib_incremental.optimizers.gaussian_process import Points


class GaussianProcessSearch(PoolSearch):
    """Queries the candidate of largest expected improvement, one after the other.

    The scale of accuracies is learned from the search's own queries.

    Source: Jones, Schonlau, Welch (1998), expected improvement.

    Attributes:
        heights: variances of the kernel's radial parts.
        noise: variance of an answer, in units of the prior.
    """

    heights: ClassVar[Sequence[float]]
    noise: ClassVar[float]

    @abstractmethod
    def points(self, architectures: Architectures) -> Points:
        """[E, K] architectures as the process sees them."""

    def model_size(self, size: int) -> int:
        """Rows of a process."""
        return self.settings.query_budget * (size + self.settings.query_budget)

    def begin_model(self, candidates: Architectures) -> None:
        """Begin E processes."""
        from naslib_incremental.optimizers.gaussian_process import GaussianProcess, Kernel

        kernel = Kernel(self.heights, self.noise)
        most = self.settings.query_budget
        self._process = GaussianProcess(kernel, self.points(candidates), most)

    def observe(self, places: NDArray[np.int64]) -> None:
        """Condition the processes."""
        import torch

        self._process.observe(torch.from_numpy(places))

    def replace(self, places: NDArray[np.int64], newcomers: Architectures) -> None:
        """Let the processes speak of newcomers."""
        import torch

        self._process.replace(torch.from_numpy(places), self.points(newcomers))

    def promise(self, accuracies: Accuracies) -> NDArray[np.float32]:
        """[E, P] expected improvement; before the first answer, on the median."""
        import torch

        from naslib_incremental.optimizers.acquisition import (
            MARGIN,
            NOISE_SHARE,
            expected_improvement,
            standardised,
        )

        targets = standardised(torch.from_numpy(accuracies)).float()
        found = self._process.posterior(targets)
        unit = 1 / found.scale[:, None]
        noise = NOISE_SHARE * self.noise * unit.square()
        deviation = (found.deviation.square() + noise).sqrt()
        best = targets.max(dim=1, keepdim=True).values if targets.shape[1] else 0 * unit
        improvement = expected_improvement(found.mean - MARGIN * unit, deviation, best)
        return np.asarray(improvement.numpy())
