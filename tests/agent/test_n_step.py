"""n-step returns and their assembly against a step-by-step walk along each environment."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from naslib_incremental.agent.device_environment import DeviceEnvironment, SpaceTensors
from naslib_incremental.agent.environment import Environment, HostEnvironment
from naslib_incremental.agent.n_step import (
    NStepAssembler,
    StepRecord,
    discount_powers,
    n_step_returns,
)
from naslib_incremental.benchmarks import QueryCounter
from naslib_incremental.mdp import IncrementalMDP
from tests.doubles.tiny_mdp import TinyBenchmark

EVENTS = st.sampled_from(["go", "terminated", "truncated"])


@given(
    st.integers(1, 9).flatmap(
        lambda n: st.lists(
            st.lists(st.tuples(st.floats(-5, 5), EVENTS), min_size=n, max_size=n),
            min_size=1,
            max_size=6,
        )
    ),
    st.floats(0, 1),
)
def test_equals_the_sum_until_the_episode_ends(
    envs: list[list[tuple[float, str]]], gamma: float
) -> None:
    rewards = torch.tensor([[reward for reward, _ in env] for env in envs]).double().T
    events = np.array([[event for _, event in env] for env in envs]).T
    ends = (torch.from_numpy(events == name) for name in ("terminated", "truncated"))
    found = n_step_returns(rewards, *ends, discount_powers(gamma, len(rewards)))
    for index, env in enumerate(envs):
        total, discount, last = 0.0, 1.0, 0
        for position, (_, event) in enumerate(env):
            total += discount * float(rewards[position, index])
            discount *= gamma
            last = position
            if event != "go":
                discount = 0.0 if event == "terminated" else discount
                break
        assert float(found.returns[index]) == pytest.approx(total, abs=1e-12)
        assert float(found.discounts[index]) == pytest.approx(discount, abs=1e-12)
        assert int(found.last[index]) == last


@given(st.integers(1, 9), st.integers(1, 70), st.integers(0, 1_000))
def test_the_last_bit_of_a_return_does_not_depend_on_who_else_is_there(
    n_step: int, num_envs: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    rewards = torch.from_numpy(rng.normal(size=(n_step, num_envs)))
    ends = torch.zeros((2, n_step, num_envs), dtype=torch.bool)
    powers = discount_powers(0.9, n_step)
    together = n_step_returns(rewards, *ends, powers).returns
    for env in range(num_envs):
        alone = 0.0
        for reward, power in zip(rewards[:, env].tolist(), powers.tolist(), strict=False):
            alone += reward * power
        assert float(together[env]) == alone


BENCHMARK = TinyBenchmark([[1, 2, 3], [0, 2], [3], [0, 1, 2], []], [0.1, 0.5, 0.3, 0.8, 0.2])
NUM_ENVS, STEPS = 4, 25


def environment(kind: str, seed: int) -> Environment:
    counter = QueryCounter(BENCHMARK)
    if kind == "host":
        mdp = IncrementalMDP(
            counter,
            num_envs=NUM_ENVS,
            neighbours=2,
            max_steps=4,
            shaping_alpha=0.0,
            rng=np.random.default_rng(seed),
        )
        return HostEnvironment(mdp, 1.0)
    tensors = SpaceTensors(BENCHMARK, 0.0, 2, torch.device("cpu"))
    generator = torch.Generator().manual_seed(seed)
    return DeviceEnvironment(tensors, None, NUM_ENVS, 4, generator, 1.0, counter)


def history(kind: str, seed: int) -> list[StepRecord]:
    env, rng = environment(kind, seed), np.random.default_rng(seed)
    records = []
    for _ in range(STEPS):
        shown = env.observation
        actions = torch.from_numpy((rng.random(NUM_ENVS) * shown.allowed.numpy()).astype(np.int64))
        chosen, best = torch.from_numpy(rng.random((2, NUM_ENVS)).astype(np.float32))
        step = env.step(actions)
        records.append(
            StepRecord(
                *(shown.states, shown.allowed, actions, chosen, best),
                *(step.rewards, step.terminated, step.truncated),
                *(step.following.states, step.following.allowed),
            )
        )
    return records


@pytest.mark.parametrize("kind", ["host", "device"])
@settings(max_examples=40)
@given(seed=st.integers(0, 10_000), n_step=st.integers(1, 5), gamma=st.floats(0, 1))
def test_transitions_equal_a_walk_along_each_environment(
    kind: str, seed: int, n_step: int, gamma: float
) -> None:
    records = history(kind, seed)
    assembler = NStepAssembler(n_step, gamma)
    completed = [assembler.push(record) for record in records]
    assert completed[:n_step] == [None] * n_step
    for time, pushed in enumerate(completed[n_step:]):
        assert pushed is not None
        transitions, priorities = pushed
        oldest = records[time]
        assert torch.equal(transitions.states, oldest.states)
        assert torch.equal(transitions.observation.allowed, oldest.allowed)
        assert torch.equal(transitions.actions, oldest.actions.short())
        for env in range(NUM_ENVS):
            total, discount, end = 0.0, 1.0, time
            for end in range(time, time + n_step):
                total += discount * float(records[end].rewards[env])
                discount *= gamma
                if records[end].terminated[env] or records[end].truncated[env]:
                    break
            last = records[end]
            bootstrap = 0.0 if last.terminated[env] else discount
            follower = last if last.truncated[env] else records[end + 1]
            error = total + bootstrap * float(follower.best[env]) - float(oldest.chosen[env])
            assert float(transitions.returns[env]) == pytest.approx(total, abs=1e-6)
            assert float(transitions.discounts[env]) == pytest.approx(bootstrap, abs=1e-6)
            assert float(priorities[env]) == pytest.approx(abs(error), abs=1e-6)
            assert torch.equal(transitions.next_states[env], last.next_states[env])
            slots = torch.arange(last.next_states.shape[1])
            assert torch.equal(
                transitions.next_observation.mask[env], slots < last.next_allowed[env]
            )


@settings(max_examples=10)
@given(st.integers(0, 1_000), st.integers(1, 5), st.integers(0, STEPS - 1))
def test_a_restored_window_completes_the_same_transitions(
    seed: int, n_step: int, pushed: int
) -> None:
    records = history("host", seed)
    first, second = NStepAssembler(n_step, 0.9), NStepAssembler(n_step, 0.9)
    for record in records[:pushed]:
        first.push(record)
    second.push(records[0])
    second.load_state_dict(first.state_dict())
    for record in records[pushed:]:
        left, right = first.push(record), second.push(record)
        assert (left is None) == (right is None)
        if left is not None and right is not None:
            for name, column in left[0].columns().items():
                assert torch.equal(column, right[0].columns()[name])
            assert torch.equal(left[1], right[1])
