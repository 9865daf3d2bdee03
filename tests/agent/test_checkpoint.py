"""A resumed training equals an uninterrupted one, bit for bit, in both environments."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from naslib_incremental.agent import AgentConfig, checkpoint, load_agent, train_agent
from naslib_incremental.agent.checkpoint import UnusableCheckpointError
from naslib_incremental.benchmarks import Benchmark, open_benchmark
from naslib_incremental.foundation.errors import UserError
from tests.doubles.small_training import OPTIONS, STARTS

SEED = np.random.SeedSequence(3)
in_both = pytest.mark.parametrize("kind", STARTS)


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


@pytest.fixture
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The environment that ``train`` trains in; the device's tensors lie on the CPU."""
    monkeypatch.setattr("naslib_incremental.agent.training.local_trainer", STARTS[request.param])
    return str(request.param)


in_both_trainings = pytest.mark.parametrize("kind", STARTS, indirect=True)


@in_both_trainings
@pytest.mark.parametrize("crash", [128, 1_000, 2_000])
def test_resumed_equals_uninterrupted(
    tmp_path: Path, benchmark: Benchmark, kind: str, crash: int
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    train(whole, benchmark)
    with pytest.raises(StopError):
        train(broken, benchmark, crash_after(crash))
    train(broken, benchmark)
    assert weights(broken) == weights(whole)
    assert records(broken) == records(whole)
    left, right = (json.loads((folder / "agent.json").read_text()) for folder in (whole, broken))
    assert {**left, "seconds": 0} == {**right, "seconds": 0}
    assert 2_560 < left["queries"] < 3 * 2_560 + 4_096
    assert left["selection_queries"] == 0
    assert 0 < left["distinct_queries"] < left["queries"]
    assert records(whole)[-1]["mean_final_validation"] < left["best_validation"] < 1
    assert 0.5 < records(whole)[-1]["mean_final_validation"] < 1


@in_both
def test_every_tensor_survives_the_round_trip(
    tmp_path: Path, benchmark: Benchmark, kind: str
) -> None:
    config = AgentConfig.of(OPTIONS)
    first = STARTS[kind](config, benchmark, np.random.SeedSequence(1))
    for _ in range(20):
        first.advance()
    path, again = tmp_path / "checkpoint", tmp_path / "again"
    checkpoint.save(path, first.state_dict(), config, benchmark.name, 12.5)
    second = STARTS[kind](config, benchmark, np.random.SeedSequence(2))
    state, seconds = checkpoint.load(path, config, benchmark.name)
    assert seconds == 12.5
    second.load_state_dict(state)
    checkpoint.save(again, second.state_dict(), config, benchmark.name, 12.5)
    assert again.read_bytes() == path.read_bytes()
    for one in (first, second):
        for _ in range(5):
            one.advance()
    parts = [one.learner.network.state_dict() for one in (first, second)]
    assert all(torch.equal(part, parts[1][name]) for name, part in parts[0].items())


def test_what_is_written_is_read(tmp_path: Path) -> None:
    inner = {"a.b": torch.arange(3, dtype=torch.uint8), "scalar": torch.tensor(1.5), "none": {}}
    state = {"x": torch.zeros(0, 2), "in": {"deeper": inner, "n": 3}, "text": "ü", "big": 1 << 100}
    checkpoint.write(tmp_path / "file", state)
    found = checkpoint.read(tmp_path / "file")
    assert torch.equal(found["x"], state["x"])
    assert torch.equal(found["in"]["deeper"]["a.b"], inner["a.b"])
    assert found["in"]["deeper"]["scalar"].shape == ()
    assert found["in"]["deeper"]["none"] == {}
    assert (found["in"]["n"], found["text"], found["big"]) == (3, "ü", 1 << 100)


def test_a_checkpoint_belongs_to_what_was_asked_for(tmp_path: Path) -> None:
    path, config = tmp_path / "file", AgentConfig.of({"engine": "rllib"})
    checkpoint.save(path, {"n": 1}, config, "toy", 2.0)
    other_size = AgentConfig.of({"engine": "rllib", "num_env_runners": 3})
    assert checkpoint.load(path, other_size, "toy") == ({"n": 1}, 2.0)
    for other in ((AgentConfig(), "toy"), (config, "another")):
        with pytest.raises(UnusableCheckpointError, match="another configuration"):
            checkpoint.load(path, *other)
    with pytest.raises(UnusableCheckpointError):
        checkpoint.load(tmp_path / "missing", config, "toy")


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


@in_both_trainings
def test_trained_agent_is_read_back(tmp_path: Path, benchmark: Benchmark, kind: str) -> None:
    train(tmp_path, benchmark)
    agent = load_agent(tmp_path, benchmark.space, 50)
    assert (agent.policy.temperature, agent.policy.stay_margin) == (0.02, 0.1)
    shown, values = agent.source.look(np.arange(3, dtype=np.int32), np.random.default_rng(0))
    assert values.shape == shown.mask.shape
    np.testing.assert_array_equal(np.isfinite(values), shown.mask)


def test_a_finished_agent_is_not_trained_again(tmp_path: Path, benchmark: Benchmark) -> None:
    train(tmp_path, benchmark)
    train(tmp_path, benchmark, crash_after(0))
    with pytest.raises(StopError):
        train(tmp_path, benchmark, crash_after(0), gamma=0.5)


def test_missing_agent_is_named(tmp_path: Path, benchmark: Benchmark) -> None:
    with pytest.raises(UserError, match="expected an agent trained on nasbench_graph in"):
        load_agent(tmp_path, benchmark.space, 50)
