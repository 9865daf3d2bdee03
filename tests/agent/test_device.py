"""Training as tensors against the array code: same transitions, same draws, same optimum."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from torch.utils._python_dispatch import TorchDispatchMode

from naslib_incremental.agent import AgentConfig, load_agent, network, train_agent
from naslib_incremental.agent.actor import Acted, NStepAssembler
from naslib_incremental.agent.device import checkpoint, resolve_device
from naslib_incremental.agent.device import environment as device_environment
from naslib_incremental.agent.device.actor import DeviceAssembler, Taken, choose
from naslib_incremental.agent.device.environment import (
    DeviceEnvironment,
    Shown,
    SpaceTensors,
    start_pool,
)
from naslib_incremental.agent.device.replay import DeviceReplay, DeviceTransitions
from naslib_incremental.agent.device.trainer import DeviceTrainer
from naslib_incremental.agent.exploration import epsilon_ladder
from naslib_incremental.agent.replay import PrioritisedReplay, Transitions
from naslib_incremental.benchmarks import Benchmark, QueryCounter, open_benchmark
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.mdp import IncrementalMDP, Observation, Step, observe
from naslib_incremental.search_spaces_ext.nasbench301.space import NASBench301Space
from tests.doubles.small_training import OPTIONS
from tests.doubles.solved_mdp import ACCURACIES, ROWS, learning_config, value_iteration
from tests.doubles.tiny_mdp import TinyBenchmark

CPU = torch.device("cpu")
TINY = TinyBenchmark([[1, 2], [0, 2, 3], [3], [0, 1, 2, 4], [0]], [0.1, 0.4, 0.2, 0.9, 0.3])


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def environment(seed: int, alpha: float = 0.0, lanes: int = 40) -> DeviceEnvironment:
    tensors = SpaceTensors(TINY, alpha, 2, CPU)
    return DeviceEnvironment(tensors, None, lanes, 3, generator(seed))


def expected_step(before: Shown, moves: np.ndarray, actions: np.ndarray, alpha: float) -> Step:
    """What the array environment does from the same architectures with the same actions."""
    mdp = IncrementalMDP(
        QueryCounter(TINY),
        lanes=len(actions),
        neighbours=2,
        max_steps=3,
        shaping_alpha=alpha,
        rng=np.random.default_rng(0),
    )
    states = before.states.numpy().astype(np.int32)
    mask = np.arange(states.shape[1]) < before.allowed.numpy()[:, None]
    mdp.observation = Observation(states, mask)
    mdp.accuracy = TINY.query(states[:, 0]).validation
    mdp.steps = moves.copy()
    return mdp.step(actions)


@settings(max_examples=20)
@given(st.integers(0, 1_000), st.sampled_from([0.0, 6.0]))
def test_steps_equal_those_of_the_array_environment(seed: int, alpha: float) -> None:
    env, rng = environment(seed, alpha), np.random.default_rng(seed)
    queries, seen = env.lanes, set(env.shown.states[:, 0].tolist())
    for _ in range(6):
        before, moves = env.shown, env.moves.numpy().copy()
        actions = (rng.random(env.lanes) * before.allowed.numpy()).astype(np.int64)
        step = env.step(torch.from_numpy(actions))
        expected = expected_step(before, moves, actions, alpha)
        assert step.rewards.numpy() == pytest.approx(expected.rewards)
        assert (step.terminated.numpy() == expected.terminated).all()
        assert (step.truncated.numpy() == expected.truncated).all()
        assert (step.accuracy.numpy() == expected.accuracy).all()
        followed = expected.following
        assert (step.following.states[:, 0].numpy() == followed.architectures[:, 0]).all()
        assert (step.following.allowed.numpy() == followed.mask.sum(axis=1)).all()
        going_on = ~expected.ended
        assert torch.equal(env.shown.states[going_on], step.following.states[going_on])
        assert (env.moves.numpy() == np.where(expected.ended, 0, moves + (actions != 0))).all()
        queries += int((actions != 0).sum() + expected.ended.sum())
        seen |= {*step.following.states[:, 0].tolist(), *env.shown.states[:, 0].tolist()}
    assert int(env.queries) == queries
    assert set(np.flatnonzero(env.seen.numpy()).tolist()) == seen


def test_subsets_of_neighbours_are_uniform_in_set_and_order() -> None:
    tensors = SpaceTensors(TINY, 0.0, 2, CPU)
    shown = tensors.present(torch.full((24_000,), 3), generator())
    pairs = shown.states[:, 1:].tolist()
    counts = {(a, b): 0 for a in (0, 1, 2, 4) for b in (0, 1, 2, 4) if a != b}
    for a, b in pairs:
        counts[a, b] += 1
    assert stats.chisquare(list(counts.values())).pvalue > 1e-3
    assert (shown.allowed == 3).all()


def test_neighbours_on_a_real_space_are_those_of_the_search_graph() -> None:
    benchmark = open_benchmark("nasbench_graph/cora")
    tensors = SpaceTensors(benchmark, 32.0, 50, CPU)
    states = np.random.default_rng(0).integers(len(tensors), size=500)
    shown = tensors.present(torch.from_numpy(states), generator())
    expected = observe(benchmark.space, states.astype(np.int32), 50, None)
    features, mask = tensors.inputs(shown)
    assert (mask.numpy() == expected.mask).all()
    for row, other, allowed in zip(
        shown.states.tolist(), expected.architectures.tolist(), expected.mask, strict=True
    ):
        assert row[0] == other[0]
        assert set(row) == set(other)
        assert sorted(np.array(row)[allowed]) == sorted(np.array(other)[allowed])
    encoded = benchmark.space.encode(shown.states.numpy().astype(np.int32))
    assert (features.numpy() == encoded).all()


def test_starts_follow_the_sampler(monkeypatch: pytest.MonkeyPatch) -> None:
    class Skewed(type(TINY.space)):  # type: ignore[misc]
        samplers = ("skewed", "uniform")

        def sample_by(self, sampler: str, count: int, rng: np.random.Generator) -> np.ndarray:
            return rng.choice(5, count, p=[0.5, 0.2, 0.1, 0.1, 0.1]).astype(np.int32)

    monkeypatch.setattr(device_environment, "START_POOL", 50_000)
    pool = start_pool(Skewed(TINY.space.rows), None, np.random.default_rng(0), CPU)
    tensors = SpaceTensors(TINY, 0.0, 2, CPU)
    for drawn, shares in ((pool, [0.5, 0.2, 0.1, 0.1, 0.1]), (None, [0.2] * 5)):
        env = DeviceEnvironment(tensors, drawn, 20_000, 3, generator())
        counts = np.bincount(env.shown.states[:, 0].numpy(), minlength=5) / 20_000
        assert counts == pytest.approx(np.array(shares), abs=0.015)
    assert start_pool(TINY.space, None, np.random.default_rng(0), CPU) is None


def test_exploration_is_uniform_over_what_is_allowed() -> None:
    lanes = 30_000
    q_values = torch.tensor([[0.0, 2.0, 1.0, -1e9]]).expand(lanes, -1)
    shown = Shown(torch.zeros(lanes, 4), torch.full((lanes,), 3))
    actions = choose(q_values, shown, torch.full((lanes,), 0.6), generator())
    shares = np.bincount(actions.numpy(), minlength=4) / lanes
    assert shares == pytest.approx([0.2, 0.6, 0.2, 0.0], abs=0.015)


@settings(max_examples=40)
@given(st.integers(0, 1_000), st.integers(1, 4))
def test_n_step_transitions_equal_those_of_the_array_code(seed: int, n_step: int) -> None:
    rng = np.random.default_rng(seed)
    lanes, slots = 6, 4
    arrays, tensors = NStepAssembler(n_step, 0.9), DeviceAssembler(n_step, 0.9)
    for _ in range(n_step + 4):
        ended = rng.integers(0, 3, lanes)
        shown, following = (rng.integers(0, 99, (lanes, slots)) for _ in range(2))
        allowed, next_allowed = (rng.integers(1, slots + 1, lanes) for _ in range(2))
        chosen, best = (rng.random(lanes).astype(np.float32) for _ in range(2))
        actions, rewards = rng.integers(0, slots, lanes), rng.random(lanes)
        masks = [np.arange(slots) < count[:, None] for count in (allowed, next_allowed)]
        step = Step(
            rewards, ended == 1, ended == 2, Observation(following, masks[1]), rng.random(lanes)
        )
        seen = Observation(shown, masks[0])
        expected = arrays.push(Acted(seen, actions, chosen, best, rewards, step))
        found = tensors.push(
            Taken(
                *map(torch.from_numpy, (shown, allowed, actions, chosen, best, rewards)),
                *map(torch.from_numpy, (ended == 1, ended == 2, following, next_allowed)),
            )
        )
        assert (found is None) == (expected is None)
        if found is None or expected is None:
            continue
        (drawn, priorities), (wanted, errors) = found, expected
        assert priorities.numpy() == pytest.approx(errors, rel=1e-6)
        assert drawn.returns.numpy() == pytest.approx(wanted.returns, rel=1e-6)
        assert drawn.discounts.numpy() == pytest.approx(wanted.discounts, rel=1e-6)
        assert (drawn.shown.numpy() == wanted.architectures).all()
        assert (drawn.allowed.numpy() == wanted.allowed).all()
        assert (drawn.actions.numpy() == wanted.actions).all()
        assert (drawn.next_shown.numpy() == wanted.next_architectures).all()
        assert (drawn.next_allowed.numpy() == wanted.next_allowed).all()


def rows(first: int, count: int) -> DeviceTransitions:
    number = torch.arange(first, first + count)
    return DeviceTransitions(
        shown=torch.stack([number, number + 1], dim=1),
        allowed=torch.full((count,), 2),
        actions=torch.ones(count, dtype=torch.int64),
        returns=number.double(),
        discounts=torch.full((count,), 0.5),
        next_shown=torch.stack([number + 1] * 2, dim=1),
        next_allowed=torch.full((count,), 1),
    )


def replays(capacity: int, priorities: np.ndarray) -> tuple[DeviceReplay, PrioritisedReplay]:
    """Both kinds of replay with the same transitions; more than fit, so that the ring turns."""
    tensors = DeviceReplay(capacity, 2, 0.6, 0.4, generator())
    arrays = PrioritisedReplay(capacity, 0.6, 0.4, np.random.default_rng(0))
    for first in range(0, len(priorities), 4):
        given_priorities = priorities[first : first + 4]
        part = rows(first, len(given_priorities))
        tensors.add(part, torch.from_numpy(given_priorities))
        columns = {name: getattr(part, name).numpy() for name in ("allowed", "actions")}
        arrays.add(
            Transitions(
                architectures=part.shown.numpy(),
                returns=part.returns.numpy(),
                discounts=part.discounts.numpy(),
                next_architectures=part.next_shown.numpy(),
                next_allowed=part.next_allowed.numpy(),
                **columns,
            ),
            given_priorities,
        )
    return tensors, arrays


@pytest.mark.parametrize("capacity", [16, 13, 10])
def test_replay_draws_and_weighs_as_the_sum_tree_does(capacity: int) -> None:
    priorities = np.random.default_rng(1).exponential(size=16)
    priorities[13] = 0.0
    tensors, arrays = replays(capacity, priorities)
    assert (tensors.size, tensors.position) == (arrays.size, arrays.position)
    leaves = arrays.tree[len(arrays.tree) // 2 :][:capacity]
    assert tensors.powers.numpy() == pytest.approx(leaves)
    counts = np.zeros((2, capacity))
    for _ in range(1_500):
        slots, drawn, weights = tensors.sample(32)
        counts[0] += np.bincount(slots.numpy(), minlength=capacity)
        counts[1] += np.bincount(arrays.sample(32)[0], minlength=capacity)
    assert stats.chisquare(counts[0], leaves / leaves.sum() * counts[0].sum()).pvalue > 1e-3
    occurring = counts.sum(axis=0) > 0
    assert stats.chi2_contingency(counts[:, occurring]).pvalue > 1e-3
    expected = (capacity * leaves[slots.numpy()] / leaves.sum()) ** -0.4
    assert weights.numpy() == pytest.approx(expected / expected.max(), rel=1e-5)
    assert (drawn.returns.numpy() == arrays.columns["returns"][slots.numpy()]).all()
    assert (drawn.shown.numpy() == arrays.columns["architectures"][slots.numpy()]).all()


def test_replay_that_is_not_full_draws_only_what_it_holds_and_follows_updates() -> None:
    tensors, _ = replays(64, np.ones(8))
    slots, _, _ = tensors.sample(500)
    assert set(slots.tolist()) == set(range(8))
    tensors.update(torch.arange(7), torch.zeros(7))
    assert (tensors.sample(1_000)[0] == 7).float().mean() > 0.99


def learn(head: str, max_steps: int, mixed: bool = False) -> DeviceTrainer:
    config = learning_config(head, max_steps)
    benchmark = TinyBenchmark(ROWS, ACCURACIES)
    trainer = DeviceTrainer(config, benchmark, np.random.SeedSequence(0), CPU, mixed)
    while trainer.steps < config.steps:
        trainer.advance()
    return trainer


@pytest.mark.parametrize(
    ("head", "max_steps", "mixed"),
    [("pointer", 2, False), ("cls", 50, True)],
)
def test_q_values_equal_value_iteration(head: str, max_steps: int, mixed: bool) -> None:
    trainer = learn(head, max_steps, mixed)
    expected = value_iteration(ROWS, ACCURACIES)
    tolerance = 0.05 * max(abs(q) for row in expected for q in row)
    shown = observe(trainer.benchmark.space, np.arange(5, dtype=np.int32), 50, None)
    found = trainer.learner.q_values(shown)
    for state, row in enumerate(expected):
        assert found[state][shown.mask[state]] == pytest.approx(row, abs=tolerance), state


@pytest.fixture(scope="module")
def benchmark() -> Benchmark:
    return open_benchmark("nasbench_graph/cora")


@pytest.fixture
def on_tensors(monkeypatch: pytest.MonkeyPatch) -> AgentConfig:
    """A configuration for the GPU, which stands for the CPU here."""
    stand_in = SimpleNamespace(device=lambda name: CPU)
    monkeypatch.setattr("naslib_incremental.agent.training.torch", stand_in)
    monkeypatch.setattr("naslib_incremental.agent.training.RECORD_EVERY", 128)
    return AgentConfig.of({**OPTIONS, "device": "cuda"})


class StopError(Exception):
    """Stands for a crash."""


def stop_after(steps: int) -> object:
    def progress(step: int, _: int, figures: Mapping[str, float]) -> None:
        if step >= steps:
            raise StopError

    return progress


def test_a_trained_agent_is_loaded_and_a_resumed_one_is_the_same(
    tmp_path: Path, benchmark: Benchmark, on_tensors: AgentConfig
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    seed = np.random.SeedSequence(3)
    for folder in (whole, broken):
        folder.mkdir()
    train_agent(on_tensors, benchmark, seed, whole, 8, stop_after(99_999))
    with pytest.raises(StopError):
        train_agent(on_tensors, benchmark, seed, broken, 8, stop_after(1_000))
    train_agent(on_tensors, benchmark, seed, broken, 8, stop_after(99_999))
    weights = [(folder / "agent.safetensors").read_bytes() for folder in (whole, broken)]
    assert weights[0] == weights[1]
    described = [json.loads((folder / "agent.json").read_text()) for folder in (whole, broken)]
    assert {**described[0], "seconds": 0} == {**described[1], "seconds": 0}
    assert 2_560 < described[0]["queries"] < 3 * 2_560 + 4_096
    assert 0 < described[0]["distinct_queries"] < described[0]["queries"]
    agent = load_agent(whole, benchmark.space, 50)
    _, values = agent.source.look(np.arange(3, dtype=np.int32), np.random.default_rng(0))
    assert np.isfinite(values).all()
    lines = [json.loads(line) for line in (whole / "progress.jsonl").read_text().splitlines()]
    assert 0.5 < lines[-1]["mean_final_validation"] < 1


def test_every_tensor_survives_the_round_trip(tmp_path: Path, benchmark: Benchmark) -> None:
    config = AgentConfig.of(OPTIONS)
    first = DeviceTrainer(config, benchmark, np.random.SeedSequence(1), CPU)
    for _ in range(20):
        first.advance()
    checkpoint.save_trainer(first, tmp_path / "one", 12.5)
    second = DeviceTrainer(config, benchmark, np.random.SeedSequence(2), CPU)
    assert checkpoint.restore_trainer(second, tmp_path / "one") == 12.5
    checkpoint.save_trainer(second, tmp_path / "two", 12.5)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_what_is_counted_is_what_was_queried(benchmark: Benchmark) -> None:
    config = AgentConfig.of({**OPTIONS, "reward_scale": "spread"})
    trainer = DeviceTrainer(config, benchmark, np.random.SeedSequence(1), CPU)
    sampled = QueryCounter(benchmark, track_distinct=True)
    assert trainer.queries == 4_096 + 64
    for _ in range(5):
        trainer.advance()
    counter = trainer.counter
    assert (counter.queries, counter.distinct) == (trainer.queries, trainer.distinct)
    sampled.query(trainer.environment.shown.states[:, 0].numpy().astype(np.int32))
    assert np.isin(sampled.seen, counter.seen).all()
    assert np.isin(trainer._counter.seen, counter.seen).all()


def test_the_ladder_is_that_of_the_array_trainer(benchmark: Benchmark) -> None:
    trainer = DeviceTrainer(AgentConfig.of(OPTIONS), benchmark, np.random.SeedSequence(1), CPU)
    assert (trainer.epsilons.numpy() == epsilon_ladder(64, 0.4, 7.0)).all()
    assert int(trainer.watched.sum()) == 16


def test_more_lanes_than_the_replay_holds_are_refused(benchmark: Benchmark) -> None:
    config = AgentConfig.of({**OPTIONS, "lanes": 1_001})
    with pytest.raises(UserError, match="at least the 1001 lanes"):
        DeviceTrainer(config, benchmark, np.random.SeedSequence(1), CPU)


@pytest.mark.parametrize("gpu", [True, False])
def test_the_device_is_decided_by_what_is_there(
    gpu: bool, benchmark: Benchmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    auto, cuda, cpu = (AgentConfig.of({"device": name}) for name in ("auto", "cuda", "cpu"))
    assert AgentConfig().device == "cpu"
    assert resolve_device(cpu, benchmark.space).device == "cpu"
    assert resolve_device(auto, benchmark.space).device == ("cuda" if gpu else "cpu")
    assert resolve_device(auto, NASBench301Space()).device == "cpu"
    with pytest.raises(UserError, match="nasbench301, which cannot be enumerated"):
        resolve_device(cuda, NASBench301Space())
    if gpu:
        assert resolve_device(cuda, benchmark.space) == cuda
    else:
        with pytest.raises(UserError, match="a GPU that torch can use"):
            resolve_device(cuda, benchmark.space)
    with pytest.raises(UserError, match="device of auto, cpu, cuda"):
        AgentConfig.of({"device": "gpu"})


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


def test_the_host_never_waits_while_training(
    benchmark: Benchmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = DeviceTrainer(AgentConfig.of(OPTIONS), benchmark, np.random.SeedSequence(1), CPU)
    # Adam counts its steps in tensors that stay on the host.
    monkeypatch.setattr(trainer.learner.optimizer, "step", lambda: None)
    # As on an accelerator.
    monkeypatch.setattr(network, "pays", lambda mask: False)
    with NothingIsRead():
        for _ in range(12):
            trainer.advance()
        with pytest.raises(AssertionError):
            _ = trainer.distinct
    assert trainer.learner.updates > trainer.config.target_update_every - 2
