"""The trained agent at work: rollouts of many episodes by a policy over Q."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from naslib_incremental.agent.environment import ObservationTensors
from naslib_incremental.mdp import STAY, Observation, observe
from naslib_incremental.search_spaces_ext.contract import Architectures, SearchSpace
from naslib_incremental.search_spaces_ext.enumerable import EnumerableSpace

# States valued in one forward pass. Tables are filled in blocks of exactly this size, the last one
# padded: at one size a row's value does not depend on the others, so that it is the same to the bit
# whichever episode asked for it first.
BLOCK = 256

QFunction = Callable[[Observation], NDArray[np.float32]]


def array_q(q_function: Callable[[ObservationTensors], Tensor]) -> QFunction:
    """[L, N+1] masked Q values of arrays, by what values tensors."""

    def q_values(shown: Observation) -> NDArray[np.float32]:
        with torch.inference_mode():
            return np.asarray(q_function(ObservationTensors.of(shown)).cpu().numpy())

    return q_values


class QSource(Protocol):
    """Shows architectures and values what it shows."""

    def look(
        self, architectures: Architectures, rng: np.random.Generator
    ) -> tuple[Observation, NDArray[np.float32]]:
        """The observation of [L] architectures and its [L, N+1] masked Q values."""


class DirectQ:
    """Values every observation anew, in blocks.

    Args:
        q_function: the network.
        space: gives the neighbours.
        neighbours: N.
    """

    def __init__(self, q_function: QFunction, space: SearchSpace, neighbours: int) -> None:
        self.q_function = q_function
        self.space = space
        self.neighbours = neighbours

    def look(  # noqa: D102
        self, architectures: Architectures, rng: np.random.Generator
    ) -> tuple[Observation, NDArray[np.float32]]:
        shown = observe(self.space, architectures, self.neighbours, rng)
        return shown, _in_blocks(self.q_function, shown)


class TabledQ:
    """Remembers the values of every state all of whose neighbours can be shown.

    Right only for a network that does not mind the order of the neighbours; a state with more than
    N neighbours is valued anew, for each subset shown.

    Args:
        q_function: the network.
        space: its states are indices.
        neighbours: N.
    """

    def __init__(self, q_function: QFunction, space: EnumerableSpace, neighbours: int) -> None:
        self.direct = DirectQ(q_function, space, neighbours)
        self.space = space
        self.neighbours = neighbours
        width = space.width(neighbours) + 1
        self.values = np.empty((len(space), width), np.float32)
        self.known = np.zeros(len(space), np.bool_)

    def look(  # noqa: D102
        self, architectures: Architectures, rng: np.random.Generator
    ) -> tuple[Observation, NDArray[np.float32]]:
        self._fill(np.unique(architectures[~self.known[architectures]]))
        shown = observe(self.space, architectures, self.neighbours, None)
        values = self.values[architectures]
        crowded = self.space.degree(architectures) > self.neighbours
        if crowded.any():
            partly, partly_values = self.direct.look(architectures[crowded], rng)
            shown.architectures[crowded], shown.mask[crowded] = partly.architectures, partly.mask
            values[crowded] = partly_values
        return shown, values

    def _fill(self, states: NDArray[np.int32]) -> None:
        for low in range(0, len(states), BLOCK):
            block = np.resize(states[low : low + BLOCK], BLOCK)
            shown = observe(self.space, block, self.neighbours, None)
            self.values[block] = self.direct.q_function(shown)
        self.known[states] = True


def q_source(
    q_function: QFunction, space: SearchSpace, neighbours: int, order_matters: bool
) -> QSource:
    """The quickest source of Q values that is right for a space and a network."""
    if isinstance(space, EnumerableSpace) and not order_matters:
        return TabledQ(q_function, space, neighbours)
    return DirectQ(q_function, space, neighbours)


def _in_blocks(q_function: QFunction, shown: Observation) -> NDArray[np.float32]:
    rows = np.arange(len(shown))
    return np.concatenate(
        [q_function(shown.take(rows[low : low + BLOCK])) for low in range(0, len(rows), BLOCK)]
    )


@dataclass(frozen=True)
class Policy:
    """How Q values become actions; all zero is the paper's greedy evaluation.

    Attributes:
        temperature: of the Boltzmann distribution over Q, 0 is greedy.
        stay_margin: added to the value of staying: the agent stops when no neighbour promises more
            than this. Good architectures beyond the few best then are finals too, so that more
            queries find more.
    """

    temperature: float
    stay_margin: float


def boltzmann(
    q_values: NDArray[np.float32],
    mask: NDArray[np.bool_],
    temperature: float,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """[L] actions sampled with probability proportional to exp(Q / temperature); greedy at 0.

    Sampled by the Gumbel-max trick: the largest of Q / temperature plus Gumbel noise.
    """
    if temperature == 0:
        return np.asarray(q_values.argmax(axis=1))
    noise = rng.gumbel(size=q_values.shape)
    return np.asarray(np.where(mask, q_values / temperature + noise, -np.inf).argmax(axis=1))


@dataclass(frozen=True)
class Rollout:
    """How E episodes went.

    Attributes:
        final: [E, *architecture_shape].
        num_steps: [E] steps taken.
        stopped: [E] True where the agent chose to stay.
    """

    final: Architectures
    num_steps: NDArray[np.int64]
    stopped: NDArray[np.bool_]


def roll_out(
    source: QSource,
    starts: Architectures,
    max_steps: int,
    policy: Policy,
    rng: np.random.Generator,
) -> Rollout:
    """Walk from E starts until the agent stays, or for ``max_steps`` steps.

    Args:
        source: Q values.
        starts: [E, *architecture_shape].
        max_steps: paper: 32 in evaluation.
        policy: how Q values become actions.
        rng: source of subsets and actions.
    """
    final = starts.copy()
    num_steps = np.zeros(len(starts), np.int64)
    stopped = np.zeros(len(starts), np.bool_)
    for _ in range(max_steps):
        active = np.flatnonzero(~stopped)
        if not len(active):
            break
        shown, values = source.look(final[active], rng)
        values[:, STAY] += policy.stay_margin
        actions = boltzmann(values, shown.mask, policy.temperature, rng)
        final[active] = shown.architectures[np.arange(len(active)), actions]
        stopped[active] = actions == STAY
        num_steps[active] += actions != STAY
    return Rollout(final, num_steps, stopped)
