"""Ape-X as an RLlib ``Algorithm``, with runners, replay shards and a learner in processes.

RLlib gives groups of processes, their restarts, result dicts and the way into Tune; what is
computed is the agent's own.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ray.exceptions import RayActorError
from ray.rllib.algorithms.algorithm import Algorithm
from ray.rllib.algorithms.algorithm_config import AlgorithmConfig
from ray.tune import register_trainable

from naslib_incremental.agent import checkpoint
from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.environment import HostEncoder
from naslib_incremental.agent.learner import Learner
from naslib_incremental.agent.rllib import roles
from naslib_incremental.agent.rllib.progress import TrainingProgress
from naslib_incremental.agent.rllib.shards import ShardGroup
from naslib_incremental.agent.rllib.topology import Topology, cluster_cpus, fitting_topology
from naslib_incremental.benchmarks import Benchmark, QueryCounter, open_benchmark
from naslib_incremental.foundation.seeding import children

TUNE_NAME = "ApexIncremental"
CHECKPOINT = "checkpoint.safetensors"
# How long a training waits for fragments before it looks at everything else.
POLL_SECONDS = 0.01
# Samples under way while the learner learns.
SAMPLES_AHEAD = 4
# A training that gets no fragment for so long gives up: its runners cannot be started again.
STALL_SECONDS = 600.0


class ApexConfig(AlgorithmConfig):  # type: ignore[misc]
    """Configures ``ApexDQN``; its attributes are the keys of Tune's ``param_space``.

    Attributes:
        benchmark: full name of a benchmark.
        agent: options of ``AgentConfig.of``; environments and replay capacity are shared out.
        agent_seed: source of all randomness, but for the order in which processes get ready.
        num_replay_shards: processes that keep transitions.
        reward_scale: factor of the rewards, measured when a training begins.
    """

    def __init__(self, algo_class: type[Algorithm] | None = None) -> None:
        super().__init__(algo_class or ApexDQN)
        self.benchmark = "nasbench_graph/cora"
        self.agent: dict[str, Any] = {}
        self.agent_seed = 0
        self.reward_scale = 1.0
        self.over(Topology())
        self.env_runners(
            env_runner_cls=roles.ApexEnvRunner,
            rollout_fragment_length=4,
            create_local_env_runner=False,
            max_requests_in_flight_per_env_runner=2,
        )
        self.learners(learner_class=roles.ApexLearner)
        self.reporting(min_sample_timesteps_per_iteration=2_560)
        self.fault_tolerance(restart_failed_env_runners=True, env_runner_health_probe_timeout_s=0.2)
        # Runners have nothing to merge or to be sent but the weights, which ``ApexDQN`` sends.
        self._dont_auto_sync_env_runner_states = True
        self.merge_env_runner_states = self.broadcast_env_runner_states = False

    def over(self, topology: Topology) -> ApexConfig:
        """Spread over other processes."""
        self.num_replay_shards = topology.num_replay_shards
        cpus, gpus = topology.cpus_per_process, topology.num_gpus_per_learner
        self.env_runners(num_env_runners=topology.num_env_runners, num_cpus_per_env_runner=cpus)
        self.resources(num_cpus_for_main_process=cpus)
        self.learners(num_learners=0, num_gpus_per_learner=gpus, num_cpus_per_learner=cpus)
        return self

    def get_default_rl_module_spec(self) -> Any:
        """For RLlib, which asks."""
        return roles.MODULE_SPEC

    def agent_config(self) -> AgentConfig:
        """The agent's configuration."""
        return AgentConfig.of(self.agent, open_benchmark(self.benchmark).space.cells)


class ApexDQN(Algorithm):  # type: ignore[misc]
    """Trains one agent with asynchronous runners, replay shards and a learner.

    It is an ``agent.training.Trainer`` too; ``cluster_trainer`` makes one from a configuration.

    Attributes:
        progress: what has been done so far.
        shards: the replay.
        revived: learners that were lost and built again.
        details: of the processes, for the record.
    """

    @classmethod
    def get_default_config(cls) -> ApexConfig:
        """The paper's topology, our agent."""
        return ApexConfig(cls)

    def setup(self, config: ApexConfig) -> None:
        """Measure the scale of the rewards, then start all processes."""
        torch.set_num_threads(1)
        scale, shards = children(np.random.SeedSequence([config.agent_seed, 1]), 2)
        benchmark, count = open_benchmark(config.benchmark), config.num_replay_shards
        agent = config.agent_config()
        self.progress = TrainingProgress(agent, benchmark, np.random.default_rng(scale))
        self.config = config.copy(copy_frozen=False)
        self.config.reward_scale = self.progress.scale
        self.config.freeze()
        self.shards = ShardGroup(agent, count, shards.generate_state(count).tolist())
        self.revived = 0
        self.details: Mapping[str, Any] = {}
        self._samples: deque[tuple[Any, Any, Any]] = deque()
        self.learner_group: Any = None
        super().setup(self.config)
        self._kept = roles.learner_state(self.learner_group)
        self._send_weights(None)
        self._fed = time.monotonic()

    def training_step(self) -> None:
        """Gather what runners have ready, make the updates that it pays for, send new weights."""
        runners = self._gather()
        while self.progress.due and self._learn():
            pass
        if runners:
            self._send_weights(runners)

    def _gather(self) -> list[int]:
        found = self.env_runner_group.foreach_env_runner_async_fetch_ready(
            func="sample_get_state_and_metrics",
            tag="sample",
            timeout_seconds=POLL_SECONDS,
            return_actor_ids=True,
        )
        for _, (fragment, summary) in found:
            if summary.transitions:
                self.shards.add(fragment)
            self.progress.add(summary)
            roles.log_summary(self.metrics, summary)
        if found:
            self._fed = time.monotonic()
        elif time.monotonic() - self._fed > STALL_SECONDS:
            raise RuntimeError(f"no runner has sent anything for {STALL_SECONDS:.0f} seconds")
        return [runner for runner, _ in found]

    def _learn(self) -> bool:
        """Make one update; False if a sample is lost, or a shard is still nearly empty."""
        while len(self._samples) < SAMPLES_AHEAD:
            self._samples.append(self.shards.sample())
        shard, slots, sampled = self._samples.popleft()
        try:
            updated = roles.update(self.learner_group, sampled)
        except RayActorError:
            self._revive()
            return False
        if updated is None:
            return False
        loss, errors = updated
        self.shards.update(shard, slots, errors)
        self.progress.add_update(loss)
        roles.log_loss(self.metrics, loss)
        return True

    def _revive(self) -> None:
        """Build a learner in the place of one that is gone; it resumes from what was kept."""
        self.learner_group.shutdown()
        spec = self.config.get_multi_rl_module_spec(spaces=self.spaces)
        self.learner_group = self.config.build_learner_group(rl_module_spec=spec)
        roles.set_learner_state(self.learner_group, self._kept)
        self.revived += 1

    def _send_weights(self, runners: list[int] | None) -> None:
        self.env_runner_group.sync_weights(
            from_worker_or_learner_group=self.learner_group,
            to_worker_indices=runners,
            inference_only=True,
        )

    def restore_env_runners(self, env_runner_group: Any) -> list[int]:
        """Give the weights to runners that were lost and have been started again."""
        restored: list[int] = env_runner_group.probe_unhealthy_env_runners()
        if restored:
            self._send_weights(restored)
        return restored

    def step(self) -> dict[str, Any]:
        """One iteration; the learner's state is kept at its end."""
        found: dict[str, Any] = super().step()
        self._kept = self.learner_state()
        return found

    def learner_state(self) -> dict[str, Any]:
        """All that the learner must know to resume."""
        try:
            return roles.learner_state(self.learner_group)
        except (RayActorError, IndexError):
            self._revive()
            return self._kept

    def advance(self) -> None:
        """One iteration of the algorithm."""
        self.train()

    @property
    def steps(self) -> int:
        """Environment steps taken."""
        return self.progress.steps

    @property
    def counter(self) -> QueryCounter:
        """Of the queries of all runners."""
        return self.progress.counter

    @property
    def learner(self) -> Learner:
        """The learner as it is now, in this process."""
        config, space = self.progress.config, self.counter.benchmark.space
        learner = Learner(config, HostEncoder(space), space.width(config.neighbours) + 1, seed=0)
        learner.load_state_dict(self.learner_state())
        return learner

    def take_figures(self) -> dict[str, float]:
        """Queries so far, and means since the last call."""
        counted = {"queries": self.counter.queries, "distinct_queries": self.counter.distinct}
        return counted | self.progress.sums.take_means()

    def state_dict(self) -> dict[str, Any]:
        """Everything but the episodes under way, which begin anew; replay shards included."""
        return {
            "progress": self.progress.state_dict(),
            "learner": self.learner_state(),
            "shards": self.shards.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume from an earlier ``state_dict``, which any number of processes may have left."""
        self.progress.load_state_dict(state["progress"])
        self._kept = state["learner"]
        roles.set_learner_state(self.learner_group, self._kept)
        self.shards.load_state_dict(state["shards"])
        roles.log_steps(self.metrics, self.progress.steps)
        self._send_weights(None)

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Write everything, without a pickle."""
        path, benchmark = Path(checkpoint_dir, CHECKPOINT), self.counter.benchmark.name
        checkpoint.save(path, self.state_dict(), self.progress.config, benchmark, 0.0)

    def load_checkpoint(self, checkpoint_dir: str) -> None:
        """Resume from ``save_checkpoint``.

        Raises:
            UnusableCheckpointError: the file is missing, damaged or of another configuration.
        """
        path, benchmark = Path(checkpoint_dir, CHECKPOINT), self.counter.benchmark.name
        state, _ = checkpoint.load(path, self.progress.config, benchmark)
        self.load_state_dict(state)

    def close(self) -> None:
        """End all processes."""
        self.stop()

    def cleanup(self) -> None:
        """End all processes."""
        self.shards.stop()
        super().cleanup()
        if not self._storage:
            shutil.rmtree(self._logdir, ignore_errors=True)

    def _setup_logdir(self) -> None:
        if self._storage:
            super()._setup_logdir()
        else:
            # Not RLlib's default, which is in the user's home.
            self._logdir = tempfile.mkdtemp(prefix="naslib-incremental-")


def cluster_trainer(
    config: AgentConfig, benchmark: Benchmark, seed: np.random.SeedSequence
) -> ApexDQN:
    """A trainer over the cluster that is connected to.

    Args:
        config: the agent's configuration.
        benchmark: answers the training queries; the processes open it by its name.
        seed: source of all randomness, but for the order in which processes get ready.
    """
    # Nodes may have come and gone since the configuration was made.
    topology = fitting_topology(config, cluster_cpus())
    settings = ApexConfig().over(topology)
    settings.benchmark = benchmark.name
    settings.agent = dict(vars(config))
    settings.agent_seed = int(seed.generate_state(1)[0])
    trainer: ApexDQN = settings.build_algo()
    trainer.details = {"topology": asdict(topology)}
    return trainer


register_trainable(TUNE_NAME, ApexDQN)
