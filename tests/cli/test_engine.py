"""Where the work is done: options, what fits a cluster, and what is said without Ray."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from naslib_incremental.agent.rllib.topology import Topology
from naslib_incremental.cli import run
from naslib_incremental.cli.choices import read_choices
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.harness import RunConfig
from naslib_incremental.harness.job import make_job
from naslib_incremental.harness.ray_cluster import RayOptions

pytestmark = pytest.mark.usefixtures("toy")
RLLIB = ["--engine", "rllib"]


def test_the_local_engine_is_the_default_and_knows_nothing_of_ray() -> None:
    choices = read_choices([])
    assert choices.ray is None
    assert choices.config is not None
    assert choices.config.engine == "local"


def test_all_options() -> None:
    typed = "--ray-address 10.0.0.1:6379 --num-env-runners 3 --num-replay-shards 2"
    choices = read_choices([*RLLIB, *typed.split(), "--num-gpus-per-learner", "0.5"])
    assert choices.ray == RayOptions("10.0.0.1:6379", 3, 2, 0.5)
    assert choices.config is not None
    assert choices.config.engine == "rllib"


def test_a_device_is_for_the_local_engine() -> None:
    agent = ["--optimizer", "apex_incremental", "--device", "auto"]
    assert read_choices(agent).ray is None
    with pytest.raises(UserError, match="--device auto; next: --num-gpus-per-learner 1"):
        read_choices([*RLLIB, *agent])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--num-env-runners", "2"], "expected --engine rllib with --num-env-runners"),
        (["--ray-address", "x:1"], "expected --engine rllib with --ray-address"),
        ([*RLLIB, "--num-env-runners", "0"], "--num-env-runners of at least 1; got 0"),
        ([*RLLIB, "--num-replay-shards", "-1"], "--num-replay-shards of at least 1; got -1"),
        ([*RLLIB, "--num-gpus-per-learner", "-1"], "--num-gpus-per-learner of at least 0"),
        (["--engine", "spark"], "invalid choice: 'spark'"),
    ],
)
def test_bad_options_are_refused(arguments: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_choices(arguments)


@pytest.mark.parametrize(
    ("cpus", "topology"),
    [
        (1, Topology(1, 1, cpus_per_process=0.0)),
        (2, Topology(2, 2, cpus_per_process=0.0)),
        (8, Topology(8, 4, cpus_per_process=0.0)),
        (9, Topology(8, 4, cpus_per_process=1.0)),
        (64, Topology(8, 4, cpus_per_process=1.0)),
    ],
)
def test_the_papers_topology_or_what_fits(cpus: int, topology: Topology) -> None:
    assert RayOptions().topology(cpus) == topology
    asked = RayOptions(num_env_runners=3, num_replay_shards=1).topology(cpus)
    assert (asked.num_env_runners, asked.num_replay_shards) == (3, 1)


def test_without_ray_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    real = importlib.util.find_spec

    def without(name: str, *more: Any) -> Any:
        return None if name == "ray" else real(name, *more)

    monkeypatch.setattr("naslib_incremental.agent.rllib.topology.find_spec", without)
    assert run.main([*RLLIB, "--quick", "--out", str(tmp_path)]) == 2
    errors = capsys.readouterr().err
    assert errors.endswith("next: pip install 'naslib-incremental[rllib]'\n")
    assert errors.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_another_engine_is_another_run() -> None:
    local = RunConfig({"random_walk": {}}, "toy/plain")
    cluster = replace(local, engine="rllib")
    assert make_job(local, Path()).config_hash != make_job(cluster, Path()).config_hash


def test_an_unknown_engine_of_a_config_is_refused() -> None:
    with pytest.raises(UserError, match="--engine of local, rllib; got spark"):
        RunConfig({"random_walk": {}}, "toy/plain", engine="spark")
