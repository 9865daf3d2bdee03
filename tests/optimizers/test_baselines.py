"""The three baselines against brute force over a small graph."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from toy_plugin import VERTICES, ToyBenchmark, ToySpace

from naslib_incremental.optimizers import EpisodeSettings, Optimizer, Outcome
from naslib_incremental.optimizers.local_search import LocalSearch
from naslib_incremental.optimizers.random_search import RandomSearch
from naslib_incremental.optimizers.random_walk import RandomWalk

BENCHMARK = ToyBenchmark("plain")
SPACE = BENCHMARK.space


def episodes(
    optimizer: Optimizer, starts: NDArray[np.int32], seed: int = 0
) -> tuple[list[list[int]], Outcome]:
    """Each episode's queries, and the outcome."""
    optimizer.start(starts, BENCHMARK.validation[starts], np.random.default_rng(seed))
    queries: list[list[int]] = [[] for _ in starts]
    while (asked := optimizer.ask()) is not None:
        for episode, architecture in zip(asked.episodes, asked.architectures, strict=True):
            queries[episode].append(int(architecture))
        optimizer.tell(BENCHMARK.validation[asked.architectures])
    return queries, optimizer.outcome()


def climb(start: int, max_steps: int) -> tuple[int, int, bool, list[set[int]]]:
    """Steepest ascent by hand: final, steps, stopped, and what is looked at in each round."""
    current, looked = start, []
    for step in range(max_steps):
        around = [int(v) for v in SPACE.successors[current]]
        looked.append(set(around))
        best = max(around, key=lambda v: BENCHMARK.validation[v], default=current)
        if BENCHMARK.validation[best] <= BENCHMARK.validation[current]:
            return current, step, True, looked
        current = best
    return current, max_steps, False, looked


@pytest.mark.parametrize("max_steps", [0, 1, 2, 32])
def test_local_search_is_steepest_ascent(max_steps: int) -> None:
    starts = np.arange(VERTICES, dtype=np.int32)
    search = LocalSearch(SPACE, EpisodeSettings(neighbours=50, max_steps=max_steps))
    queries, outcome = episodes(search, starts)
    for start in range(VERTICES):
        final, steps, stopped, looked = climb(start, max_steps)
        assert outcome.final[start] == final
        assert outcome.num_steps[start] == steps
        assert outcome.stopped[start] == stopped
        for around in looked:
            assert set(queries[start][: len(around)]) == around
            del queries[start][: len(around)]
        assert not queries[start]


def test_local_search_queries_what_is_presented() -> None:
    starts = np.repeat(np.arange(VERTICES, dtype=np.int32), 200)
    search = LocalSearch(SPACE, EpisodeSettings(neighbours=2, max_steps=1))
    queries, _ = episodes(search, starts)
    for start, asked in zip(starts, queries, strict=True):
        around = SPACE.successors[start]
        assert len(asked) == len(set(asked)) == min(2, len(around))
        assert set(asked) <= {int(v) for v in around}


def test_local_search_takes_the_first_of_equals() -> None:
    space = ToySpace()
    space.successors[0] = np.array([5, 6, 7], np.int32)
    search = LocalSearch(space, EpisodeSettings(neighbours=3, max_steps=1))
    for seed in range(5):
        search.start(np.zeros(1, np.int32), np.zeros(1), np.random.default_rng(seed))
        asked = search.ask()
        assert asked is not None
        search.tell(np.ones(3))
        assert search.outcome().final[0] == asked.architectures[0]


def test_local_search_does_not_move_to_an_equal() -> None:
    search = LocalSearch(SPACE, EpisodeSettings())
    start = next(v for v in range(VERTICES) if len(SPACE.successors[v]))
    search.start(np.array([start], np.int32), np.array([0.5]), np.random.default_rng(0))
    asked = search.ask()
    assert asked is not None
    search.tell(np.full(len(asked.episodes), 0.5))
    assert search.ask() is None
    assert search.outcome().stopped.all()
    assert search.outcome().final[0] == start


@pytest.mark.parametrize("neighbours", [3, 50])
def test_random_walk_chooses_uniformly(neighbours: int) -> None:
    """One step from one vertex: every presented neighbour and stopping are equally likely."""
    start = max(range(VERTICES), key=lambda v: len(SPACE.successors[v]))
    around = SPACE.successors[start]
    count = 20_000
    walk = RandomWalk(SPACE, EpisodeSettings(neighbours=neighbours, max_steps=1))
    queries, outcome = episodes(walk, np.full(count, start, np.int32))
    presented = min(neighbours, len(around))
    stopping = count / (presented + 1)
    expected = [stopping] + [(count - stopping) / len(around)] * len(around)
    observed = [outcome.stopped.sum()] + [(outcome.final == v).sum() for v in around]
    assert stats.chisquare(observed, expected).pvalue > 1e-3
    assert queries == [[int(final)] for final in outcome.final]


def test_random_walk_moves_along_edges_and_is_cut_off() -> None:
    settings = EpisodeSettings(neighbours=50, max_steps=4)
    starts = np.repeat(np.arange(VERTICES, dtype=np.int32), 50)
    _, outcome = episodes(RandomWalk(SPACE, settings), starts)
    edges = np.zeros((VERTICES, VERTICES), np.int64)
    for vertex, around in enumerate(SPACE.successors):
        edges[vertex, around] = 1
    for steps in range(5):
        reachable = np.linalg.matrix_power(edges, steps)
        chosen = outcome.num_steps == steps
        assert chosen.any()
        assert (reachable[starts[chosen], outcome.final[chosen]] > 0).all()
    assert (outcome.stopped == (outcome.num_steps < 4)).all()


def test_random_walk_stops_where_nothing_is_presented() -> None:
    start = next(v for v in range(VERTICES) if not len(SPACE.successors[v]))
    _, outcome = episodes(RandomWalk(SPACE, EpisodeSettings()), np.array([start], np.int32))
    assert outcome.stopped.all()
    assert outcome.final[0] == start


def test_random_search_draws_afresh_from_the_default_sampler() -> None:
    starts = np.zeros(6_000, np.int32)
    queries, outcome = episodes(RandomSearch(SPACE, EpisodeSettings()), starts)
    assert stats.chisquare(np.bincount(outcome.final, minlength=VERTICES)).pvalue > 1e-3
    assert queries == [[int(final)] for final in outcome.final]
    assert not outcome.num_steps.any()
    _, other = episodes(RandomSearch(SPACE, EpisodeSettings()), starts, seed=1)
    assert (other.final != outcome.final).mean() > 0.9
