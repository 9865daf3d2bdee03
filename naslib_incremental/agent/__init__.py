"""The Ape-X agent: configuration, network, replay, actor, learner, trainer, policy."""

from __future__ import annotations

from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.policy import Policy, Rollout, q_source, roll_out
from naslib_incremental.agent.trained import TrainedAgent, load_agent
from naslib_incremental.agent.training import train_agent

__all__ = [
    "AgentConfig",
    "Policy",
    "Rollout",
    "TrainedAgent",
    "load_agent",
    "q_source",
    "roll_out",
    "train_agent",
]
