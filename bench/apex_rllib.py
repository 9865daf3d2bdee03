"""Measures Ape-X on RLlib against RLlib's stock DQN, on the same observations and network.

Both act with two runners of as many environments, and make one update of as many transitions for
as many environment steps; ``make bench`` runs it.
"""

from __future__ import annotations

import tempfile
import time
from typing import Any

import gymnasium
import numpy as np
import torch
from ray.rllib.algorithms.algorithm import Algorithm
from ray.rllib.algorithms.dqn import DQN, DQNConfig
from ray.rllib.algorithms.dqn.torch.default_dqn_torch_rl_module import DefaultDQNTorchRLModule
from ray.rllib.core.columns import Columns
from ray.rllib.core.models.base import ENCODER_OUT
from ray.rllib.core.rl_module import RLModuleSpec
from ray.tune import register_env

from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.network import QNetwork
from naslib_incremental.agent.rllib import ApexConfig
from naslib_incremental.agent.rllib.topology import Topology
from naslib_incremental.benchmarks import open_benchmark
from naslib_incremental.harness.ray_workers import connected
from naslib_incremental.mdp import STAY, IncrementalEnv

BENCHMARK = "nasbench_graph/cora"
RUNNERS = 2
# A small network, so that what is compared is the engines and not matrix products.
AGENT = {
    "num_envs": 256,
    "dimensions": 16,
    "feed_forward": 16,
    "attention_heads": 1,
    "batch_size": 64,
    "update_every": 128,
    "learning_starts": 2_048,
}
SECONDS = 20.0


class Flat(gymnasium.ObservationWrapper):
    """One environment with features and mask in one vector, which stock DQN can store."""

    def __init__(self, env: IncrementalEnv) -> None:
        super().__init__(env)
        slots, features = env.observation_space["architectures"].shape
        shape = (slots * (features + 1),)
        self.observation_space = gymnasium.spaces.Box(0, 1, shape, np.float32)

    def step(self, action: Any) -> Any:
        # Stock DQN draws its first actions without the mask.
        return super().step(action if self.mask[action] else STAY)

    def observation(self, observation: dict[str, Any]) -> Any:
        self.mask = observation["action_mask"]
        parts = (observation["architectures"].ravel(), observation["action_mask"])
        return np.concatenate(parts).astype(np.float32)


class Passing(torch.nn.Module):
    """An encoder that leaves everything to the head."""

    def forward(self, batch: dict[str, Any]) -> dict[str, Any]:
        return {ENCODER_OUT: batch[Columns.OBS]}


class Head(torch.nn.Module):
    """The agent's own Q network behind a flat observation; the mask is applied inside."""

    def __init__(self, slots: int, width: int) -> None:
        super().__init__()
        self.slots = slots
        self.network = QNetwork(AgentConfig.of(AGENT), width // slots - 1, slots)

    def forward(self, flat: torch.Tensor) -> torch.Tensor:
        features, mask = flat[:, : -self.slots], flat[:, -self.slots :] > 0
        return self.network(features.reshape(len(flat), self.slots, -1), mask)


class SameNetwork(DefaultDQNTorchRLModule):
    """Stock DQN's module with the agent's own network in the place of its own."""

    def setup(self) -> None:
        super().setup()
        self.encoder = Passing()
        self.af = Head(int(self.action_space.n), self.observation_space.shape[0])


class StockDQN(DQN):
    """RLlib's DQN, except that it keeps out of the user's home."""

    def _setup_logdir(self) -> None:
        self._logdir = tempfile.mkdtemp()


def stock() -> Algorithm:
    """RLlib's DQN, to which every environment is an object of its own."""
    register_env("incremental", lambda _: Flat(IncrementalEnv(open_benchmark(BENCHMARK))))
    config = (
        DQNConfig(algo_class=StockDQN)
        .environment("incremental")
        .env_runners(
            num_env_runners=RUNNERS,
            num_envs_per_env_runner=AGENT["num_envs"] // RUNNERS,
            rollout_fragment_length=16,
            num_cpus_per_env_runner=0,
        )
        .training(
            train_batch_size_per_learner=AGENT["batch_size"],
            # RLlib counts one runner too many, and would make more updates than were asked for.
            training_intensity=AGENT["batch_size"]
            / AGENT["update_every"]
            * RUNNERS
            / (RUNNERS + 1),
            num_steps_sampled_before_learning_starts=AGENT["learning_starts"],
            n_step=3,
            double_q=True,
            dueling=False,  # it is inside the network
        )
        .rl_module(rl_module_spec=RLModuleSpec(module_class=SameNetwork))
        .fault_tolerance(restart_failed_env_runners=False)
        .reporting(min_time_s_per_iteration=0, min_sample_timesteps_per_iteration=1_000)
    )
    return config.build_algo()


def ours() -> Algorithm:
    """``ApexDQN`` with as many runners."""
    config = ApexConfig().over(Topology(RUNNERS, 1, cpus_per_process=0))
    config.benchmark, config.agent = BENCHMARK, AGENT
    return config.build_algo()


def rate(algorithm: Algorithm) -> float:
    """Environment steps per second, after a warm-up in which learning begins."""

    def train() -> int:
        return int(algorithm.train()["num_env_steps_sampled_lifetime"])

    while train() < 2 * AGENT["learning_starts"]:
        pass
    before, begin = train(), time.perf_counter()
    now = before
    while time.perf_counter() - begin < SECONDS:
        now = train()
    spent = time.perf_counter() - begin
    algorithm.stop()
    return (now - before) / spent


def main() -> None:
    """Print both rates and their ratio."""
    print("DQN on RLlib, 2 runners [environment steps]", flush=True)
    with connected(None):
        rates = []
        for name, start in (("Ape-X", ours), ("stock DQN", stock)):
            rates.append(rate(start()))
            print(f"{name:>10} {rates[-1]:12,.0f}/s", flush=True)
    print(f"{'ratio':>10} {rates[0] / rates[1]:12.1f} x")


if __name__ == "__main__":
    main()
