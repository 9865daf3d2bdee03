from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from toy_plugin import VERTICES, ToyBenchmark

from naslib_incremental.benchmarks import Accuracies
from naslib_incremental.harness.evaluate import evaluate, sample_start_set
from naslib_incremental.optimizers import Ask, EpisodeSettings, Outcome
from naslib_incremental.optimizers.local_search import LocalSearch
from naslib_incremental.optimizers.random_search import RandomSearch
from naslib_incremental.optimizers.shapes import BatchedSearch
from naslib_incremental.search_spaces_ext.contract import Architectures

BENCHMARK = ToyBenchmark("plain")
STARTS = sample_start_set(BENCHMARK, 300, np.random.SeedSequence(3))


def test_start_set_is_sampled_from_its_seed_alone() -> None:
    again = sample_start_set(BENCHMARK, 300, np.random.SeedSequence(3))
    np.testing.assert_array_equal(again.architectures, STARTS.architectures)
    other = sample_start_set(BENCHMARK, 300, np.random.SeedSequence(4))
    assert (other.architectures != STARTS.architectures).any()
    assert STARTS.readable.tolist() == [f"v{vertex}" for vertex in STARTS.architectures]
    np.testing.assert_array_equal(
        STARTS.answers.validation, BENCHMARK.validation[STARTS.architectures]
    )
    np.testing.assert_array_equal(STARTS.answers.test, BENCHMARK.test[STARTS.architectures])
    assert len(np.unique(STARTS.architectures)) > VERTICES / 2


def test_evaluation_of_local_search() -> None:
    search = LocalSearch(BENCHMARK.space, EpisodeSettings())
    episodes = evaluate(search, BENCHMARK, STARTS, np.random.default_rng(0))
    final = BENCHMARK.space.from_readable(episodes.final.tolist())
    np.testing.assert_array_equal(final, search.outcome().final)
    np.testing.assert_array_equal(episodes.final_test, BENCHMARK.test[final])
    np.testing.assert_array_equal(episodes.final_validation, BENCHMARK.validation[final])
    np.testing.assert_array_equal(episodes.start_validation, STARTS.answers.validation)
    assert episodes.start.tolist() == STARTS.readable.tolist()
    assert 0 < episodes.seconds < 60
    degree = BENCHMARK.space.degree
    offsets = episodes.incumbents.offsets
    for episode, start in enumerate(STARTS.architectures):
        if episodes.num_steps[episode] == 0:
            assert episodes.queries[episode] == degree(np.array([start]))[0]
        # Local search ends in the best it has seen, or where it began.
        seen = episodes.incumbents.validation[offsets[episode] : offsets[episode + 1]]
        best = max(seen, default=-1)
        assert BENCHMARK.validation[final[episode]] == max(best, BENCHMARK.validation[start])


def test_a_search_pays_once_and_is_not_told_what_its_start_is_worth() -> None:
    class Repeating(BatchedSearch):
        """Asks for its start, for vertex 7 three times, and for the vertices from 0 on."""

        name = "repeating"

        def begin(self, starts: Architectures) -> None:
            self.starts, self.round = starts, 0

        def propose(self, searches: NDArray[np.int64]) -> Architectures:
            self.round += 1
            if self.round == 1:
                return self.starts[searches]
            vertex = 7 if self.round < 5 else self.round - 5
            return np.full(len(searches), vertex, np.int32)

        def learn(self, asked: Ask, validation: Accuracies, new: NDArray[np.bool_]) -> None:
            assert not new[asked.architectures == self.starts[asked.episodes]].any() or (
                self.round == 1
            )

        def start(self, starts, validation, rng):  # type: ignore[no-untyped-def]
            assert np.isnan(validation).all()
            super().start(starts, validation, rng)

    search = Repeating(BENCHMARK.space, EpisodeSettings(query_budget=4))
    episodes = evaluate(search, BENCHMARK, STARTS, np.random.default_rng(0))
    assert (episodes.queries == 4).all()
    assert not episodes.stopped.any()
    final = BENCHMARK.space.from_readable(episodes.final.tolist())
    for start, found in zip(STARTS.architectures.tolist(), final.tolist(), strict=True):
        asked = list(dict.fromkeys([start, 7, *range(10)]))[:4]
        assert found == max(asked, key=lambda vertex: BENCHMARK.validation[vertex])


class Short(RandomSearch):
    def outcome(self) -> Outcome:
        outcome = super().outcome()
        return Outcome(outcome.final[1:], outcome.num_steps, outcome.stopped)


class Astray(RandomSearch):
    def ask(self) -> Ask | None:
        asked = super().ask()
        return asked and Ask(asked.episodes + 1, asked.architectures)


class Spoiler(RandomSearch):
    def start(self, starts, validation, rng):  # type: ignore[no-untyped-def]
        super().start(starts, validation, rng)
        starts[:] = 0
        validation[:] = 0


@pytest.mark.parametrize(("broken", "message"), [(Short, "299 finals"), (Astray, "0..299")])
def test_broken_contract_is_an_error(broken: type[RandomSearch], message: str) -> None:
    search = broken(BENCHMARK.space, EpisodeSettings())
    with pytest.raises(ValueError, match=message):
        evaluate(search, BENCHMARK, STARTS, np.random.default_rng(0))


def test_no_optimizer_can_spoil_the_starts_of_others() -> None:
    before = STARTS.architectures.copy(), STARTS.answers.validation.copy()
    spoiler = Spoiler(BENCHMARK.space, EpisodeSettings())
    evaluate(spoiler, BENCHMARK, STARTS, np.random.default_rng(0))
    np.testing.assert_array_equal(STARTS.architectures, before[0])
    np.testing.assert_array_equal(STARTS.answers.validation, before[1])
