"""The trainer whose environment, replay and learner are all on one device.

The host only launches work: nothing in ``advance`` reads a tensor, so that it never waits. On the
CPU the same seed gives the same agent; on a GPU sums are added in varying order, so that it does
not to the bit.
"""

from __future__ import annotations

import numpy as np
import torch

from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.device.actor import DeviceAssembler, Taken, choose
from naslib_incremental.agent.device.environment import (
    DeviceEnvironment,
    SpaceTensors,
    start_pool,
)
from naslib_incremental.agent.device.replay import DeviceReplay
from naslib_incremental.agent.exploration import epsilon_ladder
from naslib_incremental.agent.learner import Batch, Learner
from naslib_incremental.agent.trainer import (
    Tally,
    reward_scale,
    shaping_alpha,
    watched_lanes,
)
from naslib_incremental.benchmarks import Benchmark, QueryCounter
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.seeding import children

# From this many dimensions on a GPU multiplies in bfloat16. Narrower networks are bound by the
# number of kernels, to which casting adds.
WIDE = 128


class DeviceTrainer:
    """Trains one agent on one benchmark of an enumerable space.

    Args:
        config: the agent's configuration.
        benchmark: answers the training queries, all of them before the first step.
        seed: source of all randomness.
        device: where everything is.
        mixed: multiply matrices in bfloat16; default: on a GPU where the network is wide.

    Attributes:
        steps: environment steps taken.

    Raises:
        UserError: there are more lanes than the replay keeps transitions.
    """

    def __init__(
        self,
        config: AgentConfig,
        benchmark: Benchmark,
        seed: np.random.SeedSequence,
        device: torch.device,
        mixed: bool | None = None,
    ) -> None:
        if config.num_envs > config.replay_capacity:
            expected = f"--replay-capacity of at least the {config.num_envs} lanes, on a device"
            raise UserError(expected, str(config.replay_capacity), "lower --lanes")
        draws, starts, scale, weights = children(seed, 4)
        self.config = config
        self.benchmark = benchmark
        self.device = device
        self.generator = torch.Generator(device)
        self.generator.manual_seed(int(draws.generate_state(1, np.uint64)[0]))
        self._counter = QueryCounter(benchmark, track_distinct=True)
        alpha = shaping_alpha(config, benchmark)
        self.scale = reward_scale(config, self._counter, alpha, np.random.default_rng(scale))
        self.tensors = SpaceTensors(benchmark, alpha, config.neighbours, device)
        pool = start_pool(benchmark.space, config.sampler, np.random.default_rng(starts), device)
        self.environment = DeviceEnvironment(
            self.tensors, pool, config.num_envs, config.training_max_steps, self.generator
        )
        self._count_sample()
        mixed = device.type == "cuda" and config.dimensions >= WIDE if mixed is None else mixed
        slots, first_weights = self.tensors.width + 1, int(weights.generate_state(1)[0])
        self.learner = Learner(config, benchmark.space, slots, first_weights, device, mixed)
        self.replay = DeviceReplay(
            config.replay_capacity,
            slots,
            config.priority_alpha,
            config.priority_beta,
            self.generator,
        )
        self.assembler = DeviceAssembler(config.n_step, config.gamma)
        ladder = epsilon_ladder(config.num_envs, config.epsilon_base, config.epsilon_exponent)
        self.epsilons = torch.from_numpy(ladder).to(device)
        self.watched = torch.from_numpy(watched_lanes(config.num_envs)).to(device)
        self.steps = 0
        self.owed_steps = 0
        # Finals, their accuracy, updates and their loss since the last tally.
        self.sums = torch.zeros(4, dtype=torch.float64, device=device)

    def advance(self) -> None:
        """One step in every lane, and the updates that it pays for."""
        shown = self.environment.shown
        with torch.no_grad():
            q_values = self.learner.value(self.learner.network, self.tensors.inputs(shown))
            actions = choose(q_values, shown, self.epsilons, self.generator)
            step = self.environment.step(actions)
            taken = Taken(
                shown=shown.states,
                allowed=shown.allowed,
                actions=actions,
                chosen=q_values.gather(1, actions[:, None]).squeeze(1),
                best=q_values.amax(dim=1),
                rewards=step.rewards * self.scale,
                terminated=step.terminated,
                truncated=step.truncated,
                next_shown=step.following.states,
                next_allowed=step.following.allowed,
            )
            completed = self.assembler.push(taken)
            if completed is not None:
                self.replay.add(*completed)
            finals = (step.terminated | step.truncated) & self.watched
            self.sums[0] += finals.sum()
            self.sums[1] += (step.accuracy * finals).sum()
        self.steps += self.config.num_envs
        self._learn()

    @property
    def queries(self) -> int:
        """Queries so far, repeats included; waits for the device."""
        return self._counter.queries + int(self.environment.queries)

    @property
    def distinct(self) -> int:
        """Different architectures queried so far; waits for the device."""
        return int(self.environment.seen.sum())

    @property
    def counter(self) -> QueryCounter:
        """A counter of the benchmark that goes on from here; waits for the device."""
        space = self.benchmark.space
        states = np.flatnonzero(self.environment.seen.cpu().numpy()).astype(np.int32)
        counter = QueryCounter(self.benchmark, track_distinct=True)
        counter.restore(self.queries, np.unique(space.hash(states)))
        return counter

    def take_tally(self) -> Tally:
        """The sums since the last call; waits for the device."""
        finals, accuracy, updates, loss = self.sums.tolist()
        self.sums.zero_()
        return Tally(int(finals), accuracy, int(updates), loss)

    def _learn(self) -> None:
        if len(self.replay) < self.config.learning_starts:
            return
        self.owed_steps += self.config.num_envs
        while self.owed_steps >= self.config.update_every:
            self.owed_steps -= self.config.update_every
            slots, drawn, weights = self.replay.sample(self.config.batch_size)
            batch = Batch(
                shown=self.tensors.inputs(drawn.observation),
                following=self.tensors.inputs(drawn.next_observation),
                actions=drawn.actions,
                returns=drawn.returns,
                discounts=drawn.discounts,
                weights=weights,
            )
            loss, errors = self.learner.improve(batch)
            self.replay.update(slots, errors)
            self.sums[2] += 1
            self.sums[3] += loss

    def _count_sample(self) -> None:
        """Mark as seen what was queried for the scale of the rewards."""
        hashes = self.benchmark.space.hash(np.arange(len(self.tensors), dtype=np.int32))
        sampled = torch.from_numpy(np.isin(hashes, self._counter.seen))
        self.environment.seen |= sampled.to(self.device)
