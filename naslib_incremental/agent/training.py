"""From a benchmark to a trained agent in a folder: train, log, checkpoint, choose the policy."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from naslib_incremental.agent import checkpoint
from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.device import checkpoint as device_checkpoint
from naslib_incremental.agent.device.trainer import DeviceTrainer
from naslib_incremental.agent.learner import Learner
from naslib_incremental.agent.logs import TrainingLog
from naslib_incremental.agent.policy import q_source
from naslib_incremental.agent.selection import choose_policy
from naslib_incremental.agent.trainer import Tally, Trainer
from naslib_incremental.benchmarks import Benchmark, QueryCounter
from naslib_incremental.foundation.seeding import children
from naslib_incremental.foundation.storage import write_text

RECORD_EVERY = 2_560
CHECKPOINT = "checkpoint.safetensors"
WEIGHTS = "agent.safetensors"
DESCRIPTION = "agent.json"

Progress = Callable[[int, int, Mapping[str, float]], None]


class Training(Protocol):
    """A training under way, in this process or spread over many."""

    @property
    def steps(self) -> int:
        """Environment steps taken."""

    @property
    def queries(self) -> int:
        """Queries so far, repeats included."""

    @property
    def distinct(self) -> int:
        """Different architectures queried so far."""

    @property
    def counter(self) -> QueryCounter:
        """Of the training queries."""

    @property
    def learner(self) -> Learner:
        """What has been learned so far."""

    def advance(self) -> None:
        """Take some steps, and make the updates that they pay for."""

    def take_tally(self) -> Tally:
        """The sums since the last call."""

    def save(self, path: Path, seconds: float) -> None:
        """Write a checkpoint; ``seconds`` is the wall time spent so far."""

    def restore(self, path: Path) -> float:
        """Go on from a checkpoint; returns its seconds.

        Raises:
            UnusableCheckpointError: it is missing, damaged or of another configuration.
        """

    def close(self) -> None:
        """Let go of whatever the training holds."""


class LocalTraining(Trainer):
    """A training in this process; resumed, it comes out the same to the bit."""

    def save(self, path: Path, seconds: float) -> None:  # noqa: D102
        checkpoint.save_trainer(self, path, seconds)

    def restore(self, path: Path) -> float:  # noqa: D102
        return checkpoint.restore_trainer(self, path)

    def close(self) -> None:
        """It holds nothing but memory."""


class DeviceTraining(DeviceTrainer):
    """A training whose environment, replay and learner are on one device."""

    def save(self, path: Path, seconds: float) -> None:  # noqa: D102
        device_checkpoint.save_trainer(self, path, seconds)

    def restore(self, path: Path) -> float:  # noqa: D102
        return device_checkpoint.restore_trainer(self, path)

    def close(self) -> None:
        """It holds nothing but memory."""


StartTraining = Callable[[AgentConfig, Benchmark, np.random.SeedSequence], Training]


def start_here(
    config: AgentConfig, benchmark: Benchmark, seed: np.random.SeedSequence
) -> LocalTraining | DeviceTraining:
    """A training in this process, on the configuration's device."""
    if config.device == "cpu":
        return LocalTraining(config, benchmark, seed)
    return DeviceTraining(config, benchmark, seed, torch.device(config.device))


def _start_there(config: AgentConfig, benchmark: Benchmark, seed: Any) -> Any:
    import ray

    from naslib_incremental.agent.rllib.topology import fitting_topology
    from naslib_incremental.agent.rllib.training import ApexTraining

    cpus = max(1, int(ray.cluster_resources().get("CPU", 1)))
    return ApexTraining(fitting_topology(config, cpus), config, benchmark, seed)


def train_agent(
    config: AgentConfig,
    benchmark: Benchmark,
    seed: np.random.SeedSequence,
    folder: Path,
    evaluation_steps: int,
    progress: Progress,
    start: StartTraining | None = None,
) -> dict[str, Any]:
    """Train one agent, or go on from what is in ``folder``; a finished agent is not trained again.

    Args:
        config: the agent's configuration.
        benchmark: answers the training queries.
        seed: source of all randomness.
        folder: gets checkpoint, logs, and at the end ``agent.safetensors`` and ``agent.json``.
        evaluation_steps: moves of an evaluation episode, for the choice of the policy.
        progress: called at every record with steps done, steps in all and the latest figures.
        start: begins a training; by default in this process.

    Returns:
        What ``agent.json`` holds: configuration, policy, steps, queries, seconds.
    """
    start = start or (_start_there if config.engine == "rllib" else start_here)
    finished = _finished(config, benchmark, folder)
    if finished is not None:
        return finished
    training_seed, selection_seed = children(seed, 2)
    begin = time.perf_counter()
    trainer, spent = _started(partial(start, config, benchmark, training_seed), folder / CHECKPOINT)
    begin -= spent
    with closing(trainer):
        _train(trainer, config, folder, begin, progress)
        learner = trainer.learner
    learner.network.eval()
    counter = trainer.counter
    policy, tried = choose_policy(
        q_source(learner.q_values, benchmark.space, config.neighbours, config.head == "cls"),
        counter,
        evaluation_steps,
        (config.temperature, config.stay_margin),
        np.random.default_rng(selection_seed),
    )
    description = {
        "config": asdict(config),
        "benchmark": benchmark.name,
        "slots": learner.slots,
        "policy": asdict(policy),
        "policies_tried": tried,
        "steps": trainer.steps,
        "queries": counter.queries,
        "distinct_queries": counter.distinct,
        "seconds": time.perf_counter() - begin,
    }
    weights = learner.network.state_dict()
    arrays = {name: part.cpu().numpy() for name, part in weights.items()}
    checkpoint.write(folder / WEIGHTS, arrays, {})
    write_text(folder / DESCRIPTION, json.dumps(description, indent=2))
    return description


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


def _started(start: Callable[[], Training], path: Path) -> tuple[Training, float]:
    """A training that goes on from a checkpoint if it can, and the seconds it has taken so far."""
    training = start()
    if not path.exists():
        return training, 0.0
    try:
        return training, training.restore(path)
    except checkpoint.UnusableCheckpointError:
        training.close()
        return start(), 0.0


def _train(
    trainer: Training, config: AgentConfig, folder: Path, begin: float, progress: Progress
) -> None:
    log = TrainingLog(folder, trainer.steps)
    try:
        while trainer.steps < config.steps:
            before = trainer.steps
            trainer.advance()
            last = trainer.steps >= config.steps
            if last or _crossed(before, trainer.steps, RECORD_EVERY):
                figures = _figures(trainer, time.perf_counter() - begin)
                log.record(trainer.steps, figures)
                progress(min(trainer.steps, config.steps), config.steps, figures)
            if last or _crossed(before, trainer.steps, config.checkpoint_every):
                seconds = time.perf_counter() - begin
                trainer.save(folder / CHECKPOINT, seconds)
    finally:
        log.close()


def _figures(trainer: Training, seconds: float) -> dict[str, float]:
    return {
        "seconds": seconds,
        "steps_per_second": trainer.steps / seconds,
        "queries": trainer.queries,
        "distinct_queries": trainer.distinct,
        **trainer.take_tally().figures(),
    }


def _crossed(before: int, after: int, every: int) -> bool:
    return before // every < after // every
