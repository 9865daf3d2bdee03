"""A distributed training behind the interface of the one in this process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.environment import HostEncoder
from naslib_incremental.agent.learner import Learner
from naslib_incremental.agent.rllib.algorithm import ApexConfig
from naslib_incremental.agent.rllib.topology import cluster_cpus, fitting_topology
from naslib_incremental.benchmarks import Benchmark, QueryCounter


class ClusterTrainer:
    """Trains one agent with ``ApexDQN``; see ``agent.training.Trainer``.

    Args:
        config: the agent's configuration.
        benchmark: answers the training queries; the processes open it by its name.
        seed: source of all randomness, but for the order in which processes get ready.
    """

    def __init__(
        self, config: AgentConfig, benchmark: Benchmark, seed: np.random.SeedSequence
    ) -> None:
        self.config = config
        self.benchmark = benchmark
        # Nodes may have come and gone since the configuration was made.
        topology = fitting_topology(config, cluster_cpus())
        self.details: Mapping[str, Any] = {"topology": asdict(topology)}
        settings = ApexConfig().over(topology)
        settings.benchmark = benchmark.name
        settings.agent = dict(vars(config))
        settings.agent_seed = int(seed.generate_state(1)[0])
        self.algorithm = settings.build_algo()

    def advance(self) -> None:
        """One iteration of the algorithm."""
        self.algorithm.train()

    @property
    def steps(self) -> int:
        """Environment steps taken."""
        return int(self.algorithm.progress.steps)

    @property
    def counter(self) -> QueryCounter:
        """Of the queries of all runners."""
        counter: QueryCounter = self.algorithm.progress.counter
        return counter

    @property
    def learner(self) -> Learner:
        """The learner as it is now, in this process."""
        space = self.benchmark.space
        slots = space.width(self.config.neighbours) + 1
        learner = Learner(self.config, HostEncoder(space), slots, seed=0)
        learner.load_state_dict(self.algorithm.learner_state())
        return learner

    def take_figures(self) -> dict[str, float]:
        """Queries so far, and means since the last call."""
        means: dict[str, float] = self.algorithm.progress.sums.take_means()
        counter = self.counter
        return {"queries": counter.queries, "distinct_queries": counter.distinct, **means}

    def state_dict(self) -> dict[str, Any]:
        """Everything but the episodes under way, which begin anew; replay shards included."""
        state: dict[str, Any] = self.algorithm.state_dict()
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume from an earlier ``state_dict``, over as many processes as there are now."""
        self.algorithm.load_state_dict(state)

    def close(self) -> None:
        """End all processes."""
        self.algorithm.stop()
