"""The incremental MDP over many lanes at once: a state is an architecture, an action a neighbour.

Nothing here loops over lanes: a step is a gather, a query and one call for the neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import Accuracies
from naslib_incremental.benchmarks.counter import QueryCounter
from naslib_incremental.mdp.shaping import shape
from naslib_incremental.search_spaces_ext.contract import Architectures, SearchSpace

STAY = 0


@dataclass(frozen=True)
class Observation:
    """What an agent sees in L lanes; features come from ``SearchSpace.encode``.

    Attributes:
        architectures: [L, N+1, *architecture_shape], the current architecture first.
        mask: [L, N+1] True for an allowed action; action 0 (stay) always is.
    """

    architectures: Architectures
    mask: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.mask)

    def take(self, lanes: NDArray[Any]) -> Observation:
        """The observation of some lanes."""
        return Observation(self.architectures[lanes], self.mask[lanes])


@dataclass(frozen=True)
class Step:
    """What L actions led to.

    Attributes:
        rewards: [L] shaped improvement, 0 for staying.
        terminated: [L] the agent stayed: the episode is over and nothing is bootstrapped.
        truncated: [L] the time limit cut the episode off: the value of what follows is bootstrapped
            (partial episode bootstrapping, Pardo et al. 2018).
        following: observation of the architectures arrived at, before any lane starts anew.
        accuracy: [L] validation accuracy of the architectures arrived at.
    """

    rewards: Accuracies
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]
    following: Observation
    accuracy: Accuracies

    @property
    def ended(self) -> NDArray[np.bool_]:
        """[L] lanes whose episode is over."""
        return self.terminated | self.truncated


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
    """L independent lanes; a lane whose episode ends starts anew in the same step.

    Args:
        counter: passes queries to the benchmark; every move and every start is one.
        lanes: L.
        neighbours: N, most neighbours presented.
        max_steps: moves after which an episode is truncated (paper: 16 in training).
        shaping_alpha: see ``shape``.
        rng: the environment's own generator: starts, subsets of neighbours and their order.
        sampler: the space's sampler of starts, None for its default.

    Attributes:
        observation: what the lanes show now.
        steps: [L] moves made in the current episodes.
    """

    def __init__(
        self,
        counter: QueryCounter,
        *,
        lanes: int,
        neighbours: int,
        max_steps: int,
        shaping_alpha: float,
        rng: np.random.Generator,
        sampler: str | None = None,
    ) -> None:
        self.counter = counter
        self.space = counter.benchmark.space
        self.lanes = lanes
        self.neighbours = neighbours
        self.max_steps = max_steps
        self.shaping_alpha = shaping_alpha
        self.rng = rng
        self.sampler = sampler
        self.reset()

    def reset(self, starts: Architectures | None = None) -> Observation:
        """Begin a new episode in every lane, from ``starts`` [L] or from the sampler."""
        if starts is None:
            starts = self.space.sample(self.lanes, self.rng, self.sampler)
        self.accuracy = self.counter.query(starts).validation
        self.steps = np.zeros(self.lanes, np.int64)
        self.observation = observe(self.space, starts, self.neighbours, self.rng)
        return self.observation

    def step(self, actions: NDArray[np.int64]) -> Step:
        """Take one action in every lane.

        Args:
            actions: [L] slots of ``observation``; 0 stays and terminates.

        Raises:
            ValueError: an action is not allowed by the mask.
        """
        every = np.arange(self.lanes)
        refused = np.flatnonzero(~self.observation.mask[every, actions])
        if len(refused):
            lane = refused[0]
            most = int(self.observation.mask[lane].sum()) - 1
            raise ValueError(f"expected an action in 0..{most} in lane {lane}, got {actions[lane]}")
        arrived = self.observation.architectures[every, actions]
        moved = actions != STAY
        accuracy = self.accuracy.copy()
        accuracy[moved] = self.counter.query(arrived[moved]).validation
        alpha = self.shaping_alpha
        rewards = shape(accuracy, alpha) - shape(self.accuracy, alpha)
        self.steps += moved
        truncated = moved & (self.steps >= self.max_steps)
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
        self.steps[ended] = 0
