"""Config files in NASLib's layout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from naslib_incremental.cli import run
from naslib_incremental.cli.choices import Choices, read_choices
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.harness import RunConfig

pytestmark = pytest.mark.usefixtures("toy")

# The keys of the file that NASLib's runner for query-based optimizers comes with.
FILE: dict[str, Any] = {
    "seed": 3,
    "optimizer": "re",
    "search_space": "nasbench101",
    "dataset": "cifar10",
    "out_dir": "there",
    "search": {
        "budgets": 50000000,
        "checkpoint_freq": 1000,
        "fidelity": 108,
        "epochs": 100,
        "predictor_type": "xgb",
        "num_init": 11,
        "k": 12,
        "num_ensemble": 3,
        "acq_fn_type": "its",
        "acq_fn_optimization": "mutation",
        "encoding_type": "adjacency_one_hot",
        "num_arches_to_mutate": 5,
        "max_mutations": 1,
        "num_candidates": 200,
        "batch_size": 64,
        "data_size": 25000,
        "cutout": False,
        "cutout_length": 16,
        "cutout_prob": 1.0,
        "train_portion": 0.7,
        "debug_predictor": False,
        "sample_size": 13,
        "population_size": 14,
    },
    "evaluation": {"epochs": 600},
}


def read(tmp_path: Path, *typed: str, search: Any = None, **changes: Any) -> Choices:
    if isinstance(search, dict):
        search = {**FILE["search"], **search}
    content = {**FILE, **changes, "search": search or FILE["search"]}
    file = tmp_path / "naslib.yaml"
    file.write_text(yaml.safe_dump(content))
    return read_choices(["--config-file", str(file), *typed])


def config(tmp_path: Path, *typed: str, **changes: Any) -> RunConfig:
    found = read(tmp_path, *typed, **changes).config
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("named", "optimizer", "options"),
    [
        ("rs", "naslib:random_search", {}),
        ("ls", "naslib:local_search", {"num_init": 11}),
        ("re", "naslib:regularized_evolution", {"sample_size": 13, "population_size": 14}),
    ],
)
def test_naslibs_optimizers(
    tmp_path: Path, named: str, optimizer: str, options: dict[str, Any]
) -> None:
    expected = RunConfig({optimizer: options}, "nasbench101", 1, 1, 100, (100,), seed=3)
    assert config(tmp_path, optimizer=named) == expected
    assert read(tmp_path, optimizer=named).out == Path("there")


@pytest.mark.parametrize("named", ["bananas", "npenas"])
def test_predictors(tmp_path: Path, named: str) -> None:
    options = config(tmp_path, optimizer=named).optimizers[f"naslib:{named}"]
    assert options["predictor_type"] == "xgb"
    assert (options["num_init"], options["k"]) == (11, 12)
    assert ("acq_fn_type" in options) == (named == "bananas")


def test_ours_take_their_own_node_only(tmp_path: Path) -> None:
    found = config(
        tmp_path,
        optimizer="apex_incremental",
        search={"neighbours": 25, "apex_incremental": {"steps": 7, "learning_rate": 0.5}},
    )
    assert found.optimizers["apex_incremental"] == {"steps": 7, "learning_rate": 0.5}
    assert "local_search" in found.optimizers
    assert (found.neighbours, found.episodes, found.budgets) == (25, 10_000, (100,))


@pytest.mark.parametrize(
    ("changes", "benchmark"),
    [
        ({"search": {"fidelity": 12}}, "nasbench101/epochs-12"),
        ({"search": {"fidelity": -1}}, "nasbench101"),
        ({"search_space": "nasbench301", "search": {"fidelity": 100}}, "nasbench301"),
        ({"search_space": "nasbench_graph", "dataset": "arxiv"}, "nasbench_graph/arxiv"),
        ({"search_space": "toy", "dataset": "plain"}, "toy/plain"),
    ],
)
def test_benchmarks(tmp_path: Path, changes: dict[str, Any], benchmark: str) -> None:
    assert config(tmp_path, **changes).benchmark == benchmark


def test_our_options_beside_and_over_it(tmp_path: Path) -> None:
    found = config(tmp_path, "--episodes", "300", "--seed", "9", seeds=2, start_sets=4)
    assert (found.seeds, found.start_sets, found.episodes, found.seed) == (2, 4, 300, 9)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"search_space": "nasbench201"}, r"search_space to be one of .*; got 'nasbench201'"),
        ({"dataset": "cifar100"}, r"dataset to be cifar10 for nasbench101 .*; got 'cifar100'"),
        ({"search": {"fidelity": 50}}, r"search\.fidelity to be -1 .*; got 50"),
        ({"search": {"tau_max": 10}}, r"search\.tau_max to be left out, or .*; got 10"),
        ({"search": [1]}, r"search to be a node"),
        ({"optimizer": ["re", "rs"]}, r"optimizer to be one name"),
        ({"optimizer": "darts"}, r"one of the optimizers .*; got 'darts'"),
        ({"optimizer": "bananas", "search": {"predictor_type": "gcn"}}, r"invalid choice: 'gcn'"),
        (
            {"optimizer": "bananas", "search": {"acq_fn_optimization": "random_sampling"}},
            r"search\.acq_fn_optimization to be left out",
        ),
        ({"search": {"epochs": "many"}}, r"invalid int value: 'many'"),
        ({"search": {"naslib:regularized_evolution": 3}}, r"to be a node with keys of its own"),
        ({"nonsense": 1}, r"option names .*; got 'nonsense'"),
    ],
)
def test_what_cannot_be_told_is_one_line(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=message) as caught:
        config(tmp_path, **changes)
    assert "\n" not in str(caught.value)


def test_the_whole_job(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "naslib.yaml"
    search = {"epochs": 20, "local_search_enhanced": {"initial": 4}}
    content = {"optimizer": "local_search_enhanced", "search_space": "toy", "dataset": "plain"}
    content |= {"out_dir": str(tmp_path / "out"), "search": search, "episodes": 30, "seeds": 2}
    file.write_text(yaml.safe_dump(content))
    assert run.main(["--config-file", str(file), "--workers", "1", "--report", "summary"]) == 0
    assert "local_search_enhanced" in capsys.readouterr().out
    (folder,) = (tmp_path / "out").iterdir()
    assert len(list(folder.glob("episodes/local_search_enhanced/*.parquet"))) == 10
