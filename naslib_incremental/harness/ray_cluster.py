"""A Ray cluster to work on: one that runs already, or one on this machine for this command only."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from naslib_incremental.agent.rllib.topology import (
    ENV_RUNNERS,
    REPLAY_SHARDS,
    Topology,
    require_ray,
)
from naslib_incremental.foundation.errors import UserError

SECONDS_TO_ANSWER = 10.0


@dataclass(frozen=True)
class RayOptions:
    """What was asked of Ray; None stands for what fits the cluster.

    Attributes:
        address: of a running cluster; None starts one on this machine.
        num_env_runners: see ``Topology``; at most one per core if not given.
        num_replay_shards: see ``Topology``; at most one per core if not given.
        num_gpus_per_learner: see ``Topology``.
    """

    address: str | None = None
    num_env_runners: int | None = None
    num_replay_shards: int | None = None
    num_gpus_per_learner: float = 0

    def topology(self, cpus: int) -> Topology:
        """The processes of a training on a cluster of so many cores.

        A cluster without a core for each of them is not asked for any, so that they all find a
        place; they share what there is.
        """
        asked = self.num_env_runners, self.num_replay_shards
        runners = min(ENV_RUNNERS, cpus) if asked[0] is None else asked[0]
        shards = min(REPLAY_SHARDS, cpus) if asked[1] is None else asked[1]
        enough = cpus > runners
        return Topology(runners, shards, self.num_gpus_per_learner, 1.0 if enough else 0.0)


def cluster_cpus() -> int:
    """Cores of all nodes that are alive."""
    import ray

    return max(1, int(ray.cluster_resources().get("CPU", 1)))


@contextmanager
def connected(options: RayOptions) -> Iterator[None]:
    """Work on a cluster; one that is connected to already is taken as it is.

    Raises:
        UserError: Ray is not installed, or there is no cluster at the address.
    """
    require_ray()
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray

    if ray.is_initialized():
        yield
        return
    with tempfile.TemporaryDirectory(prefix="nasray-", ignore_cleanup_errors=True) as folder:
        if options.address is None:
            _start(folder)
        else:
            _join(options.address)
        try:
            yield
        finally:
            ray.shutdown()


def _start(folder: str) -> None:
    import ray

    # In the environment, or else Ray would write one to the user's home.
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    ray.init(
        address="local",
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
        _temp_dir=folder,
    )


def _join(address: str) -> None:
    import ray

    try:
        host, _, port = address.rpartition("//")[2].rpartition(":")
        if host and port.isdigit():
            # Ray itself would look for a cluster for minutes.
            socket.create_connection((host, int(port)), SECONDS_TO_ANSWER).close()
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:
        raise UserError(
            f"a Ray cluster at {address}",
            " ".join(str(error).split())[:200] or type(error).__name__,
            "ray start --head, or leave out --ray-address",
        ) from error
