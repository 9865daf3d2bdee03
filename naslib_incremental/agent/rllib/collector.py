"""What one acting process does: steps in its share of the lanes, compressed into transitions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.agent.actor import NStepAssembler, act
from naslib_incremental.agent.checkpoint import Tensors, load_weights
from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.exploration import epsilon_ladder
from naslib_incremental.agent.network import QNetwork, q_values
from naslib_incremental.agent.replay import Transitions
from naslib_incremental.agent.rllib.shards import Fragment
from naslib_incremental.agent.trainer import Tally, shaping_alpha, watched_lanes
from naslib_incremental.benchmarks import Benchmark, QueryCounter
from naslib_incremental.foundation.seeding import children
from naslib_incremental.mdp import IncrementalMDP, Step


@dataclass(frozen=True)
class Account:
    """What collecting a fragment took and showed.

    Attributes:
        steps: environment steps.
        transitions: K, rows of the fragment.
        queries: of the benchmark.
        hashes: ascending, of the architectures queried.
        tally: finals of the watched lanes.
        returns: scaled, undiscounted, of the episodes that ended.
        lengths: steps of these episodes.
    """

    steps: int
    transitions: int
    queries: int
    hashes: NDArray[np.uint64]
    tally: Tally
    returns: NDArray[np.float64]
    lengths: NDArray[np.int64]


class Collector:
    """Acts in a share of the lanes; the ladder of epsilons runs over the lanes of all runners.

    Args:
        config: the agent's configuration.
        benchmark: answers the queries.
        runner: 0..runners-1; higher ones explore less.
        runners: how many share the lanes.
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
        lanes = slice(
            runner * config.num_envs // runners, (runner + 1) * config.num_envs // runners
        )
        ladder = epsilon_ladder(config.num_envs, config.epsilon_base, config.epsilon_exponent)
        self.epsilons = ladder[lanes]
        self.watched = watched_lanes(config.num_envs)[lanes]
        self.scale = scale
        self.counter = QueryCounter(benchmark, track_distinct=True)
        environment, exploration = map(np.random.default_rng, children(seed, 2))
        self.rng = exploration
        self.mdp = IncrementalMDP(
            self.counter,
            lanes=len(self.epsilons),
            neighbours=config.neighbours,
            max_steps=config.training_max_steps,
            shaping_alpha=shaping_alpha(config, benchmark),
            rng=environment,
            sampler=config.sampler,
        )
        self.assembler = NStepAssembler(config.n_step, config.gamma)
        slots = self.mdp.observation.mask.shape[1]
        self.network = QNetwork(config, benchmark.space.features, slots)
        self.returns = np.zeros(len(self.epsilons))
        self.lengths = np.zeros(len(self.epsilons), np.int64)

    def set_weights(self, weights: Tensors) -> None:
        """Take over the online network's weights."""
        load_weights(self.network, weights)

    def collect(self, steps: int) -> tuple[Fragment | None, Account]:
        """Take ``steps`` steps in every lane; no fragment while no window is full yet."""
        function = partial(q_values, self.network, self.mdp.space)
        parts: list[Fragment] = []
        tally, returns, lengths = Tally(), [], []
        for _ in range(steps):
            acted = act(self.mdp, function, self.epsilons, self.scale, self.rng)
            completed = self.assembler.push(acted)
            if completed is not None:
                parts.append(Fragment(*completed))
            tally.watch(acted.step, self.watched)
            ended = self._follow(acted.rewards, acted.step)
            returns.append(ended[0])
            lengths.append(ended[1])
        fragment = _joined(parts) if parts else None
        queries, hashes = self.counter.queries, self.counter.seen
        self.counter.restore(0, np.zeros(0, np.uint64))
        account = Account(
            steps * len(self.epsilons),
            len(fragment.priorities) if fragment else 0,
            queries,
            hashes,
            tally,
            np.concatenate(returns),
            np.concatenate(lengths),
        )
        return fragment, account

    def _follow(
        self, rewards: NDArray[np.float64], step: Step
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Returns and lengths of the episodes that this step ended."""
        self.returns += rewards
        self.lengths += 1
        ended = self.returns[step.ended], self.lengths[step.ended]
        self.returns[step.ended] = 0
        self.lengths[step.ended] = 0
        return ended


def _joined(parts: list[Fragment]) -> Fragment:
    names = parts[0].transitions.arrays()
    columns = {
        name: np.concatenate([part.transitions.arrays()[name] for part in parts]) for name in names
    }
    return Fragment(Transitions(**columns), np.concatenate([part.priorities for part in parts]))
