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
from naslib_incremental.optimizers.shapes import PATIENCE

BENCHMARK = ToyBenchmark("plain")
SUCCESSORS = [
    set(around.tolist()) or {vertex} for vertex, around in enumerate(BENCHMARK.space.successors)
]
EVERY = np.repeat(np.arange(VERTICES, dtype=np.int32), 5)


def evolve(
    starts: np.ndarray, budget: int, seed: int = 0, **options: int
) -> tuple[list[list[int]], Outcome]:
    """What each evolution asks for, and the outcome."""
    settings = EpisodeSettings(query_budget=budget)
    optimizer = RegularizedEvolution(BENCHMARK.space, settings, EvolutionConfig(**options))
    optimizer.start(starts, np.full(len(starts), np.nan), np.random.default_rng(seed))
    asked: list[list[int]] = [[] for _ in starts]
    while (one := optimizer.ask()) is not None:
        for search, architecture in zip(one.episodes, one.architectures, strict=True):
            asked[search].append(int(architecture))
        optimizer.tell(BENCHMARK.validation[one.architectures])
    return asked, optimizer.outcome()


@pytest.mark.parametrize("budget", [1, 3, 4, 8])
def test_every_evolution_spends_the_budget_on_different_architectures(budget: int) -> None:
    searches, outcome = evolve(EVERY, budget, population_size=8, sample_size=2)
    different = np.array([len(set(asked)) for asked in searches])
    assert ((different == budget) | outcome.stopped).all()
    assert (different <= budget).all()
    assert outcome.stopped.mean() < 0.1
    assert not outcome.num_steps.any()


def test_one_that_finds_nothing_new_stops() -> None:
    """A vertex without neighbours has itself for a child."""
    start = next(v for v in range(VERTICES) if not len(BENCHMARK.space.successors[v]))
    (asked,), outcome = evolve(np.array([start], np.int32), 5, population_size=1)
    assert set(asked) == {start}
    assert len(asked) == 1 + PATIENCE
    assert outcome.stopped.all()


def test_the_final_is_the_best_ever_seen() -> None:
    searches, outcome = evolve(EVERY, 30, population_size=4, sample_size=2)
    best = [BENCHMARK.validation[asked].max() for asked in searches]
    np.testing.assert_array_equal(BENCHMARK.validation[outcome.final], best)


def test_the_first_population_is_the_start_and_samples() -> None:
    searches, _ = evolve(np.repeat(EVERY, 20), 6, population_size=6)
    first = np.array([asked[:6] for asked in searches])
    np.testing.assert_array_equal(first[:, 0], np.repeat(EVERY, 20))
    sampled = np.bincount(first[:, 1:].ravel(), minlength=VERTICES)
    assert stats.chisquare(sampled).pvalue > 1e-3


@pytest.mark.parametrize("size", [1, 4])
def test_a_child_is_a_neighbour_of_one_that_lives(size: int) -> None:
    """The living are the last ``size`` born, however good the dead were."""
    searches, _ = evolve(EVERY, 40, population_size=size, sample_size=3)
    parents_of_oldest = 0
    for born in searches:
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
    count = 8_000
    starts = np.full(count, start, np.int32)
    searches, _ = evolve(starts, 4, population_size=3, sample_size=2)
    observed = np.bincount([asked[3] for asked in searches], minlength=VERTICES)
    possible = expected > 0
    assert not observed[~possible].any()
    expected *= count / expected.sum()
    assert stats.chisquare(observed[possible], expected[possible]).pvalue > 1e-3


@pytest.mark.parametrize("option", ["population_size", "sample_size"])
def test_sizes_below_one_are_refused(option: str) -> None:
    with pytest.raises(UserError, match=f"{option} of at least 1; got 0") as caught:
        evolve(EVERY, 5, **{option: 0})
    assert caught.value.setting == option
