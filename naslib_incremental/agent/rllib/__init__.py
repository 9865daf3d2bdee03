"""Ape-X over a Ray cluster: the agent's network, returns, replay and loss, in many processes.

Importing this needs Ray. ``tune.Tuner("ApexIncremental", param_space=...)`` works from then on.
"""

from __future__ import annotations

from naslib_incremental.agent.rllib.algorithm import TUNE_NAME, ApexConfig, ApexDQN

__all__ = ["TUNE_NAME", "ApexConfig", "ApexDQN"]
