"""An MDP small enough to be solved by value iteration, and a training that comes to the same."""

from __future__ import annotations

from naslib_incremental.agent.config import AgentConfig

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


def learning_config(head: str, max_steps: int) -> AgentConfig:
    """What learns a ``TinySpace`` by heart, by one-step Q learning with ``GAMMA``."""
    return AgentConfig.of(
        {
            "head": head,
            "steps": 40_000,
            "lanes": 32,
            "training_max_steps": max_steps,
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
