"""Ape-X over a Ray cluster: the agent's network, returns, replay and loss, in many processes.

Once ``ApexDQN`` is imported, ``tune.Tuner("ApexIncremental", param_space=...)`` works. The classes
are loaded on first use: what a cluster is asked for can be said without Ray.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from naslib_incremental.foundation.lazy import lazy_face

if TYPE_CHECKING:
    from naslib_incremental.agent.rllib.algorithm import ApexConfig, ApexDQN

__all__ = ["ApexConfig", "ApexDQN"]

__getattr__, __dir__ = lazy_face(__name__, dict.fromkeys(__all__, "algorithm"))
