from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from naslib_incremental.benchmarks import Answers
from naslib_incremental.harness.evaluate import IncumbentRecorder

EPISODES = 4
accuracies = st.sampled_from([0.0, 0.1, 0.2, 0.3, 0.4])
tests = st.one_of(accuracies, st.just(float("nan")))
queries = st.lists(st.tuples(st.integers(0, EPISODES - 1), accuracies, tests), max_size=40)


def record(
    batches: list[list[tuple[int, float, float]]],
) -> tuple[IncumbentRecorder, list[list[tuple[int, float, float]]]]:
    """The recorder, and its incumbents as lists per episode."""
    recorder = IncumbentRecorder(EPISODES)
    for batch in batches:
        episodes = np.array([episode for episode, _, _ in batch], np.int64)
        validation = np.array([v for _, v, _ in batch], np.float64)
        test = np.array([t for _, _, t in batch], np.float64)
        recorder.record(episodes, Answers(validation, test))
    found = recorder.incumbents()
    rows = list(
        zip(found.query.tolist(), found.validation.tolist(), found.test.tolist(), strict=True)
    )
    return recorder, [rows[found.offsets[e] : found.offsets[e + 1]] for e in range(EPISODES)]


def by_hand(history: list[tuple[float, float]]) -> list[tuple[int, float, float]]:
    kept = []
    for number, (validation, test) in enumerate(history, start=1):
        earlier = history[: number - 1]
        new = number == 1
        new |= validation > max((v for v, _ in earlier), default=-1)
        new |= test > max((t for _, t in earlier if t == t), default=-1)
        if new:
            kept.append((number, validation, test))
    return kept


@given(st.lists(queries, max_size=4))
def test_incumbents_are_the_new_bests_of_their_episode(
    batches: list[list[tuple[int, float, float]]],
) -> None:
    recorder, found = record(batches)
    for episode in range(EPISODES):
        history = [(v, t) for batch in batches for e, v, t in batch if e == episode]
        assert recorder.queries[episode] == len(history)
        np.testing.assert_equal(found[episode], by_hand(history))


@given(st.lists(st.tuples(accuracies, accuracies), min_size=1, max_size=20))
def test_running_bests_can_be_read_off(history: list[tuple[float, float]]) -> None:
    _, found = record([[(0, v, t)] for v, t in history])
    for number in range(1, len(history) + 1):
        seen, kept = history[:number], [row for row in found[0] if row[0] <= number]
        assert max(v for _, v, _ in kept) == max(v for v, _ in seen)
        assert max(t for _, _, t in kept) == max(t for _, t in seen)
        # max() takes the first of equals, as a search that keeps its incumbent does.
        assert max(kept, key=lambda row: row[1])[2] == max(seen, key=lambda row: row[0])[1]


@pytest.mark.parametrize("episode", [-1, EPISODES])
def test_episodes_out_of_range_are_refused(episode: int) -> None:
    with pytest.raises(ValueError, match=rf"0..3; got {episode}..{episode}"):
        record([[(episode, 0.1, 0.1)]])


def test_other_lengths_are_refused() -> None:
    recorder = IncumbentRecorder(EPISODES)
    with pytest.raises(ValueError, match="1 episodes for 2 queries"):
        recorder.record(np.zeros(1, np.int64), Answers(np.zeros(2), np.zeros(2)))
