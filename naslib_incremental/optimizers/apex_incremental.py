"""The learned search: an Ape-X agent on the incremental MDP (paper, sections 3 and 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from naslib_incremental import agent
from naslib_incremental.agent import AgentConfig
from naslib_incremental.agent.config import resolve_device
from naslib_incremental.agent.rllib.topology import fitting_topology
from naslib_incremental.benchmarks.contract import Accuracies, Benchmark
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.optimizers.contract import (
    EpisodeSettings,
    Outcome,
    Progress,
    Resources,
    TrainableOptimizer,
)
from naslib_incremental.optimizers.shapes import OneQueryOptimizer
from naslib_incremental.records.training import TrainingResult
from naslib_incremental.search_spaces_ext.contract import Architectures, SearchSpace

if TYPE_CHECKING:
    from naslib_incremental.agent import TrainedAgent
    from naslib_incremental.agent.network import QNetwork

COSTS = tuple(field.name for field in fields(TrainingResult) if field.name != "details")
# What the run knows of an agent without being told.
ASKED = ("config", "benchmark", "slots")


class ApexIncremental(OneQueryOptimizer, TrainableOptimizer):
    """Walks until the trained agent stays; the final architecture is the one query."""

    name = "apex_incremental"
    config_class = AgentConfig
    config: AgentConfig

    def __init__(
        self, space: SearchSpace, settings: EpisodeSettings, config: AgentConfig | None = None
    ) -> None:
        super().__init__(space, settings, config)
        self._trained: TrainedAgent | None = None

    @classmethod
    def configure(
        cls, options: Mapping[str, Any], space: SearchSpace, settings: EpisodeSettings
    ) -> AgentConfig:
        """A preset's config, with the episodes' neighbours, and a device that there is."""
        chosen = {"neighbours": settings.neighbours, **options}
        return resolve_device(AgentConfig.of(chosen, space.cells), space)

    @property
    def reproducible(self) -> bool:
        """Whether one process trains: over a cluster, processes do not wait for each other."""
        return self.config.engine == "local"

    def resources(self, cpus: int) -> Resources:
        """A core, and for a training over the cluster one more for every runner."""
        if self.config.engine == "local":
            return Resources()
        topology = fitting_topology(self.config, cpus)
        return Resources(1 + topology.num_env_runners, topology.num_gpus_per_learner)

    def train(
        self,
        sources: Sequence[Benchmark],
        seed: np.random.SeedSequence,
        folder: Path,
        progress: Progress,
    ) -> TrainingResult:
        """Train one agent on one benchmark.

        Raises:
            UserError: there is more than one.
        """
        if len(sources) > 1:
            names = ", ".join(source.name for source in sources)
            expected = f"one benchmark that {self.name} is trained on"
            raise UserError(expected, names, "name one of them", setting="train_on")
        steps = self.settings.max_steps
        report = agent.train_agent(self.config, sources[0], seed, folder, steps, progress)
        costs = {name: report.pop(name) for name in COSTS}
        details = {name: value for name, value in report.items() if name not in ASKED}
        return TrainingResult(**costs, details=details)

    def load(self, folder: Path) -> None:  # noqa: D102
        self._trained = agent.load_agent(folder, self.space, self.settings.neighbours)

    @property
    def network(self) -> QNetwork:
        """The loaded agent's network."""
        return self._loaded().network

    def _loaded(self) -> TrainedAgent:
        if self._trained is None:
            raise RuntimeError("expected a trained agent; got none; next: call load(folder)")
        return self._trained

    def search(  # noqa: D102
        self, starts: Architectures, validation: Accuracies, rng: np.random.Generator
    ) -> Outcome:
        trained, steps = self._loaded(), self.settings.max_steps
        rollout = agent.roll_out(trained.source, starts, steps, trained.policy, rng)
        return Outcome(rollout.final, rollout.num_steps, rollout.stopped)
