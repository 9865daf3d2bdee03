"""Local search: look at all presented neighbours, move to the best, stop when none is better."""

from __future__ import annotations

import numpy as np

from naslib_incremental.benchmarks.contract import Accuracies
from naslib_incremental.optimizers.contract import Ask, Optimizer, Outcome
from naslib_incremental.search_spaces_ext.contract import Architectures


class LocalSearch(Optimizer):
    """Steepest ascent on validation accuracy; every presented neighbour of every step is a query.

    All E episodes advance one step per round. Among equally good neighbours the one presented first
    is taken. The start's own accuracy costs no query.

    Source: Cassimon, Mercelis, Mets (2024), section 4, baseline *local search*; White, Nolen,
    Savani (2021), "Exploring the loss landscape in neural architecture search".
    """

    name = "local_search"

    def start(
        self, starts: Architectures, validation: Accuracies, rng: np.random.Generator
    ) -> None:
        """Begin E episodes at ``starts``."""
        self._rng = rng
        self._current = starts.copy()
        self._validation = validation.astype(np.float64)
        self._num_steps = np.zeros(len(starts), np.int64)
        self._stopped = np.zeros(len(starts), np.bool_)
        self._active = np.arange(len(starts))

    def ask(self) -> Ask | None:
        """All presented neighbours of every active episode, episode by episode."""
        if self.settings.max_steps == 0 or not len(self._active):
            return None
        self._presented = self.space.neighbours(
            self._current[self._active], self.settings.neighbours, self._rng
        )
        mask = self._presented.mask
        if not mask.any():
            self._stopped[self._active] = True
            return None
        return Ask(
            np.repeat(self._active, mask.sum(axis=1)),
            self._presented.architectures[mask],
        )

    def tell(self, validation: Accuracies) -> None:
        """Move each active episode to its best neighbour, or stop it."""
        values = np.full(self._presented.mask.shape, -np.inf)
        values[self._presented.mask] = validation
        rows = np.arange(len(values))
        best = values.argmax(axis=1)
        better = values[rows, best] > self._validation[self._active]
        self._stopped[self._active[~better]] = True
        moved, rows, best = self._active[better], rows[better], best[better]
        self._current[moved] = self._presented.architectures[rows, best]
        self._validation[moved] = values[rows, best]
        self._num_steps[moved] += 1
        self._active = moved[self._num_steps[moved] < self.settings.max_steps]

    def outcome(self) -> Outcome:
        """The architectures that no presented neighbour improved on, or where the limit cut."""
        return Outcome(self._current, self._num_steps, self._stopped)
