"""The agent learns: its Q values equal those of value iteration on MDPs small enough to solve."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch

from naslib_incremental.agent.environment import ObservationTensors
from naslib_incremental.agent.trainer import LocalTrainer, device_trainer
from naslib_incremental.mdp import observe
from tests.doubles.small_training import CPU, STARTS, StartTrainer
from tests.doubles.solved_mdp import ACCURACIES, GAMMA, ROWS, learning_config, value_iteration
from tests.doubles.tiny_mdp import TinyBenchmark


def train(start: StartTrainer, head: str, max_steps: int) -> LocalTrainer:
    config = learning_config(head, max_steps)
    trainer = start(config, TinyBenchmark(ROWS, ACCURACIES), np.random.SeedSequence(0))
    while trainer.steps < config.steps:
        trainer.advance()
    return trainer


IN_BFLOAT16 = partial(device_trainer, device=CPU, mixed=True)


# Episodes of two steps are nearly all cut off by the time limit; the limit must not show in Q.
@pytest.mark.parametrize(
    ("start", "head", "max_steps"),
    [
        *((STARTS["host"], head, limit) for head in ("pointer", "cls") for limit in (2, 50)),
        (STARTS["device"], "pointer", 2),
        (IN_BFLOAT16, "cls", 50),
    ],
)
def test_q_values_equal_value_iteration(start: StartTrainer, head: str, max_steps: int) -> None:
    trainer = train(start, head, max_steps)
    expected = value_iteration(ROWS, ACCURACIES)
    tolerance = 0.05 * max(abs(q) for row in expected for q in row)
    space = trainer.counter.benchmark.space
    shown = observe(space, np.arange(5, dtype=np.int32), 50, None)
    found = trainer.learner.q_values(ObservationTensors.of(shown)).numpy()
    for state, row in enumerate(expected):
        assert found[state][shown.mask[state]] == pytest.approx(row, abs=tolerance), state


def test_the_terminating_action_is_in_the_replay_with_nothing_to_bootstrap() -> None:
    trainer = train(STARTS["host"], "pointer", 3)
    columns = trainer.replay.columns
    stays = columns["actions"] == 0
    assert 0.05 < stays.float().mean() < 0.95
    assert (columns["discounts"][stays] == 0).all()
    assert (columns["returns"][stays] == 0).all()
    bootstrapped = columns["discounts"][~stays]
    assert (bootstrapped == torch.tensor(GAMMA)).all(), "time limits bootstrap"
