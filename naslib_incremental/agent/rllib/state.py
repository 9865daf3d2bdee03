"""Checkpoints of a distributed training: one safetensors file that holds the replay shards too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from naslib_incremental.agent import checkpoint
from naslib_incremental.agent.checkpoint import Tensors, UnusableCheckpointError, below
from naslib_incremental.agent.learner import Learner
from naslib_incremental.agent.rllib.ledger import Ledger

FORMAT = 1


def of_learner(learner: Learner) -> dict[str, Any]:
    """All that a learner must know to go on."""
    return {"updates": learner.updates, "tensors": checkpoint.learner_tensors(learner)}


def to_learner(learner: Learner, state: dict[str, Any]) -> None:
    """Bring a learner to where ``of_learner`` was called."""
    checkpoint.restore_learner(learner, state["tensors"], state["updates"])


def save(
    path: Path,
    ledger: Ledger,
    learner: dict[str, Any],
    shards: Sequence[Tensors],
    seconds: float,
) -> None:
    """Write everything but the episodes under way, which begin anew.

    Args:
        path: of the file.
        ledger: of the training.
        learner: from ``of_learner``.
        shards: their states.
        seconds: wall time spent so far.
    """
    tensors: Tensors = {"counter.seen": ledger.counter.seen, **learner["tensors"]}
    for index, shard in enumerate(shards):
        tensors |= {f"shard.{index}.{name}": column for name, column in shard.items()}
    state = {
        "engine": "rllib",
        "format": FORMAT,
        "config": asdict(ledger.config),
        "benchmark": ledger.counter.benchmark.name,
        "seconds": seconds,
        "updates": learner["updates"],
        "shards": len(shards),
        "ledger": ledger.state(),
    }
    checkpoint.write(path, tensors, state)


def load(path: Path, ledger: Ledger) -> tuple[dict[str, Any], list[Tensors], float]:
    """Read what ``save`` wrote, and bring the ledger up to it.

    Returns:
        The learner's state, the shards' states, and the wall time spent until then.

    Raises:
        UnusableCheckpointError: the file is missing, damaged, or of another configuration.
    """
    tensors, state = checkpoint.read(path)
    expected = ("rllib", FORMAT, asdict(ledger.config), ledger.counter.benchmark.name)
    if tuple(state.get(key) for key in ("engine", "format", "config", "benchmark")) != expected:
        raise UnusableCheckpointError(f"{path}: written with another configuration")
    ledger.restore(state["ledger"], tensors["counter.seen"])
    shards = [below(tensors, f"shard.{index}") for index in range(state["shards"])]
    learner = {
        "updates": state["updates"],
        "tensors": {
            name: part
            for name, part in tensors.items()
            if name.partition(".")[0] in ("network", "target", "adam")
        },
    }
    return learner, shards, float(state["seconds"])
