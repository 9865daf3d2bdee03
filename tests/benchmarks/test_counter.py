"""The query counter against a plain Python count."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from naslib_incremental.benchmarks import QueryCounter
from tests.doubles.tiny_mdp import TinyBenchmark

BATCHES = st.lists(st.lists(st.integers(0, 5), max_size=8), max_size=8)


def ring() -> TinyBenchmark:
    return TinyBenchmark([[(i + 1) % 6] for i in range(6)], [i / 10 for i in range(6)])


@given(BATCHES)
def test_counts_every_query_and_each_architecture_once(batches: list[list[int]]) -> None:
    counter = QueryCounter(ring(), track_distinct=True)
    for batch in batches:
        answers = counter.query(np.array(batch, np.int32))
        assert answers.validation.tolist() == [state / 10 for state in batch]
        best = max([state for part in batches for state in part][: counter.queries], default=None)
        assert counter.best == (-np.inf if counter.queries == 0 else best / 10)
    everything = [state for batch in batches for state in batch]
    assert counter.queries == len(everything)
    assert counter.distinct == len(set(everything))


def test_restored_counter_goes_on() -> None:
    first = QueryCounter(ring(), track_distinct=True)
    first.query(np.array([0, 1, 1], np.int32))
    second = QueryCounter(ring(), track_distinct=True)
    second.restore(first.queries, first.seen, 0.15)
    assert second.best == 0.15
    second.query(np.array([1, 2], np.int32))
    assert (second.queries, second.distinct, second.best) == (5, 3, 0.2)


def test_answers_given_elsewhere_count() -> None:
    counter = QueryCounter(ring(), track_distinct=True)
    counter.query(np.array([2, 3], np.int32))
    counter.record(4, np.array([1, 2], np.uint64), 0.2)
    assert (counter.queries, counter.distinct, counter.best) == (6, 3, 0.3)
    counter.record(0, None, -np.inf)
    counter.record(1, np.array([5], np.uint64), 0.5)
    assert (counter.queries, counter.distinct, counter.best) == (7, 4, 0.5)
