"""Enhanced local search against a plain replay of its rule, one episode at a time."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from toy_plugin import VERTICES, ToyBenchmark, ToySpace

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.optimizers import EpisodeSettings, Outcome
from naslib_incremental.optimizers.local_search_enhanced import EnhancedConfig, LocalSearchEnhanced

BENCHMARK = ToyBenchmark("plain")
EVERY = np.repeat(np.arange(VERTICES, dtype=np.int32), 5)


def search(
    starts: NDArray[np.int32],
    validation: NDArray[np.float64],
    settings: EpisodeSettings,
    initial: int = 0,
) -> tuple[NDArray[np.int32], Outcome]:
    """[E, Q] queries, and the outcome."""
    optimizer = LocalSearchEnhanced(BENCHMARK.space, settings, EnhancedConfig(initial))
    optimizer.start(starts, validation[starts], np.random.default_rng(0))
    rounds = []
    while (asked := optimizer.ask()) is not None:
        np.testing.assert_array_equal(asked.episodes, np.arange(len(starts)))
        rounds.append(asked.architectures.copy())
        optimizer.tell(validation[asked.architectures])
    return np.stack(rounds, axis=1), optimizer.outcome()


def replay(
    start: int, queries: list[int], validation: NDArray[np.float64], initial: int
) -> tuple[int, int]:
    """Follow one episode whose presented neighbours are all neighbours; its optima and restarts.

    Raises:
        AssertionError: the rule does not allow a query.
    """
    seen, explored, around = [start], set(), None
    optima = restarts = 0
    for number, query in enumerate(queries):
        if number >= initial:
            while around is None or not around[1] - set(seen):
                optima += around is not None
                candidates = [place for place in range(len(seen)) if place not in explored]
                if not candidates:
                    around = None
                    break
                best = max(candidates, key=lambda place: validation[seen[place]])
                explored.add(best)
                around = (seen[best], set(BENCHMARK.space.successors[seen[best]].tolist()))
            if around is None:
                restarts += 1
            else:
                assert query in around[1] - set(seen)
        seen.append(query)
        if around is not None and validation[query] > validation[around[0]]:
            around = None
    return optima, restarts


# Many equal accuracies show which of equals is taken.
COARSE = BENCHMARK.validation.round(1)


@pytest.mark.parametrize("validation", [BENCHMARK.validation, COARSE], ids=["distinct", "coarse"])
@pytest.mark.parametrize("initial", [0, 4, 99])
def test_queries_follow_the_rule(validation: NDArray[np.float64], initial: int) -> None:
    queries, outcome = search(EVERY, validation, EpisodeSettings(query_budget=80), initial)
    assert queries.shape == (len(EVERY), 80)
    optima = restarts = 0
    for start, asked in zip(EVERY.tolist(), queries.tolist(), strict=True):
        more = replay(start, asked, validation, initial)
        optima, restarts = optima + more[0], restarts + more[1]
    if initial < 80:
        assert optima > 1_000
        assert restarts > 100
    best = validation[np.column_stack([EVERY, queries])].max(axis=1)
    np.testing.assert_array_equal(validation[outcome.final], best)
    assert not outcome.stopped.any()
    assert not outcome.num_steps.any()


def test_the_replay_knows_right_from_wrong() -> None:
    """Querying all neighbours of the start first, or anything at all, is refused."""
    start = max(range(VERTICES), key=lambda vertex: len(BENCHMARK.space.successors[vertex]))
    around = sorted(
        BENCHMARK.space.successors[start].tolist(), key=lambda vertex: -BENCHMARK.validation[vertex]
    )
    with pytest.raises(AssertionError):
        replay(start, around, BENCHMARK.validation, 0)
    strangers = sorted(set(range(VERTICES)) - {start} - set(around))
    with pytest.raises(AssertionError):
        replay(start, strangers[:1], BENCHMARK.validation, 0)


def test_only_restarts_ask_twice() -> None:
    queries, _ = search(EVERY, BENCHMARK.validation, EpisodeSettings(query_budget=15))
    calm = [
        (start, asked)
        for start, asked in zip(EVERY.tolist(), queries.tolist(), strict=True)
        if not replay(start, asked, BENCHMARK.validation, 0)[1]
    ]
    assert len(calm) > 100
    assert all(len({start, *asked}) == 16 for start, asked in calm)


@pytest.mark.parametrize("neighbours", [3, 50])
def test_neighbours_come_in_random_order(neighbours: int) -> None:
    start = max(range(VERTICES), key=lambda vertex: len(BENCHMARK.space.successors[vertex]))
    starts = np.full(20_000, start, np.int32)
    settings = EpisodeSettings(neighbours=neighbours, query_budget=1)
    queries, _ = search(starts, BENCHMARK.validation, settings)
    observed = np.bincount(queries[:, 0], minlength=VERTICES)[BENCHMARK.space.successors[start]]
    assert observed.sum() == len(starts)
    assert stats.chisquare(observed).pvalue > 1e-3


def test_no_more_neighbours_are_looked_at_than_presented() -> None:
    """In a star whose centre is best, the second look around goes to a leaf."""
    space = ToySpace()
    space.successors = [np.arange(1, 9, dtype=np.int32)] + [np.array([9], np.int32)] * 59
    validation = np.zeros(VERTICES)
    validation[0] = 1.0
    settings = EpisodeSettings(neighbours=3, query_budget=4)
    optimizer = LocalSearchEnhanced(space, settings, EnhancedConfig(initial=0))
    optimizer.start(np.zeros(1, np.int32), validation[:1], np.random.default_rng(0))
    asked = []
    while (ask := optimizer.ask()) is not None:
        asked += ask.architectures.tolist()
        optimizer.tell(validation[ask.architectures])
    assert set(asked[:3]) <= set(range(1, 9))
    assert asked[3] == 9


def test_the_first_draws_come_from_the_sampler() -> None:
    settings = EpisodeSettings(query_budget=5)
    queries, _ = search(np.repeat(EVERY, 20), BENCHMARK.validation, settings, initial=5)
    assert stats.chisquare(np.bincount(queries.ravel(), minlength=VERTICES)).pvalue > 1e-3


def test_a_negative_number_of_first_draws_is_refused() -> None:
    with pytest.raises(UserError, match="initial of at least 0; got -1") as caught:
        search(EVERY, BENCHMARK.validation, EpisodeSettings(), initial=-1)
    assert caught.value.setting == "initial"
