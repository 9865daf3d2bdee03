from __future__ import annotations

import numpy as np
import pytest
from toy_plugin import VERTICES, ToyBenchmark

from naslib_incremental.harness.evaluate import evaluate, sample_start_set
from naslib_incremental.optimizers import Ask, EpisodeSettings, Outcome
from naslib_incremental.optimizers.local_search import LocalSearch
from naslib_incremental.optimizers.random_search import RandomSearch

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
