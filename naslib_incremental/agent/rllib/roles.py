"""What RLlib calls an environment runner and a learner, made of the agent's own parts.

All of RLlib's alpha interfaces (EnvRunner, Learner, LearnerGroup, RLModule, MetricsLogger) are
touched in this module only.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
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

from naslib_incremental.agent.environment import HostEncoder
from naslib_incremental.agent.learner import Learner
from naslib_incremental.agent.rllib.collector import Collector
from naslib_incremental.agent.rllib.progress import FragmentSummary
from naslib_incremental.agent.rllib.shards import fetched
from naslib_incremental.benchmarks import open_benchmark

# RLlib asks for a module; the network is built by the agent's own learner.
MODULE_SPEC = RLModuleSpec(module_class=TorchRLModule)
# Fragments or updates that a mean in a result dict is over.
AVERAGED = 20

Updated = tuple[float, NDArray[np.float64]]


class ApexEnvRunner(EnvRunner):  # type: ignore[misc]
    """Acts in a share of the environments, through a ``Collector``."""

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
        """A fragment and its summary."""
        return self.collector.collect(self.config.rollout_fragment_length)

    def sample_get_state_and_metrics(self) -> tuple[ObjectRef, FragmentSummary]:
        """The fragment by reference: it goes to a shard without passing through the training."""
        fragment, summary = self.sample()
        return put(fragment), summary

    def get_state(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """There is none that may not be lost."""
        return {}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take over the learner's weights."""
        if COMPONENT_RL_MODULE in state:
            self.collector.set_weights(state[COMPONENT_RL_MODULE])

    def get_spaces(self) -> dict[str, tuple[Any, Any]]:
        """For RLlib, which asks; observations never leave a runner."""
        slots = self.collector.environment.observation.states.shape[1]
        space = self.collector.encoder.space
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
        encoder = HostEncoder(space, self._device)
        self.agent = Learner(config, encoder, slots, seed, self._device)
        self._is_built = True

    def compute_loss_for_module(self, **kwargs: Any) -> Any:
        """For RLlib, which never calls it: the agent's learner has a loss of its own."""
        raise NotImplementedError

    def get_state(self, *args: Any, inference_only: bool = False, **kw: Any) -> dict[str, Any]:
        """Everything, or only the online network's weights, as arrays, which Ray shares."""
        if not inference_only:
            return _on_host(self.agent.state_dict())
        weights = self.agent.network.state_dict()
        return {COMPONENT_RL_MODULE: {name: part.cpu().numpy() for name, part in weights.items()}}

    def set_state(self, state: dict[str, Any]) -> None:
        """Resume from an earlier ``get_state``."""
        self.agent.load_state_dict(state)


def _on_host(state: Mapping[str, Any]) -> dict[str, Any]:
    """A nested state that processes without a GPU can read."""

    def moved(part: Any) -> Any:
        if isinstance(part, Mapping):
            return _on_host(part)
        return part.cpu() if isinstance(part, torch.Tensor) else part

    return {name: moved(part) for name, part in state.items()}


def _update(learner: ApexLearner, sampled: ObjectRef) -> Updated | None:
    found = fetched(sampled)
    if found is None:
        return None
    loss, errors = learner.agent.update(*found)
    return float(loss), errors.double().cpu().numpy()


def update(group: LearnerGroup, sampled: ObjectRef) -> Updated | None:
    """One gradient step on what a shard sampled: loss and TD errors; None if that is lost.

    Raises:
        RayActorError: the learner's process is gone.
    """
    results = list(group.foreach_learner(_update, sampled=sampled))
    if not results:
        raise RayActorError
    updated: Updated | None = results[0].get()
    if isinstance(updated, BaseException):
        raise updated
    return updated


def learner_state(group: LearnerGroup) -> dict[str, Any]:
    """All that the learner must know to resume."""
    found: dict[str, Any] = group.get_state()[COMPONENT_LEARNER]
    return found


def set_learner_state(group: LearnerGroup, state: dict[str, Any]) -> None:
    """Resume from an earlier ``learner_state``."""
    group.set_state({COMPONENT_LEARNER: state})


def log_summary(metrics: MetricsLogger, summary: FragmentSummary) -> None:
    """Put a fragment's summary under RLlib's usual keys."""
    log_steps(metrics, summary.steps)
    episodes = (keys.ENV_RUNNER_RESULTS, keys.NUM_EPISODES_LIFETIME)
    metrics.log_value(episodes, len(summary.returns), reduce="lifetime_sum")
    if len(summary.returns):
        means = {
            keys.EPISODE_RETURN_MEAN: summary.returns.mean(),
            keys.EPISODE_LEN_MEAN: summary.lengths.mean(),
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
