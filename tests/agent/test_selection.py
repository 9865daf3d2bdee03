"""The choice of a policy: its cost, its rounds against a plain loop, its score by enumeration."""

from __future__ import annotations

from itertools import chain, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from naslib_incremental.agent import selection
from naslib_incremental.agent.policy import Policy, QSource, Rollout, q_source
from naslib_incremental.agent.selection import allowance, choose_policy, mean_best_found
from naslib_incremental.benchmarks import QueryCounter
from naslib_incremental.mdp import Observation
from tests.doubles.tiny_mdp import TinyBenchmark

SIZE = 500


def ring(seed: int) -> TinyBenchmark:
    worth = np.random.default_rng(seed).random(SIZE)
    return TinyBenchmark([[(i + 1) % SIZE] for i in range(SIZE)], worth)


def values(shown: Observation) -> NDArray[np.float32]:
    return np.where(shown.mask, 0.0, -1e9).astype(np.float32)


def shift(policy: Policy) -> int:
    return round(20 * policy.stay_margin + 700 * policy.temperature)


class Walks:
    """In the place of rollouts: every policy ends so far from its start, a hot one in few places.

    Attributes:
        starts: of each policy, one list a call.
    """

    def __init__(self) -> None:
        self.starts: dict[Policy, list[list[int]]] = {}

    def __call__(
        self,
        source: QSource,
        starts: NDArray[np.int32],
        max_steps: int,
        policy: Policy,
        rng: np.random.Generator,
    ) -> Rollout:
        self.starts.setdefault(policy, []).append(starts.tolist())
        final = self.ends(starts, policy).astype(np.int32)
        return Rollout(final, np.zeros(len(final), np.int64), np.ones(len(final), bool))

    @staticmethod
    def ends(starts: NDArray[np.int32], policy: Policy) -> NDArray[np.int32]:
        return (starts // (1 + shift(policy)) + shift(policy)) % SIZE


@pytest.fixture
def walks(monkeypatch: pytest.MonkeyPatch) -> Walks:
    found = Walks()
    monkeypatch.setattr(selection, "roll_out", found)
    return found


def choice(
    benchmark: TinyBenchmark, fixed: tuple[float | None, float | None], training: int = 0
) -> tuple[Policy, list[dict[str, float]], QueryCounter]:
    counter = QueryCounter(benchmark, track_distinct=True)
    counter.record(training, None, 0.0)
    source = q_source(values, benchmark.space, 50, order_matters=False)
    return *choose_policy(source, counter, 8, fixed, np.random.default_rng(0)), counter


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("fixed", "sizes"),
    [((None, None), (20, 10, 5, 3, 2)), ((0.0, None), (5, 3, 2)), ((None, 0.1), (4, 2))],
)
def test_rounds_halve_the_worse_ones_from_common_starts(
    walks: Walks,
    seed: int,
    fixed: tuple[float | None, float | None],
    sizes: tuple[int, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Replayed batch by batch with a set of what is known."""
    monkeypatch.setattr(selection, "MOST_EPISODES", 400)
    benchmark = ring(seed)
    policy, tried, counter = choice(benchmark, fixed)
    starts = list(chain.from_iterable(max(walks.starts.values(), key=len)))
    for own in walks.starts.values():
        walked = list(chain.from_iterable(own))
        assert walked == starts[: len(walked)], "all walk from the same starts"
    going, known, begun = list(walks.starts), set(), []
    assert len(going) == sizes[0] == len(tried)
    scores: dict[Policy, float] = {}
    for number, size in enumerate(sizes, 1):
        going = sorted(going, key=lambda one: -scores.get(one, 0.0))[:size]
        while len(begun) < 400:
            more = min(max(1, len(begun) // 8), 400 - len(begun))
            batch = starts[len(begun) : len(begun) + more]
            ends = {end for one in going for end in walks.ends(np.array(batch), one).tolist()}
            if len(known | ends) > 200 * number // len(sizes):
                break
            known |= ends
            begun += batch
        for one in going:
            found = benchmark.query(walks.ends(np.array(begun), one)).validation
            scores[one] = mean_best_found(found, benchmark.budgets)
    assert len(begun) <= len(starts) < len(begun) + 2 * selection.CHUNK
    assert policy == max(going, key=scores.__getitem__)
    assert counter.queries == counter.distinct == len(known) <= 200
    assert {(one["temperature"], one["stay_margin"]): one["score"] for one in tried} == {
        (one.temperature, one.stay_margin): score for one, score in scores.items()
    }
    assert max(one["episodes"] for one in tried) == len(begun)


def test_the_choice_costs_a_tenth_of_training_at_most_6000_at_least_200() -> None:
    costs = [allowance(queries) for queries in (0, 1_999, 6_912, 59_990, 168_000)]
    assert costs == [200, 200, 691, 5_999, 6_000]


@pytest.mark.parametrize("training", [0, 3_000])
def test_queries_are_counted_on_top_of_trainings(walks: Walks, training: int) -> None:
    _, tried, counter = choice(ring(0), (None, None), training)
    least = 40 if training == 0 else 100
    assert least <= counter.queries - training <= allowance(training)
    assert max(one["episodes"] for one in tried) > 10


def test_fixed_policy_costs_no_query(walks: Walks) -> None:
    policy, tried, counter = choice(ring(0), (0.3, 0.0))
    assert (policy, tried, counter.queries) == (Policy(0.3, 0.0), [], 0)
    assert not walks.starts


def test_the_policy_that_finds_most_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of twenty ends a little better than the others, which a score over all ends shows."""
    best = Policy(0.02, 0.15)

    def nearly(
        source: QSource,
        starts: NDArray[np.int32],
        max_steps: int,
        policy: Policy,
        rng: np.random.Generator,
    ) -> Rollout:
        final = starts // 5 + (SIZE // 2 if policy == best else 0)
        return Rollout(final, np.zeros(len(final), np.int64), np.ones(len(final), bool))

    monkeypatch.setattr(selection, "roll_out", nearly)
    benchmark = TinyBenchmark([[(i + 1) % SIZE] for i in range(SIZE)], np.arange(SIZE) / SIZE)
    policy, _, counter = choice(benchmark, (None, None))
    assert policy == best
    assert counter.queries <= 200


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=4),
    st.lists(st.integers(1, 4), min_size=1, max_size=3),
)
def test_mean_best_found_over_all_draws(validation: list[int], budgets: list[int]) -> None:
    expected = [
        np.mean([max(drawn) for drawn in product(validation, repeat=budget)]) for budget in budgets
    ]
    assert mean_best_found(np.array(validation, float), budgets) == pytest.approx(np.mean(expected))
