"""As BANANAS: an ensemble, Thompson sampling, and mutations of the best to choose among."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import Accuracies
from naslib_incremental.optimizers.candidates import start_pool
from naslib_incremental.optimizers.pool_search import PoolConfig, PoolSearch
from naslib_incremental.search_spaces_ext.contract import Architectures
from naslib_incremental.search_spaces_ext.descriptors import descriptors

if TYPE_CHECKING:
    from torch import Tensor

LEAST_DEVIATION = 0.05
"""Members that agree wholly are not certain: in standardised accuracies."""

SPREAD = 0.5
"""Deviation of a draw, in deviations of the members: the best of hundreds of draws lies far out."""


@dataclass(frozen=True)
class BananasConfig(PoolConfig):
    """Sizes of the ensemble and of what it chooses from."""

    candidates: int = field(
        default=256,
        metadata={
            "help": "architectures that a search chooses from; a smaller space is taken whole",
            "least": 64,
        },
    )
    members: int = field(default=8, metadata={"help": "regressions of an ensemble", "least": 2})
    initial: int = field(
        default=10,
        metadata={
            "help": "random architectures before the ensemble is asked (paper: 10)",
            "least": 1,
        },
    )


class BananasLike(PoolSearch):
    """Independent Thompson sampling from an ensemble, over mutations of what was found good.

    The first queries are the start and samples. Then a candidate's worth is drawn from a normal
    distribution with the members' mean and half their deviation, and the best draw is queried.
    Candidates are neighbours of the best and of other good ones, beside samples.

    Unlike in BANANAS a member is no network, which would have to be trained anew after every query,
    but a ridge regression on random Fourier features of its own, over the space's descriptors
    instead of paths; its answers are a bootstrap of all. Each answer counts at once, not ten
    together.

    Source: White, Neiswanger, Savani (2021), "BANANAS: Bayesian optimization with neural
    architectures for neural architecture search".
    """

    name = "bananas_like"
    config_class = BananasConfig
    config: BananasConfig

    def first_candidates(self, starts: Architectures, size: int) -> Architectures:
        """The start and samples, or the whole space."""
        return np.asarray(start_pool(self.space, starts, size, self.rng))

    def model_size(self, size: int) -> int:
        """Of an ensemble."""
        from naslib_incremental.optimizers.bagged_ridge import BaggedRidge

        return BaggedRidge.size(size, self.settings.query_budget, self.config.members)

    def begin_model(self, candidates: Architectures) -> None:
        """Begin E ensembles."""
        from naslib_incremental.optimizers.bagged_ridge import BaggedRidge

        most, members = self.settings.query_budget, self.config.members
        self._ensemble = BaggedRidge(self._described(candidates), most, members, self.rng)

    def _described(self, architectures: Architectures) -> Tensor:
        import torch

        return torch.from_numpy(descriptors(self.space)(architectures))

    def observe(self, places: NDArray[np.int64]) -> None:
        """Add the queries to the members' samples."""
        import torch

        self._ensemble.observe(torch.from_numpy(places))

    def replace(self, places: NDArray[np.int64], newcomers: Architectures) -> None:
        """Let the ensembles speak of newcomers."""
        import torch

        self._ensemble.replace(torch.from_numpy(places), self._described(newcomers))

    def promise(self, accuracies: Accuracies) -> NDArray[np.float32]:
        """[E, P] draws of what candidates are worth; at first what is random."""
        import torch

        from naslib_incremental.optimizers.acquisition import standardised

        shape = (len(accuracies), self._candidates.open.shape[1])
        if accuracies.shape[1] < self.config.initial:
            return self.rng.random(shape, np.float32)
        targets = standardised(torch.from_numpy(accuracies)).float()
        deviation, mean = torch.std_mean(self._ensemble.predict(targets), dim=1)
        draws = torch.from_numpy(self.rng.standard_normal(shape, np.float32))
        spread = SPREAD * deviation.clamp_min(LEAST_DEVIATION)
        return np.asarray((mean + spread * draws).numpy())
