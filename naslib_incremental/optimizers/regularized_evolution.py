"""Regularized evolution: tournaments in an ageing population, children are random neighbours."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from naslib_incremental.benchmarks.contract import Accuracies
from naslib_incremental.foundation.options import Options
from naslib_incremental.optimizers.contract import Ask
from naslib_incremental.optimizers.shapes import WholeBudgetOptimizer
from naslib_incremental.search_spaces_ext.contract import Architectures


@dataclass(frozen=True)
class EvolutionConfig(Options):
    """Sizes of the evolution.

    The defaults are ours: of eight pairs of sizes, among those that found most with 50 to 300
    queries on NAS-Bench-Graph's cora and on NAS-Bench-101.
    """

    population_size: int = field(
        default=20, metadata={"help": "architectures alive (Real et al. 2019: 100)", "least": 1}
    )
    sample_size: int = field(
        default=10,
        metadata={"help": "architectures of a tournament (Real et al. 2019: 25)", "least": 1},
    )


class RegularizedEvolution(WholeBudgetOptimizer):
    """Mutates the best of a random sample of the population, and lets the oldest die.

    An episode is one evolution. The first population is the start, which costs no query, and
    samples from the space's default sampler; each of these and each child is one query, repeats
    included. A tournament is sampled with replacement, of equals the first sampled wins. A mutation
    is a uniformly random neighbour; without any, the child is its parent. The final architecture is
    the best ever seen, the start included, the earliest of equals.

    Source: Real, Aggarwal, Huang, Le (2019), "Regularized evolution for image classifier
    architecture search", algorithm 1.
    """

    name = "regularized_evolution"
    config_class = EvolutionConfig
    config: EvolutionConfig

    def start(
        self, starts: Architectures, validation: Accuracies, rng: np.random.Generator
    ) -> None:
        """Begin E evolutions at ``starts``."""
        super().start(starts, validation, rng)
        size = self.config.population_size
        # Slot by slot: the population of all episodes, the oldest in slot ``_born`` modulo size.
        self._population = np.repeat(starts[None], size, axis=0)
        self._validation = np.tile(self._best_validation, (size, 1))
        self._born = 1
        self._every = np.arange(len(starts))

    def ask(self) -> Ask | None:
        """One architecture per episode: one of the first population, or a child."""
        if self._queries == self.settings.query_budget:
            return None
        self._queries += 1
        if self._born < self.config.population_size:
            self._asked = self.space.sample(len(self._every), self._rng)
        else:
            self._asked = self._children()
        return Ask(self._every, self._asked)

    def _children(self) -> Architectures:
        shape = (self.config.sample_size, len(self._every))
        slots = self._rng.integers(self.config.population_size, size=shape)
        winners = self._validation[slots, self._every].argmax(axis=0)
        parents: Architectures = self._population[slots[winners, self._every], self._every]
        shown = self.space.neighbours(parents, 1, self._rng)
        mutated = shown.mask[:, 0]
        parents[mutated] = shown.architectures[mutated, 0]
        return parents

    def tell(self, validation: Accuracies) -> None:
        """The oldest die, the new live."""
        slot = self._born % self.config.population_size
        self._population[slot] = self._asked
        self._validation[slot] = validation
        self._born += 1
        self._keep_best(self._every, self._asked, validation)
