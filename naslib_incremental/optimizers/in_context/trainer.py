"""Ape-X training of A agents side by side, each on its own sources, in one process.

As for the incremental agent: double Q-learning over n steps, a target network, prioritised replay
and a ladder of exploration (Horgan et al. 2018). Two things are added. What every presented
candidate would have given is known in training, so the distribution of its accuracy (the auxiliary
likelihood) and its immediate gain are learned from all of them; only what comes after is learned
from what was done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from naslib_incremental.agent.exploration import epsilon_ladder
from naslib_incremental.optimizers.in_context.environment import Answers, InContextEnvironment
from naslib_incremental.optimizers.in_context.network import Judgement, Networks
from naslib_incremental.optimizers.in_context.observation import PRESENTED, Observation
from naslib_incremental.optimizers.in_context.tasks import SourceTable, SourceTables

BUDGETS = (25, 50, 100)
"""Lengths of the searches in training, in turn by chance."""

TEMPERATURES = (0.1, 0.3, 1.0)
"""Of searches that act by gain."""

BY_VALUE, VALUES_FROM = 0.5, 0.2
"""Share of the searches that act by value, and share of the training after which they do."""

EPSILON_BASE, EPSILON_EXPONENT = 0.4, 7.0
PRIORITY_EXPONENT, IMPORTANCE_EXPONENT, PRIORITY_FLOOR = 0.6, 0.4, 0.02
GAIN_WEIGHT, VALUE_WEIGHT, HUBER = 5.0, 3.0, 0.1
CORRECTION_PENALTY = 0.01
WEIGHT_DECAY, LARGEST_NORM = 0.01, 1.0
WARM_UP, LEAST_RATE = 100, 0.03
TARGET_INTERVAL = 200
LEARNING_STARTS = 60
"""Stored steps of each search before learning starts."""

Figures = Mapping[str, float]


@dataclass(frozen=True)
class TrainerConfig:
    """How agents are trained.

    Attributes:
        updates: of each network.
        num_envs: searches side by side of each agent.
        batch: transitions of each agent in an update.
        pool: candidates of a search.
        capacity: transitions that each agent's replay holds.
        learning_rate: the highest.
        discount: of a step.
        n_step: steps until the target network's estimate.
        auxiliary: weight of the likelihood.
        augment: whether there are tasks beside the sources.
    """

    updates: int
    num_envs: int
    batch: int
    pool: int
    capacity: int
    learning_rate: float
    discount: float
    n_step: int
    auxiliary: float
    augment: bool


@dataclass(frozen=True)
class Step:
    """What L searches were shown, what they did and what came of it."""

    shown: Observation
    answers: Answers
    actions: Tensor
    rewards: Tensor


class Replay:
    """Rings of transitions of A agents, sampled by priority.

    Args:
        agents: A.
        capacity: transitions of each.
        generator: source of the samples.
    """

    def __init__(self, agents: int, capacity: int, generator: torch.Generator) -> None:
        self._agents, self._capacity, self._generator = agents, capacity, generator
        self.size = self._position = 0
        self._columns: dict[str, Tensor] = {}
        self._priorities = torch.zeros(agents, capacity, device=generator.device)

    def add_episode(self, steps: Sequence[Step], discount: float, n_step: int) -> None:
        """Append all steps of L searches; the last ones only as what follows others."""
        lanes = len(steps[0].actions) // self._agents
        device = self._generator.device
        count = len(steps) * lanes
        slots = (self._position + torch.arange(count, device=device)) % self._capacity
        by_step = slots.view(len(steps), lanes)
        highest = self._priorities.amax(1, keepdim=True).clamp_min(1.0)
        for index, step in enumerate(steps):
            following = min(index + n_step, len(steps) - 1)
            rewards = [discount**k * steps[index + k].rewards for k in range(following - index)]
            place = by_step[index]
            columns = _columns(step.shown, step.answers) | {
                "action": step.actions,
                "return": sum(rewards, torch.zeros_like(step.rewards)),
                "discount": torch.full_like(step.rewards, discount ** (following - index)),
            }
            for name, values in columns.items():
                self._put(name, place, values.view(self._agents, lanes, *values.shape[1:]))
            self._put("following", place, by_step[following].expand(self._agents, -1))
            self._priorities[:, place] = highest if following > index else 0.0
        self._position = (self._position + count) % self._capacity
        self.size = min(self.size + count, self._capacity)

    def _put(self, name: str, place: Tensor, values: Tensor) -> None:
        if name not in self._columns:
            shape = (self._agents, self._capacity, *values.shape[2:])
            self._columns[name] = values.new_zeros(shape)
        self._columns[name][:, place] = values

    def sample(self, batch: int) -> tuple[Tensor, Tensor]:
        """[A, B] slots, and [A, B] importance weights over their largest."""
        priorities = self._priorities[:, : self.size]
        slots = torch.multinomial(priorities, batch, True, generator=self._generator)
        chances = priorities.gather(1, slots) / priorities.sum(1, keepdim=True)
        weights = (self.size * chances) ** -IMPORTANCE_EXPONENT
        return slots, weights / weights.amax(1, keepdim=True)

    def rows(self, slots: Tensor) -> dict[str, Tensor]:
        """[A, B, ...] of every column at [A, B] slots."""
        agents = torch.arange(self._agents, device=slots.device)[:, None]
        return {name: values[agents, slots] for name, values in self._columns.items()}

    def update(self, slots: Tensor, errors: Tensor) -> None:
        """Give [A, B] slots new absolute TD errors."""
        self._priorities.scatter_(1, slots, (errors + PRIORITY_FLOOR) ** PRIORITY_EXPONENT)

    def state_dict(self) -> dict[str, Any]:
        """Everything that later samples depend on."""
        return {
            "columns": dict(self._columns),
            "priorities": self._priorities,
            "size": self.size,
            "position": self._position,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume from an earlier ``state_dict``."""
        device = self._generator.device
        self._columns = {name: one.to(device) for name, one in state["columns"].items()}
        self._priorities = state["priorities"].to(device)
        self.size, self._position = state["size"], state["position"]


def _columns(shown: Observation, answers: Answers) -> dict[str, Tensor]:
    return shown.columns() | {"accuracies": answers.accuracies, "gains": answers.gains}


def _shown(rows: Mapping[str, Tensor]) -> Observation:
    return Observation(**{name: rows[name] for name in Observation.__dataclass_fields__})


class InContextTrainer:
    """Trains A agents.

    Args:
        tables: of each agent.
        config: of all of them.
        seed: of all randomness.
        device: where everything is.
    """

    def __init__(
        self,
        tables: Sequence[SourceTable],
        config: TrainerConfig,
        seed: int,
        device: torch.device,
    ) -> None:
        self.config, self.agents, self.device = config, len(tables), device
        initial = torch.Generator().manual_seed(seed)
        self.networks = Networks(self.agents, initial).to(device)
        self._target = Networks(self.agents, initial).to(device)
        self._target.load_state_dict(self.networks.state_dict())
        self._generator = torch.Generator(device).manual_seed(seed)
        self._optimizer = torch.optim.AdamW(
            self.networks.parameters(), config.learning_rate, weight_decay=WEIGHT_DECAY
        )
        self._replay = Replay(self.agents, config.capacity, self._generator)
        self._environment = InContextEnvironment(
            SourceTables.of(tables, device),
            config.num_envs,
            config.pool,
            self._generator,
            config.augment,
        )
        ladder = epsilon_ladder(config.num_envs, EPSILON_BASE, EPSILON_EXPONENT)
        self._epsilons = ladder.to(device).repeat(self.agents)
        self.updates = 0
        self.steps = 0

    @property
    def done(self) -> bool:
        """Whether all updates were made."""
        return self.updates >= self.config.updates

    def run_episode(self, tell: Callable[[Figures], None] = lambda figures: None) -> None:
        """Search once in every environment, learn at every step, and remember the episode."""
        choice = torch.randint(len(BUDGETS), (1,), generator=self._generator, device=self.device)
        budget = BUDGETS[int(choice)]
        environment = self._environment
        environment.reset(budget)
        by_value = (self._uniform(len(self._epsilons)) < BY_VALUE) & (
            self.updates > VALUES_FROM * self.config.updates
        )
        temperatures = torch.tensor(TEMPERATURES, device=self.device)
        chosen = self._uniform(len(self._epsilons)) * len(TEMPERATURES)
        temperature = temperatures[chosen.long()]
        steps = []
        for _ in range(budget - 1):
            shown, answers = environment.observation, environment.answers
            actions = self._act(shown, by_value, temperature)
            rewards = environment.step(actions)
            steps.append(Step(shown, answers, actions, rewards))
            self.steps += len(actions)
            if self._replay.size >= LEARNING_STARTS * self.config.num_envs and not self.done:
                figures = self._update()
                if self.updates % 20 == 0:
                    merit = environment.incumbent.mean().item()
                    tell({name: one.item() for name, one in figures.items()} | {"merit": merit})
        self._replay.add_episode(steps, self.config.discount, self.config.n_step)

    def _uniform(self, *shape: int) -> Tensor:
        return torch.rand(shape, generator=self._generator, device=self.device)

    def _act(self, shown: Observation, by_value: Tensor, temperature: Tensor) -> Tensor:
        with torch.no_grad():
            judged: Judgement = self.networks(shown.of_agents(self.agents))
        values = judged.values(self.config.discount).flatten(0, 1)
        gumbel = -(-self._uniform(*values.shape).clamp(1e-9, 1 - 1e-6).log()).log()
        gains = judged.log_gain.flatten(0, 1) + temperature[:, None] * gumbel
        worth = torch.where(by_value[:, None], values, gains)
        greedy = worth.masked_fill(~shown.open, -torch.inf).argmax(1)
        random = (self._uniform(len(greedy)) * PRESENTED).long()
        bold = by_value & (self._uniform(len(greedy)) < self._epsilons)
        return torch.where(bold, random, greedy)

    def _update(self) -> dict[str, Tensor]:
        config, replay = self.config, self._replay
        slots, weights = replay.sample(config.batch)
        rows = replay.rows(slots)
        with torch.no_grad():
            following = _shown(replay.rows(rows["following"]))
            best = self.networks(following).values(config.discount).argmax(2, keepdim=True)
            later = self._target(following).values(config.discount).gather(2, best)[..., 0]
            wanted = rows["return"] + rows["discount"] * later
        judged: Judgement = self.networks(_shown(rows))
        gain, gains = judged.log_gain, rows["gains"]
        likelihood = judged.log_likelihood(rows["accuracies"]).mean((1, 2))
        # Poisson deviance: for gains that are mostly nothing and never less.
        immediate = (gain.exp() - gains * gain).mean((1, 2))
        values = gain.exp().detach() + config.discount * judged.future
        errors = wanted - values.gather(2, rows["action"][..., None])[..., 0]
        huber = functional.smooth_l1_loss(
            errors, torch.zeros_like(errors), beta=HUBER, reduction="none"
        )
        bellman = (weights * huber).mean(1)
        penalty = judged.corrections.square().mean((0, 2, 3))
        loss = (
            GAIN_WEIGHT * immediate
            + VALUE_WEIGHT * bellman
            - config.auxiliary * likelihood
            + CORRECTION_PENALTY * penalty
        )
        self._descend(loss.sum())
        replay.update(slots, errors.detach().abs())
        return {
            "likelihood": likelihood.mean(),
            "gain_loss": immediate.mean(),
            "td_error": errors.abs().mean(),
        }

    def _descend(self, loss: Tensor) -> None:
        config = self.config
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        gradients = [one.grad for one in self.networks.parameters() if one.grad is not None]
        squares = [one.square().flatten(1).sum(1) for one in gradients]
        norm = torch.stack(squares).sum(0).sqrt()
        factor = (LARGEST_NORM / norm.clamp_min(1e-12)).clamp_max(1)
        for gradient in gradients:
            gradient.mul_(factor.view(-1, *[1] * (gradient.ndim - 1)))
        left = max(LEAST_RATE, 1 - self.updates / config.updates)
        rate = config.learning_rate * min(1, (self.updates + 1) / WARM_UP) * left
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._optimizer.step()
        self.updates += 1
        if self.updates % TARGET_INTERVAL == 0:
            self._target.load_state_dict(self.networks.state_dict())

    def state_dict(self) -> dict[str, Any]:
        """Everything that the rest of the training depends on; between episodes only."""
        moments = self._optimizer.state_dict()["state"]
        return {
            "networks": self.networks.state_dict(),
            "target": self._target.state_dict(),
            "optimizer": {str(index): dict(state) for index, state in moments.items()},
            "replay": self._replay.state_dict(),
            "generator": self._generator.get_state(),
            "updates": self.updates,
            "steps": self.steps,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume from an earlier ``state_dict``."""
        self.networks.load_state_dict(state["networks"])
        self._target.load_state_dict(state["target"])
        whole = self._optimizer.state_dict()
        moments = {int(index): one for index, one in state["optimizer"].items()}
        self._optimizer.load_state_dict(whole | {"state": moments})
        self._replay.load_state_dict(state["replay"])
        self._generator.set_state(state["generator"])
        self.updates, self.steps = state["updates"], state["steps"]
