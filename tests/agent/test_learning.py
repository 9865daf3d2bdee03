"""The agent learns: its Q values equal those of value iteration on MDPs small enough to solve."""

from __future__ import annotations

import numpy as np
import pytest

from naslib_incremental.agent.trainer import Trainer
from naslib_incremental.mdp import observe
from tests.doubles.solved_mdp import ACCURACIES, GAMMA, ROWS, learning_config, value_iteration
from tests.doubles.tiny_mdp import TinyBenchmark


def train(head: str, max_steps: int) -> Trainer:
    config = learning_config(head, max_steps)
    trainer = Trainer(config, TinyBenchmark(ROWS, ACCURACIES), np.random.SeedSequence(0))
    while trainer.steps < config.steps:
        trainer.advance()
    return trainer


# Episodes of two moves are nearly all cut off by the time limit; the limit must not show in Q.
@pytest.mark.parametrize("max_steps", [2, 50])
@pytest.mark.parametrize("head", ["pointer", "cls"])
def test_q_values_equal_value_iteration(head: str, max_steps: int) -> None:
    trainer = train(head, max_steps)
    expected = value_iteration(ROWS, ACCURACIES)
    tolerance = 0.05 * max(abs(q) for row in expected for q in row)
    shown = observe(trainer.benchmark.space, np.arange(5, dtype=np.int32), 50, None)
    found = trainer.learner.q_values(shown)
    for state, row in enumerate(expected):
        assert found[state][shown.mask[state]] == pytest.approx(row, abs=tolerance), state


def test_the_terminating_action_is_in_the_replay_with_nothing_to_bootstrap() -> None:
    trainer = train("pointer", 3)
    columns = trainer.replay.columns
    stays = columns["actions"] == 0
    assert 0.05 < stays.mean() < 0.95
    assert (columns["discounts"][stays] == 0).all()
    assert (columns["returns"][stays] == 0).all()
    assert (columns["discounts"][~stays] == np.float32(GAMMA)).all(), "time limits bootstrap"
