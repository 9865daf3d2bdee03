"""The agent learns: its Q values equal those of value iteration on MDPs small enough to solve."""

from __future__ import annotations

import numpy as np
import pytest

from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.trainer import Trainer
from naslib_incremental.mdp import observe
from tests.doubles.tiny_mdp import TinyBenchmark

GAMMA = 0.8
# From s0 the way to the best state leads through a worse one; s4 has nowhere to go.
ROWS = [[1, 2], [0, 3], [4], [0], []]
ACCURACIES = [0.5, 0.2, 0.6, 0.9, 0.3]


def value_iteration(rows: list[list[int]], accuracies: list[float]) -> list[list[float]]:
    """Q values of staying, which ends the episode for nothing, then of each neighbour."""
    values = [0.0] * len(rows)
    for _ in range(200):
        q_values = [
            [0.0, *(accuracies[t] - accuracies[s] + GAMMA * values[t] for t in rows[s])]
            for s in range(len(rows))
        ]
        values = [max(row) for row in q_values]
    return q_values


def train(head: str, max_steps: int) -> Trainer:
    config = AgentConfig.of(
        {
            "head": head,
            "steps": 40_000,
            "lanes": 32,
            "training_moves": max_steps,
            "gamma": GAMMA,
            # One-step targets: longer ones hold the exploring actions of the behaviour policy.
            "n_step": 1,
            "reward_scale": "none",
            "dimensions": 16,
            "feed_forward": 32,
            "encoder_layers": 2,
            "batch_size": 64,
            "update_every": 32,
            "target_update_every": 50,
            "learning_starts": 500,
            "replay_capacity": 4_000,
            # Hardly any lane is greedy, so that every state and action stays in the replay.
            "epsilon_base": 0.8,
            "epsilon_exponent": 0.5,
            "learning_rate": 2e-3,
        }
    )
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
