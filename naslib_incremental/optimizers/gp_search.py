"""Searches by Gaussian processes and expected improvement, whatever their prior."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import Accuracies
from naslib_incremental.foundation.options import Options
from naslib_incremental.optimizers.candidates import Candidates, pool_size
from naslib_incremental.optimizers.contract import Ask
from naslib_incremental.optimizers.shapes import BatchedSearch
from naslib_incremental.search_spaces_ext.contract import Architectures

if TYPE_CHECKING:
    from naslib_incremental.optimizers.gaussian_process import Points

MOST_NUMBERS = 1 << 27
"""Most numbers, of four bytes each, that the rows of the processes side by side may fill."""

MARGIN = 0.1
"""How much better than the best an improvement has to be, in units of the prior."""

NOISE_SHARE = 0.5
"""What of an answer's noise counts as uncertainty of the candidate itself."""


@dataclass(frozen=True)
class PoolConfig(Options):
    """What a search chooses from."""

    candidates: int = field(
        default=1_024,
        metadata={
            "help": "architectures that a search chooses from; a smaller space is taken whole",
            "least": 64,
        },
    )


class GaussianProcessSearch(BatchedSearch):
    """Queries the candidate of largest expected improvement, one after the other.

    The first query is the first candidate. The scale of accuracies is learned from the search's own
    queries. As many searches run side by side as memory allows; the others wait.

    Source: Jones, Schonlau, Welch (1998), expected improvement.

    Attributes:
        heights: variances of the kernel's radial parts.
        noise: variance of an answer, in units of the prior.
    """

    config_class: ClassVar[type[Any] | None] = PoolConfig
    config: PoolConfig
    heights: ClassVar[Sequence[float]]
    noise: ClassVar[float]
    _promise: NDArray[np.float32]

    @abstractmethod
    def points(self, architectures: Architectures) -> Points:
        """[E, K] architectures as the process sees them."""

    @abstractmethod
    def first_candidates(self, starts: Architectures, size: int) -> Architectures:
        """[E, size, *architecture_shape] candidates of E searches, the first query first."""

    def begin(self, starts: Architectures) -> None:
        """Begin at ``starts``."""
        self._starts = starts
        self._stuck = np.zeros(len(starts), np.bool_)
        self._size = pool_size(self.space, self.config.candidates)
        numbers = self.settings.query_budget * (self._size + self.settings.query_budget)
        self._together = max(1, MOST_NUMBERS // numbers)
        self._group = -1

    @property
    def going(self) -> NDArray[np.int64]:
        """The searches of the first group that has any left to do."""
        going = super().going
        going = going[~self._stuck[going]]
        return np.asarray(going[going // self._together == going[:1] // self._together])

    def propose(self, searches: NDArray[np.int64]) -> Architectures:
        """The first candidate, then those of largest expected improvement."""
        group = int(searches[0]) // self._together
        if group != self._group:
            self._begin_group(group)
        rows = searches - group * self._together
        if self._process.count:
            worth = np.where(self._candidates.open, self._promise, -np.inf)
            self._places = worth.argmax(axis=1)
        return np.asarray(self._candidates.architectures[rows, self._places[rows]])

    def _begin_group(self, group: int) -> None:
        from naslib_incremental.optimizers.gaussian_process import GaussianProcess, Kernel

        self._group = group
        searches = slice(group * self._together, (group + 1) * self._together)
        first = self.first_candidates(self._starts[searches], self._size)
        most = self.settings.query_budget
        self._candidates = Candidates(self.space, first, most, self.rng)
        kernel = Kernel(self.heights, self.noise)
        self._process = GaussianProcess(kernel, self.points(first), most)
        self._places = np.zeros(len(first), np.int64)
        self._promise = self._improvements()

    def learn(self, asked: Ask, validation: Accuracies, new: NDArray[np.bool_]) -> None:
        """Condition the processes on the answers, and let newcomers in."""
        import torch

        rows = asked.episodes - self._group * self._together
        # A search that is stuck goes along, whatever it is told.
        answers = np.zeros(len(self._places))
        answers[rows] = validation
        self._candidates.note(self._places, answers)
        self._process.observe(torch.from_numpy(self._places))
        changed = self._candidates.renew(self._promise)
        if changed.shape[1]:
            newcomers = self._candidates.architectures[np.arange(len(changed))[:, None], changed]
            self._process.replace(torch.from_numpy(changed), self.points(newcomers))
        self._stuck[asked.episodes] = ~self._candidates.open[rows].any(axis=1)
        self._promise = self._improvements()

    def _improvements(self) -> NDArray[np.float32]:
        """[E, P] expected improvement of every candidate."""
        import torch

        from naslib_incremental.optimizers.gaussian_process import (
            expected_improvement,
            standardised,
        )

        count = self._process.count
        targets = torch.zeros(len(self._places), 0)
        if count:
            targets = torch.from_numpy(standardised(self._candidates.accuracies)).float()
        found = self._process.posterior(targets)
        unit = 1 / found.scale[:, None]
        noise = NOISE_SHARE * self.noise * unit.square()
        deviation = (found.deviation.square() + noise).sqrt()
        best = targets.max(dim=1, keepdim=True).values if count else torch.zeros_like(unit)
        improvements = expected_improvement(found.mean - MARGIN * unit, deviation, best)
        return np.asarray(improvements.numpy())
