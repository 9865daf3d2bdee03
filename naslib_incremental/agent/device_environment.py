"""The incremental MDP as tensors: the compiled search graph lies on the device, a step is gathers.

The same transitions as ``IncrementalMDP``'s, sampled with another generator. Shapes never depend on
data, so that nothing waits for the device.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from naslib_incremental.agent.environment import Inputs, ObservationTensors, StepTensors
from naslib_incremental.benchmarks import Benchmark, QueryCounter
from naslib_incremental.mdp import STAY, shape
from naslib_incremental.search_spaces_ext.contract import SearchSpace
from naslib_incremental.search_spaces_ext.enumerable import EnumerableSpace

# Starts of a sampler that is not uniform are taken from so many samples of it, made beforehand.
START_POOL = 1 << 20


class SpaceTensors:
    """An enumerable space and its accuracies on a device; encodes what is shown there.

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
        self.features = space.features
        self.width = space.width(neighbours)
        self.max_degree = space.max_degree
        self.offsets = torch.tensor(space.graph.offsets, device=device)
        self.targets = torch.tensor(space.graph.targets, device=device)
        self.encodings = torch.tensor(space.encode(every), device=device)
        self.accuracy = torch.tensor(validation, device=device)
        self.shaped = torch.tensor(shape(validation, alpha), device=device)

    def __len__(self) -> int:
        return len(self.accuracy)

    def present(self, states: Tensor, generator: torch.Generator) -> ObservationTensors:
        """[R] states with up to N neighbours of each, a uniformly random subset in random order."""
        low = self.offsets[states]
        degree = self.offsets[states + 1] - low
        places = torch.arange(self.max_degree, device=self.device)
        keys = torch.rand((len(states), self.max_degree), generator=generator, device=self.device)
        keys = keys.masked_fill(places >= degree[:, None], 2.0)
        order = keys.topk(self.width, dim=1, largest=False).indices
        chosen = self.targets[(low[:, None] + order).clamp(max=len(self.targets) - 1)]
        count = degree.clamp(max=self.width)
        there = places[: self.width] < count[:, None]
        neighbours = torch.where(there, chosen, states.int()[:, None])
        return ObservationTensors(torch.cat([states.int()[:, None], neighbours], 1), count + 1)

    def inputs(self, shown: ObservationTensors) -> Inputs:
        """[B, N+1, F] features and [B, N+1] mask, as the network takes them."""
        shown = shown.to(self.device)
        return self.encodings[shown.states.long()].float(), shown.mask


class DeviceEnvironment:
    """L independent environments; one whose episode ends starts anew in the same step.

    Args:
        tensors: the space.
        pool: [P] states to take starts from, None for all states alike.
        num_envs: L.
        max_steps: steps after which an episode is truncated.
        generator: starts, subsets of neighbours and their order.
        scale: factor of the rewards.
        counter: of what was queried before.

    Attributes:
        observation: what the environments show now.
        num_steps: [L] steps taken in the current episodes.
        seen: [V] whether a state was queried.
    """

    def __init__(
        self,
        tensors: SpaceTensors,
        pool: Tensor | None,
        num_envs: int,
        max_steps: int,
        generator: torch.Generator,
        scale: float,
        counter: QueryCounter,
    ) -> None:
        self.tensors = tensors
        self.pool = pool
        self.num_envs = num_envs
        self.max_steps = max_steps
        self.generator = generator
        self.scale = scale
        self.benchmark = counter.benchmark
        self.device = tensors.device
        starts = self._starts()
        self.observation = tensors.present(starts, generator)
        self.num_steps = torch.zeros(num_envs, dtype=torch.int64, device=self.device)
        # States of an enumerable space are their own identities.
        before = torch.from_numpy(counter.seen.astype(np.int64)).to(self.device)
        self.seen = torch.zeros(len(tensors), dtype=torch.bool, device=self.device)
        self.seen.index_fill_(0, torch.cat([before, starts]), True)
        self._queries = torch.tensor(counter.queries + num_envs, device=self.device)

    def step(self, actions: Tensor) -> StepTensors:
        """Take [L] actions, allowed slots of ``observation``; 0 stays and terminates."""
        tensors, count = self.tensors, self.num_envs
        shown = self.observation.states.long()
        before, arrived = shown[:, 0], shown.gather(1, actions[:, None]).squeeze(1)
        moved = actions != STAY
        num_steps = self.num_steps + moved
        truncated = moved & (num_steps >= self.max_steps)
        ended = truncated | ~moved
        both = tensors.present(torch.cat([arrived, self._starts()]), self.generator)
        following = ObservationTensors(both.states[:count], both.allowed[:count])
        self.observation = ObservationTensors(
            torch.where(ended[:, None], both.states[count:], following.states),
            torch.where(ended, both.allowed[count:], following.allowed),
        )
        self.num_steps = num_steps * ~ended
        self.seen.index_fill_(0, arrived, True)
        self.seen.index_fill_(0, self.observation.states[:, 0].long(), True)
        self._queries += moved.sum() + ended.sum()
        rewards = (tensors.shaped[arrived] - tensors.shaped[before]) * self.scale
        return StepTensors(rewards, ~moved, truncated, following, tensors.accuracy[arrived])

    def counts(self) -> tuple[int, int]:
        """Queries so far, and different architectures among them; waits for the device."""
        return int(self._queries), int(self.seen.sum())

    @property
    def counter(self) -> QueryCounter:
        """A counter of the benchmark as it is now; waits for the device."""
        counter = QueryCounter(self.benchmark, track_distinct=True)
        best = float(self.tensors.accuracy[self.seen].max())
        seen = self.seen.nonzero().squeeze(1).cpu().numpy().astype(np.uint64)
        counter.restore(int(self._queries), seen, best)
        return counter

    def state_dict(self) -> dict[str, Any]:
        """Everything that later steps depend on."""
        return {
            "states": self.observation.states,
            "allowed": self.observation.allowed,
            "num_steps": self.num_steps,
            "seen": self.seen,
            "queries": self._queries,
            "scale": self.scale,
            "generator": self.generator.get_state(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume from an earlier ``state_dict``."""
        shown = ObservationTensors(state["states"], state["allowed"])
        self.observation = shown.to(self.device)
        self.num_steps = state["num_steps"].to(self.device)
        self.seen.copy_(state["seen"])
        self._queries.copy_(state["queries"])
        self.scale = state["scale"]
        self.generator.set_state(state["generator"])

    def _starts(self) -> Tensor:
        most = len(self.tensors) if self.pool is None else len(self.pool)
        places = torch.randint(most, (self.num_envs,), generator=self.generator, device=self.device)
        return places if self.pool is None else self.pool[places]


def start_pool(
    space: SearchSpace, sampler: str | None, rng: np.random.Generator, device: torch.device
) -> Tensor | None:
    """[P] samples of a space's sampler, None where it is uniform."""
    if (sampler or space.samplers[0]) == "uniform":
        return None
    sampled = space.sample(START_POOL, rng, sampler).astype(np.int64)
    return torch.from_numpy(sampled).to(device)
