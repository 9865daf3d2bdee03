"""Regularized evolution: tournaments in an ageing population, children are random neighbours."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import Accuracies
from naslib_incremental.foundation.options import Options
from naslib_incremental.optimizers.contract import Ask
from naslib_incremental.optimizers.shapes import BatchedSearch
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


class RegularizedEvolution(BatchedSearch):
    """Mutates the best of a random sample of the population, and lets the oldest die.

    The first population is the start and samples from the space's default sampler. A tournament is
    sampled with replacement, of equals the first sampled wins. A mutation is a uniformly random
    neighbour; without any, the child is its parent. A child that was queried before lives like any
    other. The final architecture is the best ever seen, the earliest of equals.

    Source: Real, Aggarwal, Huang, Le (2019), "Regularized evolution for image classifier
    architecture search", algorithm 1.
    """

    name = "regularized_evolution"
    long_searches = True
    config_class = EvolutionConfig
    config: EvolutionConfig

    def begin(self, starts: Architectures) -> None:
        """Begin E evolutions at ``starts``."""
        size = self.config.population_size
        # Slot by slot: the population of all searches, the oldest in slot ``_born`` modulo size.
        self._population = np.repeat(starts[None], size, axis=0)
        self._validation = np.full((size, len(starts)), -np.inf)
        self._born = 0

    def propose(self, searches: NDArray[np.int64]) -> Architectures:
        """One of the first population, or a child."""
        if not self._born:
            return np.asarray(self._population[0, searches])
        if self._born < self.config.population_size:
            return self.space.sample(len(searches), self.rng)
        shape = (self.config.sample_size, len(searches))
        slots = self.rng.integers(self.config.population_size, size=shape)
        winners = self._validation[slots, searches].argmax(axis=0)
        places = slots[winners, np.arange(len(searches))]
        parents: Architectures = self._population[places, searches]
        shown = self.space.neighbours(parents, 1, self.rng)
        mutated = shown.mask[:, 0]
        parents[mutated] = shown.architectures[mutated, 0]
        return parents

    def learn(self, asked: Ask, validation: Accuracies, new: NDArray[np.bool_]) -> None:
        """The oldest die, the new live."""
        slot = self._born % self.config.population_size
        self._population[slot, asked.episodes] = asked.architectures
        self._validation[slot, asked.episodes] = validation
        self._born += 1
