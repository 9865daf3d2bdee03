"""A distributed training behind the interface of the one in this process."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.learner import Learner
from naslib_incremental.agent.rllib import state as states
from naslib_incremental.agent.rllib.algorithm import ApexConfig
from naslib_incremental.agent.rllib.topology import Topology
from naslib_incremental.agent.trainer import Tally
from naslib_incremental.benchmarks import Benchmark, QueryCounter


class ApexTraining:
    """Trains one agent with ``ApexDQN``; see ``agent.training.Training``.

    Args:
        topology: the processes.
        config: the agent's configuration.
        benchmark: answers the training queries; the processes open it by its name.
        seed: source of all randomness, but for the order in which processes get ready.
    """

    def __init__(
        self,
        topology: Topology,
        config: AgentConfig,
        benchmark: Benchmark,
        seed: np.random.SeedSequence,
    ) -> None:
        self.config = config
        self.benchmark = benchmark
        settings = ApexConfig().over(topology)
        settings.benchmark = benchmark.name
        settings.agent = vars(config)
        settings.agent_seed = int(seed.generate_state(1)[0])
        self.algorithm = settings.build_algo()

    def advance(self) -> None:
        """One iteration of the algorithm."""
        self.algorithm.train()

    @property
    def steps(self) -> int:
        """Environment steps taken."""
        return int(self.algorithm.ledger.steps)

    @property
    def counter(self) -> QueryCounter:
        """Of the queries of all runners."""
        counter: QueryCounter = self.algorithm.ledger.counter
        return counter

    @property
    def queries(self) -> int:
        """Queries so far, repeats included."""
        return self.counter.queries

    @property
    def distinct(self) -> int:
        """Different architectures queried so far."""
        return self.counter.distinct

    def take_tally(self) -> Tally:
        """The sums since the last call."""
        tally: Tally = self.algorithm.ledger.tally
        self.algorithm.ledger.tally = Tally()
        return tally

    @property
    def learner(self) -> Learner:
        """The learner as it is now, in this process."""
        space = self.benchmark.space
        learner = Learner(self.config, space, space.width(self.config.neighbours) + 1, 0)
        states.to_learner(learner, self.algorithm.learner_state())
        return learner

    def save(self, path: Path, seconds: float) -> None:
        """Write a checkpoint that holds the replay shards."""
        self.algorithm.save_file(path, seconds)

    def restore(self, path: Path) -> float:
        """Go on from a checkpoint; returns its seconds.

        Raises:
            UnusableCheckpointError: it is missing, damaged or of another configuration.
        """
        seconds: float = self.algorithm.load_file(path)
        return seconds

    def close(self) -> None:
        """End all processes."""
        self.algorithm.stop()
