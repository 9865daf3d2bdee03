"""Agents that come with the package, and searches of one's own data with them."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

import naslib_incremental as ni
from naslib_incremental.agent import checkpoint
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.optimizers import EpisodeSettings
from naslib_incremental.optimizers.apex_in_context import ApexInContext, InContextConfig
from naslib_incremental.optimizers.in_context import pretrained
from naslib_incremental.optimizers.in_context.network import Networks

CORA = ni.open_benchmark("nasbench_graph/cora")
CITESEER = ni.open_benchmark("nasbench_graph/citeseer")
PUBMED = ni.open_benchmark("nasbench_graph/pubmed")
SETTINGS = EpisodeSettings(query_budget=12)
OPTIONS = {"source_queries": 200, "candidates": 128, "updates": 7}
SHIPPED = pretrained.every()


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, torch.Tensor]:
    """Two agents for these sources, in an otherwise empty package."""
    monkeypatch.setattr(pretrained, "FOLDER", tmp_path / "agents")
    pretrained._read.cache_clear()
    config = ApexInContext.configure(OPTIONS, CORA.space, SETTINGS)
    card = pretrained.Card(
        "nasbench_graph",
        CORA.space.version,
        (PUBMED.name, CITESEER.name),
        2,
        500,
        400,
        asdict(config.trainer),
        0,
        "make pretrained",
        {},
    )
    networks = Networks(2, torch.Generator().manual_seed(0)).state_dict()
    pretrained.write("some", card, networks)
    return {name: values.half().float() for name, values in networks.items()}


def agent_of(folder: Path, number: int, **options: object) -> ApexInContext:
    config = ApexInContext.configure({**OPTIONS, **options}, CORA.space, SETTINGS)
    agent = ApexInContext(CORA.space, SETTINGS, config)
    seed = np.random.SeedSequence(3, spawn_key=(9, number))
    result = agent.train([CITESEER, PUBMED], seed, folder, lambda *_: None)
    agent.load(folder)
    assert ("pretrained" in result.details) == (options == {})
    if not options:
        assert result.details["pretrained_queries"] == 400
        assert result.steps == 500
        assert result.queries == 800, "for the agent, and for the functions of the sources"
    return agent


@pytest.mark.parametrize("number", [0, 1, 2])
def test_an_agent_is_taken_where_it_fits(
    number: int, shelf: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    agent = agent_of(tmp_path / "agent", number)
    for name, values in agent._networks.state_dict().items():
        torch.testing.assert_close(values[0], shelf[name][number % 2])


@pytest.mark.parametrize("options", [{"pretrained": False}, {"updates": 6}])
def test_another_training_is_done_where_it_is_asked_for(
    options: dict[str, object], shelf: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    small = {"num_envs": 2, "batch": 4, "training_pool": 64}
    agent_of(tmp_path / "agent", 0, **options, **small)


@pytest.mark.parametrize("one", SHIPPED, ids=lambda one: one.name)
def test_shipped_agents_are_small_and_fit_the_defaults(one: pretrained.Pretrained) -> None:
    path = pretrained.FOLDER / f"{one.name}{pretrained.SUFFIX}"
    assert path.stat().st_size < 1e6
    assert dict(one.card.config) == asdict(InContextConfig().trainer)
    left_out = one.name.removeprefix(f"{one.card.space}-")
    trained_on = {name.split("/")[1] for name in one.card.trained_on}
    assert left_out.removeprefix("without-") not in trained_on
    shapes = {
        name: values.shape for name, values in Networks(1, torch.Generator()).state_dict().items()
    }
    for number in range(one.card.agents):
        state = one.networks(number)
        assert {name: values.shape for name, values in state.items()} == shapes
        assert all(torch.isfinite(values).all() for values in state.values())


def test_shipped_agents_cover_every_data_set_of_three_spaces() -> None:
    found = {one.name for one in SHIPPED}
    for benchmark in ("nasbench_graph/cora", "nasbench201/cifar10"):
        opened = ni.open_benchmark(benchmark)
        names = {f"{opened.space.name}-without-{name}" for name in opened.datasets}
        assert names | {f"{opened.space.name}-all"} <= found
    assert len([name for name in found if name.startswith("transnas101_micro-")]) == 8
    sizes = [path.stat().st_size for path in pretrained.FOLDER.iterdir()]
    assert sum(sizes) < 10e6


def test_a_function_is_searched_with_a_shipped_agent() -> None:
    arxiv = ni.open_benchmark("nasbench_graph/arxiv")
    answers = arxiv.query(np.arange(len(arxiv.space), dtype=np.int32)).validation
    calls: list[str] = []

    def accuracy_of(architecture: str) -> float:
        calls.append(architecture)
        return float(answers[arxiv.space.from_readable([architecture])[0]])

    found = ni.search(accuracy_of, arxiv.space, budget=30)
    assert len(calls) == len(set(calls)) == len(found.history) == 30
    assert [query.architecture for query in found.history] == calls
    assert found.best.accuracy == max(query.accuracy for query in found.history)
    # A search by chance finds one of the best two in a thousand in 6 % of all cases.
    assert found.best.accuracy >= np.quantile(answers, 0.998)


def test_asking_and_telling_in_the_wrong_order_is_told() -> None:
    searcher = ni.Searcher("nasbench_graph/cora", budget=3, policy="ei")
    with pytest.raises(UserError, match="an architecture asked for"):
        searcher.tell(0.5)
    with pytest.raises(UserError, match="at least one accuracy"):
        _ = searcher.best
    first = searcher.ask()
    assert searcher.ask() == first
    with pytest.raises(UserError, match="a finite accuracy"):
        searcher.tell(float("nan"))
    searcher.tell(0.5)
    assert searcher.ask() != first
    for accuracy in (0.7, 0.6):
        searcher.ask()
        searcher.tell(accuracy)
    assert searcher.ask() is None
    assert searcher.best.accuracy == 0.7


def test_a_space_without_agents_is_told() -> None:
    space = ni.open_benchmark("nasbench_graph/proteins").space
    with pytest.raises(UserError, match="a space of"):
        ni.Searcher(space)


def test_cards_are_read_without_running_anything(shelf: dict[str, torch.Tensor]) -> None:
    (one,) = pretrained.every()
    assert replace(one.card) == one.card
    with pytest.raises(UserError, match="all data sets"):
        one.functions()
    path = pretrained.FOLDER / "some.safetensors"
    path.write_bytes(b"\x80\x04cos\nsystem\n")
    pretrained._read.cache_clear()
    with pytest.raises(checkpoint.UnusableCheckpointError):
        pretrained.every()
