"""From a benchmark to a trained agent in a folder: train, log, checkpoint, choose the policy."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from torch.utils.tensorboard import SummaryWriter

from naslib_incremental.agent import checkpoint
from naslib_incremental.agent.checkpoint import UnusableCheckpointError
from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.learner import Learner
from naslib_incremental.agent.policy import array_q, q_source
from naslib_incremental.agent.selection import choose_policy
from naslib_incremental.agent.trainer import local_trainer
from naslib_incremental.benchmarks import Benchmark, QueryCounter
from naslib_incremental.foundation.options import option_values
from naslib_incremental.foundation.seeding import children
from naslib_incremental.foundation.storage import write_text
from naslib_incremental.records import LearningLog

RECORD_EVERY = 2_560
CHECKPOINT = "checkpoint.safetensors"
WEIGHTS = "agent.safetensors"
DESCRIPTION = "agent.json"

Progress = Callable[[int, int, Mapping[str, float]], None]


class Trainer(Protocol):
    """A training under way, in this process or spread over many.

    Attributes:
        details: of how it trains, for the record; JSON values only.
    """

    details: Mapping[str, Any]

    @property
    def steps(self) -> int:
        """Environment steps taken."""

    @property
    def counter(self) -> QueryCounter:
        """Of the training queries."""

    @property
    def learner(self) -> Learner:
        """What has been learned so far."""

    def advance(self) -> None:
        """Take some steps, and make the updates that they pay for."""

    def take_figures(self) -> dict[str, float]:
        """Queries so far, and means since the last call."""

    def state_dict(self) -> dict[str, Any]:
        """Everything that the rest of the training depends on, tensors and JSON values."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume from an earlier ``state_dict``."""

    def close(self) -> None:
        """Let go of whatever the training holds."""


def start_trainer(
    config: AgentConfig, benchmark: Benchmark, seed: np.random.SeedSequence
) -> Trainer:
    """The trainer that a configuration asks for.

    Raises:
        UserError: it needs Ray, which is not installed.
    """
    if config.engine == "local":
        return local_trainer(config, benchmark, seed)
    from naslib_incremental.agent.rllib.topology import require_ray

    require_ray()
    from naslib_incremental.agent.rllib.algorithm import cluster_trainer

    return cluster_trainer(config, benchmark, seed)


def train_agent(
    config: AgentConfig,
    benchmark: Benchmark,
    seed: np.random.SeedSequence,
    folder: Path,
    evaluation_steps: int,
    progress: Progress,
) -> dict[str, Any]:
    """Train one agent, or resume from what is in ``folder``; a finished one is not trained again.

    Args:
        config: the agent's configuration.
        benchmark: answers the training queries.
        seed: source of all randomness.
        folder: gets checkpoint, logs, and at the end ``agent.safetensors`` and ``agent.json``.
        evaluation_steps: most steps of an evaluation episode, for the choice of the policy.
        progress: called at every record with steps done, steps in all and the latest figures, and
            at the end with what it cost in queries.

    Returns:
        What ``agent.json`` holds: configuration, policy, what a ``TrainingResult`` says of the
        cost, and details of the trainer.
    """
    finished = _finished(config, benchmark, folder)
    if finished is not None:
        return finished
    training_seed, selection_seed = children(seed, 2)
    begin = time.perf_counter()
    trainer, spent = _started(config, benchmark, training_seed, folder / CHECKPOINT)
    begin -= spent
    with closing(trainer):
        _train(trainer, config, benchmark.name, folder, begin, progress)
        learner, counter = trainer.learner, trainer.counter
    learner.network.eval()
    training_queries = counter.queries
    order_matters = config.head == "cls"
    policy, tried = choose_policy(
        q_source(array_q(learner.q_values), benchmark.space, config.neighbours, order_matters),
        counter,
        evaluation_steps,
        (config.temperature, config.stay_margin),
        np.random.default_rng(selection_seed),
    )
    costs = {
        "queries": training_queries,
        "selection_queries": counter.queries - training_queries,
        "distinct_queries": counter.distinct,
        "best_validation": counter.best,
    }
    progress(config.steps, config.steps, costs)
    description = {
        "config": option_values(config, identity=True),
        "benchmark": benchmark.name,
        "slots": learner.slots,
        "policy": asdict(policy),
        "policies_tried": tried,
        "steps": trainer.steps,
        **costs,
        "seconds": time.perf_counter() - begin,
        **trainer.details,
    }
    checkpoint.write(folder / WEIGHTS, learner.network.state_dict())
    write_text(folder / DESCRIPTION, json.dumps(description, indent=2))
    return description


def _finished(config: AgentConfig, benchmark: Benchmark, folder: Path) -> dict[str, Any] | None:
    """What an earlier call left in ``folder``, if it was asked for the same agent."""
    try:
        description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        checkpoint.read(folder / WEIGHTS)
    except (OSError, ValueError, UnusableCheckpointError):
        return None
    same = (option_values(config, identity=True), benchmark.name)
    asked = (description.get("config"), description.get("benchmark"))
    return dict(description) if asked == same else None


def _started(
    config: AgentConfig, benchmark: Benchmark, seed: np.random.SeedSequence, path: Path
) -> tuple[Trainer, float]:
    """A trainer, resumed from a checkpoint if there is one, and the seconds it has taken so far."""
    trainer = start_trainer(config, benchmark, seed)
    try:
        state, seconds = checkpoint.load(path, config, benchmark.name)
    except UnusableCheckpointError:
        return trainer, 0.0
    trainer.load_state_dict(state)
    return trainer, seconds


def _train(
    trainer: Trainer,
    config: AgentConfig,
    benchmark: str,
    folder: Path,
    begin: float,
    progress: Progress,
) -> None:
    with closing(TrainingLog(folder, trainer.steps)) as log:
        while trainer.steps < config.steps:
            before = trainer.steps
            trainer.advance()
            seconds = time.perf_counter() - begin
            last = trainer.steps >= config.steps
            if last or _crossed(before, trainer.steps, RECORD_EVERY):
                rates = {"seconds": seconds, "steps_per_second": trainer.steps / seconds}
                figures = rates | trainer.take_figures()
                log.record(trainer.steps, figures)
                progress(min(trainer.steps, config.steps), config.steps, figures)
            if last or _crossed(before, trainer.steps, config.checkpoint_every):
                state = trainer.state_dict()
                checkpoint.save(folder / CHECKPOINT, state, config, benchmark, seconds)


def _crossed(before: int, after: int, every: int) -> bool:
    return before // every < after // every


class TrainingLog(LearningLog):
    """A learning curve that is written as TensorBoard events too.

    Args:
        folder: the agent's folder.
        steps: environment steps that a resumed training starts from, 0 for a new one.
    """

    def __init__(self, folder: Path, steps: int) -> None:
        super().__init__(folder, steps)
        self.events = SummaryWriter(
            str(folder / "tensorboard"), purge_step=steps + 1 if steps else None
        )

    def record(self, step: int, figures: Mapping[str, float]) -> None:
        """Append one record."""
        super().record(step, figures)
        for name, value in figures.items():
            self.events.add_scalar(name, value, step)

    def close(self) -> None:
        """Flush what is buffered."""
        self.events.close()
