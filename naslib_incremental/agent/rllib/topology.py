"""Over what a distributed training spreads; knows nothing of Ray, so that it costs nothing."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.foundation.errors import UserError

# The paper's system (section 4).
ENV_RUNNERS = 8
REPLAY_SHARDS = 4


@dataclass(frozen=True)
class Topology:
    """Processes of one distributed training.

    Attributes:
        num_env_runners: processes that act; they share the agent's environments.
        num_replay_shards: processes that keep transitions; they share the replay's capacity.
        num_gpus_per_learner: GPUs of the process that learns, 0 for none.
        cpus_per_process: cores that each acting process and the learning one ask the cluster for.
    """

    num_env_runners: int = ENV_RUNNERS
    num_replay_shards: int = REPLAY_SHARDS
    num_gpus_per_learner: float = 0.0
    cpus_per_process: float = 1.0


def fitting_topology(config: AgentConfig, cpus: int) -> Topology:
    """What was asked for, or else the paper's system, on a cluster of so many cores.

    Where nothing was asked for there is at most one runner and one shard per core. A cluster
    without a core for each process is not asked for any, so that they all find a place; they share
    what there is.
    """
    runners = config.num_env_runners or min(ENV_RUNNERS, cpus)
    shards = config.num_replay_shards or min(REPLAY_SHARDS, cpus)
    each = 1.0 if cpus > runners else 0.0
    return Topology(runners, shards, config.num_gpus_per_learner, each)


def require_ray() -> None:
    """See to it that Ray can be imported.

    Raises:
        UserError: it is not installed.
    """
    if find_spec("ray") is None:
        raise UserError(
            "Ray with RLlib for engine rllib",
            "an environment without ray",
            "install the extra rllib",
            "engine",
        )


def cluster_cpus() -> int:
    """Cores of all nodes of the Ray cluster that are alive."""
    import ray

    return max(1, int(ray.cluster_resources().get("CPU", 1)))
