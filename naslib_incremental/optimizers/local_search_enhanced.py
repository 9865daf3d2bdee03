"""Local search that moves at the first improvement, and continues where others stop."""

from __future__ import annotations

from dataclasses import dataclass, field

import numba
import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import Accuracies
from naslib_incremental.foundation.options import Options
from naslib_incremental.optimizers.contract import Ask
from naslib_incremental.optimizers.shapes import WholeBudgetOptimizer
from naslib_incremental.search_spaces_ext.contract import Architectures


@dataclass(frozen=True)
class EnhancedConfig(Options):
    """How the search begins."""

    initial: int = field(
        default=10,
        metadata={
            "help": "architectures sampled before the first climb (White et al. 2021)",
            "least": 0,
        },
    )


class LocalSearchEnhanced(WholeBudgetOptimizer):
    """Queries neighbours until one is better; at a local optimum it continues from the next best.

    A few architectures from the space's default sampler are queried first, beside the start. Then
    neighbours are queried one at a time, in the random order in which they are presented, and none
    that was queried before. When one is better than what is looked around, or when all are queried,
    the search continues around the best architecture of the episode that it has not looked around
    yet, the earliest of equals. Where nothing is left it restarts from another sample; it may
    repeat what was queried, and is looked around again.

    The final architecture is the best ever seen, the start included, which costs no query.

    Source: White, Nolen, Savani (2021), "Exploring the loss landscape in neural architecture
    search" ("Local search is state of the art for NAS benchmarks"), variants *query until lower*
    and *continue at minimum*.
    """

    name = "local_search_enhanced"
    config_class = EnhancedConfig
    config: EnhancedConfig

    def start(
        self, starts: Architectures, validation: Accuracies, rng: np.random.Generator
    ) -> None:
        """Begin E searches at ``starts``."""
        super().start(starts, validation, rng)
        count, seen = len(starts), 1 + self.settings.query_budget
        # What each episode has seen: the start, then its queries in their order.
        self._seen = np.empty((count, seen, *starts.shape[1:]), starts.dtype)
        self._keys = np.empty((count, seen), np.uint64)
        self._validation = np.full((count, seen), -np.inf)
        self._around = np.zeros((count, seen), np.bool_)
        self._note(starts, validation)
        width = self.space.width(self.settings.neighbours)
        # What is presented around the architecture of accuracy ``_level``, and is to be queried.
        self._presented = np.empty((count, width, *starts.shape[1:]), starts.dtype)
        self._waiting = np.zeros((count, width), np.bool_)
        self._level = np.zeros(count)

    def _note(self, architectures: Architectures, validation: Accuracies) -> None:
        self._seen[:, self._queries] = architectures
        self._keys[:, self._queries] = self.space.hash(architectures)
        self._validation[:, self._queries] = validation

    def ask(self) -> Ask | None:
        """One neighbour, or one sample, per episode."""
        if self._queries == self.settings.query_budget:
            return None
        if self._queries < self.config.initial:
            self._asked = self.space.sample(len(self._seen), self._rng)
        else:
            self._asked = self._next()
        self._queries += 1
        return Ask(np.arange(len(self._asked)), self._asked)

    def _next(self) -> Architectures:
        idle = np.flatnonzero(~self._waiting.any(axis=1))
        stuck = []
        while len(idle):
            known = np.s_[idle, : self._queries + 1]
            unexplored = np.where(self._around[known], -np.inf, self._validation[known])
            best = unexplored.argmax(axis=1)
            nothing = self._around[idle, best]
            stuck.append(idle[nothing])
            idle = idle[~nothing]
            self._look_around(idle, best[~nothing])
            idle = idle[~self._waiting[idle].any(axis=1)]
        rows = np.arange(len(self._seen))
        place = self._waiting.argmax(axis=1)
        self._waiting[rows, place] = False
        asked: Architectures = self._presented[rows, place]
        for episodes in stuck:
            asked[episodes] = self.space.sample(len(episodes), self._rng)
        return asked

    def _look_around(self, episodes: NDArray[np.int64], slots: NDArray[np.int64]) -> None:
        self._around[episodes, slots] = True
        self._level[episodes] = self._validation[episodes, slots]
        shown = self.space.neighbours(
            self._seen[episodes, slots], self.settings.neighbours, self._rng
        )
        seen = self._keys[episodes, : self._queries + 1]
        self._presented[episodes] = shown.architectures
        keys = self.space.hash(shown.architectures)
        self._waiting[episodes] = shown.mask & _unseen(keys, seen)

    def tell(self, validation: Accuracies) -> None:
        """Note the answers; an improvement ends the looking around."""
        self._note(self._asked, validation)
        self._keep_best(np.arange(len(validation)), self._asked, validation)
        self._waiting[validation > self._level] = False


@numba.njit(cache=True)
def _unseen(keys: NDArray[np.uint64], seen: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """[K, N] whether each key is not among the [K, M] seen of its row."""
    unseen = np.ones(keys.shape, np.bool_)
    for row in range(len(keys)):
        for place in range(keys.shape[1]):
            for other in seen[row]:
                if keys[row, place] == other:
                    unseen[row, place] = False
                    break
    return unseen
