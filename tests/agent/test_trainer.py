"""The trainer in both environments: what it counts, how it explores, that it never waits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from naslib_incremental.agent import AgentConfig, network
from naslib_incremental.agent.exploration import epsilon_ladder
from naslib_incremental.agent.trainer import LocalTrainer, RunningSums, reward_scale
from naslib_incremental.benchmarks import Benchmark, QueryCounter, open_benchmark
from naslib_incremental.foundation.seeding import children
from tests.doubles.small_training import OPTIONS, STARTS

in_both = pytest.mark.parametrize("kind", STARTS)


@pytest.fixture(scope="module")
def benchmark() -> Benchmark:
    return open_benchmark("nasbench_graph/cora")


def trainer(kind: str, benchmark: Benchmark, **options: object) -> LocalTrainer:
    config = AgentConfig.of({**OPTIONS, **options})
    return STARTS[kind](config, benchmark, np.random.SeedSequence(1))


@in_both
def test_what_is_counted_is_what_was_queried(kind: str, benchmark: Benchmark) -> None:
    found = trainer(kind, benchmark, reward_scale="spread")
    assert found.environment.counts()[0] == 4_096 + 64
    for _ in range(5):
        found.advance()
    counter = found.counter
    assert (counter.queries, counter.distinct) == found.environment.counts()
    assert found.take_figures()["queries"] == counter.queries
    shown = QueryCounter(benchmark, track_distinct=True)
    shown.query(found.environment.observation.states[:, 0].numpy())
    assert np.isin(shown.seen, counter.seen).all()
    place = {"host": 3, "device": 2}[kind]
    scale = np.random.default_rng(children(np.random.SeedSequence(1), 4)[place])
    sampled = QueryCounter(benchmark, track_distinct=True)
    assert reward_scale(found.config, sampled, scale) == found.environment.state_dict()["scale"]
    assert sampled.distinct > 1_000
    assert np.isin(sampled.seen, counter.seen).all()


@in_both
def test_the_ladder_goes_over_the_environments(kind: str, benchmark: Benchmark) -> None:
    found = trainer(kind, benchmark)
    assert torch.equal(found.epsilons, epsilon_ladder(64, 0.4, 7.0))
    assert found.watched.tolist() == [False] * 48 + [True] * 16


@in_both
def test_there_may_be_more_environments_than_the_replay_holds(
    kind: str, benchmark: Benchmark
) -> None:
    found = trainer(kind, benchmark, num_envs=40, replay_capacity=30, learning_starts=30)
    for _ in range(10):
        found.advance()
    assert len(found.replay) == 30
    assert found.learner.updates > 0


@in_both
def test_updates_keep_pace_with_steps(kind: str, benchmark: Benchmark) -> None:
    found = trainer(kind, benchmark, update_every=96)
    learning = 0
    for _ in range(20):
        found.advance()
        learning += 64 * (len(found.replay) >= 256)
        assert found.learner.updates * 96 + found.owed_steps == learning
    assert found.learner.updates > 5


def test_sums_give_means_of_what_happened_and_begin_anew() -> None:
    sums = RunningSums()
    assert sums.take_means() == {}
    sums.add(finals=2, final_accuracy=1.5)
    assert sums.take_means() == {"mean_final_validation": 0.75}
    sums.add(updates=1, loss=torch.tensor(0.5))
    sums.add(updates=1, loss=torch.tensor(0.25))
    other = RunningSums()
    other.load_state_dict(sums.state_dict())
    assert other.totals() == {"finals": 0, "final_accuracy": 0, "updates": 2, "loss": 0.75}
    assert other.take_means() == {"loss": 0.375}
    assert sums.totals()["updates"] == 2


class NothingIsRead(TorchDispatchMode):
    """Refuses what makes the host wait for the device: numbers read, shapes that depend on data."""

    READS = ("_local_scalar_dense", "nonzero", "masked_select", "unique", "is_nonzero", "equal")

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        name = str(func).removeprefix("aten.").partition(".")[0].strip("_")
        assert name not in {read.strip("_") for read in self.READS}, func
        if name in ("index", "index_put"):
            indices = [index for index in args[1] if index is not None]
            assert all(index.dtype is not torch.bool for index in indices), func
        return func(*args, **(kwargs or {}))


def test_the_host_never_waits_while_training_on_a_device(
    benchmark: Benchmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = trainer("device", benchmark)
    # Adam counts its steps in tensors that stay on the host.
    monkeypatch.setattr(found.learner.optimizer, "step", lambda: None)
    # As on an accelerator.
    monkeypatch.setattr(network, "pays", lambda mask: False)
    with NothingIsRead():
        for _ in range(12):
            found.advance()
        with pytest.raises(AssertionError):
            found.environment.counts()
        with pytest.raises(AssertionError):
            found.take_figures()
    assert found.learner.updates > found.config.target_update_every - 2
