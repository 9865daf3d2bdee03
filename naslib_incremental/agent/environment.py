"""What an agent sees and does, as tensors: one small interface, and the environment of the host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from naslib_incremental.benchmarks import QueryCounter
from naslib_incremental.mdp import IncrementalMDP, Observation
from naslib_incremental.search_spaces_ext.contract import SearchSpace

CPU = torch.device("cpu")

Inputs: TypeAlias = tuple[Tensor, Tensor]
"""[B, S, F] features and [B, S] mask, as the network takes them."""


@dataclass(frozen=True)
class ObservationTensors:
    """What B environments show, in S = N+1 slots.

    Attributes:
        states: [B, S, *architecture_shape] the current architecture first; indices, or packed words
            as signed integers of the same bits, which torch can do more with.
        allowed: [B] how many of the slots are allowed actions; these come first.
    """

    states: Tensor
    allowed: Tensor

    @classmethod
    def of(cls, shown: Observation) -> ObservationTensors:
        """The same in tensors that share the memory of the arrays."""
        states, mask = shown.architectures, torch.from_numpy(shown.mask)
        return cls(torch.from_numpy(states.view(f"i{states.itemsize}")), mask.sum(dim=1))

    @property
    def mask(self) -> Tensor:
        """[B, S] True for an allowed action."""
        slots = torch.arange(self.states.shape[1], device=self.allowed.device)
        return slots < self.allowed[:, None]

    def to(self, device: torch.device) -> ObservationTensors:
        """The same on a device."""
        return ObservationTensors(self.states.to(device), self.allowed.to(device))


@dataclass(frozen=True)
class StepTensors:
    """What L actions led to; see ``mdp.Step``.

    Attributes:
        rewards: [L] float64, scaled.
        terminated: [L] bool.
        truncated: [L] bool.
        following: shown by the architectures arrived at, before any environment starts anew.
        accuracy: [L] float64, validation accuracy of the architectures arrived at.
    """

    rewards: Tensor
    terminated: Tensor
    truncated: Tensor
    following: ObservationTensors
    accuracy: Tensor

    @property
    def ended(self) -> Tensor:
        """[L] environments whose episode is over."""
        return self.terminated | self.truncated


class Encoder(Protocol):
    """Turns what is shown into what the network takes.

    Attributes:
        features: F.
    """

    features: int

    def inputs(self, shown: ObservationTensors) -> Inputs:
        """Features and mask, on the encoder's device, of an observation on any."""


class HostEncoder:
    """Encodes by the search space's own code, on the host.

    Args:
        space: of the architectures.
        device: where features and mask are put.
    """

    def __init__(self, space: SearchSpace, device: torch.device = CPU) -> None:
        self.space = space
        self.features = space.features
        self.device = device

    def inputs(self, shown: ObservationTensors) -> Inputs:  # noqa: D102
        states = shown.states.numpy().astype(self.space.dtype, copy=False)
        features = torch.from_numpy(self.space.encode(states)).float()
        return features.to(self.device), shown.mask.to(self.device)


class Environment(Protocol):
    """L independent environments; one whose episode ends starts anew in the same step."""

    @property
    def num_envs(self) -> int:
        """L."""

    @property
    def device(self) -> torch.device:
        """Where all tensors are."""

    @property
    def observation(self) -> ObservationTensors:
        """What the environments show now."""

    def step(self, actions: Tensor) -> StepTensors:
        """Take [L] actions, allowed slots of ``observation``; 0 stays and terminates."""

    def counts(self) -> tuple[int, int]:
        """Queries so far, and different architectures among them; waits for the device."""

    @property
    def counter(self) -> QueryCounter:
        """A counter of the benchmark as it is now; waits for the device."""

    def state_dict(self) -> dict[str, Any]:
        """Everything that later steps depend on."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume from an earlier ``state_dict``."""


class HostEnvironment:
    """``IncrementalMDP``, whose arrays the tensors share.

    Args:
        mdp: L environments.
        scale: factor of the rewards.
    """

    def __init__(self, mdp: IncrementalMDP, scale: float) -> None:
        self.mdp = mdp
        self.scale = scale
        self.device = CPU

    @property
    def num_envs(self) -> int:  # noqa: D102
        return self.mdp.num_envs

    @property
    def observation(self) -> ObservationTensors:  # noqa: D102
        return ObservationTensors.of(self.mdp.observation)

    def step(self, actions: Tensor) -> StepTensors:  # noqa: D102
        step = self.mdp.step(actions.numpy())
        return StepTensors(
            rewards=torch.from_numpy(step.rewards * self.scale),
            terminated=torch.from_numpy(step.terminated),
            truncated=torch.from_numpy(step.truncated),
            following=ObservationTensors.of(step.following),
            accuracy=torch.from_numpy(step.accuracy),
        )

    def counts(self) -> tuple[int, int]:  # noqa: D102
        return self.counter.queries, self.counter.distinct

    @property
    def counter(self) -> QueryCounter:  # noqa: D102
        return self.mdp.counter

    def state_dict(self) -> dict[str, Any]:  # noqa: D102
        counter = self.counter
        return {
            **{name: _tensor(part) for name, part in self.mdp.state_dict().items()},
            "queries": counter.queries,
            "seen": torch.from_numpy(counter.seen),
            "best": counter.best,
            "scale": self.scale,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:  # noqa: D102
        self.mdp.load_state_dict({name: _array(part) for name, part in state.items()})
        self.counter.restore(state["queries"], _array(state["seen"]), state["best"])
        self.scale = state["scale"]


def _tensor(part: NDArray[Any] | Any) -> Tensor | Any:
    return torch.from_numpy(part) if isinstance(part, np.ndarray) else part


def _array(part: Tensor | Any) -> NDArray[Any] | Any:
    return part.numpy() if isinstance(part, Tensor) else part
