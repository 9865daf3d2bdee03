"""Prioritised replay (Schaul et al. 2016) of indices or packed words, never of observations."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from naslib_incremental.mdp import Observation

# Added to |TD error|: small enough not to matter, large enough that importance weights stay sane.
PRIORITY_FLOOR = 1e-6


@dataclass(frozen=True)
class Transitions:
    """B n-step transitions.

    Attributes:
        architectures: [B, N+1, *architecture_shape] shown when the action was taken.
        allowed: [B] how many of the slots were allowed; allowed slots come first.
        actions: [B].
        returns: [B] n-step returns, scaled.
        discounts: [B] factor of the value that follows, 0 after termination.
        next_architectures: [B, N+1, *architecture_shape] shown n steps later.
        next_allowed: [B].
    """

    architectures: NDArray[Any]
    allowed: NDArray[np.int16]
    actions: NDArray[np.int16]
    returns: NDArray[np.float32]
    discounts: NDArray[np.float32]
    next_architectures: NDArray[Any]
    next_allowed: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.actions)

    @property
    def observation(self) -> Observation:
        """What was shown when the action was taken."""
        return _observation(self.architectures, self.allowed)

    @property
    def next_observation(self) -> Observation:
        """What was shown n steps later."""
        return _observation(self.next_architectures, self.next_allowed)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All columns by name."""
        return {item.name: getattr(self, item.name) for item in fields(self)}


def _observation(architectures: NDArray[Any], allowed: NDArray[np.int16]) -> Observation:
    return Observation(architectures, np.arange(architectures.shape[1]) < allowed[:, None])


class PrioritisedReplay:
    """A ring of transitions drawn with probability proportional to priority^alpha.

    Args:
        capacity: transitions kept.
        alpha: exponent of the priorities.
        beta: exponent of the importance weights.
        rng: source of the draws.
    """

    def __init__(self, capacity: int, alpha: float, beta: float, rng: np.random.Generator) -> None:
        self.capacity = capacity
        self.alpha = alpha
        self.beta = beta
        self.rng = rng
        self.size = 0
        self.position = 0
        self.columns: dict[str, NDArray[Any]] = {}
        leaves = 1 << (capacity - 1).bit_length()
        # A complete binary tree: node i sums nodes 2i and 2i + 1; leaves are the upper half.
        self.tree = np.zeros(2 * leaves, np.float64)

    def __len__(self) -> int:
        return self.size

    def add(self, transitions: Transitions, priorities: NDArray[np.float64]) -> None:
        """Append B transitions over the oldest ones.

        Args:
            transitions: B rows.
            priorities: [B] absolute TD errors, as the actor estimates them.
        """
        slots = (self.position + np.arange(len(transitions))) % self.capacity
        for name, values in transitions.arrays().items():
            if name not in self.columns:
                self.columns[name] = np.zeros((self.capacity, *values.shape[1:]), values.dtype)
            self.columns[name][slots] = values
        self.position = int((self.position + len(transitions)) % self.capacity)
        self.size = min(self.size + len(transitions), self.capacity)
        self.update(slots, priorities)

    def sample(self, count: int) -> tuple[NDArray[np.int64], Transitions, NDArray[np.float32]]:
        """Draw ``count`` transitions, one from each of as many equal shares of the total priority.

        Returns:
            [B] slots for ``update``, the transitions, and [B] importance weights
            (size * probability)^-beta over their largest.
        """
        total = self.tree[1]
        points = (np.arange(count) + self.rng.random(count)) / count * total
        slots = np.minimum(_find(self.tree, points), self.size - 1)
        weights = (self.size * self.tree[slots + len(self.tree) // 2] / total) ** -self.beta
        rows = Transitions(**{name: column[slots] for name, column in self.columns.items()})
        return slots, rows, (weights / weights.max()).astype(np.float32)

    def update(self, slots: NDArray[np.int64], priorities: NDArray[np.float64]) -> None:
        """Give [B] slots new absolute TD errors."""
        _set(self.tree, slots, (priorities + PRIORITY_FLOOR) ** self.alpha)


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
