"""Random search: one architecture per episode, from the space's default sampler."""

from __future__ import annotations

import numpy as np

from naslib_incremental.benchmarks.contract import Accuracies
from naslib_incremental.optimizers.contract import Outcome
from naslib_incremental.optimizers.shapes import OneQueryOptimizer
from naslib_incremental.search_spaces_ext.contract import Architectures


class RandomSearch(OneQueryOptimizer):
    """Samples one architecture per episode and returns it; one query each.

    The architecture is sampled afresh rather than being the episode's start, so that evaluations
    with different seeds on the same start set are independent.

    Source: Cassimon, Mercelis, Mets (2024), section 4, baseline *random search*.
    """

    name = "random_search"

    def search(  # noqa: D102
        self, starts: Architectures, validation: Accuracies, rng: np.random.Generator
    ) -> Outcome:
        count = len(starts)
        final = self.space.sample(count, rng)
        return Outcome(final, np.zeros(count, np.int64), np.ones(count, np.bool_))
