"""Ape-X over a Ray cluster: the agent's network, returns, replay and loss, in many processes.

Once ``ApexDQN`` is imported, ``tune.Tuner("ApexIncremental", param_space=...)`` works. The classes
are loaded on first use: replay shards need neither torch nor RLlib.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from naslib_incremental.agent.rllib.algorithm import ApexConfig, ApexDQN

__all__ = ["ApexConfig", "ApexDQN"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from naslib_incremental.agent.rllib import algorithm

        return getattr(algorithm, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
