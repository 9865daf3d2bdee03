"""Training on an accelerator: environment, replay and learner are tensors on one device."""

from __future__ import annotations

from dataclasses import replace

from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.search_spaces_ext.contract import SearchSpace
from naslib_incremental.search_spaces_ext.enumerable import EnumerableSpace


def resolve_device(config: AgentConfig, space: SearchSpace) -> AgentConfig:
    """The configuration with ``auto`` decided: ``cuda`` where there is one and the space allows it.

    Raises:
        UserError: ``cuda`` is asked for, and the space is not enumerable or there is no GPU.
    """
    if config.device == "cpu":
        return config
    import torch

    enumerable = isinstance(space, EnumerableSpace)
    if config.device == "auto":
        fits = enumerable and torch.cuda.is_available()
        return replace(config, device="cuda" if fits else "cpu")
    if not enumerable:
        raise UserError(
            "a space whose search graph fits on the device, with --device cuda",
            f"{space.name}, which cannot be enumerated",
            "--device cpu",
        )
    if not torch.cuda.is_available():
        raise UserError("a GPU that torch can use, with --device cuda", "none", "--device auto")
    return config
