"""Bayesian optimisation with transfer: a Gaussian process whose prior is what the sources say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from naslib_incremental.optimizers.gp_search import GaussianProcessSearch
from naslib_incremental.optimizers.source_pool import SourcePoolConfig, SourcePoolSearch
from naslib_incremental.optimizers.source_prior import NOISE, TRUSTING
from naslib_incremental.search_spaces_ext.contract import Architectures

if TYPE_CHECKING:
    from naslib_incremental.optimizers.gaussian_process import Points


class GpSource(GaussianProcessSearch, SourcePoolSearch):
    """Expected improvement on a Gaussian process whose prior mean is the sources' mean score.

    Its kernel lets the target weigh the sources otherwise (linear parts), and deviate from them
    where architectures look alike (descriptors) or are rated alike by the sources (ratings). The
    first query is the best of the prior. Scale and origin of the target are learned from its own
    queries.
    """

    name = "gp_source"
    config_class = SourcePoolConfig
    config: SourcePoolConfig
    heights = TRUSTING.heights
    noise = NOISE

    def points(self, architectures: Architectures) -> Points:
        """The prior mean, and everything that the kernel compares."""
        return TRUSTING.points(*self.seen(architectures))
