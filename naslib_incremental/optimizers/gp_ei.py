"""Bayesian optimisation without transfer: a Gaussian process that starts from nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from naslib_incremental.optimizers.candidates import start_pool
from naslib_incremental.optimizers.gp_search import GaussianProcessSearch
from naslib_incremental.search_spaces_ext.contract import Architectures
from naslib_incremental.search_spaces_ext.descriptors import descriptors

if TYPE_CHECKING:
    from naslib_incremental.optimizers.gaussian_process import Points


class GpEi(GaussianProcessSearch):
    """Expected improvement on a Gaussian process over the space's descriptors.

    The prior mean is a constant that is learned along; the kernel is squared-exponential. The first
    query is the start.
    """

    name = "gp_ei"
    heights = (1.0,)
    noise = 0.15

    def points(self, architectures: Architectures) -> Points:
        """Descriptors, and a constant of variance 1."""
        import torch

        from naslib_incremental.optimizers.gaussian_process import Points

        described = torch.from_numpy(descriptors(self.space)(architectures))
        shape = described.shape[:2]
        return Points.of(torch.zeros(shape), torch.ones(*shape, 1), described)

    def first_candidates(self, starts: Architectures, size: int) -> Architectures:
        """The start and samples, or the whole space."""
        return np.asarray(start_pool(self.space, starts, size, self.rng))
