"""Regularized evolution: tournaments in an ageing population, children are random neighbours."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from naslib_incremental.benchmarks.contract import Accuracies
from naslib_incremental.optimizers.contract import Ask, Optimizer, Outcome
from naslib_incremental.search_spaces_ext.contract import Architectures


@dataclass(frozen=True)
class EvolutionConfig:
    """Sizes of the evolution.

    The defaults are ours: of eight pairs of sizes, among those that found most with 50 to 300
    queries on NAS-Bench-Graph's cora and on NAS-Bench-101.
    """

    population_size: int = field(
        default=20, metadata={"help": "architectures alive (Real et al. 2019: 100)"}
    )
    sample_size: int = field(
        default=10, metadata={"help": "architectures of a tournament (Real et al. 2019: 25)"}
    )

    def __post_init__(self) -> None:
        """Refuse sizes below 1.

        Raises:
            ValueError: one of them is smaller.
        """
        if min(self.population_size, self.sample_size) < 1:
            raise ValueError("population-size and sample-size must be at least 1")


class RegularizedEvolution(Optimizer):
    """Mutates the best of a random sample of the population, and lets the oldest die.

    An episode is one evolution, and spends exactly ``query_budget`` queries, so that a run of any
    budget is the beginning of one evolution. The first population is the start, which costs no
    query, and draws from the space's default sampler; each of these and each child is one query,
    repeats included. A tournament is drawn with replacement, of equals the first drawn wins. A
    mutation is a uniformly random neighbour; without any, the child is its parent. The final
    architecture is the best ever seen, the earliest of equals. Nothing walks: steps are 0.

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
        self._rng = rng
        self._best = starts.copy()
        self._best_validation = validation.astype(np.float64)
        count, size = len(starts), self.config.population_size
        # Slot by slot: the population of all episodes, the oldest in slot ``_born`` modulo size.
        self._population = np.repeat(starts[None], size, axis=0)
        self._validation = np.tile(self._best_validation, (size, 1))
        self._born = 1
        self._queries = 0
        self._every = np.arange(count)

    def ask(self) -> Ask | None:
        """One architecture per episode: a draw of the first population, or a child."""
        if self._queries == self.settings.query_budget:
            return None
        self._queries += 1
        young = self._born < self.config.population_size
        self._asked = self._draw() if young else self._children()
        return Ask(self._every, self._asked)

    def _draw(self) -> Architectures:
        return self.space.sample(len(self._every), self._rng)

    def _children(self) -> Architectures:
        shape = (self.config.sample_size, len(self._every))
        drawn = self._rng.integers(self.config.population_size, size=shape)
        winners = self._validation[drawn, self._every].argmax(axis=0)
        parents: Architectures = self._population[drawn[winners, self._every], self._every]
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
        better = validation > self._best_validation
        self._best[better] = self._asked[better]
        self._best_validation[better] = validation[better]

    def outcome(self) -> Outcome:
        """The best ever seen; every evolution is cut off by the budget."""
        count = len(self._every)
        return Outcome(self._best, np.zeros(count, np.int64), np.zeros(count, np.bool_))
