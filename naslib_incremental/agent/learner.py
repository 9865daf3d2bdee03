"""The learner: double Q with a target network on prioritised n-step transitions."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.environment import CPU, Encoder, Inputs, ObservationTensors
from naslib_incremental.agent.n_step import Transitions
from naslib_incremental.agent.network import QNetwork


def double_q_targets(
    returns: Tensor, discounts: Tensor, online_next: Tensor, target_next: Tensor
) -> Tensor:
    """[B] returns + discounts * target_next at the action that is best in ``online_next``.

    Double Q learning (van Hasselt et al. 2016); both tables of Q values [B, N+1] are masked.
    """
    best = online_next.argmax(dim=1, keepdim=True)
    return returns + discounts * target_next.gather(1, best).squeeze(1)


class Learner:
    """Owns the online and the target network; nothing that it does waits for the device.

    Args:
        config: the agent's configuration.
        encoder: of the architectures, onto ``device``.
        slots: N+1.
        seed: of the first weights.
        device: where the networks are.
        mixed: multiply matrices in bfloat16.

    Attributes:
        updates: gradient steps made.
    """

    def __init__(
        self,
        config: AgentConfig,
        encoder: Encoder,
        slots: int,
        seed: int,
        device: torch.device = CPU,
        mixed: bool = False,
    ) -> None:
        self.config = config
        self.encoder = encoder
        self.slots = slots
        self.device = device
        self.mixed = mixed
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = QNetwork(config, encoder.features, slots).to(device)
        self.target = copy.deepcopy(self.network).requires_grad_(False)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=config.learning_rate)
        self.updates = 0

    def q_values(self, shown: ObservationTensors) -> Tensor:
        """[L, N+1] masked Q values of the online network, float32, without gradients."""
        with torch.no_grad():
            return self._value(self.network, self.encoder.inputs(shown))

    def update(self, rows: Transitions, weights: Tensor) -> tuple[Tensor, Tensor]:
        """One gradient step.

        Args:
            rows: B transitions.
            weights: [B] importance weights.

        Returns:
            The weighted Huber loss, and [B] absolute TD errors.
        """
        following = self.encoder.inputs(rows.next_observation)
        returns, discounts = rows.returns.to(self.device), rows.discounts.to(self.device)
        with torch.no_grad():
            online_next = self._value(self.network, following)
            target_next = self._value(self.target, following)
            targets = double_q_targets(returns, discounts, online_next, target_next)
        actions = rows.actions.to(self.device, torch.int64)[:, None]
        q_values = self._value(self.network, self.encoder.inputs(rows.observation))
        chosen = q_values.gather(1, actions).squeeze(1)
        losses = functional.huber_loss(chosen, targets, reduction="none")
        loss = (weights.to(self.device) * losses).mean()
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.config.gradient_clip)
        self.optimizer.step()
        self.updates += 1
        if self.updates % self.config.target_update_every == 0:
            self.target.load_state_dict(self.network.state_dict())
        return loss.detach(), (chosen.detach() - targets).abs()

    def _value(self, network: QNetwork, inputs: Inputs) -> Tensor:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.mixed):
            q_values: Tensor = network(*inputs)
        return q_values.float()

    def state_dict(self) -> dict[str, Any]:
        """Weights of both networks, the optimizer's moments, and the number of updates."""
        moments = self.optimizer.state_dict()["state"]
        return {
            "network": self.network.state_dict(),
            "target": self.target.state_dict(),
            "moments": {str(index): dict(parts) for index, parts in moments.items()},
            "updates": self.updates,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume from an earlier ``state_dict``."""
        self.network.load_state_dict(state["network"])
        self.target.load_state_dict(state["target"])
        optimizer = self.optimizer.state_dict()
        # Copied: Adam works on in the tensors that it is given.
        optimizer["state"] = copy.deepcopy(
            {int(index): parts for index, parts in state["moments"].items()}
        )
        self.optimizer.load_state_dict(optimizer)
        self.updates = state["updates"]
