"""The Ape-X agent: configuration, network, replay, actor, learner, trainer, policy.

What needs torch is loaded on first use, so that asking for options costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from naslib_incremental.agent.config import AgentConfig

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

_HOMES = ("policy", "trained", "training")


def __getattr__(name: str) -> Any:
    if name in __all__:
        for home in _HOMES:
            module = import_module(f"{__name__}.{home}")
            if hasattr(module, name):
                return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
