"""Random walk: at every step a uniformly random choice among the neighbours and stopping."""

from __future__ import annotations

import numpy as np

from naslib_incremental.benchmarks.contract import Accuracies
from naslib_incremental.optimizers.contract import Ask, Optimizer, Outcome
from naslib_incremental.search_spaces_ext.contract import Architectures


class RandomWalk(Optimizer):
    """Moves to a uniformly random presented neighbour or stops, each with probability 1 / (n + 1).

    Here n is the number of presented neighbours, ``min(degree, N)``. An episode costs one query,
    for the architecture that it ends in.

    Source: Cassimon, Mercelis, Mets (2024), section 4, baseline *random walk*.
    """

    name = "random_walk"

    def start(
        self,
        starts: Architectures,
        validation: Accuracies,
        rng: np.random.Generator,
    ) -> None:
        """Walk E episodes to their end; no accuracy is needed on the way."""
        self._final = starts.copy()
        self._steps = np.zeros(len(starts), np.int64)
        self._stopped = np.zeros(len(starts), np.bool_)
        self._asked = False
        active = np.arange(len(starts))
        for _ in range(self.settings.max_steps):
            stops = self._draw_stops(self._final[active], rng)
            self._stopped[active[stops]] = True
            active = active[~stops]
            if not len(active):
                break
            # Neighbours come as a uniformly random subset in random order, so that the first of one
            # has the same distribution as a uniform choice among N.
            moved = self.space.neighbours(self._final[active], 1, rng)
            self._final[active] = moved.architectures[:, 0]
            self._steps[active] += 1

    def _draw_stops(
        self, architectures: Architectures, rng: np.random.Generator
    ) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        presented = np.minimum(self.space.degree(architectures), self.settings.neighbours)
        stops: np.ndarray[tuple[int], np.dtype[np.bool_]] = rng.integers(0, presented + 1) == 0
        return stops

    def ask(self) -> Ask | None:
        """The E final architectures at once, then None."""
        if self._asked:
            return None
        self._asked = True
        return Ask(np.arange(len(self._final)), self._final)

    def tell(self, validation: Accuracies) -> None:
        """Nothing depends on the answers."""

    def outcome(self) -> Outcome:
        """Where the walks ended."""
        return Outcome(self._final, self._steps, self._stopped)
