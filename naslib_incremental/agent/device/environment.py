"""The incremental MDP as tensors: the compiled search graph lies on the device, a step is gathers.

The same transitions as ``IncrementalMDP``'s, drawn by another generator. Shapes never depend on
data, so that nothing waits for the device.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from naslib_incremental.benchmarks import Benchmark
from naslib_incremental.mdp import STAY, shape
from naslib_incremental.search_spaces_ext.contract import SearchSpace
from naslib_incremental.search_spaces_ext.enumerable import EnumerableSpace

# Starts of a sampler that is not uniform are drawn from so many draws of it, made beforehand.
START_POOL = 1 << 20


@dataclass(frozen=True)
class Shown:
    """What L lanes show.

    Attributes:
        states: [L, N+1] int64, the current architecture first.
        allowed: [L] int64 how many of the slots are allowed; allowed slots come first.
    """

    states: Tensor
    allowed: Tensor


@dataclass(frozen=True)
class DeviceStep:
    """What L actions led to; see ``mdp.Step``.

    Attributes:
        rewards: [L] float64.
        terminated: [L] bool.
        truncated: [L] bool.
        following: shown by the architectures arrived at, before any lane starts anew.
        accuracy: [L] float64.
    """

    rewards: Tensor
    terminated: Tensor
    truncated: Tensor
    following: Shown
    accuracy: Tensor


class SpaceTensors:
    """An enumerable space and its accuracies on a device.

    Args:
        benchmark: its space is enumerable.
        alpha: of the reward shaping.
        neighbours: N, most neighbours presented.
        device: where the tensors are.
    """

    def __init__(
        self, benchmark: Benchmark, alpha: float, neighbours: int, device: torch.device
    ) -> None:
        space = benchmark.space
        if not isinstance(space, EnumerableSpace):
            raise TypeError(f"{space.name} cannot be enumerated")
        every = np.arange(len(space), dtype=np.int32)
        validation = benchmark.query(every).validation
        self.device = device
        self.width = space.width(neighbours)
        self.max_degree = space.max_degree
        self.offsets = torch.tensor(space.graph.offsets, device=device)
        self.targets = torch.tensor(space.graph.targets, device=device)
        self.features = torch.tensor(space.encode(every), device=device)
        self.accuracy = torch.tensor(validation, device=device)
        self.shaped = torch.tensor(shape(validation, alpha), device=device)

    def __len__(self) -> int:
        return len(self.accuracy)

    def present(self, states: Tensor, generator: torch.Generator) -> Shown:
        """[R] states with up to N neighbours of each, a uniformly random subset in random order."""
        low = self.offsets[states]
        degree = self.offsets[states + 1] - low
        places = torch.arange(self.max_degree, device=self.device)
        keys = torch.rand((len(states), self.max_degree), generator=generator, device=self.device)
        keys = keys.masked_fill(places >= degree[:, None], 2.0)
        order = keys.topk(self.width, dim=1, largest=False).indices
        drawn = self.targets[(low[:, None] + order).clamp(max=len(self.targets) - 1)].long()
        count = degree.clamp(max=self.width)
        neighbours = torch.where(places[: self.width] < count[:, None], drawn, states[:, None])
        return Shown(torch.cat([states[:, None], neighbours], dim=1), count + 1)

    def inputs(self, shown: Shown) -> tuple[Tensor, Tensor]:
        """[B, N+1, F] features and [B, N+1] mask, as the network takes them."""
        slots = torch.arange(self.width + 1, device=self.device)
        return self.features[shown.states].float(), slots < shown.allowed[:, None]


class DeviceEnvironment:
    """L independent lanes; a lane whose episode ends starts anew in the same step.

    Args:
        tensors: the space.
        pool: [P] states to draw starts from, None for all states alike.
        lanes: L.
        max_steps: moves after which an episode is truncated.
        generator: starts, subsets of neighbours and their order.

    Attributes:
        shown: what the lanes show now.
        moves: [L] moves made in the current episodes.
        seen: [V] whether a state was queried.
        queries: number of queries, a tensor.
    """

    def __init__(
        self,
        tensors: SpaceTensors,
        pool: Tensor | None,
        lanes: int,
        max_steps: int,
        generator: torch.Generator,
    ) -> None:
        self.tensors = tensors
        self.pool = pool
        self.lanes = lanes
        self.max_steps = max_steps
        self.generator = generator
        starts = self._starts()
        self.shown = tensors.present(starts, generator)
        self.moves = torch.zeros(lanes, dtype=torch.int64, device=tensors.device)
        self.seen = torch.zeros(len(tensors), dtype=torch.bool, device=tensors.device)
        self.seen.index_fill_(0, starts, True)
        self.queries = torch.tensor(lanes, device=tensors.device)

    def step(self, actions: Tensor) -> DeviceStep:
        """Take one action in every lane.

        Args:
            actions: [L] allowed slots of ``shown``; 0 stays and terminates.
        """
        tensors = self.tensors
        before = self.shown.states[:, 0]
        arrived = self.shown.states.gather(1, actions[:, None]).squeeze(1)
        moved = actions != STAY
        moves = self.moves + moved
        truncated = moved & (moves >= self.max_steps)
        ended = truncated | ~moved
        starts = self._starts()
        both = tensors.present(torch.cat([arrived, starts]), self.generator)
        following = Shown(both.states[: self.lanes], both.allowed[: self.lanes])
        self.shown = Shown(
            torch.where(ended[:, None], both.states[self.lanes :], following.states),
            torch.where(ended, both.allowed[self.lanes :], following.allowed),
        )
        self.moves = moves * ~ended
        self.seen.index_fill_(0, arrived, True)
        self.seen.index_fill_(0, self.shown.states[:, 0], True)
        self.queries += moved.sum() + ended.sum()
        rewards = tensors.shaped[arrived] - tensors.shaped[before]
        return DeviceStep(rewards, ~moved, truncated, following, tensors.accuracy[arrived])

    def _starts(self) -> Tensor:
        most = len(self.tensors) if self.pool is None else len(self.pool)
        drawn = torch.randint(
            most, (self.lanes,), generator=self.generator, device=self.tensors.device
        )
        return drawn if self.pool is None else self.pool[drawn]


def start_pool(
    space: SearchSpace, sampler: str | None, rng: np.random.Generator, device: torch.device
) -> Tensor | None:
    """[P] draws of a space's sampler, None where it is uniform."""
    if (sampler or space.samplers[0]) == "uniform":
        return None
    drawn = space.sample(START_POOL, rng, sampler).astype(np.int64)
    return torch.from_numpy(drawn).to(device)
