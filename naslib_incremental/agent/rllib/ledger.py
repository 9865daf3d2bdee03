"""What a distributed training has done so far, and which updates it owes for it."""

from __future__ import annotations

from typing import Any

import numpy as np

from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.rllib.collector import Account
from naslib_incremental.agent.trainer import Tally, reward_scale, shaping_alpha
from naslib_incremental.benchmarks import Benchmark, QueryCounter


class Ledger:
    """Steps, queries and updates of one training, over all its processes.

    Args:
        config: the agent's configuration.
        benchmark: what is queried.
        rng: source of the sample that scales the rewards, whose queries are counted.

    Attributes:
        scale: factor of the rewards.
        steps: environment steps taken.
        transitions: kept in replay shards, or once kept.
        owed_steps: environment steps that no update has been made for.
        tally: sums since it was last replaced.
    """

    def __init__(self, config: AgentConfig, benchmark: Benchmark, rng: np.random.Generator) -> None:
        self.config = config
        self.counter = QueryCounter(benchmark, track_distinct=True)
        self.scale = reward_scale(config, self.counter, shaping_alpha(config, benchmark), rng)
        self.steps = 0
        self.transitions = 0
        self.owed_steps = 0
        self.tally = Tally()

    def book(self, account: Account) -> None:
        """Take note of a fragment."""
        self.steps += account.steps
        self.transitions += account.transitions
        self.counter.record(account.queries, account.hashes)
        self.tally.finals += account.tally.finals
        self.tally.final_accuracy += account.tally.final_accuracy
        if self.transitions >= self.config.learning_starts:
            self.owed_steps += account.steps

    @property
    def due(self) -> bool:
        """Whether an update is to be made: as many per step as in one process."""
        return self.owed_steps >= self.config.update_every

    def learned(self, loss: float) -> None:
        """Take note of an update."""
        self.owed_steps -= self.config.update_every
        self.tally.updates += 1
        self.tally.loss += loss

    def state(self) -> dict[str, Any]:
        """As JSON; the hashes that were seen are apart."""
        return {
            "steps": self.steps,
            "transitions": self.transitions,
            "owed_steps": self.owed_steps,
            "queries": self.counter.queries,
            "tally": vars(self.tally),
        }

    def restore(self, state: dict[str, Any], seen: Any) -> None:
        """Go on from an earlier ``state``."""
        self.steps, self.transitions = state["steps"], state["transitions"]
        self.owed_steps, self.tally = state["owed_steps"], Tally(**state["tally"])
        self.counter.restore(state["queries"], seen)
