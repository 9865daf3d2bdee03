"""The Ape-X agent: configuration, environments as tensors, network, replay, trainer, policy.

What needs torch is loaded on first use, so that asking for options costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.foundation.lazy import lazy_face

if TYPE_CHECKING:
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

__getattr__, __dir__ = lazy_face(
    __name__,
    {
        **dict.fromkeys(("Policy", "Rollout", "q_source", "roll_out"), "policy"),
        **dict.fromkeys(("TrainedAgent", "load_agent"), "trained"),
        "train_agent": "training",
    },
)
