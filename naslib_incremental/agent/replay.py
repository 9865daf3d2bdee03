"""Prioritised replay (Schaul et al. 2016): a ring of transitions and an index of priorities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from naslib_incremental.agent.generator import Generator
from naslib_incremental.agent.n_step import Transitions

# Added to |TD error|: small enough not to matter, large enough that importance weights stay sane.
PRIORITY_FLOOR = 1e-6


class PriorityIndex(Protocol):
    """Finds slots with probability proportional to priority^alpha."""

    alpha: float

    @property
    def powers(self) -> Tensor:
        """[capacity] float64 priority^alpha of every slot, 0 for an empty one."""

    def update(self, slots: Tensor, priorities: Tensor) -> None:
        """Give [B] slots new absolute TD errors."""

    def sample(self, count: int, size: int) -> tuple[Tensor, Tensor]:
        """One slot from each of ``count`` equal shares of the total, of the first ``size`` slots.

        Returns:
            [B] slots, and [B] float32 importance weights (size * probability)^-beta over their
            largest.
        """

    def state_dict(self) -> dict[str, Any]:
        """Everything that later samples depend on."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume from an earlier ``state_dict``."""


class PrioritisedReplay:
    """A ring of transitions, sampled by an index of their priorities.

    Args:
        capacity: transitions kept.
        index: of as many slots, on the transitions' device.
    """

    def __init__(self, capacity: int, index: PriorityIndex) -> None:
        self.capacity = capacity
        self.index = index
        self.size = 0
        self.position = 0
        self.columns: dict[str, Tensor] = {}

    def __len__(self) -> int:
        return self.size

    def add(self, transitions: Transitions, priorities: Tensor) -> None:
        """Append B transitions over the oldest ones.

        Args:
            transitions: B rows; of more than the ring holds the last ones are kept.
            priorities: [B] absolute TD errors, as the actor estimates them.
        """
        for low in range(0, len(transitions), self.capacity):
            part = slice(low, low + self.capacity)
            columns = {name: column[part] for name, column in transitions.columns().items()}
            self._add(columns, priorities[part])

    def _add(self, columns: Mapping[str, Tensor], priorities: Tensor) -> None:
        count, device = len(priorities), priorities.device
        slots = torch.arange(self.position, self.position + count, device=device) % self.capacity
        for name, values in columns.items():
            if name not in self.columns:
                self.columns[name] = values.new_zeros((self.capacity, *values.shape[1:]))
            self.columns[name][slots] = values
        self.position = (self.position + count) % self.capacity
        self.size = min(self.size + count, self.capacity)
        self.index.update(slots, priorities)

    def sample(self, count: int) -> tuple[Tensor, Transitions, Tensor]:
        """``count`` transitions, each with probability proportional to priority^alpha.

        Returns:
            [B] slots for ``update``, the transitions, and [B] float32 importance weights.
        """
        slots, weights = self.index.sample(count, self.size)
        return slots, Transitions(**self.columns).rows(slots), weights

    def update(self, slots: Tensor, priorities: Tensor) -> None:
        """Give [B] slots new absolute TD errors."""
        self.index.update(slots, priorities)

    def contents(self) -> tuple[Transitions, Tensor] | None:
        """All transitions and their [size] absolute TD errors, oldest first; None if empty."""
        if not self.size:
            return None
        start = self.position if self.size == self.capacity else 0
        device = self.index.powers.device
        order = (start + torch.arange(self.size, device=device)) % self.capacity
        powers, alpha = self.index.powers[order], self.index.alpha
        errors = powers ** (1 / alpha) - PRIORITY_FLOOR if alpha else powers
        return Transitions(**self.columns).rows(order), errors.clamp(min=0)

    def state_dict(self) -> dict[str, Any]:
        """Everything that later samples depend on."""
        return {
            "columns": dict(self.columns),
            "size": self.size,
            "position": self.position,
            "index": self.index.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume from an earlier ``state_dict``."""
        device = self.index.powers.device
        self.columns = {name: part.to(device, copy=True) for name, part in state["columns"].items()}
        self.size, self.position = state["size"], state["position"]
        self.index.load_state_dict(state["index"])


class SumTree:
    """Samples on the host, in a complete binary tree of sums.

    Args:
        capacity: slots.
        alpha: exponent of the priorities.
        beta: exponent of the importance weights.
        rng: source of the samples.
    """

    def __init__(self, capacity: int, alpha: float, beta: float, rng: np.random.Generator) -> None:
        self.capacity = capacity
        self.alpha = alpha
        self.beta = beta
        self.generator = Generator(rng)
        # Node i sums nodes 2i and 2i + 1; leaves are the upper half.
        self.tree = np.zeros(2 << (capacity - 1).bit_length(), np.float64)

    @property
    def powers(self) -> Tensor:  # noqa: D102
        leaves = self.tree[len(self.tree) // 2 :]
        return torch.from_numpy(leaves[: self.capacity])

    def update(self, slots: Tensor, priorities: Tensor) -> None:  # noqa: D102
        powers = (priorities.double().numpy() + PRIORITY_FLOOR) ** self.alpha
        _set(self.tree, slots.numpy(), powers)

    def sample(self, count: int, size: int) -> tuple[Tensor, Tensor]:  # noqa: D102
        total = self.tree[1]
        points = (np.arange(count) + self.generator.uniform(count).numpy()) / count * total
        slots = np.minimum(_find(self.tree, points), size - 1)
        weights = (size * self.tree[slots + len(self.tree) // 2] / total) ** -self.beta
        scaled = (weights / weights.max()).astype(np.float32)
        return torch.from_numpy(slots), torch.from_numpy(scaled)

    def state_dict(self) -> dict[str, Any]:  # noqa: D102
        return {"tree": torch.from_numpy(self.tree), "generator": self.generator.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:  # noqa: D102
        self.tree[:] = state["tree"].numpy()
        self.generator.load_state_dict(state["generator"])


class RunningSum:
    """Samples on a device, in the running sum of all priorities.

    One scan and one search are less work for an accelerator than the many small steps of a tree,
    and follow the same distribution.

    Args:
        capacity: slots.
        alpha: exponent of the priorities.
        beta: exponent of the importance weights.
        generator: source of the samples; its device is where everything is.
    """

    def __init__(
        self, capacity: int, alpha: float, beta: float, generator: torch.Generator
    ) -> None:
        self.alpha = alpha
        self.beta = beta
        self.generator = Generator(generator)
        self._powers = torch.zeros(capacity, dtype=torch.float64, device=generator.device)

    @property
    def powers(self) -> Tensor:  # noqa: D102
        return self._powers

    def update(self, slots: Tensor, priorities: Tensor) -> None:  # noqa: D102
        self._powers[slots] = (priorities.double() + PRIORITY_FLOOR) ** self.alpha

    def sample(self, count: int, size: int) -> tuple[Tensor, Tensor]:  # noqa: D102
        sums = self._powers.cumsum(dim=0)
        shares = torch.arange(count, device=sums.device, dtype=torch.float64)
        points = (shares + self.generator.uniform(count)) / count * sums[-1]
        slots = torch.searchsorted(sums, points, right=True).clamp(max=size - 1)
        weights = (size * self._powers[slots] / sums[-1]) ** -self.beta
        return slots, (weights / weights.max()).float()

    def state_dict(self) -> dict[str, Any]:  # noqa: D102
        return {"powers": self._powers, "generator": self.generator.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:  # noqa: D102
        self._powers.copy_(state["powers"])
        self.generator.load_state_dict(state["generator"])


@numba.njit(cache=True)
def _set(tree: NDArray[np.float64], slots: NDArray[np.int64], values: NDArray[np.float64]) -> None:
    for row in range(len(slots)):
        node = slots[row] + len(tree) // 2
        tree[node] = values[row]
        node //= 2
        while node:
            tree[node] = tree[2 * node] + tree[2 * node + 1]
            node //= 2


@numba.njit(cache=True)
def _find(tree: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.int64]:
    """[B] leaves in which the running sum of priorities passes each point."""
    leaves = np.empty(len(points), np.int64)
    half = len(tree) // 2
    for row in range(len(points)):
        node = 1
        point = points[row]
        while node < half:
            node *= 2
            if point >= tree[node] and tree[node + 1] > 0:
                point -= tree[node]
                node += 1
        leaves[row] = node - half
    return leaves
