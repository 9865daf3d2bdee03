"""Prioritised replay (Schaul et al. 2016) as tensors on a device.

Draws are found in the running sum of all priorities: one scan and one search are less work for an
accelerator than the many small steps of a tree, and follow the same distribution.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor

from naslib_incremental.agent.device.environment import Shown
from naslib_incremental.agent.replay import PRIORITY_FLOOR


@dataclass(frozen=True)
class DeviceTransitions:
    """B n-step transitions; see ``replay.Transitions``.

    Attributes:
        shown: [B, N+1] states shown when the action was taken.
        allowed: [B] how many of the slots were allowed.
        actions: [B].
        returns: [B] scaled.
        discounts: [B].
        next_shown: [B, N+1] states shown n steps later.
        next_allowed: [B].
    """

    shown: Tensor
    allowed: Tensor
    actions: Tensor
    returns: Tensor
    discounts: Tensor
    next_shown: Tensor
    next_allowed: Tensor

    @property
    def observation(self) -> Shown:
        """What was shown when the action was taken."""
        return Shown(self.shown, self.allowed)

    @property
    def next_observation(self) -> Shown:
        """What was shown n steps later."""
        return Shown(self.next_shown, self.next_allowed)


# How the columns are kept; they are widened again when drawn.
KEPT = {
    "shown": torch.int32,
    "allowed": torch.int16,
    "actions": torch.int16,
    "returns": torch.float32,
    "discounts": torch.float32,
    "next_shown": torch.int32,
    "next_allowed": torch.int16,
}


class DeviceReplay:
    """A ring of transitions drawn with probability proportional to priority^alpha.

    Args:
        capacity: transitions kept.
        slots: N+1.
        alpha: exponent of the priorities.
        beta: exponent of the importance weights.
        generator: source of the draws; its device is where everything is.
    """

    def __init__(
        self, capacity: int, slots: int, alpha: float, beta: float, generator: torch.Generator
    ) -> None:
        self.capacity = capacity
        self.alpha = alpha
        self.beta = beta
        self.generator = generator
        self.size = 0
        self.position = 0
        shapes = {"shown": (capacity, slots), "next_shown": (capacity, slots)}
        self.columns = {
            name: torch.zeros(shapes.get(name, (capacity,)), dtype=kind, device=generator.device)
            for name, kind in KEPT.items()
        }
        self.powers = torch.zeros(capacity, dtype=torch.float64, device=generator.device)

    def __len__(self) -> int:
        return self.size

    def add(self, transitions: DeviceTransitions, priorities: Tensor) -> None:
        """Append B transitions over the oldest ones; ``priorities`` are [B] absolute TD errors."""
        count = len(priorities)
        slots = torch.arange(self.position, self.position + count, device=self.powers.device)
        slots %= self.capacity
        for item in fields(transitions):
            column = self.columns[item.name]
            column[slots] = getattr(transitions, item.name).to(column.dtype)
        self.position = (self.position + count) % self.capacity
        self.size = min(self.size + count, self.capacity)
        self.update(slots, priorities)

    def sample(self, count: int) -> tuple[Tensor, DeviceTransitions, Tensor]:
        """Draw ``count`` transitions, one from each of as many equal shares of the total priority.

        Returns:
            [B] slots for ``update``, the transitions, and [B] importance weights
            (size * probability)^-beta over their largest.
        """
        sums = self.powers.cumsum(dim=0)
        shares = torch.arange(count, device=sums.device, dtype=torch.float64)
        jitter = torch.rand(count, generator=self.generator, device=sums.device, dtype=sums.dtype)
        points = (shares + jitter) / count * sums[-1]
        slots = torch.searchsorted(sums, points, right=True).clamp(max=self.size - 1)
        weights = (self.size * self.powers[slots] / sums[-1]) ** -self.beta
        drawn = {name: column[slots] for name, column in self.columns.items()}
        for name in ("shown", "allowed", "actions", "next_shown", "next_allowed"):
            drawn[name] = drawn[name].long()
        return slots, DeviceTransitions(**drawn), (weights / weights.max()).float()

    def update(self, slots: Tensor, priorities: Tensor) -> None:
        """Give [B] slots new absolute TD errors."""
        self.powers[slots] = (priorities.double() + PRIORITY_FLOOR) ** self.alpha
