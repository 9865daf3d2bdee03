"""Checkpoints of a device trainer, in the format of the in-process trainer's."""

from __future__ import annotations

from dataclasses import asdict, fields
from pathlib import Path

import torch
from torch import Tensor

from naslib_incremental.agent import checkpoint
from naslib_incremental.agent.device.actor import Taken
from naslib_incremental.agent.device.environment import Shown
from naslib_incremental.agent.device.trainer import DeviceTrainer

FORMAT = "device-1"


def save_trainer(trainer: DeviceTrainer, path: Path, seconds: float) -> None:
    """Everything that the rest of the training depends on.

    Args:
        trainer: between two calls of ``advance``.
        path: of the checkpoint.
        seconds: wall time spent so far.
    """
    tensors = {name: part.cpu().numpy() for name, part in _tensors(trainer).items()}
    for row, taken in enumerate(trainer.assembler.window):
        for item in fields(taken):
            tensors[f"window.{row}.{item.name}"] = getattr(taken, item.name).cpu().numpy()
    tensors |= checkpoint.learner_tensors(trainer.learner)
    tensors["generator"] = trainer.generator.get_state().numpy()
    state = {
        "format": FORMAT,
        "config": asdict(trainer.config),
        "benchmark": trainer.benchmark.name,
        "seconds": seconds,
        "steps": trainer.steps,
        "owed_steps": trainer.owed_steps,
        "updates": trainer.learner.updates,
        "replay": [trainer.replay.size, trainer.replay.position],
        "window": len(trainer.assembler.window),
    }
    checkpoint.write(path, tensors, state)


def restore_trainer(trainer: DeviceTrainer, path: Path) -> float:
    """Bring a fresh trainer of the same configuration to where ``save_trainer`` was called.

    Returns:
        The wall time spent until then, in seconds.

    Raises:
        UnusableCheckpointError: the file is missing, damaged or of another configuration.
    """
    arrays, state = checkpoint.read(path)
    if (state.get("format"), state.get("config")) != (FORMAT, asdict(trainer.config)):
        raise checkpoint.UnusableCheckpointError(f"{path}: written with another configuration")
    tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
    for name, part in _tensors(trainer).items():
        part.copy_(tensors[name].reshape(part.shape))
    for row in range(state["window"]):
        parts = {item.name: tensors[f"window.{row}.{item.name}"] for item in fields(Taken)}
        on_device = {name: part.to(trainer.device) for name, part in parts.items()}
        trainer.assembler.window.append(Taken(**on_device))
    checkpoint.restore_learner(trainer.learner, arrays, state["updates"])
    trainer.generator.set_state(tensors["generator"])
    trainer.steps, trainer.owed_steps = state["steps"], state["owed_steps"]
    trainer.replay.size, trainer.replay.position = state["replay"]
    return float(state["seconds"])


def _tensors(trainer: DeviceTrainer) -> dict[str, Tensor]:
    """What is kept in tensors of a fixed shape, by name."""
    environment, replay = trainer.environment, trainer.replay
    shown: Shown = environment.shown
    return {
        "environment.states": shown.states,
        "environment.allowed": shown.allowed,
        "environment.moves": environment.moves,
        "environment.seen": environment.seen,
        "environment.queries": environment.queries,
        "replay.powers": replay.powers,
        "sums": trainer.sums,
        **{f"replay.{name}": column for name, column in replay.columns.items()},
    }
