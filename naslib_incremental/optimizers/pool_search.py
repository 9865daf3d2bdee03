"""The loop of searches by a model: of its candidates each queries the most promising one."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import Accuracies
from naslib_incremental.foundation.options import Options
from naslib_incremental.optimizers.candidates import Candidates, pool_size
from naslib_incremental.optimizers.contract import Ask
from naslib_incremental.optimizers.shapes import BatchedSearch
from naslib_incremental.search_spaces_ext.contract import Architectures

MOST_NUMBERS = 1 << 27
"""Most numbers, of four bytes each, that the models side by side may fill."""


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


class PoolSearch(BatchedSearch):
    """Queries the most promising candidate of each search, the first one first.

    As many searches run side by side as memory allows; the others wait.
    """

    config_class: ClassVar[type[Any] | None] = PoolConfig
    config: PoolConfig
    _promise: NDArray[np.float32]

    @abstractmethod
    def first_candidates(self, starts: Architectures, size: int) -> Architectures:
        """[E, size, *architecture_shape] candidates of E searches, the first query first."""

    @abstractmethod
    def model_size(self, size: int) -> int:
        """How many numbers the model of one search of ``size`` candidates fills."""

    @abstractmethod
    def begin_model(self, candidates: Architectures) -> None:
        """Begin E models of [E, P, *architecture_shape] candidates."""

    @abstractmethod
    def observe(self, places: NDArray[np.int64]) -> None:
        """The candidates at [E] places were queried."""

    @abstractmethod
    def replace(self, places: NDArray[np.int64], newcomers: Architectures) -> None:
        """At [E, k] places there now are [E, k, *architecture_shape] newcomers."""

    @abstractmethod
    def promise(self, accuracies: Accuracies) -> NDArray[np.float32]:
        """[E, P] how promising the candidates are after [E, t] answers; t may be 0."""

    def begin(self, starts: Architectures) -> None:
        """Begin at ``starts``."""
        self._starts = starts
        self._stuck = np.zeros(len(starts), np.bool_)
        self._size = pool_size(self.space, self.config.candidates)
        self._together = max(1, MOST_NUMBERS // self.model_size(self._size))
        self._group = -1

    @property
    def going(self) -> NDArray[np.int64]:
        """The searches of the first group that has any left to do."""
        going = super().going
        going = going[~self._stuck[going]]
        return np.asarray(going[going // self._together == going[:1] // self._together])

    def propose(self, searches: NDArray[np.int64]) -> Architectures:
        """The first candidate of each, then the most promising ones."""
        group = int(searches[0]) // self._together
        if group == self._group:
            worth = np.where(self._candidates.open, self._promise, -np.inf)
            self._places = worth.argmax(axis=1)
        else:
            self._begin_group(group)
        rows = searches - group * self._together
        return np.asarray(self._candidates.architectures[rows, self._places[rows]])

    def _begin_group(self, group: int) -> None:
        self._group = group
        searches = slice(group * self._together, (group + 1) * self._together)
        first = self.first_candidates(self._starts[searches], self._size)
        self._candidates = Candidates(self.space, first, self.settings.query_budget, self.rng)
        self._places = np.zeros(len(first), np.int64)
        self.begin_model(first)
        self._promise = self.promise(self._candidates.accuracies)

    def learn(self, asked: Ask, validation: Accuracies, new: NDArray[np.bool_]) -> None:
        """Tell the models, and let newcomers in."""
        rows = asked.episodes - self._group * self._together
        # A search that is stuck goes along, whatever it is told.
        answers = np.zeros(len(self._places))
        answers[rows] = validation
        self._candidates.note(self._places, answers)
        self.observe(self._places)
        changed = self._candidates.renew(self._promise)
        if changed.shape[1]:
            newcomers = self._candidates.architectures[np.arange(len(changed))[:, None], changed]
            self.replace(changed, newcomers)
        self._stuck[asked.episodes] = ~self._candidates.open[rows].any(axis=1)
        self._promise = self.promise(self._candidates.accuracies)
