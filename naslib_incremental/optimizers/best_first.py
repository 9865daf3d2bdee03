"""Best-first search: look all around the best architecture that was not looked around yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import Accuracies
from naslib_incremental.foundation.options import Options
from naslib_incremental.optimizers.contract import Ask
from naslib_incremental.optimizers.shapes import BatchedSearch
from naslib_incremental.search_spaces_ext.contract import Architectures


@dataclass(frozen=True)
class BestFirstConfig(Options):
    """How the search begins."""

    initial: int = field(
        default=10,
        metadata={
            "help": "architectures sampled beside the start before neighbours (White et al. 2021)",
            "least": 0,
        },
    )


class BestFirst(BatchedSearch):
    """Queries all neighbours of the best architecture that it has not looked around yet.

    The start and a few architectures from the space's default sampler are queried first. Then
    neighbours are queried one at a time, in the random order in which they are presented, and none
    that was queried before. When all are queried, the search continues around the best architecture
    that it has not looked around yet, the earliest of equals. Where nothing is left it restarts
    from another sample.

    The final architecture is the best ever seen.

    Source: Pearl (1984), "Heuristics", section 2.3, best-first search; accuracy is the heuristic.

    Attributes:
        leaves_early: True where the first improvement ends the looking around.
    """

    name = "best_first"
    long_searches = True
    config_class = BestFirstConfig
    config: BestFirstConfig
    leaves_early: ClassVar[bool] = False

    def begin(self, starts: Architectures) -> None:
        """Begin E searches at ``starts``."""
        count, budget = len(starts), self.settings.query_budget
        self._starts = starts
        self._round = 0
        # What each search has queried, in that order.
        self._seen = np.empty((count, budget, *starts.shape[1:]), starts.dtype)
        self._validation = np.full((count, budget), -np.inf)
        # What was looked around; what is not there never has to be.
        self._around = np.ones((count, budget), np.bool_)
        width = self.space.width(self.settings.neighbours)
        # What is presented around the architecture of accuracy ``_level``, and is to be queried.
        self._presented = np.empty((count, width, *starts.shape[1:]), starts.dtype)
        self._waiting = np.zeros((count, width), np.bool_)
        self._level = np.full(count, np.inf)

    def propose(self, searches: NDArray[np.int64]) -> Architectures:
        """The start, a sample, or a neighbour."""
        self._round += 1
        if self._round == 1:
            return self._starts[searches]
        if self._round <= 1 + self.config.initial:
            return self.space.sample(len(searches), self.rng)
        return self._next(searches)

    def _next(self, searches: NDArray[np.int64]) -> Architectures:
        idle = searches[~self._waiting[searches].any(axis=1)]
        while len(idle):
            asked_for = slice(self.queries[idle].max())
            around, validation = self._around[idle, asked_for], self._validation[idle, asked_for]
            unexplored = np.where(around, -np.inf, validation)
            best = unexplored.argmax(axis=1)
            something = ~self._around[idle, best]
            idle = idle[something]
            self._look_around(idle, best[something])
            idle = idle[~self._waiting[idle].any(axis=1)]
        place = self._waiting[searches].argmax(axis=1)
        stuck = ~self._waiting[searches, place]
        self._waiting[searches, place] = False
        asked: Architectures = self._presented[searches, place]
        asked[stuck] = self.space.sample(int(stuck.sum()), self.rng)
        self._level[searches[stuck]] = np.inf
        return asked

    def _look_around(self, searches: NDArray[np.int64], slots: NDArray[np.int64]) -> None:
        self._around[searches, slots] = True
        self._level[searches] = self._validation[searches, slots]
        shown = self.space.neighbours(
            self._seen[searches, slots], self.settings.neighbours, self.rng
        )
        self._presented[searches] = shown.architectures
        known = self.memory.knows(searches, shown.architectures)
        self._waiting[searches] = shown.mask & ~known

    def learn(self, asked: Ask, validation: Accuracies, new: NDArray[np.bool_]) -> None:
        """Keep what is new; an improvement may end the looking around."""
        searches = asked.episodes[new]
        slots = self.queries[searches] - 1
        self._seen[searches, slots] = asked.architectures[new]
        self._validation[searches, slots] = validation[new]
        self._around[searches, slots] = False
        if self.leaves_early:
            improved = validation > self._level[asked.episodes]
            self._waiting[asked.episodes[improved]] = False
