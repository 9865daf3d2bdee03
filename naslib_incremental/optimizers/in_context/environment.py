"""The incremental MDP with memory, vectorised over tasks.

State: what was queried so far, and K presented candidates. Action: which of them to query. Reward:
by how much the share of architectures that are better than the incumbent shrinks, in decades. The
episode ends at the budget.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from naslib_incremental.optimizers.acquisition import LOWEST
from naslib_incremental.optimizers.in_context.experts import Experts
from naslib_incremental.optimizers.in_context.observation import (
    BY_CHANCE,
    Observation,
    Wanted,
    observe,
)
from naslib_incremental.optimizers.in_context.tasks import SourceTables, Tasks, draw_tasks

HIGHEST = 6.0
"""Answers are cut off here, and at ``LOWEST``, where they are learned from."""

BOLD_STARTS = 0.3
"""Half of the first queries are of the sources' best after so much noise in their ratings."""


@dataclass(frozen=True)
class Answers:
    """What the presented candidates would have given; known in training only.

    Attributes:
        accuracies: [L, K] relative to the incumbent, in robust deviations.
        gains: [L, K] how much the incumbent would have improved, the reward of querying it.
    """

    accuracies: Tensor
    gains: Tensor


class InContextEnvironment:
    """L searches side by side, all of one length.

    Args:
        tables: what the agents may know; each agent's searches are neighbours.
        per_agent: searches of each agent.
        pool: P, candidates of each.
        generator: source of all randomness.
        augment: False for sources as they are only.

    Attributes:
        observation: of the searches as they are.
        answers: to their presented candidates.
    """

    def __init__(
        self,
        tables: SourceTables,
        per_agent: int,
        pool: int,
        generator: torch.Generator,
        augment: bool = True,
    ) -> None:
        self._tables, self._per_agent, self._augment = tables, per_agent, augment
        self._pool = min(pool, int(tables.architectures.sum(1).min()))
        self._generator = generator
        self.observation: Observation
        self.answers: Answers

    def reset(self, budget: int) -> None:
        """New searches of ``budget`` queries, the first of which is what the sources rate best."""
        self._tasks = draw_tasks(
            self._tables, self._per_agent, self._pool, self._generator, self._augment
        )
        tasks = self._tasks
        lanes, pool = tasks.accuracies.shape
        self._rows = torch.arange(lanes, device=tasks.accuracies.device)
        self._experts = Experts(tasks.described, tasks.ratings, budget)
        self._accuracies = tasks.accuracies.new_zeros(lanes, budget)
        self._closed = torch.zeros(lanes, pool, dtype=torch.bool, device=self._rows.device)
        self._incumbent = tasks.merit.new_full((lanes,), -torch.inf)
        self._query(self._first(tasks))
        self._look()

    @property
    def incumbent(self) -> Tensor:
        """[L] merit of the incumbents."""
        return self._incumbent

    def step(self, actions: Tensor) -> Tensor:
        """Query the presented candidates [L] of these numbers.

        Returns:
            [L] rewards.
        """
        before = self._incumbent
        self._query(self.observation.places[self._rows, actions])
        if self._experts.count < self._accuracies.shape[1]:
            self._look()
        return self._incumbent - before

    def _first(self, tasks: Tasks) -> Tensor:
        shape, device = tasks.ratings.standard.shape, self._rows.device
        noise = torch.randn(shape, generator=self._generator, device=device)
        bold = torch.rand(shape[0], 1, generator=self._generator, device=device) < 0.5
        return (tasks.ratings.standard + BOLD_STARTS * bold * noise).argmax(1)

    def _query(self, places: Tensor) -> None:
        tasks, count = self._tasks, self._experts.count
        self._accuracies[:, count] = tasks.accuracies[self._rows, places]
        self._experts.observe(places)
        self._closed[self._rows, places] = True
        self._incumbent = torch.maximum(self._incumbent, tasks.merit[self._rows, places])

    def _look(self) -> None:
        beliefs = self._experts.beliefs(self._accuracies[:, : self._experts.count])
        shape, device = (len(self._rows), BY_CHANCE), self._rows.device
        pool = self._closed.shape[1]
        chance = torch.randint(pool, shape, generator=self._generator, device=device)
        wanted = Wanted.of(beliefs, self._closed)
        self.observation = observe(self._experts, beliefs, wanted, self._closed, chance)
        places = self.observation.places
        found = self._tasks.accuracies.gather(1, places)
        standard = ((found - beliefs.centre) / beliefs.unit).clamp(LOWEST, HIGHEST).float()
        gains = self._tasks.merit.gather(1, places) - self._incumbent[:, None]
        self.answers = Answers(standard - beliefs.best[:, None], gains.clamp_min(0))
