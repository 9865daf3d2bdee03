"""What RLlib calls an environment runner and a learner, made of the agent's own parts.

All of RLlib's alpha interfaces (EnvRunner, Learner, LearnerGroup, RLModule, MetricsLogger) are
touched in this module only.
"""

from __future__ import annotations

import secrets
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from ray import ObjectRef, put
from ray.exceptions import RayActorError
from ray.rllib.core import COMPONENT_LEARNER, COMPONENT_RL_MODULE
from ray.rllib.core.learner.learner_group import LearnerGroup
from ray.rllib.core.learner.torch.torch_learner import TorchLearner
from ray.rllib.core.rl_module import RLModuleSpec
from ray.rllib.core.rl_module.torch import TorchRLModule
from ray.rllib.env.env_runner import EnvRunner
from ray.rllib.utils import metrics as keys
from ray.rllib.utils.framework import get_device
from ray.rllib.utils.metrics.metrics_logger import MetricsLogger

from naslib_incremental.agent.checkpoint import below
from naslib_incremental.agent.learner import Learner
from naslib_incremental.agent.rllib import state as states
from naslib_incremental.agent.rllib.collector import Account, Collector
from naslib_incremental.agent.rllib.shards import fetched
from naslib_incremental.benchmarks import open_benchmark

# RLlib asks for a module; the network is built by the agent's own learner.
MODULE_SPEC = RLModuleSpec(module_class=TorchRLModule)
# Fragments or updates that a mean in a result dict is over.
AVERAGED = 20

Updated = tuple[float, NDArray[np.float64]]


class ApexEnvRunner(EnvRunner):  # type: ignore[misc]
    """Acts in a share of the lanes, through a ``Collector``."""

    def __init__(self, *, config: Any, **kwargs: Any) -> None:
        super().__init__(config=config, **kwargs)
        torch.set_num_threads(1)
        # A runner that is started again must not walk the same ways again.
        seed = [config.agent_seed, self.worker_index, secrets.randbits(32)]
        self.collector = Collector(
            config.agent_config(),
            open_benchmark(config.benchmark),
            max(0, self.worker_index - 1),
            max(1, self.num_workers),
            config.reward_scale,
            np.random.SeedSequence(seed),
        )

    def sample(self, **kwargs: Any) -> Any:
        """A fragment and its account."""
        return self.collector.collect(self.config.rollout_fragment_length)

    def sample_get_state_and_metrics(self) -> tuple[ObjectRef, Account]:
        """The fragment by reference: it goes to a shard without passing through the training."""
        fragment, account = self.sample()
        return put(fragment), account

    def get_state(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """There is none that may not be lost."""
        return {}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take over the learner's weights."""
        if COMPONENT_RL_MODULE in state:
            self.collector.set_weights(state[COMPONENT_RL_MODULE])

    def get_spaces(self) -> dict[str, tuple[Any, Any]]:
        """For RLlib, which asks; observations never leave a runner."""
        slots, space = self.collector.mdp.observation.mask.shape[1], self.collector.mdp.space
        both: Any = (spaces.Box(0, 1, (slots, space.features), np.uint8), spaces.Discrete(slots))
        return dict.fromkeys(("__env__", "__env_single__", "default_policy"), both)

    def assert_healthy(self) -> None:
        """A runner that was made is healthy."""


class ApexLearner(TorchLearner):  # type: ignore[misc]
    """The agent's own learner, in the place that RLlib has for one."""

    def build(self) -> None:
        """Build networks and optimizer."""
        torch.set_num_threads(1)
        self._device = get_device(self.config, self.config.num_gpus_per_learner)
        config, space = self.config.agent_config(), open_benchmark(self.config.benchmark).space
        slots = space.width(config.neighbours) + 1
        seed = int(np.random.SeedSequence([self.config.agent_seed, 0]).generate_state(1)[0])
        self.agent = Learner(config, space, slots, seed, self._device)
        self._is_built = True

    def compute_loss_for_module(self, **kwargs: Any) -> Any:
        """For RLlib, which never calls it: the agent's learner has a loss of its own."""
        raise NotImplementedError

    def get_state(self, *args: Any, inference_only: bool = False, **kw: Any) -> dict[str, Any]:
        """Everything, or only the online network's weights."""
        found = states.of_learner(self.agent)
        return (
            {COMPONENT_RL_MODULE: below(found["tensors"], "network")} if inference_only else found
        )

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from an earlier ``get_state``."""
        states.to_learner(self.agent, state)


def _update(learner: ApexLearner, draw: ObjectRef) -> Updated | None:
    found = fetched(draw)
    return None if found is None else learner.agent.update(found.transitions, found.weights)


def update(group: LearnerGroup, draw: ObjectRef) -> Updated | None:
    """One gradient step on what a shard drew: loss and TD errors; None if the draw is lost.

    Raises:
        RayActorError: the learner's process is gone.
    """
    results = list(group.foreach_learner(_update, draw=draw))
    if not results:
        raise RayActorError
    updated: Updated | None = results[0].get()
    if isinstance(updated, BaseException):
        raise updated
    return updated


def learner_state(group: LearnerGroup) -> dict[str, Any]:
    """All that the learner must know to go on."""
    found: dict[str, Any] = group.get_state()[COMPONENT_LEARNER]
    return found


def set_learner_state(group: LearnerGroup, state: dict[str, Any]) -> None:
    """Go on from an earlier ``learner_state``."""
    group.set_state({COMPONENT_LEARNER: state})


def log_account(metrics: MetricsLogger, account: Account) -> None:
    """Put a fragment's account under RLlib's usual keys."""
    log_steps(metrics, account.steps)
    episodes = (keys.ENV_RUNNER_RESULTS, keys.NUM_EPISODES_LIFETIME)
    metrics.log_value(episodes, len(account.returns), reduce="lifetime_sum")
    if len(account.returns):
        means = {
            keys.EPISODE_RETURN_MEAN: account.returns.mean(),
            keys.EPISODE_LEN_MEAN: account.lengths.mean(),
        }
        for key, mean in means.items():
            metrics.log_value((keys.ENV_RUNNER_RESULTS, key), float(mean), window=AVERAGED)


def log_steps(metrics: MetricsLogger, steps: int) -> None:
    """Add to the environment steps of a training's whole life."""
    key = (keys.ENV_RUNNER_RESULTS, keys.NUM_ENV_STEPS_SAMPLED_LIFETIME)
    metrics.log_value(key, steps, reduce="lifetime_sum")


def log_loss(metrics: MetricsLogger, loss: float) -> None:
    """Put an update's loss beside the learner's results."""
    metrics.log_value((keys.LEARNER_RESULTS, "loss"), loss, window=AVERAGED)
