"""Random search: one architecture per episode, drawn from the space's default sampler."""

from __future__ import annotations

import numpy as np

from naslib_incremental.benchmarks.contract import Accuracies
from naslib_incremental.optimizers.contract import Ask, Optimizer, Outcome
from naslib_incremental.search_spaces_ext.contract import Architectures


class RandomSearch(Optimizer):
    """Draws one architecture per episode and returns it; one query each.

    The architecture is drawn afresh rather than being the episode's start, so that evaluations with
    different seeds on the same start set are independent.

    Source: Cassimon, Mercelis, Mets (2024), section 4, baseline *random search*.
    """

    name = "random_search"

    def start(
        self,
        starts: Architectures,
        validation: Accuracies,
        rng: np.random.Generator,
    ) -> None:
        """Draw one architecture for each of E episodes."""
        self._final = self.space.sample(len(starts), rng)
        self._asked = False

    def ask(self) -> Ask | None:
        """All E architectures at once, then None."""
        if self._asked:
            return None
        self._asked = True
        return Ask(np.arange(len(self._final)), self._final)

    def tell(self, validation: Accuracies) -> None:
        """Nothing depends on the answers."""

    def outcome(self) -> Outcome:
        """The drawn architectures; no moves."""
        count = len(self._final)
        return Outcome(self._final, np.zeros(count, np.int64), np.ones(count, np.bool_))
