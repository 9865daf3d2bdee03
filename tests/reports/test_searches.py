"""Cutting episodes into searches of a budget, against brute force over every single query."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from naslib_incremental.reports.statistics.runs import Evaluation
from naslib_incremental.reports.statistics.searches import cut, first_hits
from tests.reports.builder import Query, evaluations_of

ACCURACY = st.integers(50, 60).map(lambda hundredths: hundredths / 100)
TEST = st.one_of(ACCURACY, st.just(np.nan))
EPISODES = st.lists(st.lists(st.tuples(ACCURACY, TEST), max_size=6), min_size=1, max_size=12)


def brute_force(pairs: list[list[list[Query]]], budget: int) -> list[list[list[float]]]:
    """Every complete search as its best-so-far triples, query by query."""
    searches = []
    for episodes in pairs:
        collected: list[Query] = []
        for queries in episodes:
            collected += queries
            if len(collected) >= budget:
                searches.append([best_so_far(collected[: q + 1]) for q in range(budget)])
                collected = []
    return searches


def best_so_far(queries: list[Query]) -> list[float]:
    validations = [validation for validation, _ in queries]
    selected = queries[validations.index(max(validations))][1]
    tests = [test for _, test in queries if not np.isnan(test)]
    return [max(validations), selected, max(tests, default=np.nan)]


@settings(max_examples=80, deadline=None)
@given(pairs=st.lists(EPISODES, min_size=1, max_size=3), budget=st.integers(1, 15))
def test_searches_and_curves_equal_brute_force(pairs: list[list[list[Query]]], budget: int) -> None:
    found = cut(evaluations_of(pairs), budget)
    expected = np.array(brute_force(pairs, budget)).reshape(-1, budget, 3)
    np.testing.assert_array_equal(found.finals, expected[:, -1, :])
    if not len(expected):
        assert np.isnan(found.mean).all()
        return
    np.testing.assert_allclose(found.mean, expected.mean(0).T, rtol=0, atol=1e-14)
    if len(expected) > 1:
        sigma = expected.std(0, ddof=1).T
        np.testing.assert_allclose(found.sigma, sigma, rtol=0, atol=1e-8)
    else:
        assert np.isnan(found.sigma).all()


def test_hand_computed_searches() -> None:
    """Budget 3: the second episode is cut off after one query, the last two are incomplete."""
    first = [(0.6, 0.9), (0.7, 0.5)]
    second = [(0.7, 0.8), (0.9, 0.9)]
    third = [(0.5, 0.1)]
    found = cut(evaluations_of([[first, second, third, third]]), 3)
    np.testing.assert_array_equal(found.finals, [[0.7, 0.5, 0.9]])
    np.testing.assert_array_equal(found.mean[0], [0.6, 0.7, 0.7])
    np.testing.assert_array_equal(found.mean[1], [0.9, 0.5, 0.5])
    np.testing.assert_array_equal(found.mean[2], [0.9, 0.9, 0.9])


def test_one_query_per_episode_is_groups_of_episodes() -> None:
    rng = np.random.default_rng(3)
    values = rng.random((2, 23))
    pairs = [[[(float(v), float(v))] for v in row] for row in values]
    found = cut(evaluations_of(pairs), 5)
    grouped = values[:, :20].reshape(2, 4, 5).max(axis=2)
    np.testing.assert_array_equal(found.finals[:, 0], grouped.ravel())
    assert found.agent_seed.tolist() == [0] * 4 + [1] * 4
    assert found.start_set.tolist() == [0] * 8


def test_equal_accuracies_have_no_spread_at_all() -> None:
    found = cut(evaluations_of([[[(0.93, 0.91)] for _ in range(30)]]), 3)
    assert (found.sigma == 0).all()
    assert (found.mean[0] == 0.93).all()


def test_pairs_hold_the_means_of_their_searches() -> None:
    rng = np.random.default_rng(5)
    written = [[[(float(v), float(v))] for v in rng.random(size)] for size in (21, 9, 3)]
    found = cut(evaluations_of(written), 4)
    assert found.crossed.counts.tolist() == [[5], [2]]
    own = [cut([one], 4).mean for one in evaluations_of(written)[:2]]
    np.testing.assert_allclose(found.crossed.means[:, 0], own, atol=1e-14)
    np.testing.assert_allclose(found.crossed.mean, found.mean, atol=1e-14)
    np.testing.assert_allclose(found.final(1).mean, found.finals[:, 1].mean(), atol=1e-14)


def whole(episodes: list[list[Query]], stopped: bool) -> Evaluation:
    """Episodes that are whole searches."""
    (one,) = evaluations_of([episodes])
    ended = replace(one.episodes, stopped=np.full(len(episodes), stopped))
    return replace(one, episodes=ended, is_search=True)


def test_a_whole_search_stands_alone_and_keeps_what_it_found() -> None:
    """Budget 3: two searches that stopped after one query and two, one cut off after four."""
    episodes = [[(0.6, 0.9)], [(0.5, 0.1), (0.7, 0.2)], [(0.3, 0.3)] * 3 + [(0.9, 0.9)]]
    found = cut([whole(episodes, stopped=True)], 3)
    np.testing.assert_array_equal(found.finals, [[0.6, 0.9, 0.9], [0.7, 0.2, 0.2], [0.3] * 3])
    np.testing.assert_allclose(found.mean[0], np.array([1.4, 1.6, 1.6]) / 3)
    hits = first_hits([whole(episodes, stopped=True)], 3, np.array([0.55]))
    np.testing.assert_allclose(hits.mean[0], [1 / 3, 2 / 3, 2 / 3])


def test_searches_of_a_smaller_budget_say_nothing_of_a_larger_one() -> None:
    episodes = [[(0.6, 0.9), (0.7, 0.9)], [(0.5, 0.1), (0.7, 0.2)]]
    assert len(cut([whole(episodes, stopped=False)], 2).finals) == 2
    assert len(cut([whole(episodes, stopped=False)], 3).finals) == 0
