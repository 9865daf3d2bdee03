"""Searches that begin at what sources rate best, and see candidates as sources rate them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.optimizers.candidates import best_by, is_whole, start_pool
from naslib_incremental.optimizers.pool_search import PoolConfig, PoolSearch
from naslib_incremental.optimizers.source_prior import Ratings, Reference
from naslib_incremental.optimizers.source_trained import SourceConfig, SourceTrained
from naslib_incremental.search_spaces_ext.contract import Architectures
from naslib_incremental.search_spaces_ext.descriptors import descriptors

if TYPE_CHECKING:
    from torch import Tensor

REFERENCES = 8_192
REFERENCE_SEED = 1


@dataclass(frozen=True)
class SourcePoolConfig(PoolConfig, SourceConfig):
    """What it may know of the sources, and what it chooses from."""


class SourcePoolSearch(PoolSearch, SourceTrained):
    """The first query is what the sources rate best."""

    config_class: ClassVar[type[Any] | None] = SourcePoolConfig
    config: SourcePoolConfig

    def take_over(self, functions: Mapping[str, Tensor], measured: Tensor) -> None:
        """Rate architectures by these functions."""
        super().take_over(functions, measured)
        self.__dict__.pop("_reference", None)

    @cached_property
    def _reference(self) -> Reference:
        """Moments of the sources' scores over the space."""
        import torch

        rng = np.random.default_rng(REFERENCE_SEED)
        scores = self.sources()(self.space.sample(REFERENCES, rng))
        return Reference.of(torch.from_numpy(scores)[None])

    def seen(self, architectures: Architectures) -> tuple[Tensor, Ratings]:
        """[E, K, C] descriptors of [E, K] architectures, and how the sources rate them."""
        import torch

        scores = torch.from_numpy(self.sources()(architectures))
        described = torch.from_numpy(descriptors(self.space)(architectures))
        return described, Ratings.of(scores, self._reference)

    def first_candidates(self, starts: Architectures, size: int) -> Architectures:
        """The best half of the prior, best first, and samples; or the whole space."""
        best = best_by(self._prior, self.space, size // 2, self.rng)
        pool = start_pool(self.space, np.repeat(best[:1], len(starts), axis=0), size, self.rng)
        if not is_whole(self.space, size):
            pool[:, : len(best)] = best
        return pool

    def _prior(self, architectures: Architectures) -> NDArray[np.float32]:
        return np.asarray(self.sources()(architectures).mean(axis=-1))
