"""Where the work of ``naslib-run`` is done: processes of this machine, or a Ray cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from naslib_incremental.agent.rllib.topology import ENV_RUNNERS, REPLAY_SHARDS
from naslib_incremental.cli.parser import Parser
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.harness.config import ENGINES
from naslib_incremental.harness.ray_cluster import RayOptions

if TYPE_CHECKING:
    from naslib_incremental.harness.workers import Workers

ONLY_RAY = ("ray_address", "num_env_runners", "num_replay_shards", "num_gpus_per_learner")


@dataclass(frozen=True)
class Engine:
    """Who does the work.

    Attributes:
        workers: pieces of work side by side if nothing else was asked for, None for one per
            usable core.
        start: makes the workers.
    """

    workers: int | None
    start: Callable[[int], Workers]


def add_engine(parser: Parser) -> None:
    """Add the options of the engine."""
    group = parser.add_argument_group("engine")
    group.add_argument(
        "--engine",
        choices=ENGINES,
        help="local: processes on this machine, the same seed gives the same result; rllib: each "
        "training and all evaluations over a Ray cluster, needs the extra rllib (default: local)",
    )
    group.add_argument(
        "--ray-address",
        metavar="ADDRESS",
        help="a running Ray cluster (default: one is started on this machine for the command)",
    )
    for name, default, what in (
        ("env-runners", ENV_RUNNERS, "processes that act in a training"),
        ("replay-shards", REPLAY_SHARDS, "processes that keep its transitions"),
    ):
        shown = f"{what} (default: {default}, or one per core if these are fewer)"
        group.add_argument(f"--num-{name}", type=int, metavar="N", help=shown)
    group.add_argument(
        "--num-gpus-per-learner",
        type=float,
        metavar="X",
        help="GPUs of the process that learns (default: 0)",
    )


def read_engine(given: Mapping[str, Any]) -> RayOptions | None:
    """What was asked of Ray; None for the local engine.

    Raises:
        UserError: an option needs the other engine, or is out of range.
    """
    if given.get("engine", "local") == "local":
        for name in ONLY_RAY:
            if name in given:
                option = "--" + name.replace("_", "-")
                raise UserError(f"--engine rllib with {option}", "--engine local", "--engine rllib")
        return None
    if given.get("device", "cpu") != "cpu":
        got = f"--device {given['device']}"
        raise UserError("--device cpu with --engine rllib", got, "--num-gpus-per-learner 1")
    asked = {name: given[name] for name in ONLY_RAY if name in given}
    options = RayOptions(asked.pop("ray_address", None), **asked)
    options.topology(1)
    return options


@contextmanager
def chosen_engine(options: RayOptions | None) -> Iterator[Engine]:
    """The engine, with a cluster behind it as long as the block lasts.

    Raises:
        UserError: Ray is not installed, or there is no cluster at the address.
    """
    if options is None:
        from naslib_incremental.harness.workers import LocalProcesses

        yield Engine(None, LocalProcesses)
        return
    from naslib_incremental.harness.ray_cluster import cluster_cpus, connected

    with connected(options):
        from naslib_incremental.harness.ray_workers import RayWorkers

        yield Engine(cluster_cpus(), partial(RayWorkers, options))
