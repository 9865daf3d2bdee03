"""Random numbers as tensors, from numpy's generators on the host or torch's on a device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor


class Generator(Protocol):
    """A source of random numbers that can be resumed."""

    def uniform(self, *shape: int) -> Tensor:
        """[*shape] float64 numbers in [0, 1)."""

    def state_dict(self) -> dict[str, Any]:
        """Where the sequence of numbers is."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume from an earlier ``state_dict``."""


class HostGenerator:
    """Numbers of a numpy generator."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def uniform(self, *shape: int) -> Tensor:  # noqa: D102
        return torch.from_numpy(self.rng.random(shape))

    def state_dict(self) -> dict[str, Any]:  # noqa: D102
        return {"numpy": self.rng.bit_generator.state}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:  # noqa: D102
        self.rng.bit_generator.state = state["numpy"]


class DeviceGenerator:
    """Numbers of a torch generator, on its device."""

    def __init__(self, generator: torch.Generator) -> None:
        self.generator = generator

    def uniform(self, *shape: int) -> Tensor:  # noqa: D102
        device = self.generator.device
        return torch.rand(shape, generator=self.generator, device=device, dtype=torch.float64)

    def state_dict(self) -> dict[str, Any]:  # noqa: D102
        return {"torch": self.generator.get_state()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:  # noqa: D102
        self.generator.set_state(state["torch"])
