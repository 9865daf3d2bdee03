"""The bounded cache of answers."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from naslib_incremental.benchmarks.nasbench301.benchmark import AnswerCache


class Doubler:
    """Answers with twice and three times the number, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []

    def __call__(self, numbers: np.ndarray) -> np.ndarray:
        self.asked.append(numbers.tolist())
        return np.stack([2.0 * numbers, 3.0 * numbers], axis=1)


def keys(numbers: np.ndarray) -> np.ndarray:
    return numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)


@given(st.lists(st.lists(st.integers(0, 40), max_size=20), max_size=10))
def test_answers_are_right_whatever_was_asked_before(batches: list[list[int]]) -> None:
    doubler = Doubler()
    cache = AnswerCache(doubler, 2, keys, slots=8)
    for batch in batches:
        numbers = np.array(batch, np.int64)
        expected = np.stack([2.0 * numbers, 3.0 * numbers], axis=1)
        np.testing.assert_array_equal(cache(numbers), expected)
    for asked in doubler.asked:
        assert len(asked) == len(set(asked)), "one architecture computed twice in a batch"


def test_what_was_computed_is_not_computed_again() -> None:
    doubler = Doubler()
    cache = AnswerCache(doubler, 2, keys, slots=1 << 10)
    numbers = np.arange(5)
    cache(numbers)
    cache(np.concatenate([numbers, [7, 7]]))
    assert sorted(doubler.asked[0]) == numbers.tolist()
    assert doubler.asked[1:] == [[7]]


def test_the_cache_is_bounded() -> None:
    cache = AnswerCache(Doubler(), 2, keys, slots=16)
    before = cache._answers.nbytes + cache._keys.nbytes
    cache(np.arange(100_000))
    assert cache._answers.nbytes + cache._keys.nbytes == before == 16 * (8 + 16)
