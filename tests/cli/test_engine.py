"""Where the work is done: options of the command and of the agent, and what is said without Ray."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from naslib_incremental.cli import run
from naslib_incremental.cli.choices import Choices, read_choices
from naslib_incremental.harness import RunConfig
from naslib_incremental.harness.job import make_job

pytestmark = pytest.mark.usefixtures("toy")
RLLIB = ["--engine", "rllib"]


def agent_options(choices: Choices) -> dict[str, Any]:
    assert choices.config is not None
    return dict(choices.config.optimizers["apex_incremental"])


def test_the_local_engine_is_the_default_and_knows_nothing_of_ray() -> None:
    choices = read_choices([])
    assert (choices.engine, choices.ray_address) == ("local", None)
    assert agent_options(choices) == {}


def test_the_engine_is_the_commands_and_the_agents() -> None:
    typed = "--ray-address 10.0.0.1:6379 --num-env-runners 3 --num-replay-shards 2"
    choices = read_choices([*RLLIB, *typed.split(), "--num-gpus-per-learner", "0.5"])
    assert (choices.engine, choices.ray_address) == ("rllib", "10.0.0.1:6379")
    assert agent_options(choices) == {
        "engine": "rllib",
        "num_env_runners": 3,
        "num_replay_shards": 2,
        "num_gpus_per_learner": 0.5,
    }


def test_what_is_not_trained_over_a_cluster_is_evaluated_on_it() -> None:
    choices = read_choices([*RLLIB, "--optimizer", "toy_learner", "random_walk"])
    assert choices.engine == "rllib"
    assert choices.config is not None
    assert choices.config.optimizers == {"toy_learner": {}, "random_walk": {}}


@pytest.mark.parametrize(
    "key", ["engine: rllib\nray-address: x:1", "engine: rllib\nray_address: x:1"]
)
def test_a_config_file_can_ask_for_it(tmp_path: Path, key: str) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(f"{key}\nnum_env_runners: 2\n")
    choices = read_choices(["--config", str(file)])
    assert (choices.engine, choices.ray_address) == ("rllib", "x:1")
    assert agent_options(choices) == {"engine": "rllib", "num_env_runners": 2}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--ray-address", "x:1"], "expected --engine rllib with --ray-address"),
        (["--num-env-runners", "2"], "engine rllib with num_env_runners; got engine local"),
        ([*RLLIB, "--num-env-runners", "0"], "num_env_runners of at least 1; got 0"),
        ([*RLLIB, "--num-replay-shards", "-1"], "num_replay_shards of at least 1; got -1"),
        ([*RLLIB, "--num-gpus-per-learner", "-1"], "num_gpus_per_learner of at least 0"),
        ([*RLLIB, "--device", "auto"], "device cpu with engine rllib; got device auto"),
        (["--engine", "spark"], "invalid choice: 'spark'"),
    ],
)
def test_bad_options_are_refused_before_anything_is_started(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run.main([*arguments, "--quick", "--out", str(tmp_path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert arguments[-2] in line or "--engine" in line, "the option to change is named"
    assert not list(tmp_path.iterdir())


def test_a_device_is_for_the_local_engine() -> None:
    choices = read_choices(["--device", "auto"])
    assert choices.engine == "local"
    assert agent_options(choices) == {"device": "auto"}


def test_without_ray_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    real = importlib.util.find_spec

    def without(name: str, *more: Any) -> Any:
        return None if name == "ray" else real(name, *more)

    monkeypatch.setattr("naslib_incremental.cli.run.find_spec", without)
    assert run.main([*RLLIB, "--quick", "--out", str(tmp_path)]) == 2
    errors = capsys.readouterr().err
    assert errors.endswith("next: pip install 'naslib-incremental[rllib]'\n")
    assert errors.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_another_engine_is_another_run_of_what_is_trained_over_it() -> None:
    def folder(*arguments: str) -> Path:
        config = read_choices([*arguments, "--benchmark", "toy/plain"]).config
        assert config is not None
        return make_job(config, Path()).folder.path

    assert folder() != folder(*RLLIB)
    assert folder(*RLLIB) == folder(*RLLIB, "--num-env-runners", "2")
    walk = ("--optimizer", "random_walk")
    assert folder(*walk) == folder(*walk, *RLLIB)


def test_an_unknown_engine_of_a_config_is_refused() -> None:
    config = RunConfig({"apex_incremental": {"engine": "spark"}}, "toy/plain")
    with pytest.raises(ValueError, match="engine of local, rllib; got 'spark'"):
        make_job(config, Path())
