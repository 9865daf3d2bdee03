"""What one acting process does: steps in its share of the environments, made into transitions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.environment import (
    HostEncoder,
    HostEnvironment,
    ObservationTensors,
    StepTensors,
)
from naslib_incremental.agent.exploration import act, epsilon_ladder
from naslib_incremental.agent.generator import Generator
from naslib_incremental.agent.n_step import NStepAssembler, Transitions
from naslib_incremental.agent.network import QNetwork
from naslib_incremental.agent.rllib.progress import FragmentSummary
from naslib_incremental.agent.rllib.shards import Fragment, to_arrays
from naslib_incremental.agent.trainer import RunningSums, host_mdp, watched_envs
from naslib_incremental.benchmarks import Benchmark, QueryCounter
from naslib_incremental.foundation.seeding import children


class Collector:
    """Acts in a share of the environments; the ladder of epsilons runs over those of all runners.

    Args:
        config: the agent's configuration.
        benchmark: answers the queries.
        runner: 0..runners-1; higher ones explore less.
        runners: how many share the environments.
        scale: factor of the rewards.
        seed: source of all randomness.
    """

    def __init__(
        self,
        config: AgentConfig,
        benchmark: Benchmark,
        runner: int,
        runners: int,
        scale: float,
        seed: np.random.SeedSequence,
    ) -> None:
        total = config.num_envs
        share = slice(runner * total // runners, (runner + 1) * total // runners)
        ladder = epsilon_ladder(total, config.epsilon_base, config.epsilon_exponent)
        self.epsilons = ladder[share]
        self.watched = watched_envs(total)[share]
        self.counter = QueryCounter(benchmark, track_distinct=True)
        environment, exploration = map(np.random.default_rng, children(seed, 2))
        self.generator = Generator(exploration)
        mdp = host_mdp(config, self.counter, len(self.epsilons), environment)
        self.environment = HostEnvironment(mdp, scale)
        self.assembler = NStepAssembler(config.n_step, config.gamma)
        self.encoder = HostEncoder(benchmark.space)
        slots = benchmark.space.width(config.neighbours) + 1
        self.network = QNetwork(config, benchmark.space.features, slots)
        self.returns = np.zeros(len(self.epsilons))
        self.lengths = np.zeros(len(self.epsilons), np.int64)

    def set_weights(self, weights: Mapping[str, NDArray[Any]]) -> None:
        """Take over the online network's weights, by parameter name."""
        # Copied: arrays that arrive through Ray are read-only.
        self.network.load_state_dict({name: torch.tensor(part) for name, part in weights.items()})

    def collect(self, steps: int) -> tuple[Fragment | None, FragmentSummary]:
        """Take ``steps`` steps in every environment; no fragment while no window is full yet."""
        parts: list[tuple[Transitions, Tensor]] = []
        sums, ended = RunningSums(), []
        for _ in range(steps):
            record, step = act(self.environment, self._q_values, self.epsilons, self.generator)
            completed = self.assembler.push(record)
            if completed is not None:
                parts.append(completed)
            sums.watch(step, self.watched)
            ended.append(self._follow(step))
        counter = self.counter
        queries, seen, best = counter.queries, counter.seen, counter.best
        counter.restore(0, np.zeros(0, np.uint64), -np.inf)
        totals, (returns, lengths) = sums.totals(), zip(*ended, strict=True)
        summary = FragmentSummary(
            steps=steps * len(self.epsilons),
            transitions=sum(len(transitions) for transitions, _ in parts),
            queries=queries,
            seen=seen,
            best=best,
            finals=totals["finals"],
            final_accuracy=totals["final_accuracy"],
            returns=np.concatenate(returns),
            lengths=np.concatenate(lengths),
        )
        return _joined(parts) if parts else None, summary

    def _q_values(self, shown: ObservationTensors) -> Tensor:
        with torch.no_grad():
            found: Tensor = self.network(*self.encoder.inputs(shown))
        return found

    def _follow(self, step: StepTensors) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Returns and lengths of the episodes that this step ended."""
        stops = step.ended.numpy()
        self.returns += step.rewards.numpy()
        self.lengths += 1
        ended = self.returns[stops], self.lengths[stops]
        self.returns[stops] = 0
        self.lengths[stops] = 0
        return ended


def _joined(parts: list[tuple[Transitions, Tensor]]) -> Fragment:
    columns = [transitions.columns() for transitions, _ in parts]
    joined = {name: torch.cat([part[name] for part in columns]) for name in columns[0]}
    return to_arrays({**joined, "priorities": torch.cat([errors for _, errors in parts])})
