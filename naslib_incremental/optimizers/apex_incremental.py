"""The learned search: an Ape-X agent on the incremental MDP (paper, sections 3 and 4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from naslib_incremental import agent
from naslib_incremental.agent import AgentConfig
from naslib_incremental.agent.config import resolve_device
from naslib_incremental.agent.rllib.topology import Topology
from naslib_incremental.benchmarks.contract import Accuracies, Benchmark
from naslib_incremental.optimizers.contract import (
    Ask,
    EpisodeSettings,
    Outcome,
    TrainableOptimizer,
    Training,
)
from naslib_incremental.search_spaces_ext.contract import Architectures, SearchSpace

if TYPE_CHECKING:
    from naslib_incremental.agent import Rollout, TrainedAgent
    from naslib_incremental.agent.network import QNetwork


class ApexIncremental(TrainableOptimizer):
    """Walks until the trained agent stays; the final architecture is the one query."""

    name: ClassVar[str] = "apex_incremental"
    config_class = AgentConfig

    def __init__(
        self,
        space: SearchSpace,
        settings: EpisodeSettings,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(space, settings)
        chosen = {"neighbours": settings.neighbours, **(options or {})}
        self.config: AgentConfig = resolve_device(AgentConfig.of(chosen, space.cells), space)
        self._trained: TrainedAgent | None = None
        self._rollout: Rollout | None = None
        self._asked = False

    def train(  # noqa: D102
        self,
        benchmark: Benchmark,
        seed: np.random.SeedSequence,
        folder: Path,
        progress: Callable[[int, int, Mapping[str, float]], None],
    ) -> Training:
        steps = self.settings.max_steps
        return _told(agent.train_agent(self.config, benchmark, seed, folder, steps, progress))

    def train_over(  # noqa: D102
        self,
        topology: Topology,
        benchmark: Benchmark,
        seed: np.random.SeedSequence,
        folder: Path,
        progress: Callable[[int, int, Mapping[str, float]], None],
    ) -> Training:
        config = replace(
            self.config,
            engine="rllib",
            num_env_runners=topology.num_env_runners,
            num_replay_shards=topology.num_replay_shards,
            num_gpus_per_learner=topology.num_gpus_per_learner,
        )
        steps = self.settings.max_steps
        return _told(agent.train_agent(config, benchmark, seed, folder, steps, progress))

    @property
    def network(self) -> QNetwork:
        """The loaded agent's network."""
        return self._loaded().network

    def _loaded(self) -> TrainedAgent:
        if self._trained is None:
            raise RuntimeError("expected a trained agent; got none; next: call load(folder)")
        return self._trained

    def load(self, folder: Path) -> None:  # noqa: D102
        self._trained = agent.load_agent(folder, self.space, self.settings.neighbours)

    def start(  # noqa: D102
        self, starts: Architectures, validation: Accuracies, rng: np.random.Generator
    ) -> None:
        trained = self._loaded()
        self._asked = False
        self._rollout = agent.roll_out(
            trained.source, starts, self.settings.max_steps, trained.policy, rng
        )

    def ask(self) -> Ask | None:  # noqa: D102
        if self._asked or self._rollout is None:
            return None
        self._asked = True
        final = self._rollout.final
        return Ask(np.arange(len(final)), final)

    def tell(self, validation: Accuracies) -> None:
        """Nothing depends on the answers."""

    def outcome(self) -> Outcome:  # noqa: D102
        if self._rollout is None:
            raise RuntimeError("expected start() before outcome()")
        return Outcome(self._rollout.final, self._rollout.num_steps, self._rollout.stopped)


def _told(report: Mapping[str, Any]) -> Training:
    kept = ("policy", "policies_tried", "topology")
    return Training(
        steps=report["steps"],
        queries=report["queries"],
        distinct_queries=report["distinct_queries"],
        seconds=report["seconds"],
        details={name: report[name] for name in kept if name in report},
    )
