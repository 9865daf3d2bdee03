"""The trainer in this process: many environments and one learner in turn, exactly reproducible.

Environment, replay and learner are on the host or all on one device, to which the trainer is
blind. It only launches work: nothing in ``advance`` reads a tensor, so that on a device it never
waits. On the CPU the same seed gives the same agent; on a GPU sums are added in varying order, so
that it does not to the bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.device_environment import (
    DeviceEnvironment,
    SpaceTensors,
    start_pool,
)
from naslib_incremental.agent.environment import (
    CPU,
    Environment,
    HostEncoder,
    HostEnvironment,
    StepTensors,
)
from naslib_incremental.agent.exploration import act, epsilon_ladder
from naslib_incremental.agent.generator import Generator
from naslib_incremental.agent.learner import Learner
from naslib_incremental.agent.n_step import NStepAssembler
from naslib_incremental.agent.replay import PrioritisedReplay, RunningSum, SumTree
from naslib_incremental.benchmarks import Benchmark, QueryCounter
from naslib_incremental.foundation.seeding import children
from naslib_incremental.mdp import IncrementalMDP, shape

# Starts whose shaped accuracies scale the rewards, and the quantile taken for their top.
SCALE_SAMPLE = 4_096
SCALE_QUANTILE = 0.999
# The share of environments, the least exploring ones, whose finals make the learning curve.
WATCHED_SHARE = 0.25
# From this many dimensions on a GPU multiplies in bfloat16. Narrower networks are bound by the
# number of kernels, to which casting adds.
WIDE = 128


class RunningSums:
    """What is summed between two records of progress; only reading it waits for the device.

    The sums are those of the episodes that ended in the watched environments, of their finals'
    validation accuracy, of gradient steps, and of their losses.
    """

    NAMES = ("finals", "final_accuracy", "updates", "loss")

    def __init__(self, device: torch.device = CPU) -> None:
        self._sums = torch.zeros(len(self.NAMES), dtype=torch.float64, device=device)

    def add(self, **parts: Tensor | float) -> None:
        """Add to some of the sums, by name."""
        for name, part in parts.items():
            self._sums[self.NAMES.index(name)] += part

    def watch(self, step: StepTensors, watched: Tensor) -> None:
        """Add what ended in some environments, [L]."""
        finals = step.ended & watched
        self.add(finals=finals.sum(), final_accuracy=(step.accuracy * finals).sum())

    def totals(self) -> dict[str, float]:
        """The sums by name."""
        return dict(zip(self.NAMES, self._sums.tolist(), strict=True))

    def take_means(self) -> dict[str, float]:
        """Means since the last call; nothing is said of what did not happen."""
        totals, means = self.totals(), {}
        self._sums.zero_()
        if totals["finals"]:
            means["mean_final_validation"] = totals["final_accuracy"] / totals["finals"]
        if totals["updates"]:
            means["loss"] = totals["loss"] / totals["updates"]
        return means

    def state_dict(self) -> dict[str, Any]:
        """The sums."""
        return {"sums": self._sums}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume from an earlier ``state_dict``."""
        self._sums.copy_(state["sums"])


class LocalTrainer:
    """Trains one agent.

    Args:
        config: the agent's configuration.
        environment: L environments.
        learner: on their device.
        replay: on their device.
        generator: source of the exploration.

    Attributes:
        steps: environment steps taken.
        details: of how it trains, for the record.
    """

    def __init__(
        self,
        config: AgentConfig,
        environment: Environment,
        learner: Learner,
        replay: PrioritisedReplay,
        generator: Generator,
    ) -> None:
        device = environment.device
        self.config = config
        self.environment = environment
        self.learner = learner
        self.replay = replay
        self.generator = generator
        self.assembler = NStepAssembler(config.n_step, config.gamma, device)
        ladder = epsilon_ladder(config.num_envs, config.epsilon_base, config.epsilon_exponent)
        self.epsilons = ladder.to(device)
        self.watched = watched_envs(config.num_envs).to(device)
        self.sums = RunningSums(device)
        self.steps = 0
        self.owed_steps = 0
        self.details: Mapping[str, Any] = {}

    def advance(self) -> None:
        """One step in every environment, and the updates that it pays for."""
        record, step = act(self.environment, self.learner.q_values, self.epsilons, self.generator)
        completed = self.assembler.push(record)
        if completed is not None:
            self.replay.add(*completed)
        self.sums.watch(step, self.watched)
        self.steps += self.config.num_envs
        self._learn()

    def _learn(self) -> None:
        if len(self.replay) < self.config.learning_starts:
            return
        self.owed_steps += self.config.num_envs
        while self.owed_steps >= self.config.update_every:
            self.owed_steps -= self.config.update_every
            slots, transitions, weights = self.replay.sample(self.config.batch_size)
            loss, errors = self.learner.update(transitions, weights)
            self.replay.update(slots, errors)
            self.sums.add(updates=1, loss=loss)

    @property
    def counter(self) -> QueryCounter:
        """Of the training queries; waits for the device."""
        return self.environment.counter

    def take_figures(self) -> dict[str, float]:
        """Queries so far, and means since the last call; waits for the device."""
        queries, distinct = self.environment.counts()
        counted = {"queries": queries, "distinct_queries": distinct}
        return counted | self.sums.take_means()

    def state_dict(self) -> dict[str, Any]:
        """Everything that the rest of the training depends on."""
        parts = {name: part.state_dict() for name, part in self._parts().items()}
        return {**parts, "steps": self.steps, "owed_steps": self.owed_steps}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume from an earlier ``state_dict``; it comes out the same to the bit."""
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        self.steps, self.owed_steps = state["steps"], state["owed_steps"]

    def _parts(self) -> dict[str, Any]:
        names = ("environment", "learner", "replay", "generator", "assembler", "sums")
        return {name: getattr(self, name) for name in names}

    def close(self) -> None:
        """It holds nothing but memory."""


def local_trainer(
    config: AgentConfig, benchmark: Benchmark, seed: np.random.SeedSequence
) -> LocalTrainer:
    """A trainer on the configuration's device."""
    if config.device == "cpu":
        return host_trainer(config, benchmark, seed)
    return device_trainer(config, benchmark, seed, torch.device(config.device))


def host_trainer(
    config: AgentConfig, benchmark: Benchmark, seed: np.random.SeedSequence
) -> LocalTrainer:
    """A trainer on the arrays of the host, for any search space.

    Args:
        config: the agent's configuration.
        benchmark: answers the training queries.
        seed: source of all randomness.
    """
    environment, replay, exploration, scale, weights = children(seed, 5)
    counter, space = QueryCounter(benchmark, track_distinct=True), benchmark.space
    mdp = host_mdp(config, counter, config.num_envs, np.random.default_rng(environment))
    factor = reward_scale(config, counter, np.random.default_rng(scale))
    slots, first_weights = space.width(config.neighbours) + 1, int(weights.generate_state(1)[0])
    index = SumTree(
        config.replay_capacity,
        config.priority_alpha,
        config.priority_beta,
        np.random.default_rng(replay),
    )
    return LocalTrainer(
        config,
        HostEnvironment(mdp, factor),
        Learner(config, HostEncoder(space), slots, first_weights),
        PrioritisedReplay(config.replay_capacity, index),
        Generator(np.random.default_rng(exploration)),
    )


def device_trainer(
    config: AgentConfig,
    benchmark: Benchmark,
    seed: np.random.SeedSequence,
    device: torch.device,
    mixed: bool | None = None,
) -> LocalTrainer:
    """A trainer on the tensors of a device, for enumerable search spaces.

    Args:
        config: the agent's configuration.
        benchmark: answers the training queries, all of them before the first step.
        seed: source of all randomness.
        device: where everything is.
        mixed: multiply matrices in bfloat16; default: on a GPU where the network is wide.
    """
    numbers, starts, scale, weights = children(seed, 4)
    generator = torch.Generator(device)
    generator.manual_seed(int(numbers.generate_state(1, np.uint64)[0]))
    counter = QueryCounter(benchmark, track_distinct=True)
    factor = reward_scale(config, counter, np.random.default_rng(scale))
    alpha = shaping_alpha(config, benchmark)
    tensors = SpaceTensors(benchmark, alpha, config.neighbours, device)
    environment = DeviceEnvironment(
        tensors,
        start_pool(benchmark.space, config.sampler, np.random.default_rng(starts), device),
        config.num_envs,
        config.training_max_steps,
        generator,
        factor,
        counter,
    )
    mixed = device.type == "cuda" and config.dimensions >= WIDE if mixed is None else mixed
    slots, first_weights = tensors.width + 1, int(weights.generate_state(1)[0])
    index = RunningSum(
        config.replay_capacity, config.priority_alpha, config.priority_beta, generator
    )
    return LocalTrainer(
        config,
        environment,
        Learner(config, tensors, slots, first_weights, device, mixed),
        PrioritisedReplay(config.replay_capacity, index),
        Generator(generator),
    )


def host_mdp(
    config: AgentConfig, counter: QueryCounter, num_envs: int, rng: np.random.Generator
) -> IncrementalMDP:
    """The environments that an agent is trained in, or a share of them."""
    return IncrementalMDP(
        counter,
        num_envs=num_envs,
        neighbours=config.neighbours,
        max_steps=config.training_max_steps,
        shaping_alpha=shaping_alpha(config, counter.benchmark),
        rng=rng,
        sampler=config.sampler,
    )


def shaping_alpha(config: AgentConfig, benchmark: Benchmark) -> float:
    """Alpha of the reward shaping: the configuration's, or else the benchmark's."""
    return benchmark.shaping_alpha if config.shaping_alpha is None else config.shaping_alpha


def reward_scale(config: AgentConfig, counter: QueryCounter, rng: np.random.Generator) -> float:
    """Brings shaped improvements to about 0..1 whatever alpha; its queries are counted."""
    if config.reward_scale == "none":
        return 1.0
    sample = counter.benchmark.space.sample(SCALE_SAMPLE, rng, config.sampler)
    alpha = shaping_alpha(config, counter.benchmark)
    shaped = shape(counter.query(sample).validation, alpha)
    spread = float(np.quantile(shaped, SCALE_QUANTILE) - np.median(shaped))
    return 0.5 / spread if spread > 0 else 1.0


def watched_envs(num_envs: int) -> Tensor:
    """[L] whose finals make the learning curve."""
    return torch.arange(num_envs) >= (1 - WATCHED_SHARE) * num_envs
