"""The actor: acts in every lane, and turns steps into n-step transitions with first priorities."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.agent.exploration import choose
from naslib_incremental.agent.n_step import n_step_returns
from naslib_incremental.agent.replay import Transitions
from naslib_incremental.mdp import IncrementalMDP, Observation, Step


@dataclass(frozen=True)
class Acted:
    """One step of L lanes, as the actor saw it.

    Attributes:
        observation: what was shown.
        actions: [L].
        chosen: [L] Q value of the action taken.
        best: [L] largest Q value shown.
        rewards: [L] scaled.
        step: what the actions led to.
    """

    observation: Observation
    actions: NDArray[np.int64]
    chosen: NDArray[np.float32]
    best: NDArray[np.float32]
    rewards: NDArray[np.float64]
    step: Step


def act(
    mdp: IncrementalMDP,
    q_function: Callable[[Observation], NDArray[np.float32]],
    epsilons: NDArray[np.float64],
    scale: float,
    rng: np.random.Generator,
) -> Acted:
    """Take one exploring step in every lane.

    Args:
        mdp: L lanes.
        q_function: [L, N+1] masked Q values of an observation.
        epsilons: [L] chance of a random action.
        scale: factor of the rewards.
        rng: source of the exploration.
    """
    observation = mdp.observation
    q_values = q_function(observation)
    actions = choose(q_values, observation.mask, epsilons, rng)
    step = mdp.step(actions)
    chosen = q_values[np.arange(len(actions)), actions]
    return Acted(observation, actions, chosen, q_values.max(axis=1), step.rewards * scale, step)


class NStepAssembler:
    """Holds the last n + 1 steps; every new one completes the transitions of the oldest.

    The extra step supplies the value that follows, so priorities cost no further forward pass
    (Horgan et al. 2018, section 3). After a truncation nobody has valued the last architecture; the
    value of the one before it stands in, for the priority only.

    Args:
        n_step: n.
        gamma: discount per step.
    """

    def __init__(self, n_step: int, gamma: float) -> None:
        self.gamma = gamma
        self.window: deque[Acted] = deque(maxlen=n_step + 1)

    def push(self, acted: Acted) -> tuple[Transitions, NDArray[np.float64]] | None:
        """The transitions of the oldest step and [L] priorities, once the window is full."""
        self.window.append(acted)
        if len(self.window) < (self.window.maxlen or 0):
            return None
        rows = list(self.window)
        oldest, lanes = rows[0], np.arange(len(acted.actions))
        target = n_step_returns(
            np.stack([row.rewards for row in rows[:-1]]),
            np.stack([row.step.terminated for row in rows[:-1]]),
            np.stack([row.step.truncated for row in rows[:-1]]),
            self.gamma,
        )
        following = np.stack([row.step.following.architectures for row in rows[:-1]])
        allowed = np.stack([row.step.following.mask.sum(axis=1) for row in rows[:-1]])
        truncated = np.stack([row.step.truncated for row in rows[:-1]])[target.last, lanes]
        best = np.stack([row.best for row in rows])[target.last + ~truncated, lanes]
        transitions = Transitions(
            architectures=oldest.observation.architectures,
            allowed=oldest.observation.mask.sum(axis=1).astype(np.int16),
            actions=oldest.actions.astype(np.int16),
            returns=target.returns.astype(np.float32),
            discounts=target.discounts.astype(np.float32),
            next_architectures=following[target.last, lanes],
            next_allowed=allowed[target.last, lanes].astype(np.int16),
        )
        errors = target.returns + target.discounts * best - oldest.chosen
        return transitions, np.abs(errors).astype(np.float64)
