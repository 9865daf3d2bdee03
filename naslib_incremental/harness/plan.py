"""From a config to pieces of work and their seeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2s

import numpy as np

from naslib_incremental.harness.config import RunConfig
from naslib_incremental.optimizers import TrainableOptimizer, load_optimizer


@dataclass(frozen=True, order=True)
class Agent:
    """One training: an agent of a trainable optimizer."""

    optimizer: str
    agent: int

    def __str__(self) -> str:
        return f"training of {self.optimizer}, agent {self.agent}"


@dataclass(frozen=True, order=True)
class Cell:
    """One evaluation: all episodes of one agent on one start set."""

    optimizer: str
    agent: int
    start_set: int

    def __str__(self) -> str:
        return f"evaluation of {self.optimizer}, agent {self.agent}, start set {self.start_set}"


@dataclass(frozen=True)
class Plan:
    """All pieces of work; a cell whose agent is among ``agents`` waits for that training."""

    agents: tuple[Agent, ...]
    cells: tuple[Cell, ...]

    @property
    def items(self) -> list[Agent | Cell]:
        """Trainings, then evaluations."""
        return [*self.agents, *self.cells]

    @classmethod
    def of(cls, plans: Sequence[Plan]) -> Plan:
        """All work of several runs."""
        return cls(
            tuple(agent for plan in plans for agent in plan.agents),
            tuple(cell for plan in plans for cell in plan.cells),
        )

    def without(self, finished: Callable[[Agent | Cell], bool]) -> Plan:
        """What is left to do."""
        return Plan(
            tuple(agent for agent in self.agents if not finished(agent)),
            tuple(cell for cell in self.cells if not finished(cell)),
        )

    def __len__(self) -> int:
        return len(self.agents) + len(self.cells)


def make_plan(config: RunConfig) -> Plan:
    """Trainings per (trainable optimizer, agent), evaluations per (optimizer, agent, start set)."""
    trainable = [name for name in config.optimizers if is_trainable(name)]
    seeds = range(config.seeds)
    return Plan(
        tuple(Agent(name, agent) for name in trainable for agent in seeds),
        tuple(
            Cell(name, agent, start_set)
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


def item_seed(config: RunConfig, item: Agent | Cell) -> np.random.SeedSequence:
    """Seed of one piece of work; other optimizers and more seeds or sets do not change it."""
    if isinstance(item, Agent):
        return _seed(config.seed, "training", config.benchmark, item.optimizer, item.agent)
    return _seed(
        config.seed, "evaluation", config.benchmark, item.optimizer, item.agent, item.start_set
    )


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
