"""Checkpoints: the states of a training's parts in one safetensors file, JSON in its header."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file
from torch import Tensor

from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.foundation.options import option_values
from naslib_incremental.foundation.storage import atomic_path

FORMAT = 3
# Between the names of nested states; parameters of networks have dots in theirs.
BELOW = "/"


class UnusableCheckpointError(Exception):
    """A checkpoint is damaged, or belongs to another configuration."""


def write(path: Path, state: Mapping[str, Any]) -> None:
    """Write nested mappings of tensors and JSON values, atomically."""
    tensors: dict[str, NDArray[Any]] = {}
    values = _without_tensors(state, "", tensors)
    with atomic_path(path) as temporary:
        save_file(tensors, temporary, metadata={"state": json.dumps(values)})


def read(path: Path) -> dict[str, Any]:
    """What ``write`` wrote.

    Raises:
        UnusableCheckpointError: the file is missing or damaged.
    """
    try:
        with safe_open(path, framework="pt") as source:
            metadata = source.metadata() or {}
            tensors = {name: source.get_tensor(name) for name in list(source.keys())}
        state: dict[str, Any] = json.loads(metadata["state"])
        for name, tensor in tensors.items():
            *parents, last = name.split(BELOW)
            place = state
            for parent in parents:
                place = place[parent]
            place[last] = tensor
        return state
    except (OSError, SafetensorError, KeyError, ValueError, TypeError) as error:
        raise UnusableCheckpointError(f"{path}: {error}") from error


def save(
    path: Path, trainer: Mapping[str, Any], config: AgentConfig, benchmark: str, seconds: float
) -> None:
    """Write a trainer's state.

    Args:
        path: of the checkpoint.
        trainer: its ``state_dict``.
        config: what it was asked for.
        benchmark: full name of the benchmark.
        seconds: wall time spent so far.
    """
    write(path, {"of": _owner(config, benchmark), "seconds": seconds, "trainer": trainer})


def load(path: Path, config: AgentConfig, benchmark: str) -> tuple[dict[str, Any], float]:
    """The state of a trainer that was asked for the same, and the seconds spent until then.

    Raises:
        UnusableCheckpointError: the file is missing, damaged or of another configuration.
    """
    state = read(path)
    if state.get("of") != _owner(config, benchmark):
        raise UnusableCheckpointError(f"{path}: written with another configuration")
    return state["trainer"], state["seconds"]


def _owner(config: AgentConfig, benchmark: str) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "config": option_values(config, identity=True),
        "benchmark": benchmark,
    }


def _without_tensors(
    state: Mapping[str, Any], prefix: str, tensors: dict[str, NDArray[Any]]
) -> dict[str, Any]:
    """The JSON values of a nested state; its tensors are put into ``tensors`` as arrays."""
    values: dict[str, Any] = {}
    for name, part in state.items():
        if isinstance(part, Tensor):
            tensors[prefix + name] = np.asarray(part.detach().cpu().numpy(), order="C")
        elif isinstance(part, Mapping):
            values[name] = _without_tensors(part, f"{prefix}{name}{BELOW}", tensors)
        else:
            values[name] = part
    return values
