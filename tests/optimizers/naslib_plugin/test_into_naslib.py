"""Our optimizers through NASLib's own ``Trainer``."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from naslib_incremental.foundation.errors import UserError
from tests.optimizers.naslib_plugin.fakes import CLASSES, Config, Data

SPACES = ("NasBench101", "NasBench301")
SEARCHES = ("RandomSearch", "RandomWalk", "LocalSearch")
SHORT = {
    "steps": 512,
    "num_envs": 64,
    "update_every": 64,
    "batch_size": 32,
    "learning_starts": 128,
    "replay_capacity": 500,
    "dimensions": 16,
    "temperature": 0.1,
    "stay_margin": 0.0,
}
# Warnings of NASLib and of what it uses are not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")


def make(
    naslib: ModuleType, name: str, data: Data, save: Path, epochs: int = 20, **search: Any
) -> Any:
    """An optimizer that has its search space, and its trainer."""
    (save / "search").mkdir(parents=True, exist_ok=True)
    search = {"epochs": epochs, "seed": 3, "checkpoint_freq": 5, "neighbours": 6, **search}
    search = {"max_steps": 4, **search, "apex_incremental": Config(SHORT)}
    config = Config(dataset=data.dataset, save=str(save), search=Config(search))
    optimizer = getattr(naslib, name)(config)
    optimizer.adapt_search_space(data.space, dataset_api=data.dataset_api)
    trainer = import_module("naslib.defaults.trainer").Trainer
    return optimizer, trainer(optimizer, config, lightweight_output=True)


def bare(optimizer: Any, data: Data, architecture: Any) -> Any:
    """One of our architectures as a graph of NASLib's without networks."""
    graph = data.space.clone()
    graph.instantiate_model = False
    graph.set_spec(optimizer.benchmark.conversion.to_spec(architecture))
    return graph


def trajectory(save: Path) -> dict[str, Any]:
    return json.loads((save / "errors.json").read_text())[1]


@pytest.fixture(scope="module", params=SPACES)
def data(request: pytest.FixtureRequest, naslib: ModuleType) -> Data:
    naslib.load_naslib()
    return Data(request.param)


@pytest.fixture(scope="module", params=sorted({*CLASSES} - {*SPACES}))
def further(request: pytest.FixtureRequest, naslib: ModuleType) -> Data:
    naslib.load_naslib()
    return Data(request.param)


@pytest.mark.parametrize("name", ["LocalSearch", "ApexIncremental"])
def test_further_spaces(naslib: ModuleType, further: Data, name: str, tmp_path: Path) -> None:
    further.space.instantiate_model = False
    optimizer, trainer = make(naslib, name, further, tmp_path)
    trainer.search()
    answers = optimizer.record.answers
    np.testing.assert_allclose(trajectory(tmp_path)["valid_acc"], np.maximum.accumulate(answers))
    assert len(set(answers)) > 3
    for asked, answer in zip(optimizer.record.asked, answers, strict=True):
        graph = optimizer.benchmark.graph(asked)
        assert further.accuracy(graph) == pytest.approx(answer)
        assert optimizer.benchmark.conversion.from_spec(graph.get_op_indices()) == asked
    final = optimizer.get_final_architecture()
    assert further.accuracy(final) == pytest.approx(answers.max())
    tested = trainer.evaluate(dataset_api=further.dataset_api)
    # NASLib calls the same column of NAS-Bench-201 validation and test.
    is_same = further.space.get_type() == "nasbench201"
    assert tested == pytest.approx(answers.max() - (0 if is_same else 1))


@pytest.mark.parametrize("name", [*SEARCHES, "ApexIncremental"])
def test_a_search_is_written_and_evaluated(
    naslib: ModuleType, data: Data, name: str, tmp_path: Path
) -> None:
    optimizer, trainer = make(naslib, name, data, tmp_path)
    base = import_module("naslib.optimizers.core.metaclasses").MetaOptimizer
    assert isinstance(optimizer, base)
    assert not optimizer.using_step_function
    trainer.search()
    found = trajectory(tmp_path)
    answers = optimizer.record.answers
    assert len(answers) == len(found["valid_acc"]) == 20
    np.testing.assert_allclose(found["valid_acc"], np.maximum.accumulate(answers), rtol=1e-6)
    assert len(set(answers)) > 3
    final = optimizer.get_final_architecture()
    assert data.accuracy(final) == pytest.approx(answers.max(), rel=1e-6)
    assert final.instantiate_model
    assert data.space.instantiate_model, "the user's own search space stays as it is"
    assert final.is_parsed
    tested = trainer.evaluate(dataset_api=data.dataset_api)
    if final.get_type() == "nasbench101":
        assert tested == pytest.approx(answers.max() - 1)
        assert found["train_acc"][-1] == pytest.approx(answers.max() + 1)
        assert found["test_acc"][-1] == pytest.approx(answers.max() - 1)
        assert found["train_time"][-1] == pytest.approx(answers.max() * 10)
    else:
        assert found["test_acc"] == found["train_acc"] == [-1] * 20
    optimizer.train_statistics(report_incumbent=False)
    assert optimizer.train_statistics(report_incumbent=False)[1] == answers[-1]
    with pytest.raises(NotImplementedError):
        optimizer.get_op_optimizer()


@pytest.mark.parametrize("name", SEARCHES)
def test_answers_are_naslibs(naslib: ModuleType, data: Data, name: str, tmp_path: Path) -> None:
    optimizer, trainer = make(naslib, name, data, tmp_path)
    before = len(data.model.asked)
    trainer.search()
    for asked, answer in zip(optimizer.record.asked, optimizer.record.answers, strict=True):
        assert data.accuracy(bare(optimizer, data, asked)) == pytest.approx(answer, rel=1e-6)
    if data.space.get_type() == "nasbench301":
        assert len(data.model.asked) - before == 20, "an epoch is one query"


def test_local_search_pays_for_its_starts(naslib: ModuleType, data: Data, tmp_path: Path) -> None:
    optimizer, trainer = make(naslib, "LocalSearch", data, tmp_path, 7, neighbours=200)
    trainer.search()
    asked = optimizer.record.asked
    around = optimizer.benchmark.space.neighbours(asked[:1], 4_000, None)
    keys = optimizer.benchmark.space.hash(around.architectures[around.mask])
    assert np.isin(optimizer.benchmark.space.hash(asked[1:]), keys).all()


@pytest.mark.parametrize("name", [*SEARCHES, "ApexIncremental"])
def test_a_resumed_search_is_as_if_never_stopped(
    naslib: ModuleType, data: Data, name: str, tmp_path: Path
) -> None:
    whole, trainer = make(naslib, name, data, tmp_path / "whole", 80)
    trainer.search()
    _, trainer = make(naslib, name, data, tmp_path / "part", 70)
    trainer.search()
    resumed, trainer = make(naslib, name, data, tmp_path / "part", 80)
    before = len(data.model.asked)
    trainer.search(resume_from=str(tmp_path / "part" / "search" / "model_0000069.pth"))
    np.testing.assert_array_equal(resumed.record.asked, whole.record.asked)
    np.testing.assert_array_equal(resumed.record.answers, whole.record.answers)
    assert len(trajectory(tmp_path / "part")["valid_acc"]) == 10
    if data.space.get_type() == "nasbench301":
        assert len(data.model.asked) - before == 10


def test_an_evaluation_needs_the_checkpoint_only(
    naslib: ModuleType, data: Data, tmp_path: Path
) -> None:
    first, trainer = make(naslib, "ApexIncremental", data, tmp_path)
    trainer.search()
    second, trainer = make(naslib, "ApexIncremental", data, tmp_path)
    trainer.evaluate(dataset_api=data.dataset_api)
    one, other = first.get_final_architecture(), second.get_final_architecture()
    assert str(one.get_hash()) == str(other.get_hash())
    # Or else NASLib's checkpointer warns of every weight of the agent.
    fresh, _ = make(naslib, "ApexIncremental", data, tmp_path)
    content = torch.load(tmp_path / "search" / "model_final.pth")["model"]
    assert fresh.record.load_state_dict(content, strict=False).unexpected_keys == []
    assert len(fresh.record) == 20


def test_a_checkpoint_of_another_search_is_refused(
    naslib: ModuleType, data: Data, tmp_path: Path
) -> None:
    _, trainer = make(naslib, "RandomSearch", data, tmp_path)
    trainer.search()
    _, trainer = make(naslib, "RandomSearch", data, tmp_path, seed=4, epochs=30)
    with pytest.raises(UserError, match="the checkpoint of a search with the same config"):
        trainer.search(resume_from=str(tmp_path / "search" / "model_0000004.pth"))


class TestAgent:
    def test_training_is_counted_and_in_the_checkpoint(
        self, naslib: ModuleType, data: Data, tmp_path: Path
    ) -> None:
        optimizer, trainer = make(naslib, "ApexIncremental", data, tmp_path)
        before = len(data.model.asked) + len(data.cells.asked)
        trainer.search()
        asked = len(data.model.asked) + len(data.cells.asked) - before
        assert optimizer.training_queries > SHORT["steps"]
        assert optimizer.selection_queries == 0
        # NAS-Bench-101 is asked for more than the validation accuracy at every epoch.
        assert 0 < optimizer.asked <= min(optimizer.training_queries, asked - 20)
        network = optimizer.record.agent
        assert optimizer.get_model_size() == trajectory(tmp_path)["params"]
        count = sum(np.prod(part.shape) for part in network.parameters())
        assert optimizer.get_model_size() == pytest.approx(count / 1e6)
        content = torch.load(tmp_path / "search" / "model_final.pth")["model"]
        for name, part in network.state_dict().items():
            torch.testing.assert_close(content[f"agent.{name}"], part)

    def test_an_agent_trained_before_is_taken(
        self, naslib: ModuleType, data: Data, tmp_path: Path
    ) -> None:
        first, trainer = make(naslib, "ApexIncremental", data, tmp_path / "first")
        trainer.search()
        folder = tmp_path / "first" / "agent"
        second, trainer = make(naslib, "ApexIncremental", data, tmp_path / "x", agent=str(folder))
        trainer.search()
        assert second.training_queries == 0
        assert not (tmp_path / "x" / "agent").exists()
        np.testing.assert_array_equal(second.record.asked, first.record.asked)

    def test_an_agent_of_another_space_is_refused(
        self, naslib: ModuleType, data: Data, tmp_path: Path
    ) -> None:
        other = Data("TransNASMacro")
        other.space.instantiate_model = False
        make(naslib, "ApexIncremental", other, tmp_path)[1].search()
        message = r"search\.agent to be an agent for .*; got .* trained on naslib/transnas101_macro"
        with pytest.raises(UserError, match=message) as caught:
            make(naslib, "ApexIncremental", data, tmp_path / "x", agent=str(tmp_path / "agent"))
        assert "size mismatch" not in str(caught.value)

    def test_no_agent_where_one_is_named(
        self, naslib: ModuleType, data: Data, tmp_path: Path
    ) -> None:
        with pytest.raises(UserError, match="an agent trained on"):
            make(naslib, "ApexIncremental", data, tmp_path, agent=str(tmp_path))


def test_what_is_not_supported_is_refused(naslib: ModuleType, data: Data, tmp_path: Path) -> None:
    spaces = import_module("naslib.search_spaces")
    optimizer, _ = make(naslib, "RandomSearch", data, tmp_path)
    with pytest.raises(UserError, match=r"of nasbench101, .*transbench101_macro; got 'nlp'"):
        optimizer.adapt_search_space(spaces.NasBenchNLPSearchSpace(), dataset_api={})


@pytest.mark.parametrize("node", [5, [1], "steps"])
def test_options_that_are_no_node_are_refused(naslib: ModuleType, node: Any) -> None:
    search = Config(epochs=3, apex_incremental=node)
    with pytest.raises(UserError, match=r"search\.apex_incremental to be a node .*; got "):
        naslib.ApexIncremental(Config(dataset="cifar10", save="", search=search))


def test_unknown_options_are_refused(naslib: ModuleType, data: Data, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nonsense"):
        make(naslib, "RandomWalk", data, tmp_path, random_walk=Config(nonsense=3))
    wrong = Config(epochs=3, apex_incremental=Config(nonsense=3))
    config = Config(dataset="cifar10", save=str(tmp_path), search=wrong)
    with pytest.raises(UserError, match="nonsense"):
        naslib.ApexIncremental(config).adapt_search_space(data.space, dataset_api=data.dataset_api)
