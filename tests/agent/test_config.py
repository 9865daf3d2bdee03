"""The agent's configuration: presets, values that are refused, and what makes it another agent."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields

import pytest
import torch

from naslib_incremental.agent import AgentConfig
from naslib_incremental.agent.config import resolve_device
from naslib_incremental.benchmarks import open_benchmark
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.options import option_values
from naslib_incremental.search_spaces_ext.nasbench301.space import NASBench301Space


def test_every_field_says_where_it_comes_from() -> None:
    for item in fields(AgentConfig):
        assert item.metadata["help"], item.name


def test_paper_preset_is_the_papers() -> None:
    paper = AgentConfig.of({"preset": "paper"})
    assert (paper.head, paper.steps, paper.dimensions) == ("cls", 10_000_000, 256)
    pairs = AgentConfig.of({"preset": "paper"}, cells=2)
    assert (pairs.steps, pairs.dimensions) == (15_000_000, 512)
    assert (paper.gamma, paper.n_step, paper.learning_rate) == (0.9, 3, 4e-5)
    assert (paper.replay_capacity, paper.priority_alpha, paper.priority_beta) == (25_000, 0.6, 0.4)
    assert (paper.num_envs, paper.training_max_steps, paper.neighbours) == (8 * 32, 16, 50)
    assert (paper.temperature, paper.stay_margin, paper.reward_scale) == (0.0, 0.0, "none")


def test_options_go_over_the_preset() -> None:
    config = AgentConfig.of({"preset": "paper", "steps": 5_000})
    assert (config.preset, config.steps, config.head) == ("paper", 5_000, "cls")


def test_config_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        AgentConfig().gamma = 1.0  # type: ignore[misc]


RLLIB = {"engine": "rllib"}


@pytest.mark.parametrize(
    ("options", "message", "setting"),
    [
        ({"steps": 0}, "expected steps of at least 1; got 0; next: give another", "steps"),
        ({"gamma": 1.5}, r"expected gamma in 0\.\.1; got 1\.5", "gamma"),
        ({"gamma": -0.1}, r"expected gamma in 0\.\.1; got -0\.1", "gamma"),
        ({"head": "mlp"}, "expected head of pointer, cls; got 'mlp'; next: take pointer", "head"),
        ({"preset": "fast"}, "expected preset of default, paper; got 'fast'", "preset"),
        ({"device": "gpu"}, "expected device of auto, cpu, cuda; got 'gpu'", "device"),
        ({"engine": "spark"}, "expected engine of local, rllib; got 'spark'", "engine"),
        ({"dimensions": 30}, "divisible by attention_heads; got 30 and 4", "attention_heads"),
        ({"gama": 0.9}, "an option of the agent: .* got 'gama'", "gama"),
        (
            {**RLLIB, "num_env_runners": 0},
            "num_env_runners of at least 1; got 0; next: leave it out",
            "num_env_runners",
        ),
        (
            {**RLLIB, "num_replay_shards": -1},
            "num_replay_shards of at least 1; got -1",
            "num_replay_shards",
        ),
        (
            {**RLLIB, "num_gpus_per_learner": -1},
            "num_gpus_per_learner of at least 0",
            "num_gpus_per_learner",
        ),
        ({**RLLIB, "device": "auto"}, "device cpu with engine rllib; got device auto", "device"),
        ({"num_env_runners": 2}, "engine rllib with num_env_runners; got engine local", "engine"),
    ],
)
def test_values_that_cannot_work_are_refused(
    options: dict[str, object], message: str, setting: str
) -> None:
    with pytest.raises(UserError, match=message) as error:
        AgentConfig.of(options)
    assert error.value.setting == setting
    assert "--" not in str(error.value)


def test_every_bound_holds_for_the_defaults_and_is_checked() -> None:
    bounded = [item for item in fields(AgentConfig) if "least" in item.metadata]
    assert len(bounded) > 15
    for item in bounded:
        with pytest.raises(UserError, match=f"{item.name} "):
            AgentConfig.of({**RLLIB, item.name: item.metadata["least"] - 1})


def test_the_processes_of_a_training_do_not_make_it_another() -> None:
    one, other = (
        option_values(AgentConfig.of({**RLLIB, "num_env_runners": count}), identity=True)
        for count in (2, 3)
    )
    assert one == other != option_values(AgentConfig(), identity=True)
    left_out = {item.name for item in fields(AgentConfig)} - set(one)
    assert left_out == {"num_env_runners", "num_replay_shards", "num_gpus_per_learner"}


@pytest.mark.parametrize("gpu", [True, False])
def test_the_device_is_decided_by_what_is_there(gpu: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    space = open_benchmark("nasbench_graph/cora").space
    auto, cuda, cpu = (AgentConfig.of({"device": name}) for name in ("auto", "cuda", "cpu"))
    assert AgentConfig().device == "cpu"
    assert resolve_device(cpu, space).device == "cpu"
    assert resolve_device(auto, space).device == ("cuda" if gpu else "cpu")
    assert resolve_device(auto, NASBench301Space()).device == "cpu"
    with pytest.raises(UserError, match="nasbench301, which cannot be enumerated"):
        resolve_device(cuda, NASBench301Space())
    if gpu:
        assert resolve_device(cuda, space) == cuda
    else:
        with pytest.raises(UserError, match="a GPU that torch can use"):
            resolve_device(cuda, space)
