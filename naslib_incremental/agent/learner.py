"""The learner: double Q with a target network on prioritised n-step transitions."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.network import QNetwork, network_inputs
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


@dataclass(frozen=True)
class Batch:
    """B transitions as tensors, on the networks' device.

    Attributes:
        shown: [B, N+1, F] features and [B, N+1] mask when the action was taken.
        following: the same n steps later.
        actions: [B] int64.
        returns: [B].
        discounts: [B].
        weights: [B] importance weights.
    """

    shown: tuple[Tensor, Tensor]
    following: tuple[Tensor, Tensor]
    actions: Tensor
    returns: Tensor
    discounts: Tensor
    weights: Tensor


class Learner:
    """Owns the online and the target network.

    Args:
        config: the agent's configuration.
        space: encodes the architectures.
        slots: N+1.
        seed: of the first weights.
        device: where the networks are.
        mixed: multiply matrices in bfloat16.
    """

    def __init__(
        self,
        config: AgentConfig,
        space: SearchSpace,
        slots: int,
        seed: int,
        device: torch.device | str = "cpu",
        mixed: bool = False,
    ) -> None:
        self.config = config
        self.space = space
        self.slots = slots
        self.device = torch.device(device)
        self.mixed = mixed
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = QNetwork(config, space.features, slots).to(self.device)
        self.target = copy.deepcopy(self.network).requires_grad_(False)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=config.learning_rate)
        self.updates = 0

    def q_values(self, observation: Observation) -> NDArray[np.float32]:
        """[L, N+1] masked Q values of the online network."""
        with torch.inference_mode():
            return np.asarray(self.value(self.network, self._inputs(observation)).cpu().numpy())

    def value(self, network: QNetwork, inputs: tuple[Tensor, Tensor]) -> Tensor:
        """[B, N+1] masked Q values by one of the networks, float32."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.mixed):
            q_values: Tensor = network(*inputs)
        return q_values.float()

    def update(
        self, transitions: Transitions, weights: NDArray[np.float32]
    ) -> tuple[float, NDArray[np.float64]]:
        """One gradient step.

        Returns:
            The weighted Huber loss, and [B] absolute TD errors.
        """
        batch = Batch(
            shown=self._inputs(transitions.observation),
            following=self._inputs(transitions.next_observation),
            actions=self._tensor(transitions.actions.astype(np.int64)),
            returns=self._tensor(transitions.returns),
            discounts=self._tensor(transitions.discounts),
            weights=self._tensor(weights),
        )
        loss, errors = self.improve(batch)
        return float(loss), errors.double().cpu().numpy()

    def improve(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """``update`` of tensors to tensors, which does not wait for the device."""
        with torch.no_grad():
            targets = double_q_targets(
                batch.returns,
                batch.discounts,
                self.value(self.network, batch.following),
                self.value(self.target, batch.following),
            )
        actions = batch.actions[:, None]
        chosen = self.value(self.network, batch.shown).gather(1, actions).squeeze(1)
        losses = functional.huber_loss(chosen, targets, reduction="none")
        loss = (batch.weights * losses).mean()
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.config.gradient_clip)
        self.optimizer.step()
        self.updates += 1
        if self.updates % self.config.target_update_every == 0:
            self.target.load_state_dict(self.network.state_dict())
        return loss.detach(), (chosen.detach() - targets).abs()

    def _inputs(self, observation: Observation) -> tuple[Tensor, Tensor]:
        return network_inputs(self.network, self.space, observation)

    def _tensor(self, array: NDArray[Any]) -> Tensor:
        return torch.from_numpy(array).to(self.device)
