"""What a distributed training has done so far, and which updates it owes for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.trainer import RunningSums, reward_scale
from naslib_incremental.benchmarks import Benchmark, QueryCounter


@dataclass(frozen=True)
class FragmentSummary:
    """What collecting a fragment took and showed.

    Attributes:
        steps: environment steps.
        transitions: K, rows of the fragment.
        queries: of the benchmark.
        seen: ascending identities of the architectures queried.
        best: highest validation accuracy among the answers.
        finals: episodes that ended in the watched environments.
        final_accuracy: sum of their finals' validation accuracy.
        returns: scaled, undiscounted, of the episodes that ended.
        lengths: steps of these episodes.
    """

    steps: int
    transitions: int
    queries: int
    seen: NDArray[np.uint64]
    best: float
    finals: float
    final_accuracy: float
    returns: NDArray[np.float64]
    lengths: NDArray[np.int64]


class TrainingProgress:
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
        sums: since the last record of progress.
    """

    def __init__(self, config: AgentConfig, benchmark: Benchmark, rng: np.random.Generator) -> None:
        self.config = config
        self.counter = QueryCounter(benchmark, track_distinct=True)
        self.scale = reward_scale(config, self.counter, rng)
        self.steps = 0
        self.transitions = 0
        self.owed_steps = 0
        self.sums = RunningSums()

    def add(self, summary: FragmentSummary) -> None:
        """Take note of a fragment."""
        self.steps += summary.steps
        self.transitions += summary.transitions
        self.counter.record(summary.queries, summary.seen, summary.best)
        self.sums.add(finals=summary.finals, final_accuracy=summary.final_accuracy)
        if self.transitions >= self.config.learning_starts:
            self.owed_steps += summary.steps

    @property
    def due(self) -> bool:
        """Whether an update is to be made: as many per step as in one process."""
        return self.owed_steps >= self.config.update_every

    def add_update(self, loss: float) -> None:
        """Take note of an update."""
        self.owed_steps -= self.config.update_every
        self.sums.add(updates=1, loss=loss)

    def state_dict(self) -> dict[str, Any]:
        """Everything but the scale, which the environments under way have already."""
        return {
            "steps": self.steps,
            "transitions": self.transitions,
            "owed_steps": self.owed_steps,
            "queries": self.counter.queries,
            "seen": torch.from_numpy(self.counter.seen),
            "best": self.counter.best,
            "sums": self.sums.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume from an earlier ``state_dict``."""
        self.steps, self.transitions = state["steps"], state["transitions"]
        self.owed_steps = state["owed_steps"]
        self.counter.restore(state["queries"], state["seen"].numpy(), state["best"])
        self.sums.load_state_dict(state["sums"])
