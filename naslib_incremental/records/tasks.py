"""Pieces of work of a run, by which its files are named."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class TrainingTask:
    """One agent of a trainable optimizer, to be trained.

    Attributes:
        optimizer: registry name.
        agent_seed: number of the agent, from 0.
    """

    optimizer: str
    agent_seed: int

    def __str__(self) -> str:
        return f"training of {self.optimizer}, agent {self.agent_seed}"


@dataclass(frozen=True, order=True)
class EvaluationTask:
    """All episodes of one agent on one start set.

    Attributes:
        optimizer: registry name.
        agent_seed: number of the agent, or of the repetition of an optimizer that is not trained.
        start_set: number of the start set, from 0.
    """

    optimizer: str
    agent_seed: int
    start_set: int

    def __str__(self) -> str:
        return (
            f"evaluation of {self.optimizer}, agent {self.agent_seed}, start set {self.start_set}"
        )

    @property
    def training(self) -> TrainingTask:
        """The training whose agent is evaluated, if the optimizer is trained at all."""
        return TrainingTask(self.optimizer, self.agent_seed)


Task = TrainingTask | EvaluationTask
