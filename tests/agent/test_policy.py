"""Rollouts and tables of Q values against a walk of one episode at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import stats

from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.environment import ObservationTensors
from naslib_incremental.agent.network import QNetwork
from naslib_incremental.agent.policy import (
    BLOCK,
    DirectQ,
    Policy,
    TabledQ,
    array_q,
    boltzmann,
    q_source,
    roll_out,
)
from naslib_incremental.benchmarks import open_benchmark
from naslib_incremental.mdp import Observation, observe
from tests.doubles.tiny_mdp import TinyBenchmark

ROWS = [[1, 2, 3], [0, 2, 3], [0, 3], [1], [0]]
WORTH = np.array([0.1, 0.3, 0.2, 0.6, 0.0])
GREEDY = Policy(0.0, 0.0)


def gains(shown: Observation) -> NDArray[np.float32]:
    """Q values of an agent that sees one step ahead."""
    worth = WORTH[shown.architectures]
    return np.where(shown.mask, worth - worth[:, :1], -1e9).astype(np.float32)


def test_greedy_rollout_climbs_until_nothing_is_better() -> None:
    source = q_source(gains, TinyBenchmark(ROWS, WORTH).space, 50, order_matters=False)
    starts = np.array([0, 1, 2, 3, 4], np.int32)
    rollout = roll_out(source, starts, 32, GREEDY, np.random.default_rng(0))
    assert rollout.final.tolist() == [3, 3, 3, 3, 3]
    assert rollout.num_steps.tolist() == [1, 1, 1, 0, 2]
    assert rollout.stopped.all()
    assert starts.tolist() == [0, 1, 2, 3, 4]


def test_time_limit_cuts_off() -> None:
    source = q_source(gains, TinyBenchmark(ROWS, WORTH).space, 50, order_matters=False)
    rollout = roll_out(source, np.array([4, 3], np.int32), 1, GREEDY, np.random.default_rng(0))
    assert rollout.final.tolist() == [0, 3]
    assert rollout.num_steps.tolist() == [1, 0]
    assert rollout.stopped.tolist() == [False, True]


def test_stay_margin_stops_where_less_is_promised() -> None:
    source = q_source(gains, TinyBenchmark(ROWS, WORTH).space, 50, order_matters=False)
    policy = Policy(0.0, 0.35)
    rollout = roll_out(source, np.arange(5, dtype=np.int32), 32, policy, np.random.default_rng(0))
    assert rollout.final.tolist() == [3, 1, 3, 3, 4]


def test_table_equals_valuing_directly_whoever_asks_first() -> None:
    space = open_benchmark("nasbench_graph/cora").space

    def q_function(shown: Observation) -> NDArray[np.float32]:
        worth = np.sin(shown.architectures) - 9.0 * ~shown.mask
        return worth.astype(np.float32)

    states = space.sample(400, np.random.default_rng(0))
    first, second = (TabledQ(q_function, space, 50) for _ in range(2))
    second.look(states[::-1].copy(), np.random.default_rng(1))
    _, values = first.look(states, np.random.default_rng(2))
    shown, again = second.look(states, np.random.default_rng(3))
    assert (values == again).all()
    assert (values == q_function(shown)).all()


@pytest.mark.parametrize("size", [39, 51])
def test_values_do_not_depend_on_who_else_is_valued(size: int) -> None:
    torch.manual_seed(0)
    network = QNetwork(AgentConfig(), 60, size).eval()
    features = (torch.rand(2 * BLOCK, size, 60) < 0.3).float()
    mask = torch.arange(size) < torch.randint(1, size + 1, (2 * BLOCK, 1))

    def in_order(order: torch.Tensor) -> torch.Tensor:
        values = torch.empty(2 * BLOCK, size)
        with torch.inference_mode():
            for half in order.split(BLOCK):
                values[half] = network(features[half], mask[half])
        return values

    first = in_order(torch.arange(2 * BLOCK))
    for _ in range(5):
        assert torch.equal(in_order(torch.randperm(2 * BLOCK)), first)


def test_states_with_too_many_neighbours_are_valued_for_the_subset_shown() -> None:
    space = TinyBenchmark(ROWS, WORTH).space
    source = TabledQ(gains, space, 2)
    states = np.zeros(500, np.int32)
    shown, values = source.look(states, np.random.default_rng(0))
    subsets = {tuple(sorted(row)) for row in shown.architectures[:, 1:].tolist()}
    assert subsets == {(1, 2), (1, 3), (2, 3)}
    assert values == pytest.approx(gains(shown))


def test_network_that_minds_the_order_is_never_tabled() -> None:
    space = TinyBenchmark(ROWS, WORTH).space
    assert isinstance(q_source(gains, space, 50, order_matters=True), DirectQ)
    assert isinstance(q_source(gains, space, 50, order_matters=False), TabledQ)


def test_direct_values_in_blocks_equal_values_at_once() -> None:
    space = TinyBenchmark(ROWS, WORTH).space
    states = np.random.default_rng(0).integers(5, size=1000, dtype=np.int32)
    shown, values = DirectQ(gains, space, 2).look(states, np.random.default_rng(1))
    assert (values == gains(shown)).all()


def test_boltzmann_probabilities() -> None:
    count = 40_000
    q_values = np.tile(np.array([0.0, 0.05, 0.1, -1e9], np.float32), (count, 1))
    mask = np.tile([True, True, True, False], (count, 1))
    actions = boltzmann(q_values, mask, 0.1, np.random.default_rng(0))
    weights = np.exp([0.0, 0.5, 1.0])
    assert (actions < 3).all()
    counts = np.bincount(actions)
    assert stats.chisquare(counts, weights / weights.sum() * count).pvalue > 1e-3


def test_temperature_zero_is_greedy() -> None:
    q_values = np.random.default_rng(0).normal(size=(100, 5)).astype(np.float32)
    actions = boltzmann(q_values, np.ones((100, 5), bool), 0.0, np.random.default_rng(1))
    assert (actions == q_values.argmax(axis=1)).all()


def test_arrays_are_valued_by_what_values_tensors() -> None:
    shown = observe(TinyBenchmark(ROWS, WORTH).space, np.arange(5, dtype=np.int32), 3, None)

    def of_tensors(tensors: ObservationTensors) -> torch.Tensor:
        assert not torch.is_grad_enabled()
        return torch.where(tensors.mask, tensors.states.float(), -1.0)

    expected = np.where(shown.mask, shown.architectures, -1.0)
    assert (array_q(of_tensors)(shown) == expected).all()
