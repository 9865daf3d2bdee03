"""Optimizers and search spaces by name, and the runner that has ours and NASLib's."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
import yaml

from naslib_incremental.optimizers.naslib import __main__ as command
from naslib_incremental.optimizers.naslib.__main__ import main
from naslib_incremental.optimizers.naslib.runner import run
from tests.optimizers.naslib_plugin.conftest import is_standin
from tests.optimizers.naslib_plugin.fakes import CLASSES, Config, Data

# Warnings of NASLib and of what it uses are not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")

NAMES = {
    "NasBench101": "nasbench101",
    "NasBench201": "nasbench201",
    "NasBench301": "darts",
    "TransNASMicro": "transbench101_micro",
    "TransNASMacro": "transbench101_macro",
}
OURS = ["apex_incremental", "local_search", "random_search", "random_walk"]
TINY = {"steps": 256, "num_envs": 64, "replay_capacity": 500, "dimensions": 16}
TINY |= {"learning_starts": 128, "update_every": 64, "batch_size": 32, "stay_margin": 0.0}


@pytest.fixture(params=CLASSES)
def data(
    request: pytest.FixtureRequest, naslib: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Data]:
    """Made-up data where NASLib's would be read."""
    naslib.load_naslib()
    data = Data(request.param)
    asked = {"darts": "nasbench301"}.get(NAMES[request.param], NAMES[request.param])

    def get_dataset_api(search_space: str, dataset: str) -> dict[str, Any]:
        assert (search_space, dataset) == (asked, data.dataset)
        return data.dataset_api

    monkeypatch.setattr("naslib.utils.get_dataset_api", get_dataset_api)
    log = logging.getLogger("naslib")
    before = log.level, log.propagate
    yield data
    for handler in log.handlers[:]:
        handler.close()
        log.removeHandler(handler)
    log.setLevel(before[0])
    log.propagate = before[1]
    getattr(import_module("naslib.utils").setup_logger, "cache_clear", lambda: None)()


def config_file(tmp_path: Path, space: str, dataset: str, **search: Any) -> Path:
    content = {"seed": 5, "optimizer": "random_search", "search_space": space, "dataset": dataset}
    node = {"epochs": 6, "checkpoint_freq": 100, "num_init": 2, "fidelity": -1, **search}
    node |= {"sample_size": 2, "population_size": 3}
    content |= {"out_dir": str(tmp_path / "out"), "search": node}
    path = tmp_path / "naslib.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def errors(tmp_path: Path, data_name: str, dataset: str, optimizer: str) -> dict[str, Any]:
    folder = tmp_path / "out" / data_name / dataset / optimizer / "5"
    return json.loads((folder / "errors.json").read_text())[1]


@pytest.mark.parametrize("optimizer", ["random_search", "local_search"])
def test_ours_on_every_space(
    data: Data, tmp_path: Path, optimizer: str, request: pytest.FixtureRequest
) -> None:
    space = NAMES[request.node.callspec.params["data"]]
    path = config_file(tmp_path, space, data.dataset)
    assert main(["--config-file", str(path), "optimizer", optimizer, "search.epochs", "4"]) == 0
    found = errors(tmp_path, space, data.dataset, optimizer)
    assert len(found["valid_acc"]) == 4


def test_an_agent_is_trained_and_told_of(
    data: Data, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Under NASLib's logger, so that its log.log has it."""
    if data.space.get_type() != "nasbench201":
        pytest.skip("one space is enough")
    path = config_file(tmp_path, "nasbench201", "cifar10", apex_incremental=TINY)
    assert main(["--config-file", str(path), "optimizer", "apex_incremental"]) == 0
    folder = tmp_path / "out" / "nasbench201" / "cifar10" / "apex_incremental" / "5"
    log = (folder / "log.log").read_text()
    assert "training one for 256 steps" in log
    assert "step 256 of 256" in log
    # Four temperatures, then two: a tenth of the training's queries at most, or 200.
    training = int(re.search(r"256 steps took (\d+) queries", log)[1])
    selection = int(re.search(r"choice of temperature and stay margin (\d+),", log)[1])
    assert 180 <= selection <= max(200, training // 10)
    assert f"selection_queries {selection}" in log
    assert (folder / "agent" / "agent.safetensors").exists()


def two_mutations(graph: Any, dataset_api: Any = None) -> list[Any]:
    """In the form of NASLib's ``get_nbhd``."""
    found = [torch.nn.Module() for _ in range(2)]
    for module in found:
        module.arch = type(graph)()
        module.arch.mutate(graph, dataset_api=dataset_api)
    return found


@pytest.mark.parametrize("optimizer", ["rs", "re", "ls"])
def test_naslibs_own_beside_them(
    data: Data,
    tmp_path: Path,
    optimizer: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Numpy 2.4 refuses how they count parameters, and JSON the surrogate's 32-bit numbers."""
    if is_standin():
        pytest.skip("the stand-in's optimizers need our search space")
    space = NAMES[request.node.callspec.params["data"]]
    path = config_file(tmp_path, space, data.dataset)
    if space == "darts" and optimizer == "ls":
        # The graphs of all neighbours take it minutes.
        monkeypatch.setattr(type(data.space), "get_nbhd", two_mutations)
    arguments = ["--config-file", str(path), "optimizer", optimizer, "search.epochs", "4"]
    if space == "transbench101_macro" and optimizer == "re":
        assert main(arguments) == 2
        assert "that can mutate; got transbench101_macro for re;" in capsys.readouterr().err
        return
    assert main(arguments) == 0
    assert len(errors(tmp_path, space, data.dataset, optimizer)["valid_acc"]) == 4


@pytest.mark.parametrize("data", ["NasBench101"], indirect=True)
@pytest.mark.parametrize("optimizer", ["local_search", "apex_incremental"])
def test_a_search_goes_on_and_is_evaluated_again(
    data: Data, tmp_path: Path, optimizer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if it had never stopped; an evaluation asks for nothing but what it is of."""
    tested: list[float] = []
    monkeypatch.setattr(command, "run", lambda *given: tested.append(run(*given)))
    path = config_file(tmp_path, "nasbench101", "cifar10", apex_incremental=TINY)
    given = ["--config-file", str(path)]
    named = ["optimizer", optimizer]
    assert main([*given, *named, "search.epochs", "9"]) == 0
    whole = errors(tmp_path, "nasbench101", "cifar10", optimizer)["valid_acc"]
    assert len(set(whole)) > 1

    path.write_text(path.read_text().replace(str(tmp_path / "out"), str(tmp_path / "x" / "out")))
    assert main([*given, *named, "search.epochs", "4"]) == 0
    asked = len(data.cells.asked)
    assert main([*given, "--resume", *named, "search.epochs", "9"]) == 0
    # Per epoch: the query, and at most training, test accuracy, time and all of the incumbent.
    assert len(data.cells.asked) - asked <= 5 * 5 + 5
    # NASLib's file begins where the search went on.
    resumed = errors(tmp_path / "x", "nasbench101", "cifar10", optimizer)["valid_acc"]
    assert resumed == whole[4:]

    kept = {one: one.read_bytes() for one in tmp_path.rglob("*") if one.suffix in (".json", ".pth")}
    asked = len(data.cells.asked)
    assert main([*given, "--eval-only", *named, "search.epochs", "9"]) == 0
    assert len(data.cells.asked) - asked == 1
    assert {one: one.read_bytes() for one in kept} == kept
    first, _, gone_on, again = tested
    assert first == gone_on == again == pytest.approx(max(whole) - 1)


@pytest.mark.parametrize("data", ["NasBench101"], indirect=True)
@pytest.mark.parametrize(
    ("option", "optimizer", "message"),
    [
        ("--eval-only", "local_search", "a search that has ended; got no .*model_final.pth"),
        ("--eval-only", "ls", "a whole search with NASLib's ls"),
        ("--resume", "re", "a whole search with NASLib's re"),
    ],
)
def test_what_cannot_go_on_is_one_line(
    data: Data,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    option: str,
    optimizer: str,
    message: str,
) -> None:
    path = config_file(tmp_path, "nasbench101", "cifar10")
    assert main(["--config-file", str(path), option, "optimizer", optimizer]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert re.search(message, line), line


def test_parameters_are_counted_with_any_numpy(naslib: ModuleType) -> None:
    naslib.load_naslib()
    optimizers = import_module("naslib.optimizers")
    if is_standin():
        search = Config(sample_size=1, population_size=1, epochs=1)
        own = optimizers.RegularizedEvolution(Config(search=search, dataset=""))
        assert own.get_model_size() == pytest.approx(16e-6)
    from torch import nn

    counted = import_module("naslib.utils").count_parameters_in_MB
    model = nn.ModuleDict({"stem": nn.Linear(10, 99, bias=False), "auxiliary": nn.Linear(3, 3)})
    assert counted(model) == pytest.approx(990e-6)


def test_dictionaries_for_naslibs_runners(naslib: ModuleType) -> None:
    config = SimpleNamespace(dataset="cifar10", search=Config(epochs=3), save="")
    optimizers = naslib.supported_optimizers(config)
    assert sorted(optimizers) == OURS
    base = naslib.load_naslib().MetaOptimizer
    assert all(isinstance(one, base) for one in optimizers.values())
    spaces = naslib.supported_search_spaces()
    kinds = {name: space.get_type() for name, space in spaces.items()}
    assert {kinds[name] for name in NAMES.values()} == {
        *{"nasbench101", "nasbench201", "nasbench301"},
        *{"transbench101_micro", "transbench101_macro"},
    }
    for name, space in spaces.items():
        config.dataset = "jigsaw" if name.startswith("transbench") else "cifar10"
        optimizers["random_search"].adapt_search_space(space, dataset_api={})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["optimizer", "nonsense"], "optimizer of apex_incremental, bananas, .*; got 'nonsense'"),
        (["search_space", "asr"], "search_space of darts, nasbench101, .*; got 'asr'"),
        (["search.epochs"], "names and values in turn; got search.epochs without a value"),
        (["search_space", "nasbench201", "dataset", "x"], "NASLib's data for nasbench201 on x"),
    ],
)
def test_what_is_wrong_is_one_line(
    naslib: ModuleType,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    changes: list[str],
    message: str,
) -> None:
    path = config_file(tmp_path, "nasbench101", "cifar10")
    assert main(["--config-file", str(path), *changes]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert re.search(message, line), line


def test_a_file_that_lacks_names(
    naslib: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "naslib.yaml"
    path.write_text("search: {}\noptimizer: re\ndataset: cifar10\n")
    assert main(["--config-file", str(path)]) == 2
    assert "out_dir, search.epochs, search_space in" in capsys.readouterr().err
    assert main(["--config-file", str(tmp_path / "none.yaml")]) == 2
    assert "none.yaml" in capsys.readouterr().err
