"""The learned search: an Ape-X agent on the incremental MDP (paper, sections 3 and 4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from naslib_incremental import agent
from naslib_incremental.agent import AgentConfig
from naslib_incremental.agent.device import resolve_device
from naslib_incremental.benchmarks.contract import Accuracies, Benchmark
from naslib_incremental.optimizers.contract import (
    Ask,
    EpisodeSettings,
    Outcome,
    TrainableOptimizer,
)
from naslib_incremental.records import TrainingResult
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
        config: AgentConfig | None = None,
    ) -> None:
        super().__init__(space, settings, config)
        self.config: AgentConfig
        self._trained: TrainedAgent | None = None
        self._rollout: Rollout | None = None
        self._asked = False

    @classmethod
    def configure(  # noqa: D102
        cls, options: Mapping[str, Any], space: SearchSpace, settings: EpisodeSettings
    ) -> AgentConfig:
        chosen = {"neighbours": settings.neighbours, **options}
        return resolve_device(AgentConfig.of(chosen, space.cells), space)

    def train(  # noqa: D102
        self,
        benchmark: Benchmark,
        seed: np.random.SeedSequence,
        folder: Path,
        progress: Callable[[int, int, Mapping[str, float]], None],
    ) -> TrainingResult:
        steps = self.settings.max_steps
        return _told(agent.train_agent(self.config, benchmark, seed, folder, steps, progress))

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
        return Outcome(self._rollout.final, self._rollout.steps, self._rollout.stopped)


def _told(report: Mapping[str, Any], **more: Any) -> TrainingResult:
    return TrainingResult(
        steps=report["steps"],
        queries=report["queries"],
        distinct_queries=report["distinct_queries"],
        seconds=report["seconds"],
        details={**{name: report[name] for name in ("policy", "policies_tried")}, **more},
    )
