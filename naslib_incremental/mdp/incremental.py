"""The incremental MDP, many at once: a state is an architecture, an action a neighbour.

Nothing here loops over environments: a step is a gather, a query and one call for the neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import Accuracies
from naslib_incremental.benchmarks.counter import QueryCounter
from naslib_incremental.search_spaces_ext.contract import Architectures, SearchSpace

STAY = 0


@dataclass(frozen=True)
class Observation:
    """What an agent sees in L environments; features come from ``SearchSpace.encode``.

    Attributes:
        architectures: [L, N+1, *architecture_shape], the current architecture first.
        mask: [L, N+1] True for an allowed action; action 0 (stay) always is.
    """

    architectures: Architectures
    mask: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.mask)

    def take(self, rows: NDArray[Any]) -> Observation:
        """The observation of some environments."""
        return Observation(self.architectures[rows], self.mask[rows])


@dataclass(frozen=True)
class Step:
    """What L actions led to.

    Attributes:
        rewards: [L] shaped improvement, 0 for staying.
        terminated: [L] the agent stayed: the episode is over and nothing is bootstrapped.
        truncated: [L] the time limit cut the episode off: the value of what follows is bootstrapped
            (partial episode bootstrapping, Pardo et al. 2018).
        following: observation of the architectures arrived at, before any environment starts anew.
        accuracy: [L] validation accuracy of the architectures arrived at.
    """

    rewards: Accuracies
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]
    following: Observation
    accuracy: Accuracies

    @property
    def ended(self) -> NDArray[np.bool_]:
        """[L] environments whose episode is over."""
        return self.terminated | self.truncated


def shape(accuracy: Accuracies, alpha: float) -> Accuracies:
    """exp(alpha * accuracy); the accuracy itself for alpha = 0 (paper, section 3).

    The reward of a step s -> s' is ``shape(acc(s')) - shape(acc(s))``, so an undiscounted episode
    sums to the shaped improvement.

    Args:
        accuracy: [...] fractions.
        alpha: sharpness, 0 switches shaping off (paper: 6 on NAS-Bench-101, 32 on NAS-Bench-301).
    """
    return np.exp(alpha * accuracy) if alpha else accuracy


def observe(
    space: SearchSpace,
    architectures: Architectures,
    limit: int,
    rng: np.random.Generator | None,
) -> Observation:
    """The architectures themselves and up to ``limit`` neighbours of each, as one observation."""
    neighbours = space.neighbours(architectures, limit, rng)
    allowed = np.ones((len(architectures), 1), np.bool_)
    return Observation(
        np.concatenate([architectures[:, None], neighbours.architectures], axis=1),
        np.concatenate([allowed, neighbours.mask], axis=1),
    )


class IncrementalMDP:
    """L independent environments; one whose episode ends starts anew in the same step.

    Args:
        counter: passes queries to the benchmark; every step that moves and every start is one.
        num_envs: L.
        neighbours: N, most neighbours presented.
        max_steps: steps after which an episode is truncated (paper: 16 in training).
        shaping_alpha: see ``shape``.
        rng: the environments' own generator: starts, subsets of neighbours and their order.
        sampler: the space's sampler of starts, None for its default.

    Attributes:
        observation: what the environments show now.
        accuracy: [L] validation accuracy of the current architectures.
        num_steps: [L] steps taken in the current episodes.
    """

    def __init__(
        self,
        counter: QueryCounter,
        *,
        num_envs: int,
        neighbours: int,
        max_steps: int,
        shaping_alpha: float,
        rng: np.random.Generator,
        sampler: str | None = None,
    ) -> None:
        self.counter = counter
        self.space = counter.benchmark.space
        self.num_envs = num_envs
        self.neighbours = neighbours
        self.max_steps = max_steps
        self.shaping_alpha = shaping_alpha
        self.rng = rng
        self.sampler = sampler
        self.reset()

    def reset(self, starts: Architectures | None = None) -> Observation:
        """Begin a new episode in every environment, from ``starts`` [L] or from the sampler."""
        if starts is None:
            starts = self.space.sample(self.num_envs, self.rng, self.sampler)
        self.accuracy = self.counter.query(starts).validation
        self.num_steps = np.zeros(self.num_envs, np.int64)
        self.observation = observe(self.space, starts, self.neighbours, self.rng)
        return self.observation

    def step(self, actions: NDArray[np.int64]) -> Step:
        """Take one action in every environment.

        Args:
            actions: [L] slots of ``observation``; 0 stays and terminates.

        Raises:
            ValueError: an action is not allowed by the mask.
        """
        every = np.arange(self.num_envs)
        refused = np.flatnonzero(~self.observation.mask[every, actions])
        if len(refused):
            first = refused[0]
            most = int(self.observation.mask[first].sum()) - 1
            raise ValueError(
                f"expected an action in 0..{most} in environment {first}, got {actions[first]}"
            )
        arrived = self.observation.architectures[every, actions]
        moved = actions != STAY
        accuracy = self.accuracy.copy()
        accuracy[moved] = self.counter.query(arrived[moved]).validation
        alpha = self.shaping_alpha
        rewards = shape(accuracy, alpha) - shape(self.accuracy, alpha)
        self.num_steps += moved
        truncated = moved & (self.num_steps >= self.max_steps)
        following = observe(self.space, arrived, self.neighbours, self.rng)
        step = Step(rewards, ~moved, truncated, following, accuracy)
        self._continue(step)
        return step

    def _continue(self, step: Step) -> None:
        ended = np.flatnonzero(step.ended)
        self.accuracy = step.accuracy
        self.observation = step.following
        if not len(ended):
            return
        starts = self.space.sample(len(ended), self.rng, self.sampler)
        fresh = observe(self.space, starts, self.neighbours, self.rng)
        architectures = step.following.architectures.copy()
        mask = step.following.mask.copy()
        architectures[ended], mask[ended] = fresh.architectures, fresh.mask
        self.observation = Observation(architectures, mask)
        self.accuracy = step.accuracy.copy()
        self.accuracy[ended] = self.counter.query(starts).validation
        self.num_steps[ended] = 0

    def state_dict(self) -> dict[str, Any]:
        """Everything that later steps depend on: arrays, and the generator's state as JSON."""
        return {
            "architectures": self.observation.architectures,
            "mask": self.observation.mask,
            "accuracy": self.accuracy,
            "num_steps": self.num_steps,
            "rng": self.rng.bit_generator.state,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume from an earlier ``state_dict``."""
        self.observation = Observation(state["architectures"].copy(), state["mask"].copy())
        self.accuracy, self.num_steps = state["accuracy"].copy(), state["num_steps"].copy()
        self.rng.bit_generator.state = state["rng"]
