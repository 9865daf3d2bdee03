"""The in-process trainer: one actor over many lanes, one learner, in turn, exactly reproducible."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.agent.actor import NStepAssembler, act
from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.exploration import epsilon_ladder
from naslib_incremental.agent.learner import Learner
from naslib_incremental.agent.replay import PrioritisedReplay
from naslib_incremental.benchmarks import Benchmark, QueryCounter
from naslib_incremental.foundation.seeding import children
from naslib_incremental.mdp import IncrementalMDP, Step, shape

# Starts whose shaped accuracies scale the rewards, and the quantile taken for their top.
SCALE_SAMPLE = 4_096
SCALE_QUANTILE = 0.999
# The share of lanes, the least exploring ones, whose finals make the learning curve.
WATCHED_SHARE = 0.25


@dataclass
class Tally:
    """Sums since the last record of progress.

    Attributes:
        finals: episodes that ended in the watched lanes.
        final_accuracy: sum of their finals' validation accuracy.
        updates: gradient steps.
        loss: sum of their losses.
    """

    finals: int = 0
    final_accuracy: float = 0.0
    updates: int = 0
    loss: float = 0.0

    def watch(self, step: Step, watched: NDArray[np.bool_]) -> None:
        """Take note of the finals of some lanes."""
        finals = step.ended & watched
        self.finals += int(finals.sum())
        self.final_accuracy += float(step.accuracy[finals].sum())

    def figures(self) -> dict[str, float]:
        """Means; nothing is said of what did not happen."""
        figures = {}
        if self.finals:
            figures["mean_final_validation"] = self.final_accuracy / self.finals
        if self.updates:
            figures["loss"] = self.loss / self.updates
        return figures


def watched_lanes(lanes: int) -> NDArray[np.bool_]:
    """[L] whose finals make the learning curve."""
    return np.arange(lanes) >= (1 - WATCHED_SHARE) * lanes


class Trainer:
    """Trains one agent on one benchmark.

    Args:
        config: the agent's configuration.
        benchmark: answers the training queries.
        seed: source of all randomness.

    Attributes:
        steps: environment steps taken.
        counter: of the training queries.
        tally: sums since the last ``take_tally``.
    """

    def __init__(
        self, config: AgentConfig, benchmark: Benchmark, seed: np.random.SeedSequence
    ) -> None:
        environment, replay, exploration, scale, weights = children(seed, 5)
        self.config = config
        self.benchmark = benchmark
        self.counter = QueryCounter(benchmark, track_distinct=True)
        self.alpha = shaping_alpha(config, benchmark)
        self.mdp = IncrementalMDP(
            self.counter,
            lanes=config.num_envs,
            neighbours=config.neighbours,
            max_steps=config.training_max_steps,
            shaping_alpha=self.alpha,
            rng=np.random.default_rng(environment),
            sampler=config.sampler,
        )
        self.scale = reward_scale(config, self.counter, self.alpha, np.random.default_rng(scale))
        slots = self.mdp.observation.mask.shape[1]
        self.learner = Learner(config, benchmark.space, slots, int(weights.generate_state(1)[0]))
        self.replay = PrioritisedReplay(
            config.replay_capacity,
            config.priority_alpha,
            config.priority_beta,
            np.random.default_rng(replay),
        )
        self.assembler = NStepAssembler(config.n_step, config.gamma)
        self.epsilons = epsilon_ladder(
            config.num_envs, config.epsilon_base, config.epsilon_exponent
        )
        self.rng = np.random.default_rng(exploration)
        self.steps = 0
        self.owed_steps = 0
        self.tally = Tally()

    def advance(self) -> None:
        """One step in every lane, and the updates that it pays for."""
        acted = act(self.mdp, self.learner.q_values, self.epsilons, self.scale, self.rng)
        completed = self.assembler.push(acted)
        if completed is not None:
            self.replay.add(*completed)
        self.steps += self.config.num_envs
        self.tally.watch(acted.step, watched_lanes(self.config.num_envs))
        self._learn()

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
        tally, self.tally = self.tally, Tally()
        return tally

    def _learn(self) -> None:
        if len(self.replay) < self.config.learning_starts:
            return
        self.owed_steps += self.config.num_envs
        while self.owed_steps >= self.config.update_every:
            self.owed_steps -= self.config.update_every
            slots, transitions, weights = self.replay.sample(self.config.batch_size)
            loss, errors = self.learner.update(transitions, weights)
            self.replay.update(slots, errors)
            self.tally.updates += 1
            self.tally.loss += loss


def shaping_alpha(config: AgentConfig, benchmark: Benchmark) -> float:
    """Alpha of the reward shaping: the configuration's, or else the benchmark's."""
    return benchmark.shaping_alpha if config.shaping_alpha is None else config.shaping_alpha


def reward_scale(
    config: AgentConfig, counter: QueryCounter, alpha: float, rng: np.random.Generator
) -> float:
    """Brings shaped improvements to about 0..1 whatever alpha; its queries are counted."""
    if config.reward_scale == "none":
        return 1.0
    sample = counter.benchmark.space.sample(SCALE_SAMPLE, rng, config.sampler)
    shaped = shape(counter.query(sample).validation, alpha)
    spread = float(np.quantile(shaped, SCALE_QUANTILE) - np.median(shaped))
    return 0.5 / spread if spread > 0 else 1.0
