"""Acting and n-step assembly on a device, the twins of ``exploration``, ``n_step``, ``actor``."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import torch
from torch import Tensor

from naslib_incremental.agent.device.environment import Shown
from naslib_incremental.agent.device.replay import DeviceTransitions


@dataclass(frozen=True)
class Taken:
    """One step of L lanes, as the actor saw it.

    Attributes:
        shown: [L, N+1] states shown.
        allowed: [L] how many slots were allowed.
        actions: [L].
        chosen: [L] Q value of the action taken.
        best: [L] largest Q value shown.
        rewards: [L] float64, scaled.
        terminated: [L].
        truncated: [L].
        next_shown: [L, N+1] states that follow.
        next_allowed: [L].
    """

    shown: Tensor
    allowed: Tensor
    actions: Tensor
    chosen: Tensor
    best: Tensor
    rewards: Tensor
    terminated: Tensor
    truncated: Tensor
    next_shown: Tensor
    next_allowed: Tensor


def choose(q_values: Tensor, shown: Shown, epsilons: Tensor, generator: torch.Generator) -> Tensor:
    """[L] greedy actions, or with probability epsilon one drawn uniformly from those allowed."""
    draws = torch.rand(
        (2, len(q_values)), generator=generator, device=q_values.device, dtype=torch.float64
    )
    drawn = (draws[0] * shown.allowed).long()
    return torch.where(draws[1] < epsilons, drawn, q_values.argmax(dim=1))


def n_step_returns(
    rewards: Tensor, terminated: Tensor, truncated: Tensor, gamma: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Returns, discounts and last rows of a window of [n, L] steps; see ``n_step``."""
    window = len(rewards)
    places = torch.arange(window, device=rewards.device)[:, None]
    last = torch.where(terminated | truncated, places, window - 1).amin(dim=0)
    exponents = torch.arange(window + 1, device=rewards.device, dtype=torch.float64)
    discount = gamma**exponents
    counted = torch.where(places <= last, rewards * discount[:window, None], 0.0)
    stops = terminated.gather(0, last[None])[0]
    return counted.sum(dim=0), torch.where(stops, 0.0, discount[last + 1]), last


class DeviceAssembler:
    """Holds the last n + 1 steps; every new one completes the transitions of the oldest.

    Args:
        n_step: n.
        gamma: discount per step.
    """

    def __init__(self, n_step: int, gamma: float) -> None:
        self.gamma = gamma
        self.window: deque[Taken] = deque(maxlen=n_step + 1)

    def push(self, taken: Taken) -> tuple[DeviceTransitions, Tensor] | None:
        """The transitions of the oldest step and [L] priorities, once the window is full."""
        self.window.append(taken)
        if len(self.window) < (self.window.maxlen or 0):
            return None
        rows = list(self.window)
        oldest, steps = rows[0], rows[:-1]
        truncated = torch.stack([row.truncated for row in steps])
        returns, discounts, last = n_step_returns(
            torch.stack([row.rewards for row in steps]),
            torch.stack([row.terminated for row in steps]),
            truncated,
            self.gamma,
        )
        lanes = torch.arange(len(last), device=last.device)
        transitions = DeviceTransitions(
            shown=oldest.shown,
            allowed=oldest.allowed,
            actions=oldest.actions,
            returns=returns,
            discounts=discounts,
            next_shown=torch.stack([row.next_shown for row in steps])[last, lanes],
            next_allowed=torch.stack([row.next_allowed for row in steps])[last, lanes],
        )
        # The step after the last has valued what follows; after a truncation nobody has.
        valued = last + ~truncated[last, lanes]
        best = torch.stack([row.best for row in rows])[valued, lanes]
        return transitions, (returns + discounts * best - oldest.chosen).abs()
