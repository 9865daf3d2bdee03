"""Over what a distributed training spreads; knows nothing of Ray, so that it costs nothing."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from naslib_incremental.foundation.errors import UserError

# The paper's system (section 4).
ENV_RUNNERS = 8
REPLAY_SHARDS = 4


@dataclass(frozen=True)
class Topology:
    """Processes of one distributed training.

    Attributes:
        num_env_runners: processes that act; they share the agent's lanes.
        num_replay_shards: processes that keep transitions; they share the replay's capacity.
        num_gpus_per_learner: GPUs of the process that learns, 0 for none.
        cpus_per_process: cores that each acting process and the learning one ask the cluster for.
    """

    num_env_runners: int = ENV_RUNNERS
    num_replay_shards: int = REPLAY_SHARDS
    num_gpus_per_learner: float = 0
    cpus_per_process: float = 1.0

    def __post_init__(self) -> None:
        for name in ("num_env_runners", "num_replay_shards"):
            if getattr(self, name) < 1:
                option = "--" + name.replace("_", "-")
                raise UserError(f"{option} of at least 1", str(getattr(self, name)), f"{option} 2")
        if self.num_gpus_per_learner < 0:
            got = str(self.num_gpus_per_learner)
            raise UserError("--num-gpus-per-learner of at least 0", got, "leave it out")


def require_ray() -> None:
    """See to it that Ray can be imported.

    Raises:
        UserError: it is not installed.
    """
    if find_spec("ray") is None:
        raise UserError(
            "Ray with RLlib for --engine rllib",
            "an environment without ray",
            "pip install 'naslib-incremental[rllib]'",
        )
