"""The agent that learns to search, as a NASLib optimizer."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import torch

from naslib_incremental.agent.network import QNetwork
from naslib_incremental.foundation.seeding import children
from naslib_incremental.optimizers.apex_incremental import ApexIncremental as Agent
from naslib_incremental.optimizers.naslib.meta_optimizers import IncrementalOptimizer

logger = logging.getLogger(__name__)


class ApexIncremental(IncrementalOptimizer):
    """``apex_incremental``: where a trained agent chooses to stay.

    ``search.agent`` [none] is the folder of an agent trained before, such as
    ``RUN/agents/apex_incremental/agent0`` of ``naslib-run``. Without it an agent is trained before
    the first epoch, on answers of NASLib's ``dataset_api``, in ``<config.save>/agent``; a finished
    one found there is taken as it is, an unfinished one is trained on. ``training_queries`` and the
    log say what that cost: it comes on top of the epochs. The weights are part of every checkpoint.

    Attributes:
        training_queries: answered to train the agent, repeats included; 0 for one given.
    """

    name = "apex_incremental"

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.training_queries = 0

    def adapt_search_space(  # noqa: D102
        self, search_space: Any, scope: Any = None, dataset_api: Any = None
    ) -> None:
        super().adapt_search_space(search_space, scope, dataset_api)
        given = getattr(self.config.search, "agent", None)
        if given:
            self._take(Path(given))

    def before_training(self) -> None:
        """Train the agent, unless one was given or trained before."""
        super().before_training()
        if self.record.agent is None:
            folder = Path(self.config.save) / "agent"
            folder.mkdir(parents=True, exist_ok=True)
            seed = children(self._seed, 2)[1]
            training = self._agent.train(self.benchmark, seed, folder, _log)
            self.training_queries = training.queries
            logger.info(
                "agent trained: %d steps, %d queries on top of the epochs, %.0f s, in %s",
                *(training.steps, training.queries, training.seconds, folder),
            )
            self._take(folder)

    @property
    def _agent(self) -> Agent:
        return cast(Agent, self.optimizer)

    def _take(self, folder: Path) -> None:
        self._agent.load(folder)
        self.record.agent = self._agent.network

    def get_model_size(self) -> float:
        """Millions of parameters of the agent's network."""
        network = self.record.agent
        if network is None:
            space = self.benchmark.space
            slots = space.width(self.settings.neighbours) + 1
            with torch.device("meta"):
                network = QNetwork(self._agent.config, space.features, slots)
        return sum(part.numel() for part in network.parameters()) / 1e6


def _log(step: int, steps: int, figures: Mapping[str, float]) -> None:
    shown = ", ".join(f"{name} {value:.4g}" for name, value in figures.items())
    logger.info("training the agent: step %d of %d, %s", step, steps, shown)
