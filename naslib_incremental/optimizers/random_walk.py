"""Random walk: at every step a uniformly random choice among the neighbours and stopping."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import Accuracies
from naslib_incremental.optimizers.contract import Outcome
from naslib_incremental.optimizers.shapes import OneQueryOptimizer
from naslib_incremental.search_spaces_ext.contract import Architectures


class RandomWalk(OneQueryOptimizer):
    """Moves to a uniformly random presented neighbour or stops, each with probability 1 / (n + 1).

    Here n is the number of presented neighbours, ``min(degree, N)``. An episode costs one query,
    for the architecture that it ends in.

    Source: Cassimon, Mercelis, Mets (2024), section 4, baseline *random walk*.
    """

    name = "random_walk"

    def search(  # noqa: D102
        self, starts: Architectures, validation: Accuracies, rng: np.random.Generator
    ) -> Outcome:
        final = starts.copy()
        num_steps = np.zeros(len(starts), np.int64)
        stopped = np.zeros(len(starts), np.bool_)
        active = np.arange(len(starts))
        for _ in range(self.settings.max_steps):
            stops = self._stops(final[active], rng)
            stopped[active[stops]] = True
            active = active[~stops]
            if not len(active):
                break
            # Neighbours come as a uniformly random subset in random order, so that the first of one
            # has the same distribution as a uniform choice among N.
            final[active] = self.space.neighbours(final[active], 1, rng).architectures[:, 0]
            num_steps[active] += 1
        return Outcome(final, num_steps, stopped)

    def _stops(self, architectures: Architectures, rng: np.random.Generator) -> NDArray[np.bool_]:
        """[B] whether each walk stops where it is."""
        presented = np.minimum(self.space.degree(architectures), self.settings.neighbours)
        stops: NDArray[np.bool_] = rng.integers(0, presented + 1) == 0
        return stops
