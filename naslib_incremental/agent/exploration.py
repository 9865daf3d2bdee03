"""Acting as Ape-X does: every environment has its own epsilon (Horgan et al. 2018)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from naslib_incremental.agent.environment import Environment, ObservationTensors, StepTensors
from naslib_incremental.agent.generator import Generator
from naslib_incremental.agent.n_step import StepRecord


def epsilon_ladder(num_envs: int, base: float, exponent: float) -> Tensor:
    """[L] float64 epsilon_i = base^(1 + exponent * i / (L - 1)): from bold to nearly greedy.

    Source: paper, section 4.
    """
    share = np.arange(num_envs) / max(num_envs - 1, 1)
    return torch.from_numpy(base ** (1 + exponent * share))


def choose(q_values: Tensor, allowed: Tensor, epsilons: Tensor, generator: Generator) -> Tensor:
    """[L] greedy actions, or with probability epsilon one sampled uniformly from those allowed.

    Args:
        q_values: [L, S], masked.
        allowed: [L] how many slots are allowed; these come first.
        epsilons: [L].
        generator: source of the exploration.
    """
    numbers = generator.uniform(2, len(q_values))
    random = (numbers[0] * allowed).long()
    return torch.where(numbers[1] < epsilons, random, q_values.argmax(dim=1))


def act(
    environment: Environment,
    q_function: Callable[[ObservationTensors], Tensor],
    epsilons: Tensor,
    generator: Generator,
) -> tuple[StepRecord, StepTensors]:
    """Take one exploring step in every environment.

    Args:
        environment: L of them.
        q_function: [L, S] masked Q values of an observation, without gradients.
        epsilons: [L] chance of a random action.
        generator: source of the exploration.

    Returns:
        The step as the assembler of transitions takes it, and what the environment said.
    """
    shown = environment.observation
    q_values = q_function(shown)
    actions = choose(q_values, shown.allowed, epsilons, generator)
    step = environment.step(actions)
    record = StepRecord(
        states=shown.states,
        allowed=shown.allowed,
        actions=actions,
        chosen=q_values.gather(1, actions[:, None]).squeeze(1),
        best=q_values.amax(dim=1),
        rewards=step.rewards,
        terminated=step.terminated,
        truncated=step.truncated,
        next_states=step.following.states,
        next_allowed=step.following.allowed,
    )
    return record, step
