"""The learner: targets by hand, and updates that do what is said of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.environment import HostEncoder, ObservationTensors
from naslib_incremental.agent.learner import Learner, double_q_targets
from naslib_incremental.agent.n_step import Transitions
from naslib_incremental.mdp import observe
from tests.doubles.tiny_mdp import TinyBenchmark

BENCHMARK = TinyBenchmark([[1, 2], [0], [1]], [0.1, 0.2, 0.3])


def test_online_network_chooses_and_target_network_values() -> None:
    online = torch.tensor([[1.0, 5.0, -1e9], [2.0, 1.0, 0.0]])
    target = torch.tensor([[10.0, 20.0, 99.0], [30.0, 40.0, 50.0]])
    found = double_q_targets(torch.tensor([1.0, 2.0]), torch.tensor([0.5, 0.0]), online, target)
    assert found.tolist() == [11.0, 2.0]


def transitions() -> Transitions:
    arrays = observe(BENCHMARK.space, np.array([0, 1, 2], np.int32), 2, None)
    shown = ObservationTensors.of(arrays)
    return Transitions(
        states=shown.states,
        allowed=shown.allowed.short(),
        actions=torch.tensor([2, 1, 0], dtype=torch.int16),
        returns=torch.tensor([0.3, 0.1, 0.0]),
        discounts=torch.zeros(3),
        next_states=shown.states,
        next_allowed=shown.allowed.short(),
    )


def learner(**options: object) -> Learner:
    config = AgentConfig.of({"dimensions": 16, "learning_rate": 3e-3, **options})
    return Learner(config, HostEncoder(BENCHMARK.space), 3, seed=5)


def test_repeated_updates_reach_the_returns() -> None:
    trained, batch = learner(), transitions()
    for _ in range(400):
        loss, errors = trained.update(batch, torch.ones(3))
    q_values = trained.q_values(batch.observation)
    chosen = q_values[torch.arange(3), batch.actions.long()]
    assert chosen.tolist() == pytest.approx(batch.returns.tolist(), abs=0.01)
    assert loss < 1e-4
    assert (errors < 0.01).all()


def test_importance_weights_scale_what_is_learned() -> None:
    trained, batch = learner(), transitions()
    for _ in range(400):
        trained.update(batch, torch.tensor([1.0, 0.0, 1.0]))
    _, errors = trained.update(batch, torch.ones(3))
    assert errors[[0, 2]].max() < 0.01 < errors[1]


def test_target_network_follows_every_so_many_updates() -> None:
    trained, batch = learner(target_update_every=3), transitions()

    def differs() -> bool:
        pairs = zip(trained.network.parameters(), trained.target.parameters(), strict=True)
        return any(not torch.equal(online, target) for online, target in pairs)

    followed = []
    for _ in range(6):
        trained.update(batch, torch.ones(3))
        followed.append(not differs())
    assert followed == [False, False, True, False, False, True]


def test_first_weights_depend_on_the_seed_alone() -> None:
    torch.manual_seed(1)
    first, state = learner(), torch.random.get_rng_state()
    torch.manual_seed(2)
    second = learner()
    for left, right in zip(first.network.parameters(), second.network.parameters(), strict=True):
        assert torch.equal(left, right)
    torch.manual_seed(1)
    assert torch.equal(state, torch.random.get_rng_state()), "the global generator is untouched"


@pytest.mark.parametrize("updates", [0, 5])
def test_a_restored_learner_learns_the_same(updates: int) -> None:
    first, batch = learner(target_update_every=3), transitions()
    for _ in range(updates):
        first.update(batch, torch.ones(3))
    second = Learner(first.config, HostEncoder(BENCHMARK.space), 3, seed=8)
    second.load_state_dict(first.state_dict())
    for _ in range(4):
        (loss, errors), again = (one.update(batch, torch.ones(3)) for one in (first, second))
        assert torch.equal(loss, again[0])
        assert torch.equal(errors, again[1])
    for name, part in first.target.state_dict().items():
        assert torch.equal(second.target.state_dict()[name], part)
    assert second.updates == first.updates == updates + 4
