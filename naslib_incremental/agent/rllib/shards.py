"""Replay shards: processes that keep transitions, and the group of them that a training talks to.

Only Ray's stable core is used here. A shard that is lost comes back empty; what it kept is lost,
and the training goes on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import ray
from numpy.typing import NDArray
from ray.exceptions import RayActorError, RayError, RayTaskError

from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.replay import PRIORITY_FLOOR, PrioritisedReplay, Transitions

if TYPE_CHECKING:
    from naslib_incremental.agent.checkpoint import Tensors

# Calls per shard that may be under way before the training waits for them.
CALLS_IN_FLIGHT = 8


@dataclass(frozen=True)
class Fragment:
    """Transitions on their way to a replay shard; states as indices or packed words.

    Attributes:
        transitions: K rows.
        priorities: [K] absolute TD errors as the actor estimates them.
    """

    transitions: Transitions
    priorities: NDArray[np.float64]


@dataclass(frozen=True)
class Draw:
    """What a shard drew for one update.

    Attributes:
        transitions: B rows.
        weights: [B] importance weights.
    """

    transitions: Transitions
    weights: NDArray[np.float32]


class ReplayShard:
    """A share of the replay, in a process of its own.

    Args:
        config: the agent's configuration.
        shards: how many share the capacity.
        seed: of the draws.
    """

    def __init__(self, config: AgentConfig, shards: int, seed: int) -> None:
        self.config = config
        # Half a share, so that a shard that fragments reach late does not hold up the learner.
        self.least = max(1, config.learning_starts // (2 * shards))
        self.replay = PrioritisedReplay(
            max(1, config.replay_capacity // shards),
            config.priority_alpha,
            config.priority_beta,
            np.random.default_rng(seed),
        )

    def add(self, fragment: Fragment) -> int:
        """Keep a fragment; the number of transitions added."""
        # A fragment may be longer than the ring, in which each slot is written once a call.
        rows, size = len(fragment.transitions), self.replay.capacity
        for low in range(0, rows, size):
            part = slice(low, low + size)
            columns = {n: c[part] for n, c in fragment.transitions.arrays().items()}
            self.replay.add(Transitions(**columns), fragment.priorities[part])
        return rows

    def draw(self) -> tuple[NDArray[np.int64] | None, Draw | None]:
        """Slots and rows for one update; nothing from a shard that is still nearly empty."""
        if len(self.replay) < self.least:
            return None, None
        slots, transitions, weights = self.replay.sample(self.config.batch_size)
        return slots, Draw(transitions, weights)

    def update(self, slots: NDArray[np.int64] | None, priorities: NDArray[np.float64]) -> None:
        """Give slots new absolute TD errors; those of an earlier life of this shard are left."""
        if slots is not None:
            kept = slots < len(self.replay)
            self.replay.update(slots[kept], priorities[kept])

    def state(self) -> Tensors:
        """All rows, oldest first, and their priorities."""
        replay = self.replay
        start = replay.position if len(replay) == replay.capacity else 0
        order = (start + np.arange(len(replay))) % replay.capacity
        leaves = replay.tree[order + len(replay.tree) // 2]
        alpha = self.config.priority_alpha
        errors = leaves ** (1 / alpha) - PRIORITY_FLOOR if alpha else leaves
        columns = {name: column[order] for name, column in replay.columns.items()}
        return {**columns, "priorities": np.maximum(errors, 0)} if columns else {}


class ShardGroup:
    """The replay shards of one training.

    Args:
        config: the agent's configuration.
        count: of shards.
        seeds: one per shard.

    Attributes:
        lost: calls that failed because a shard was gone.
    """

    def __init__(self, config: AgentConfig, count: int, seeds: Sequence[int]) -> None:
        # No core of their own: they wait most of the time, and must find a place after a node died.
        remote = ray.remote(num_cpus=0, max_restarts=-1)(ReplayShard)
        self.actors = [remote.remote(config, count, int(seeds[index])) for index in range(count)]
        self.lost = 0
        self._turn = 0
        self._calls: deque[Any] = deque()

    def add(self, fragment: Any) -> None:
        """Send a reference to a fragment to the shard whose turn it is."""
        self._calls.append(self._next().add.remote(fragment))
        self.poll()

    def draw(self) -> tuple[Any, Any, Any]:
        """The shard whose turn it is, and references to slots and rows that it will draw."""
        shard = self._next()
        slots, draw = shard.draw.options(num_returns=2).remote()
        return shard, slots, draw

    def update(self, shard: Any, slots: Any, errors: NDArray[np.float64]) -> None:
        """Send new absolute TD errors to the shard that drew ``slots``, a reference."""
        self._calls.append(shard.update.remote(slots, errors))
        self.poll()

    def poll(self) -> None:
        """See what became of earlier calls; Ray itself only logs failures that nobody asks for.

        Raises:
            RayTaskError: a shard raised.
        """
        while self._calls:
            done, _ = ray.wait([self._calls[0]], timeout=0)
            if not done and len(self._calls) < CALLS_IN_FLIGHT * len(self.actors):
                return
            self._settle(self._calls.popleft())

    def _settle(self, call: Any) -> None:
        try:
            ray.get(call)
        except RayError as error:
            # A lost argument comes as the error of the task that it was for.
            if isinstance(error, RayTaskError) and not isinstance(error.cause, RayError):
                raise
            self.lost += 1

    def state(self) -> list[Tensors]:
        """The state of every shard; empty for one that is gone at the moment."""
        states = []
        for call in [actor.state.remote() for actor in self.actors]:
            try:
                states.append(ray.get(call))
            except RayActorError:
                states.append({})
        return states

    def restore(self, states: Sequence[Mapping[str, NDArray[Any]]]) -> None:
        """Deal the rows of earlier shards, as many as there were, to these."""
        states = [state for state in states if state]
        if not states:
            return
        for index, actor in enumerate(self.actors):
            columns = {
                name: np.concatenate([state[name][index :: len(self.actors)] for state in states])
                for name in states[0]
            }
            priorities = columns.pop("priorities")
            ray.get(actor.add.remote(Fragment(Transitions(**columns), priorities)))

    def stop(self) -> None:
        """End the processes."""
        for actor in self.actors:
            ray.kill(actor)

    def _next(self) -> Any:
        self._turn = (self._turn + 1) % len(self.actors)
        return self.actors[self._turn]


def fetched(reference: Any) -> Draw | None:
    """What a shard drew, as arrays that may be written; None if it is lost or was too early."""
    try:
        draw: Draw | None = ray.get(reference)
    except RayError as error:
        if isinstance(error, RayTaskError) and not isinstance(error.cause, RayError):
            raise
        return None
    if draw is None:
        return None
    # Arrays that arrive through Ray are read-only, which torch and numba do not take.
    columns = {name: np.array(column) for name, column in draw.transitions.arrays().items()}
    return Draw(Transitions(**columns), np.array(draw.weights))
