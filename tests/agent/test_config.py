"""The agent's configuration: presets, and values that are refused."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields

import pytest

from naslib_incremental.agent import AgentConfig
from naslib_incremental.foundation.errors import UserError


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
    assert (paper.lanes, paper.training_moves, paper.neighbours) == (8 * 32, 16, 50)
    assert (paper.temperature, paper.stay_margin, paper.reward_scale) == (0.0, 0.0, "none")


def test_options_go_over_the_preset() -> None:
    config = AgentConfig.of({"preset": "paper", "steps": 5_000})
    assert (config.preset, config.steps, config.head) == ("paper", 5_000, "cls")


def test_config_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        AgentConfig().gamma = 1.0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "expected steps >= 1; got 0; next: raise --steps"),
        ({"gamma": 1.5}, r"expected gamma in 0\.\.1; got 1\.5"),
        ({"head": "mlp"}, "expected head of pointer, cls; got 'mlp'"),
        ({"preset": "fast"}, "expected preset of default, paper; got 'fast'"),
        ({"dimensions": 30}, "divisible by attention_heads; got 30 and 4"),
        ({"gama": 0.9}, "got gama; next: naslib-run --help"),
    ],
)
def test_values_that_cannot_work_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        AgentConfig.of(options)
