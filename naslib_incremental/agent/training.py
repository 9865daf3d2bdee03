"""From a benchmark to a trained agent in a folder: train, log, checkpoint, choose the policy."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch

from naslib_incremental.agent import checkpoint
from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.device import checkpoint as device_checkpoint
from naslib_incremental.agent.device.trainer import DeviceTrainer
from naslib_incremental.agent.logs import TrainingLog
from naslib_incremental.agent.policy import q_source
from naslib_incremental.agent.selection import choose_policy
from naslib_incremental.agent.trainer import Trainer
from naslib_incremental.benchmarks import Benchmark
from naslib_incremental.seeding import children
from naslib_incremental.storage import write_text

RECORD_EVERY = 2_560
CHECKPOINT = "checkpoint.safetensors"
WEIGHTS = "agent.safetensors"
DESCRIPTION = "agent.json"

AnyTrainer: TypeAlias = Trainer | DeviceTrainer
Progress = Callable[[int, int, Mapping[str, float]], None]


def train_agent(
    config: AgentConfig,
    benchmark: Benchmark,
    seed: np.random.SeedSequence,
    folder: Path,
    evaluation_steps: int,
    progress: Progress,
) -> dict[str, Any]:
    """Train one agent, or go on from what is in ``folder``; a finished agent is not trained again.

    Args:
        config: the agent's configuration.
        benchmark: answers the training queries.
        seed: source of all randomness.
        folder: gets checkpoint, logs, and at the end ``agent.safetensors`` and ``agent.json``.
        evaluation_steps: moves of an evaluation episode, for the choice of the policy.
        progress: called at every record with steps done, steps in all and the latest figures.

    Returns:
        What ``agent.json`` holds: configuration, policy, steps, queries, seconds.
    """
    finished = _finished(config, benchmark, folder)
    if finished is not None:
        return finished
    training_seed, selection_seed = children(seed, 2)
    trainer, spent = _begun(config, benchmark, training_seed, folder / CHECKPOINT)
    begin = time.perf_counter() - spent
    _train(trainer, folder, begin, progress)
    counter = trainer.counter
    q_values, order_matters = trainer.learner.q_values, config.head == "cls"
    policy, tried = choose_policy(
        q_source(q_values, benchmark.space, config.neighbours, order_matters),
        counter,
        evaluation_steps,
        (config.temperature, config.stay_margin),
        np.random.default_rng(selection_seed),
    )
    description = {
        "config": asdict(config),
        "benchmark": benchmark.name,
        "slots": trainer.slots,
        "policy": asdict(policy),
        "policies_tried": tried,
        "steps": trainer.steps,
        "queries": counter.queries,
        "distinct_queries": counter.distinct,
        "seconds": time.perf_counter() - begin,
    }
    weights = trainer.learner.network.state_dict().items()
    checkpoint.write(folder / WEIGHTS, {name: part.cpu().numpy() for name, part in weights}, {})
    write_text(folder / DESCRIPTION, json.dumps(description, indent=2))
    return description


def _begun(
    config: AgentConfig, benchmark: Benchmark, seed: np.random.SeedSequence, path: Path
) -> tuple[AnyTrainer, float]:
    """A trainer, brought to where its checkpoint is if there is one, and the seconds spent."""
    trainer = _fresh(config, benchmark, seed)
    if not path.exists():
        return trainer, 0.0
    try:
        if isinstance(trainer, DeviceTrainer):
            return trainer, device_checkpoint.restore_trainer(trainer, path)
        return trainer, checkpoint.restore_trainer(trainer, path)
    except checkpoint.UnusableCheckpointError:
        return _fresh(config, benchmark, seed), 0.0


def _fresh(config: AgentConfig, benchmark: Benchmark, seed: np.random.SeedSequence) -> AnyTrainer:
    if config.device == "cpu":
        return Trainer(config, benchmark, seed)
    return DeviceTrainer(config, benchmark, seed, torch.device(config.device))


def _save(trainer: AnyTrainer, path: Path, seconds: float) -> None:
    if isinstance(trainer, DeviceTrainer):
        device_checkpoint.save_trainer(trainer, path, seconds)
    else:
        checkpoint.save_trainer(trainer, path, seconds)


def _finished(config: AgentConfig, benchmark: Benchmark, folder: Path) -> dict[str, Any] | None:
    """What an earlier call left in ``folder``, if it was asked for the same agent."""
    try:
        description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        checkpoint.read(folder / WEIGHTS)
    except (OSError, ValueError, checkpoint.UnusableCheckpointError):
        return None
    same = (asdict(config), benchmark.name)
    asked = (description.get("config"), description.get("benchmark"))
    return dict(description) if asked == same else None


def _train(trainer: AnyTrainer, folder: Path, begin: float, progress: Progress) -> None:
    config = trainer.config
    log = TrainingLog(folder, trainer.steps)
    try:
        while trainer.steps < config.steps:
            before = trainer.steps
            trainer.advance()
            last = trainer.steps >= config.steps
            if last or _crossed(before, trainer.steps, RECORD_EVERY):
                figures = _figures(trainer, time.perf_counter() - begin)
                log.record(trainer.steps, figures)
                progress(trainer.steps, config.steps, figures)
            if last or _crossed(before, trainer.steps, config.checkpoint_every):
                seconds = time.perf_counter() - begin
                _save(trainer, folder / CHECKPOINT, seconds)
    finally:
        log.close()


def _figures(trainer: AnyTrainer, seconds: float) -> dict[str, float]:
    return {
        "seconds": seconds,
        "steps_per_second": trainer.steps / seconds,
        "queries": trainer.queries,
        "distinct_queries": trainer.distinct,
        **trainer.take_tally().figures(),
    }


def _crossed(before: int, after: int, every: int) -> bool:
    return before // every < after // every
