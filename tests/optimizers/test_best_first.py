"""Best-first and enhanced local search against a plain replay of their rules, one at a time."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from toy_plugin import VERTICES, ToyBenchmark, ToySpace

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.optimizers import EpisodeSettings, Outcome
from naslib_incremental.optimizers.best_first import BestFirst, BestFirstConfig
from naslib_incremental.optimizers.local_search_enhanced import LocalSearchEnhanced

BENCHMARK = ToyBenchmark("plain")
EVERY = np.repeat(np.arange(VERTICES, dtype=np.int32), 5)


def search(
    starts: NDArray[np.int32],
    validation: NDArray[np.float64],
    settings: EpisodeSettings,
    initial: int = 0,
    kind: type[BestFirst] = LocalSearchEnhanced,
) -> tuple[list[list[int]], Outcome]:
    """What each search asks for, and the outcome."""
    optimizer = kind(BENCHMARK.space, settings, BestFirstConfig(initial))
    optimizer.start(starts, np.full(len(starts), np.nan), np.random.default_rng(0))
    asked: list[list[int]] = [[] for _ in starts]
    while (one := optimizer.ask()) is not None:
        for episode, architecture in zip(one.episodes, one.architectures, strict=True):
            asked[episode].append(int(architecture))
        optimizer.tell(validation[one.architectures])
    return asked, optimizer.outcome()


def replay(
    queries: list[int],
    validation: NDArray[np.float64],
    initial: int,
    kind: type[BestFirst] = LocalSearchEnhanced,
) -> tuple[int, int]:
    """Follow one search whose presented neighbours are all neighbours; its optima and restarts.

    Raises:
        AssertionError: the rule does not allow a query.
    """
    seen: list[int] = []
    explored, around = set(), None
    optima = restarts = 0
    for number, query in enumerate(queries):
        if number > initial:
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
        if query not in seen:
            seen.append(query)
        better = around is not None and validation[query] > validation[around[0]]
        if better and kind is LocalSearchEnhanced:
            around = None
    return optima, restarts


# Many equal accuracies show which of equals is taken.
COARSE = BENCHMARK.validation.round(1)


@pytest.mark.parametrize("validation", [BENCHMARK.validation, COARSE], ids=["distinct", "coarse"])
@pytest.mark.parametrize("initial", [0, 4, 99])
@pytest.mark.parametrize("kind", [LocalSearchEnhanced, BestFirst])
def test_queries_follow_the_rule(
    kind: type[BestFirst], initial: int, validation: NDArray[np.float64]
) -> None:
    searches, outcome = search(EVERY, validation, EpisodeSettings(query_budget=55), initial, kind)
    optima = restarts = 0
    for start, asked in zip(EVERY.tolist(), searches, strict=True):
        assert asked[0] == start
        assert len(set(asked)) == 55
        more = replay(asked, validation, initial, kind)
        optima, restarts = optima + more[0], restarts + more[1]
    if initial < 55:
        assert optima > 500
        # Whole neighbourhoods leave no time to run out of what was sampled first.
        assert restarts > (-1 if initial and kind is BestFirst else 0 if initial else 50)
    best = [validation[asked].max() for asked in searches]
    np.testing.assert_array_equal(validation[outcome.final], best)
    assert not outcome.stopped.any()
    assert not outcome.num_steps.any()


def test_a_space_that_is_seen_whole_ends_the_search() -> None:
    (asked,), outcome = search(EVERY[:1], BENCHMARK.validation, EpisodeSettings(query_budget=99))
    assert set(asked) == set(range(VERTICES))
    assert outcome.stopped.all()
    assert BENCHMARK.validation[outcome.final[0]] == BENCHMARK.validation.max()


def test_the_replay_knows_right_from_wrong() -> None:
    """Only best-first queries all neighbours of the start first; strangers are always refused."""
    start = max(range(VERTICES), key=lambda vertex: len(BENCHMARK.space.successors[vertex]))
    around = sorted(
        BENCHMARK.space.successors[start].tolist(), key=lambda vertex: -BENCHMARK.validation[vertex]
    )
    with pytest.raises(AssertionError):
        replay([start, *around], BENCHMARK.validation, 0)
    replay([start, *around], BENCHMARK.validation, 0, BestFirst)
    strangers = sorted(set(range(VERTICES)) - {start} - set(around))
    with pytest.raises(AssertionError):
        replay([start, *strangers[:1]], BENCHMARK.validation, 0)


def test_only_restarts_ask_twice() -> None:
    searches, _ = search(EVERY, BENCHMARK.validation, EpisodeSettings(query_budget=15))
    calm = [asked for asked in searches if not replay(asked, BENCHMARK.validation, 0)[1]]
    assert len(calm) > 100
    assert all(len(set(asked)) == len(asked) == 15 for asked in calm)


@pytest.mark.parametrize("neighbours", [3, 50])
def test_neighbours_come_in_random_order(neighbours: int) -> None:
    start = max(range(VERTICES), key=lambda vertex: len(BENCHMARK.space.successors[vertex]))
    starts = np.full(5_000, start, np.int32)
    settings = EpisodeSettings(neighbours=neighbours, query_budget=2)
    searches, _ = search(starts, BENCHMARK.validation, settings)
    asked = np.bincount([asked[1] for asked in searches], minlength=VERTICES)
    observed = asked[BENCHMARK.space.successors[start]]
    assert observed.sum() == len(starts)
    assert stats.chisquare(observed).pvalue > 1e-3


def test_no_more_neighbours_are_looked_at_than_presented() -> None:
    """In a star whose centre is best, the second look around goes to a leaf."""
    space = ToySpace()
    space.successors = [np.arange(1, 9, dtype=np.int32)] + [np.array([9], np.int32)] * 59
    validation = np.zeros(VERTICES)
    validation[0] = 1.0
    settings = EpisodeSettings(neighbours=3, query_budget=5)
    optimizer = LocalSearchEnhanced(space, settings, BestFirstConfig(initial=0))
    optimizer.start(np.zeros(1, np.int32), np.full(1, np.nan), np.random.default_rng(0))
    asked = []
    while (ask := optimizer.ask()) is not None:
        asked += ask.architectures.tolist()
        optimizer.tell(validation[ask.architectures])
    assert asked[0] == 0
    assert set(asked[1:4]) <= set(range(1, 9))
    assert asked[4] == 9


def test_the_first_draws_come_from_the_sampler() -> None:
    settings = EpisodeSettings(query_budget=5)
    searches, _ = search(np.repeat(EVERY, 20), BENCHMARK.validation, settings, initial=4)
    sampled = np.concatenate([asked[1:5] for asked in searches])
    assert stats.chisquare(np.bincount(sampled, minlength=VERTICES)).pvalue > 1e-3


def test_a_negative_number_of_first_draws_is_refused() -> None:
    with pytest.raises(UserError, match="initial of at least 0; got -1") as caught:
        search(EVERY, BENCHMARK.validation, EpisodeSettings(), initial=-1)
    assert caught.value.setting == "initial"
