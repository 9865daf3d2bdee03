"""Replay shards: processes that keep transitions, and the group of them that a training talks to.

Only Ray's stable core is used here. A shard that is lost comes back empty; what it kept is lost,
and the training goes on. Between processes tensors travel as arrays, which Ray shares.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import ray
import torch
from numpy.typing import NDArray
from ray.exceptions import RayActorError, RayError, RayTaskError
from torch import Tensor

from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.n_step import Transitions
from naslib_incremental.agent.replay import PrioritisedReplay, SumTree

# Calls per shard that may be under way before the training waits for them.
CALLS_IN_FLIGHT = 8

Arrays: TypeAlias = dict[str, NDArray[Any]]
Fragment: TypeAlias = Arrays
"""Columns of K transitions on their way to a shard, and ``"priorities"``: [K] TD errors."""
Sampled: TypeAlias = Arrays
"""Columns of B transitions on their way to the learner, and their importance ``"weights"``."""


def to_arrays(tensors: Mapping[str, Tensor]) -> Arrays:
    """Tensors of the host as arrays of the same memory."""
    return {name: part.numpy() for name, part in tensors.items()}


def to_tensors(arrays: Arrays) -> dict[str, Tensor]:
    """Copies: arrays that arrive through Ray are read-only."""
    return {name: torch.tensor(part) for name, part in arrays.items()}


class ReplayShard:
    """A share of the replay, in a process of its own.

    Args:
        config: the agent's configuration.
        shards: how many share the capacity.
        seed: of the samples.
    """

    def __init__(self, config: AgentConfig, shards: int, seed: int) -> None:
        self.config = config
        # Half a share, so that a shard that fragments reach late does not hold up the learner.
        self.least = max(1, config.learning_starts // (2 * shards))
        capacity = max(1, config.replay_capacity // shards)
        rng = np.random.default_rng(seed)
        index = SumTree(capacity, config.priority_alpha, config.priority_beta, rng)
        self.replay = PrioritisedReplay(capacity, index)

    def add(self, fragment: Fragment) -> int:
        """Keep a fragment; the number of transitions added."""
        columns = to_tensors(fragment)
        priorities = columns.pop("priorities")
        self.replay.add(Transitions(**columns), priorities)
        return len(priorities)

    def sample(self) -> tuple[NDArray[np.int64] | None, Sampled | None]:
        """Slots and rows for one update; nothing from a shard that is still nearly empty."""
        if len(self.replay) < self.least:
            return None, None
        slots, transitions, weights = self.replay.sample(self.config.batch_size)
        return slots.numpy(), to_arrays({**transitions.columns(), "weights": weights})

    def update(self, slots: NDArray[np.int64] | None, priorities: NDArray[np.float64]) -> None:
        """Give slots new absolute TD errors; those of an earlier life of this shard are left."""
        if slots is not None:
            kept = slots < len(self.replay)
            self.replay.update(torch.tensor(slots[kept]), torch.tensor(priorities[kept]))

    def contents(self) -> Fragment:
        """All rows, oldest first; empty where there are none."""
        found = self.replay.contents()
        if found is None:
            return {}
        transitions, priorities = found
        return to_arrays({**transitions.columns(), "priorities": priorities})


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

    def sample(self) -> tuple[Any, Any, Any]:
        """The shard whose turn it is, and references to slots and rows that it will sample."""
        shard = self._next()
        slots, sampled = shard.sample.options(num_returns=2).remote()
        return shard, slots, sampled

    def update(self, shard: Any, slots: Any, errors: NDArray[np.float64]) -> None:
        """Send new absolute TD errors to the shard that sampled ``slots``, a reference."""
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

    def state_dict(self) -> dict[str, dict[str, Tensor]]:
        """The rows of every shard; none of one that is gone at the moment."""
        states = {}
        for index, call in enumerate([actor.contents.remote() for actor in self.actors]):
            try:
                states[str(index)] = to_tensors(ray.get(call))
            except RayActorError:
                states[str(index)] = {}
        return states

    def load_state_dict(self, state: Mapping[str, Mapping[str, Tensor]]) -> None:
        """Deal the rows of earlier shards, as many as there were, to these."""
        kept = [shard for shard in state.values() if shard]
        if not kept:
            return
        rows = {name: [to_arrays(shard)[name] for shard in kept] for name in kept[0]}
        for index, actor in enumerate(self.actors):
            share = {
                name: np.concatenate([part[index :: len(self.actors)] for part in parts])
                for name, parts in rows.items()
            }
            ray.get(actor.add.remote(share))

    def stop(self) -> None:
        """End the processes."""
        for actor in self.actors:
            ray.kill(actor)

    def _next(self) -> Any:
        self._turn = (self._turn + 1) % len(self.actors)
        return self.actors[self._turn]


def fetched(reference: Any) -> tuple[Transitions, Tensor] | None:
    """Transitions and weights that a shard sampled; None if they are lost or it was too early."""
    try:
        sampled: Sampled | None = ray.get(reference)
    except RayError as error:
        if isinstance(error, RayTaskError) and not isinstance(error.cause, RayError):
            raise
        return None
    if sampled is None:
        return None
    columns = to_tensors(sampled)
    weights = columns.pop("weights")
    return Transitions(**columns), weights
