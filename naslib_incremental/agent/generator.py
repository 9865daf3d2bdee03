"""Random numbers as tensors, from a generator of numpy on the host or of torch on a device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor


class Generator:
    """Numbers that can be resumed.

    Args:
        source: where they come from, and on which device they are.
    """

    def __init__(self, source: np.random.Generator | torch.Generator) -> None:
        self.source = source

    def uniform(self, *shape: int) -> Tensor:
        """[*shape] float64 numbers in [0, 1)."""
        source = self.source
        if isinstance(source, np.random.Generator):
            return torch.from_numpy(source.random(shape))
        return torch.rand(shape, generator=source, device=source.device, dtype=torch.float64)

    def state_dict(self) -> dict[str, Any]:
        """Where the sequence of numbers is."""
        if isinstance(self.source, np.random.Generator):
            return {"state": self.source.bit_generator.state}
        return {"state": self.source.get_state()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume from an earlier ``state_dict``."""
        if isinstance(self.source, np.random.Generator):
            self.source.bit_generator.state = state["state"]
        else:
            self.source.set_state(state["state"])
