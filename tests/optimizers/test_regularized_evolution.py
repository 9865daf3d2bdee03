"""Regularized evolution against what its algorithm allows, and against exact probabilities."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats
from toy_plugin import VERTICES, ToyBenchmark

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.optimizers import EpisodeSettings, Outcome
from naslib_incremental.optimizers.regularized_evolution import (
    EvolutionConfig,
    RegularizedEvolution,
)

BENCHMARK = ToyBenchmark("plain")
SUCCESSORS = [
    set(around.tolist()) or {vertex} for vertex, around in enumerate(BENCHMARK.space.successors)
]
EVERY = np.repeat(np.arange(VERTICES, dtype=np.int32), 5)


def evolve(
    starts: np.ndarray, budget: int, seed: int = 0, **options: int
) -> tuple[np.ndarray, Outcome]:
    """[E, Q] queries, and the outcome."""
    settings = EpisodeSettings(query_budget=budget)
    optimizer = RegularizedEvolution(BENCHMARK.space, settings, EvolutionConfig(**options))
    optimizer.start(starts, BENCHMARK.validation[starts], np.random.default_rng(seed))
    rounds = []
    while (asked := optimizer.ask()) is not None:
        np.testing.assert_array_equal(asked.episodes, np.arange(len(starts)))
        rounds.append(asked.architectures.copy())
        optimizer.tell(BENCHMARK.validation[asked.architectures])
    return np.stack(rounds, axis=1), optimizer.outcome()


@pytest.mark.parametrize("budget", [1, 3, 4, 40])
def test_every_episode_spends_the_budget(budget: int) -> None:
    queries, outcome = evolve(EVERY, budget, population_size=4, sample_size=2)
    assert queries.shape == (len(EVERY), budget)
    assert not outcome.stopped.any()
    assert not outcome.num_steps.any()


def test_the_final_is_the_best_ever_seen() -> None:
    queries, outcome = evolve(EVERY, 30, population_size=4, sample_size=2)
    seen = np.column_stack([EVERY, queries])
    best = BENCHMARK.validation[seen].max(axis=1)
    np.testing.assert_array_equal(BENCHMARK.validation[outcome.final], best)


def test_the_first_population_is_drawn_from_the_sampler() -> None:
    queries, _ = evolve(np.repeat(EVERY, 20), 5, population_size=6)
    assert stats.chisquare(np.bincount(queries.ravel(), minlength=VERTICES)).pvalue > 1e-3


@pytest.mark.parametrize("size", [1, 4])
def test_a_child_is_a_neighbour_of_one_that_lives(size: int) -> None:
    """The living are the last ``size`` born, however good the dead were."""
    queries, _ = evolve(EVERY, 40, population_size=size, sample_size=3)
    parents_of_oldest = 0
    for start, asked in zip(EVERY.tolist(), queries.tolist(), strict=True):
        born = [start, *asked]
        for number in range(size, len(born)):
            living = born[number - size : number]
            families = [SUCCESSORS[parent] for parent in living]
            assert born[number] in set.union(*families)
            parents_of_oldest += born[number] not in set.union(set(), *families[1:])
    assert parents_of_oldest, "the oldest of the living must be able to have children"


def test_tournaments_have_the_exact_odds() -> None:
    """One child of a population of three, two sampled with replacement, a uniform neighbour."""
    start = max(range(VERTICES), key=lambda vertex: len(SUCCESSORS[vertex]))
    expected = np.zeros(VERTICES)
    for others in product(range(VERTICES), repeat=2):
        population = (start, *others)
        for sampled in product(population, repeat=2):
            winner = max(sampled, key=lambda vertex: BENCHMARK.validation[vertex])
            for child in SUCCESSORS[winner]:
                expected[child] += 1 / len(SUCCESSORS[winner])
    count = 100_000
    queries, _ = evolve(np.full(count, start, np.int32), 3, population_size=3, sample_size=2)
    observed = np.bincount(queries[:, 2], minlength=VERTICES)
    possible = expected > 0
    assert not observed[~possible].any()
    expected *= count / expected.sum()
    assert stats.chisquare(observed[possible], expected[possible]).pvalue > 1e-3


def test_without_neighbours_the_child_is_its_parent() -> None:
    start = next(v for v in range(VERTICES) if not len(BENCHMARK.space.successors[v]))
    queries, _ = evolve(np.array([start], np.int32), 5, population_size=1)
    assert (queries == start).all()


@pytest.mark.parametrize("option", ["population_size", "sample_size"])
def test_sizes_below_one_are_refused(option: str) -> None:
    with pytest.raises(UserError, match=f"{option} of at least 1; got 0") as caught:
        evolve(EVERY, 5, **{option: 0})
    assert caught.value.setting == option
