"""What a checkpoint of a search holds."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from naslib_incremental.benchmarks.contract import Accuracies
from naslib_incremental.search_spaces_ext.contract import Architectures


class SearchRecord(nn.Module):
    """The queries of a search in their order, as buffers, and an agent's network if there is one.

    NASLib's checkpointer saves and loads ``state_dict``; buffers of no length are left out, so that
    a fresh record takes over whatever a checkpoint holds.

    Args:
        dtype: of architectures.

    Attributes:
        agent: the agent's network, None where there is none.
    """

    agent: nn.Module | None
    _asked: torch.Tensor | None
    _answers: torch.Tensor | None

    def __init__(self, dtype: np.dtype[Any]) -> None:
        super().__init__()
        self._dtype = dtype
        self.agent = None
        self.register_buffer("_asked", None)
        self.register_buffer("_answers", None)

    def __len__(self) -> int:
        return 0 if self._answers is None else len(self._answers)

    @property
    def asked(self) -> Architectures:
        """[Q, *architecture_shape]."""
        if self._asked is None:
            return np.zeros(0, self._dtype)
        return self._asked.numpy().astype(self._dtype)

    @property
    def answers(self) -> Accuracies:
        """[Q] as NASLib gives them, in per cent."""
        return np.zeros(0) if self._answers is None else self._answers.numpy()

    def append(self, architecture: Architectures, answer: float) -> None:
        """One more query."""
        self._asked = _joined(self._asked, np.asarray(architecture).astype(np.int64)[None])
        self._answers = _joined(self._answers, np.array([answer]))

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        # Buffers of the checkpoint's lengths, so that its tensors fit.
        for name in ("_asked", "_answers"):
            if f"{prefix}{name}" in state_dict:
                setattr(self, name, torch.empty_like(state_dict[f"{prefix}{name}"]))
        if self.agent is None:
            # An evaluation has no use for the agent, and torch would call its weights unexpected.
            for name in [name for name in state_dict if name.startswith(f"{prefix}agent.")]:
                del state_dict[name]
        super()._load_from_state_dict(state_dict, prefix, *rest)


def _joined(held: torch.Tensor | None, more: NDArray[Any]) -> torch.Tensor:
    added = torch.from_numpy(more)
    return added if held is None else torch.cat([held, added])
