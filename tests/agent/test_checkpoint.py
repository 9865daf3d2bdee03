"""A resumed training equals an uninterrupted one, bit for bit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from naslib_incremental.agent import AgentConfig, load_agent, train_agent
from naslib_incremental.agent import checkpoint as checkpoints
from naslib_incremental.agent.trainer import Trainer
from naslib_incremental.benchmarks import Benchmark, open_benchmark
from naslib_incremental.foundation.errors import UserError
from tests.doubles.small_training import OPTIONS

SEED = np.random.SeedSequence(3)


@pytest.fixture(scope="module")
def benchmark() -> Benchmark:
    return open_benchmark("nasbench_graph/cora")


def ignore(step: int, steps: int, figures: Mapping[str, float]) -> None:
    pass


def weights(folder: Path) -> bytes:
    return (folder / "agent.safetensors").read_bytes()


def records(folder: Path) -> list[dict[str, float]]:
    timings = {"seconds", "steps_per_second"}
    lines = (folder / "progress.jsonl").read_text().splitlines()
    return [{k: v for k, v in json.loads(line).items() if k not in timings} for line in lines]


class StopError(Exception):
    """Stands for a crash."""


def crash_after(steps: int) -> object:
    def progress(step: int, _: int, figures: Mapping[str, float]) -> None:
        if step >= steps:
            raise StopError

    return progress


def train(folder: Path, benchmark: Benchmark, progress: object = ignore, **options: object) -> None:
    config = AgentConfig.of({**OPTIONS, **options})
    train_agent(config, benchmark, SEED, folder, 8, progress)


@pytest.fixture(autouse=True)
def frequent_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("naslib_incremental.agent.training.RECORD_EVERY", 128)


@pytest.mark.parametrize("crash", [128, 1_000, 2_000])
def test_resumed_equals_uninterrupted(tmp_path: Path, benchmark: Benchmark, crash: int) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    train(whole, benchmark)
    with pytest.raises(StopError):
        train(broken, benchmark, crash_after(crash))
    train(broken, benchmark)
    assert weights(broken) == weights(whole)
    assert records(broken) == records(whole)
    left, right = (json.loads((folder / "agent.json").read_text()) for folder in (whole, broken))
    assert {**left, "seconds": 0} == {**right, "seconds": 0}


def test_every_array_survives_the_round_trip(tmp_path: Path, benchmark: Benchmark) -> None:
    config = AgentConfig.of(OPTIONS)
    first = Trainer(config, benchmark, np.random.SeedSequence(1))
    for _ in range(20):
        first.advance()
    path = tmp_path / "checkpoint"
    checkpoints.save_trainer(first, path, 12.5)
    second = Trainer(config, benchmark, np.random.SeedSequence(2))
    assert checkpoints.restore_trainer(second, path) == 12.5
    again = tmp_path / "again"
    checkpoints.save_trainer(second, again, 12.5)
    assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("damage", ["truncated", "foreign", "other configuration"])
def test_unusable_checkpoint_is_trained_over(
    tmp_path: Path, benchmark: Benchmark, damage: str
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    train(whole, benchmark)
    with pytest.raises(StopError):
        train(broken, benchmark, crash_after(1_000))
    path = broken / "checkpoint.safetensors"
    if damage == "truncated":
        path.write_bytes(path.read_bytes()[:1000])
    elif damage == "foreign":
        path.write_bytes(b"nothing of the kind")
    else:
        with pytest.raises(StopError):
            train(broken, benchmark, crash_after(1_000), gamma=0.5)
    train(broken, benchmark)
    assert weights(broken) == weights(whole)


def test_same_seed_same_agent_and_another_seed_another(
    tmp_path: Path, benchmark: Benchmark
) -> None:
    for name in ("first", "second"):
        train(tmp_path / name, benchmark)
    assert weights(tmp_path / "first") == weights(tmp_path / "second")
    other = tmp_path / "other"
    train_agent(AgentConfig.of(OPTIONS), benchmark, np.random.SeedSequence(4), other, 8, ignore)
    assert weights(other) != weights(tmp_path / "first")


def test_trained_agent_is_read_back(tmp_path: Path, benchmark: Benchmark) -> None:
    train(tmp_path, benchmark)
    agent = load_agent(tmp_path, benchmark.space, 50)
    assert (agent.policy.temperature, agent.policy.stay_margin) == (0.02, 0.1)
    shown, values = agent.source.look(np.arange(3, dtype=np.int32), np.random.default_rng(0))
    assert values.shape == shown.mask.shape
    assert np.isfinite(values).all()


def test_missing_agent_is_named(tmp_path: Path, benchmark: Benchmark) -> None:
    with pytest.raises(UserError, match="expected an agent trained on nasbench_graph in"):
        load_agent(tmp_path, benchmark.space, 50)
