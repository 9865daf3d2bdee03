"""The learner: double Q with a target network on prioritised n-step transitions."""

from __future__ import annotations

import copy

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.network import QNetwork
from naslib_incremental.agent.replay import Transitions
from naslib_incremental.mdp import Observation
from naslib_incremental.search_spaces_ext.contract import SearchSpace


def double_q_targets(
    returns: Tensor, discounts: Tensor, online_next: Tensor, target_next: Tensor
) -> Tensor:
    """[B] returns + discounts * target_next at the action that is best in ``online_next``.

    Double Q learning (van Hasselt et al. 2016); both tables of Q values [B, N+1] are masked.
    """
    best = online_next.argmax(dim=1, keepdim=True)
    return returns + discounts * target_next.gather(1, best).squeeze(1)


class Learner:
    """Owns the online and the target network.

    Args:
        config: the agent's configuration.
        space: encodes the architectures.
        slots: N+1.
        seed: of the first weights.
    """

    def __init__(self, config: AgentConfig, space: SearchSpace, slots: int, seed: int) -> None:
        self.config = config
        self.space = space
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = QNetwork(config, space.features, slots)
        self.target = copy.deepcopy(self.network).requires_grad_(False)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=config.learning_rate)
        self.updates = 0

    def q_values(self, observation: Observation) -> NDArray[np.float32]:
        """[L, N+1] masked Q values of the online network."""
        with torch.inference_mode():
            return np.asarray(self.network(*self._inputs(observation)).numpy())

    def update(
        self, transitions: Transitions, weights: NDArray[np.float32]
    ) -> tuple[float, NDArray[np.float64]]:
        """One gradient step.

        Returns:
            The weighted Huber loss, and [B] absolute TD errors.
        """
        following = self._inputs(transitions.next_observation)
        with torch.no_grad():
            targets = double_q_targets(
                torch.from_numpy(transitions.returns),
                torch.from_numpy(transitions.discounts),
                self.network(*following),
                self.target(*following),
            )
        actions = torch.from_numpy(transitions.actions.astype(np.int64))[:, None]
        chosen = self.network(*self._inputs(transitions.observation)).gather(1, actions).squeeze(1)
        losses = functional.huber_loss(chosen, targets, reduction="none")
        loss = (torch.from_numpy(weights) * losses).mean()
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.config.gradient_clip)
        self.optimizer.step()
        self.updates += 1
        if self.updates % self.config.target_update_every == 0:
            self.target.load_state_dict(self.network.state_dict())
        errors = (chosen.detach() - targets).abs().double().numpy()
        return float(loss.detach()), errors

    def _inputs(self, observation: Observation) -> tuple[Tensor, Tensor]:
        features = torch.from_numpy(self.space.encode(observation.architectures)).float()
        return features, torch.from_numpy(observation.mask)
