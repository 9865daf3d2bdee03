"""Checkpoints of a trainer: one safetensors file with JSON in its header, resumed exactly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from naslib_incremental.agent.actor import Acted
from naslib_incremental.agent.learner import Learner
from naslib_incremental.agent.trainer import Tally, Trainer
from naslib_incremental.foundation.storage import atomic_path
from naslib_incremental.mdp import Observation, Step

FORMAT = 1

Tensors = dict[str, NDArray[Any]]


class UnusableCheckpointError(Exception):
    """A checkpoint is damaged, or belongs to another configuration."""


def write(path: Path, tensors: Mapping[str, NDArray[Any]], state: Mapping[str, Any]) -> None:
    """Arrays and JSON state in one safetensors file, atomically."""
    contiguous = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    with atomic_path(path) as temporary:
        save_file(contiguous, temporary, metadata={"state": json.dumps(state)})


def read(path: Path) -> tuple[Tensors, dict[str, Any]]:
    """What ``write`` wrote.

    Raises:
        UnusableCheckpointError: the file is missing or damaged.
    """
    try:
        with safe_open(path, framework="numpy") as source:
            metadata = source.metadata() or {}
            tensors = {name: source.get_tensor(name) for name in list(source.keys())}
        return tensors, json.loads(metadata["state"])
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise UnusableCheckpointError(f"{path}: {error}") from error


def save_trainer(trainer: Trainer, path: Path, seconds: float) -> None:
    """Everything that the rest of the training depends on.

    Args:
        trainer: between two calls of ``advance``.
        path: of the checkpoint.
        seconds: wall time spent so far.
    """
    mdp, learner, replay = trainer.mdp, trainer.learner, trainer.replay
    tensors: Tensors = {
        "mdp.architectures": mdp.observation.architectures,
        "mdp.mask": mdp.observation.mask,
        "mdp.accuracy": mdp.accuracy,
        "mdp.steps": mdp.steps,
        "counter.seen": trainer.counter.seen,
        "replay.tree": replay.tree,
    }
    tensors |= {f"replay.{name}": column for name, column in replay.columns.items()}
    for row, acted in enumerate(trainer.assembler.window):
        tensors |= {f"window.{row}.{name}": part for name, part in _flatten(acted).items()}
    tensors |= learner_tensors(learner)
    state = {
        "format": FORMAT,
        "config": asdict(trainer.config),
        "benchmark": trainer.benchmark.name,
        "seconds": seconds,
        "steps": trainer.steps,
        "owed_steps": trainer.owed_steps,
        "tally": asdict(trainer.tally),
        "scale": trainer.scale,
        "queries": trainer.counter.queries,
        "updates": learner.updates,
        "replay": {"size": replay.size, "position": replay.position},
        "window": len(trainer.assembler.window),
        "generators": {
            name: generator.bit_generator.state for name, generator in _generators(trainer).items()
        },
    }
    write(path, tensors, state)


def restore_trainer(trainer: Trainer, path: Path) -> float:
    """Bring a fresh trainer of the same configuration to where ``save_trainer`` was called.

    Returns:
        The wall time spent until then, in seconds.

    Raises:
        UnusableCheckpointError: the file is missing, damaged or of another configuration.
    """
    tensors, state = read(path)
    if (state.get("format"), state.get("config")) != (FORMAT, asdict(trainer.config)):
        raise UnusableCheckpointError(f"{path}: written with another configuration")
    mdp, learner, replay = trainer.mdp, trainer.learner, trainer.replay
    mdp.observation = Observation(tensors["mdp.architectures"], tensors["mdp.mask"])
    mdp.accuracy, mdp.steps = tensors["mdp.accuracy"], tensors["mdp.steps"]
    trainer.counter.restore(state["queries"], tensors["counter.seen"])
    replay.tree = tensors["replay.tree"]
    replay.columns = {
        name: part for name, part in below(tensors, "replay").items() if name != "tree"
    }
    replay.size, replay.position = state["replay"]["size"], state["replay"]["position"]
    for row in range(state["window"]):
        trainer.assembler.window.append(_unflatten(below(tensors, f"window.{row}")))
    restore_learner(learner, tensors, state["updates"])
    trainer.steps, trainer.owed_steps = state["steps"], state["owed_steps"]
    trainer.tally, trainer.scale = Tally(**state["tally"]), state["scale"]
    for name, generator in _generators(trainer).items():
        generator.bit_generator.state = state["generators"][name]
    return float(state["seconds"])


def learner_tensors(learner: Learner) -> Tensors:
    """Weights of both networks and the optimizer's moments."""
    tensors = _numpy("network", learner.network.state_dict())
    tensors |= _numpy("target", learner.target.state_dict())
    for index, moments in learner.optimizer.state_dict()["state"].items():
        tensors |= _numpy(f"adam.{index}", moments)
    return tensors


def restore_learner(learner: Learner, tensors: Tensors, updates: int) -> None:
    """Bring a learner to where ``learner_tensors`` was called, after ``updates`` updates."""
    load_weights(learner.network, below(tensors, "network"))
    load_weights(learner.target, below(tensors, "target"))
    adam = learner.optimizer.state_dict()
    for index in adam["param_groups"][0]["params"] if updates else []:
        adam["state"][index] = _torch(below(tensors, f"adam.{index}"))
    learner.optimizer.load_state_dict(adam)
    learner.updates = updates


def load_weights(network: torch.nn.Module, weights: Tensors) -> None:
    """Put weights by parameter name into a network; they are copied, so that they may be shared."""
    network.load_state_dict(_torch(weights))


def _generators(trainer: Trainer) -> dict[str, np.random.Generator]:
    return {"mdp": trainer.mdp.rng, "replay": trainer.replay.rng, "actor": trainer.rng}


def below(tensors: Tensors, prefix: str) -> Tensors:
    """The tensors whose names begin with ``prefix`` and a dot, without these."""
    return {
        name.removeprefix(f"{prefix}."): part
        for name, part in tensors.items()
        if name.startswith(f"{prefix}.")
    }


def _numpy(prefix: str, tensors: Mapping[str, torch.Tensor]) -> Tensors:
    return {f"{prefix}.{name}": part.cpu().numpy() for name, part in tensors.items()}


def _torch(tensors: Tensors) -> dict[str, torch.Tensor]:
    return {name: torch.tensor(part) for name, part in tensors.items()}


def _flatten(acted: Acted) -> Tensors:
    step = acted.step
    return {
        "shown": acted.observation.architectures,
        "shown_mask": acted.observation.mask,
        "actions": acted.actions,
        "chosen": acted.chosen,
        "best": acted.best,
        "rewards": acted.rewards,
        "step_rewards": step.rewards,
        "terminated": step.terminated,
        "truncated": step.truncated,
        "following": step.following.architectures,
        "following_mask": step.following.mask,
        "accuracy": step.accuracy,
    }


def _unflatten(parts: Tensors) -> Acted:
    step = Step(
        parts["step_rewards"],
        parts["terminated"],
        parts["truncated"],
        Observation(parts["following"], parts["following_mask"]),
        parts["accuracy"],
    )
    observation = Observation(parts["shown"], parts["shown_mask"])
    return Acted(
        observation, parts["actions"], parts["chosen"], parts["best"], parts["rewards"], step
    )
