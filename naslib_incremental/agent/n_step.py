"""From steps to n-step transitions with correct tails and first priorities."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import torch
from torch import Tensor

from naslib_incremental.agent.environment import CPU, ObservationTensors


@dataclass(frozen=True)
class StepRecord:
    """One step of L environments, as the actor saw it.

    Attributes:
        states: [L, S, *architecture_shape] shown when the actions were chosen.
        allowed: [L] how many of the slots were allowed.
        actions: [L].
        chosen: [L] Q value of the action taken.
        best: [L] largest Q value shown.
        rewards: [L] float64, scaled.
        terminated: [L] the agent stayed.
        truncated: [L] the time limit cut the episode off.
        next_states: [L, S, *architecture_shape] shown by the architectures arrived at.
        next_allowed: [L].
    """

    states: Tensor
    allowed: Tensor
    actions: Tensor
    chosen: Tensor
    best: Tensor
    rewards: Tensor
    terminated: Tensor
    truncated: Tensor
    next_states: Tensor
    next_allowed: Tensor


@dataclass(frozen=True)
class Transitions:
    """B n-step transitions, as the replay keeps them: indices or packed words, never features.

    Attributes:
        states: [B, S, *architecture_shape] shown when the action was taken.
        allowed: [B] int16, how many of the slots were allowed; these come first.
        actions: [B] int16.
        returns: [B] float32 n-step returns, scaled.
        discounts: [B] float32 factor of the value that follows, 0 after termination.
        next_states: [B, S, *architecture_shape] shown n steps later.
        next_allowed: [B] int16.
    """

    states: Tensor
    allowed: Tensor
    actions: Tensor
    returns: Tensor
    discounts: Tensor
    next_states: Tensor
    next_allowed: Tensor

    def __len__(self) -> int:
        return len(self.actions)

    @property
    def observation(self) -> ObservationTensors:
        """What was shown when the action was taken."""
        return ObservationTensors(self.states, self.allowed)

    @property
    def next_observation(self) -> ObservationTensors:
        """What was shown n steps later."""
        return ObservationTensors(self.next_states, self.next_allowed)

    def columns(self) -> dict[str, Tensor]:
        """All columns by name."""
        return dict(vars(self))

    def rows(self, rows: Tensor) -> Transitions:
        """Copies of some of the transitions, by [K] int64 numbers."""
        columns = self.columns().items()
        return Transitions(**{name: column.index_select(0, rows) for name, column in columns})


@dataclass(frozen=True)
class NStepReturns:
    """What the oldest step of a window leads to in each of L environments.

    Attributes:
        returns: [L] sum of gamma^i r_i over the k steps taken.
        discounts: [L] gamma^k, or 0 where the episode terminated: the factor of what follows.
        last: [L] row k - 1 of the window, whose following observation is bootstrapped.
    """

    returns: Tensor
    discounts: Tensor
    last: Tensor


def discount_powers(gamma: float, n_step: int, device: torch.device = CPU) -> Tensor:
    """[n + 1] float64 gamma^0 .. gamma^n."""
    powers = [gamma**exponent for exponent in range(n_step + 1)]
    return torch.tensor(powers, dtype=torch.float64, device=device)


def n_step_returns(
    rewards: Tensor, terminated: Tensor, truncated: Tensor, powers: Tensor
) -> NStepReturns:
    """K is the number of steps up to the episode's end, or the whole window.

    Termination stops the bootstrap; truncation does not (partial episode bootstrapping), it only
    shortens the return.

    Args:
        rewards: [n, L] float64 of n consecutive steps, oldest first.
        terminated: [n, L].
        truncated: [n, L].
        powers: [n + 1] of the discount, see ``discount_powers``.
    """
    places = torch.arange(len(rewards), device=rewards.device)[:, None]
    last = torch.where(terminated | truncated, places, len(rewards) - 1).amin(dim=0)
    counted = torch.where(places <= last, rewards * powers[:-1, None], 0.0)
    stops = terminated.gather(0, last[None])[0]
    # Added in order: how ``sum`` adds, and so the last bit, depends on the number of environments.
    returns = reduce(torch.add, counted)
    return NStepReturns(returns, torch.where(stops, 0.0, powers[last + 1]), last)


class NStepAssembler:
    """Holds the last n + 1 steps; every new one completes the transitions of the oldest.

    The extra step supplies the value that follows, so priorities cost no further forward pass
    (Horgan et al. 2018, section 3). After a truncation nobody has valued the last architecture; the
    value of the one before it stands in, for the priority only.

    Args:
        n_step: n.
        gamma: discount per step.
        device: where the steps are.
    """

    def __init__(self, n_step: int, gamma: float, device: torch.device = CPU) -> None:
        self.powers = discount_powers(gamma, n_step, device)
        self.window: deque[StepRecord] = deque(maxlen=n_step + 1)

    def push(self, record: StepRecord) -> tuple[Transitions, Tensor] | None:
        """The transitions of the oldest step and [L] priorities, once the window is full."""
        self.window.append(record)
        if len(self.window) < len(self.powers):
            return None
        rows = list(self.window)
        oldest, steps = rows[0], rows[:-1]
        truncated = torch.stack([row.truncated for row in steps])
        target = n_step_returns(
            torch.stack([row.rewards for row in steps]),
            torch.stack([row.terminated for row in steps]),
            truncated,
            self.powers,
        )
        last, every = target.last, torch.arange(len(target.last), device=target.last.device)
        transitions = Transitions(
            states=oldest.states,
            allowed=oldest.allowed.short(),
            actions=oldest.actions.short(),
            returns=target.returns.float(),
            discounts=target.discounts.float(),
            next_states=torch.stack([row.next_states for row in steps])[last, every],
            next_allowed=torch.stack([row.next_allowed for row in steps])[last, every].short(),
        )
        # The step after the last has valued what follows, unless the episode was cut off there.
        valued = last + ~truncated[last, every]
        best = torch.stack([row.best for row in rows])[valued, every]
        errors = target.returns + target.discounts * best - oldest.chosen
        return transitions, errors.abs()

    def state_dict(self) -> dict[str, Any]:
        """The window, oldest step first."""
        return {str(row): dict(vars(record)) for row, record in enumerate(self.window)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume from an earlier ``state_dict``."""
        self.window.clear()
        for row in range(len(state)):
            parts = {name: part.to(self.powers.device) for name, part in state[str(row)].items()}
            self.window.append(StepRecord(**parts))
