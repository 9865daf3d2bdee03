"""From a config to pieces of work and their seeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2s

import numpy as np

from naslib_incremental.harness.config import RunConfig
from naslib_incremental.optimizers import TrainableOptimizer, load_optimizer
from naslib_incremental.records import EvaluationTask, Task, TrainingTask


@dataclass(frozen=True)
class Plan:
    """All pieces of work; an evaluation waits for the training of its agent, if that is among them.

    Attributes:
        trainings: in the order of optimizers and agents.
        evaluations: in the order of optimizers, agents and start sets.
    """

    trainings: tuple[TrainingTask, ...]
    evaluations: tuple[EvaluationTask, ...]

    @property
    def tasks(self) -> list[Task]:
        """Trainings, then evaluations."""
        return [*self.trainings, *self.evaluations]

    @classmethod
    def of(cls, plans: Sequence[Plan]) -> Plan:
        """All work of several runs."""
        return cls(
            tuple(task for plan in plans for task in plan.trainings),
            tuple(task for plan in plans for task in plan.evaluations),
        )

    def without(self, finished: Callable[[Task], bool]) -> Plan:
        """What is left to do."""
        return Plan(
            tuple(task for task in self.trainings if not finished(task)),
            tuple(task for task in self.evaluations if not finished(task)),
        )

    def __len__(self) -> int:
        return len(self.trainings) + len(self.evaluations)


def make_plan(config: RunConfig) -> Plan:
    """Trainings per (trainable optimizer, agent), evaluations per (optimizer, agent, start set)."""
    trainable = [name for name in config.optimizers if is_trainable(name)]
    seeds = range(config.seeds)
    return Plan(
        tuple(TrainingTask(name, agent) for name in trainable for agent in seeds),
        tuple(
            EvaluationTask(name, agent, start_set)
            for name in config.optimizers
            for agent in seeds
            for start_set in range(config.start_sets)
        ),
    )


def is_trainable(name: str) -> bool:
    """Whether the optimizer of that name learns before it is evaluated."""
    return issubclass(load_optimizer(name), TrainableOptimizer)


def start_set_seed(master: int, benchmark: str, start_set: int) -> np.random.SeedSequence:
    """Seed of a start set, the same for all optimizers and agents."""
    return _seed(master, "start set", benchmark, start_set)


def task_seed(config: RunConfig, task: Task) -> np.random.SeedSequence:
    """Seed of a piece of work; other optimizers and more seeds or sets do not change it."""
    kind = "training" if isinstance(task, TrainingTask) else "evaluation"
    path: tuple[str | int, ...] = (kind, config.benchmark, task.optimizer, task.agent_seed)
    if isinstance(task, EvaluationTask):
        path = (*path, task.start_set)
    return _seed(config.seed, *path)


def _seed(master: int, *path: str | int) -> np.random.SeedSequence:
    words: list[int] = []
    for part in path:
        if isinstance(part, str):
            # A fixed number of words each, so that different paths never give the same key.
            digest = blake2s(part.encode(), digest_size=16).digest()
            words.extend(np.frombuffer(digest, "<u4").tolist())
        else:
            words.append(part)
    return np.random.SeedSequence(master, spawn_key=tuple(words))
