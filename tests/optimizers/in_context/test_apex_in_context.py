"""The in-context agent as an optimizer: trained on some data sets, searching another."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

from naslib_incremental.agent import checkpoint
from naslib_incremental.benchmarks import Benchmark, open_benchmark
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.optimizers import EpisodeSettings
from naslib_incremental.optimizers.apex_in_context import ApexInContext
from naslib_incremental.optimizers.in_context.environment import InContextEnvironment
from naslib_incremental.optimizers.in_context.tasks import SourceTable, SourceTables
from naslib_incremental.optimizers.in_context.trainer import InContextTrainer, TrainerConfig
from naslib_incremental.optimizers.testing import TrainableOptimizerContract

CORA = open_benchmark("nasbench_graph/cora")
CITESEER = open_benchmark("nasbench_graph/citeseer")
PUBMED = open_benchmark("nasbench_graph/pubmed")
SETTINGS = EpisodeSettings(query_budget=20)
SMALL = {
    "source_queries": 300,
    "candidates": 128,
    "updates": 30,
    "num_envs": 4,
    "batch": 8,
    "training_pool": 64,
}
CPU = torch.device("cpu")


class TestApexInContext(TrainableOptimizerContract):
    optimizer = ApexInContext
    episode_count = 4
    options: ClassVar = SMALL

    def sources(self, benchmark: Benchmark) -> list[Benchmark]:
        return [CITESEER, PUBMED]


def trained(folder: Path, **options: Any) -> ApexInContext:
    config = ApexInContext.configure({**SMALL, **options}, CORA.space, SETTINGS)
    agent = ApexInContext(CORA.space, SETTINGS, config)
    agent.train([CITESEER, PUBMED], np.random.SeedSequence(0), folder, lambda *_: None)
    agent.load(folder)
    return agent


def searches(agent: ApexInContext, answers: np.ndarray[Any, Any]) -> list[list[int]]:
    """What each of three searches asks for."""
    agent.start(np.arange(3, dtype=np.int32), np.full(3, np.nan), np.random.default_rng(0))
    found: list[list[int]] = [[], [], []]
    while (one := agent.ask()) is not None:
        for episode, architecture in zip(one.episodes, one.architectures, strict=True):
            found[episode].append(int(architecture))
        agent.tell(answers[one.architectures])
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("in_context")
    trained(path)
    return path


@pytest.mark.parametrize("policy", ["q", "ei"])
def test_the_scale_of_accuracies_changes_nothing(policy: str, folder: Path) -> None:
    config = ApexInContext.configure({**SMALL, "policy": policy}, CORA.space, SETTINGS)
    agent = ApexInContext(CORA.space, SETTINGS, config)
    agent.load(folder)
    answers = CORA.query(np.arange(len(CORA.space), dtype=np.int32)).validation
    plain = searches(agent, answers)
    assert plain == searches(agent, 1e3 * answers - 17)
    assert all(len(set(one)) == len(one) == 20 for one in plain)


def test_training_queries_are_those_of_the_sources_functions(tmp_path: Path) -> None:
    config = ApexInContext.configure(SMALL, CORA.space, SETTINGS)
    agent = ApexInContext(CORA.space, SETTINGS, config)
    found = agent.train([CITESEER, PUBMED], np.random.SeedSequence(0), tmp_path, lambda *_: None)
    assert found.queries == found.distinct_queries == 600
    assert found.details["sources"] == [CITESEER.name, PUBMED.name]
    assert found.details["updates"] == 30
    assert not (tmp_path / "checkpoint.safetensors").exists()


def test_one_source_has_nothing_to_play_the_target(tmp_path: Path) -> None:
    agent = ApexInContext(CORA.space, SETTINGS)
    with pytest.raises(UserError, match="two sources"):
        agent.train([CITESEER], np.random.SeedSequence(0), tmp_path, lambda *_: None)


def test_a_damaged_agent_is_refused(tmp_path: Path, folder: Path) -> None:
    for name in ("sources.safetensors", "agent.safetensors"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    (tmp_path / "agent.safetensors").write_bytes(b"nothing")
    with pytest.raises(UserError, match="an agent of apex_in_context"):
        ApexInContext(CORA.space, SETTINGS).load(tmp_path)


def misleading(sources: int = 4) -> SourceTable:
    """Sources of no use to one another, each a linear function of the descriptors."""
    rng = np.random.default_rng(0)
    described = rng.standard_normal((400, 6)) / np.sqrt(12)
    directions = np.linalg.qr(rng.standard_normal((6, 6)))[0][:, :sources]
    scores = torch.from_numpy(described @ directions * np.sqrt(12)).float()
    return SourceTable(torch.from_numpy(described).float(), scores, scores, scores.double())


CONFIG = TrainerConfig(
    updates=150,
    num_envs=8,
    batch=32,
    pool=100,
    capacity=4_096,
    learning_rate=2e-3,
    discount=0.95,
    n_step=3,
    auxiliary=0.3,
    augment=False,
)


def test_a_training_resumes_to_the_same_agents(tmp_path: Path) -> None:
    config = TrainerConfig(**{**CONFIG.__dict__, "updates": 60})
    whole, broken = (InContextTrainer([misleading()], config, 1, CPU) for _ in range(2))
    while not whole.done:
        whole.run_episode()
    while broken.updates == 0:
        broken.run_episode()
    assert not broken.done
    checkpoint.write(tmp_path / "half", broken.state_dict())
    resumed = InContextTrainer([misleading()], config, 2, CPU)
    resumed.load_state_dict(checkpoint.read(tmp_path / "half"))
    while not resumed.done:
        resumed.run_episode()
    assert resumed.steps == whole.steps
    for name, value in whole.networks.state_dict().items():
        assert torch.equal(resumed.networks.state_dict()[name], value), name


def test_agents_learn_whom_to_believe() -> None:
    """Where no source says anything of another, the prior that trusts them is the worst expert."""
    trainer = InContextTrainer([misleading()], CONFIG, 1, CPU)
    fresh = torch.Generator().manual_seed(11)
    tables = SourceTables.of([misleading()], CPU)
    place = InContextEnvironment(tables, 64, 100, fresh, augment=False)
    place.reset(8)
    for _ in range(5):
        place.step(torch.zeros(64, dtype=torch.long))
    shown, answers = place.observation.of_agents(1), place.answers

    def judged() -> tuple[float, float]:
        with torch.no_grad():
            found = trainer.networks(shown)
        weights = found.log_weights.exp()[0].mean(0)
        likelihood = found.log_likelihood(answers.accuracies[None]).mean()
        return float(weights[0]), float(likelihood)

    trusted, likelihood = judged()
    while not trainer.done:
        trainer.run_episode()
    trusted_after, likelihood_after = judged()
    assert trusted == pytest.approx(0.7, abs=1e-3)
    assert trusted_after < trusted - 0.1
    assert likelihood_after > likelihood + 0.05
