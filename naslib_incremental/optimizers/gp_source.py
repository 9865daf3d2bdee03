"""Bayesian optimisation with transfer: a Gaussian process whose prior is what the sources say."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.optimizers.candidates import best_by, is_whole, start_pool
from naslib_incremental.optimizers.gp_search import GaussianProcessSearch
from naslib_incremental.optimizers.pool_search import PoolConfig
from naslib_incremental.optimizers.source_trained import SourceConfig, SourceTrained
from naslib_incremental.search_spaces_ext.contract import Architectures
from naslib_incremental.search_spaces_ext.descriptors import descriptors

if TYPE_CHECKING:
    from naslib_incremental.optimizers.gaussian_process import Points

TRUST = 0.7
"""Prior mean of an architecture, in standard deviations of the sources' mean score."""

TRUST_DEVIATION = 0.5
"""Standard deviation of a correction of that slope."""

DIRECTIONS_VARIANCE = 0.05
"""Variance of a weight of what one source says otherwise than the mean of all."""

DESCRIPTOR_WIDTH, SCORE_WIDTH = 0.6, 1.0
"""Squared length scales of the radial parts, descriptors and scores."""

REFERENCES = 8_192
REFERENCE_SEED = 1


@dataclass(frozen=True)
class GpSourceConfig(PoolConfig, SourceConfig):
    """What it may know of the sources, and what it chooses from."""


class GpSource(GaussianProcessSearch, SourceTrained):
    """Expected improvement on a Gaussian process whose prior mean is the sources' mean score.

    Its kernel lets the target weigh the sources otherwise (linear parts), and deviate from them
    where architectures look alike (descriptors) or are rated alike by the sources (scores). The
    first query is the best of the prior. Scale and origin of the target are learned from its own
    queries.
    """

    name = "gp_source"
    config_class = GpSourceConfig
    config: GpSourceConfig
    heights = (0.7, 0.2)
    noise = 0.15

    def load(self, folder: Path) -> None:
        """Take over the functions of the sources."""
        super().load(folder)
        self.__dict__.pop("_reference", None)

    @cached_property
    def _reference(self) -> tuple[float, float, NDArray[np.float32]]:
        """Mean and deviation of the sources' mean score, and [S] deviations of each source's."""
        rng = np.random.default_rng(REFERENCE_SEED)
        scores = self.sources()(self.space.sample(REFERENCES, rng))
        mean = scores.mean(axis=1)
        return float(mean.mean()), float(mean.std()), scores.std(axis=0)

    def points(self, architectures: Architectures) -> Points:
        """The prior mean, and everything that the kernel compares."""
        import torch

        from naslib_incremental.optimizers.gaussian_process import Points

        centre, deviation, deviations = self._reference
        scores = self.sources()(architectures)
        mean = scores.mean(axis=-1, keepdims=True)
        standard = (mean - centre) / deviation
        otherwise = (scores - mean) / deviation * np.float32(np.sqrt(DIRECTIONS_VARIANCE))
        linear = [np.ones_like(standard), standard * TRUST_DEVIATION, otherwise]
        alike = descriptors(self.space)(architectures) / np.float32(np.sqrt(DESCRIPTOR_WIDTH))
        rated = scores / deviations / np.float32(np.sqrt(2 * scores.shape[-1] * SCORE_WIDTH))
        parts = (TRUST * standard[..., 0], np.concatenate(linear, axis=-1), alike, rated)
        return Points.of(*(torch.from_numpy(np.asarray(part, np.float32)) for part in parts))

    def first_candidates(self, starts: Architectures, size: int) -> Architectures:
        """The best half of the prior, best first, and samples; or the whole space."""
        best = best_by(self._prior, self.space, size // 2, self.rng)
        pool = start_pool(self.space, np.repeat(best[:1], len(starts), axis=0), size, self.rng)
        if not is_whole(self.space, size):
            pool[:, : len(best)] = best
        return pool

    def _prior(self, architectures: Architectures) -> NDArray[np.float32]:
        return np.asarray(self.sources()(architectures).mean(axis=-1))
