"""Config files in NASLib's layout."""

from __future__ import annotations

from importlib.util import find_spec
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
    expected = RunConfig(
        {optimizer: options},
        "nasbench101",
        seeds=1,
        start_sets=1,
        searches=1,
        budgets=(100,),
        seed=3,
    )
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
        ({"search_space": "darts"}, "nasbench301"),
        ({"search_space": "nasbench201"}, "nasbench201/cifar10"),
        (
            {"search_space": "nasbench201", "dataset": "ImageNet16-120"},
            "nasbench201/imagenet16-120",
        ),
        ({"search_space": "transbench101_micro", "dataset": "normal"}, "transnas101_micro/normal"),
        ({"search_space": "transbench101", "dataset": "jigsaw"}, "transnas101_micro/jigsaw"),
        ({"search_space": "transbench101_macro", "dataset": "jigsaw"}, "transnas101_macro/jigsaw"),
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
        ({"search_space": "asr"}, r"search_space to be one of .*nasbench201.*; got 'asr'"),
        ({"dataset": "cifar100"}, r"dataset to be cifar10 for nasbench101 .*; got 'cifar100'"),
        ({"search": {"fidelity": 50}}, r"search\.fidelity to be -1 .*; got 50"),
        (
            {"search_space": "nasbench201", "search": {"fidelity": 12}},
            r"search\.fidelity to be -1 .*; got 12",
        ),
        (
            {"optimizer": "npenas", "search": {"zc_ensemble": True}},
            r"zc_ensemble to be false, .* images in .*; got True",
        ),
        ({"search": [1]}, r"search to be a node"),
        ({"optimizer": ["re", "rs"]}, r"optimizer to be one name"),
        ({"optimizer": "darts"}, r"a black-box one .*; got 'darts', which trains networks"),
        ({"optimizer": "nonsense"}, r"one of the optimizers .*; got 'nonsense'"),
        ({"optimizer": "bananas", "search": {"predictor_type": "gcn"}}, r"invalid choice: 'gcn'"),
        ({"search": {"epochs": "many"}}, r"invalid int value: 'many'"),
        ({"search": {"naslib:regularized_evolution": 3}}, r"to be a node with keys of its own"),
        ({"test_size": 5}, r"a search in .*; got an evaluation of predictors \(test_size\)"),
        ({"run_acc_stats": 1}, r"a search in .*; got statistics of a search space"),
    ],
)
def test_what_cannot_be_told_is_one_line(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=message) as caught:
        config(tmp_path, **changes)
    assert "\n" not in str(caught.value)


def test_what_is_not_used_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """NASLib's keys for other optimizers, in one warning."""
    changes = {"tau_max": 10, "use_zc_api": False, "learning_rate": 0.1, "predictor": "mlp"}
    config(tmp_path, config_id=3, search=changes)
    [record] = caplog.records
    assert record.levelname == "WARNING"
    listed = set(record.getMessage().partition("use for ")[2].split(", "))
    assert {f"search.{name}" for name in (*changes, "k", "batch_size", "predictor_type")} < listed
    assert {"config_id", "evaluation"} < listed
    assert not {"seed", "search.epochs", "search.sample_size", "dataset", "out_dir"} & listed


def test_overrides_as_naslibs_runners_take_them(tmp_path: Path) -> None:
    found = config(tmp_path, "search.epochs", "20", "optimizer", "rs", "search.new.key", "3")
    assert (list(found.optimizers), found.budgets) == (["naslib:random_search"], (20,))
    assert config(tmp_path, "seed", "8", "--seeds", "2").seed == 8
    found = config(tmp_path, "search.fidelity", "-1", "--neighbours", "9", "--workers", "1")
    assert found.neighbours == 9


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (["search.epochs"], "names and values in turn; got search.epochs without a value"),
        (["seed.low", "3"], r"seed to be a node for seed\.low; got 3"),
    ],
)
def test_overrides_that_make_no_sense(tmp_path: Path, typed: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        config(tmp_path, *typed)


def test_words_without_a_file() -> None:
    with pytest.raises(UserError, match=r"unrecognized arguments: search\.epochs 20"):
        read_choices(["search.epochs", "20"])


@pytest.mark.parametrize(
    ("missing", "message"),
    [("search_space", "search_space in .*; got none.*--benchmark"), ("optimizer", "optimizer in")],
)
def test_what_a_file_leaves_open_is_asked_for(tmp_path: Path, missing: str, message: str) -> None:
    content = {key: value for key, value in FILE.items() if key != missing}
    file = tmp_path / "naslib.yaml"
    file.write_text(yaml.safe_dump(content))
    with pytest.raises(UserError, match=message):
        read_choices(["--config-file", str(file)])
    named = {"search_space": ["--benchmark", "toy"], "optimizer": ["--optimizer", "random_walk"]}
    found = read_choices(["--config-file", str(file), *named[missing]]).config
    assert found is not None


# What NASLib's Develop has below its package, and what becomes of it: the optimizer and benchmark,
# or the reason why not.
NASLIBS_FILES = {
    "configs/example_bbo_config.yaml": "search_space",
    "defaults/config_multi.yaml": "optimizer in",
    "defaults/darts_defaults.yaml": "which trains networks",
    "defaults/nb201_defaults.yaml": "search_space in",
    "optimizers/oneshot/gsparsity/config.yaml": "which trains networks",
    "optimizers/oneshot/gsparsity/darts_config.yaml": "which trains networks",
    "runners/bbo/discrete_config.yaml": ("regularized_evolution", 10),
    "runners/nas/discrete_config.yaml": ("regularized_evolution", 100),
    "runners/nas_predictors/discrete_config.yaml": ("bananas", 100),
    "runners/nas_predictors/nas_predictor_config.yaml": "evaluation of predictors",
    "runners/predictors/predictor_config.yaml": "evaluation of predictors",
    "runners/statistics/statistics_config.yaml": "statistics of a search space",
    "runners/zc/zc_config.yaml": "evaluation of predictors",
}


@pytest.mark.parametrize("name", NASLIBS_FILES)
def test_the_files_that_naslib_comes_with(name: str) -> None:
    spec = find_spec("naslib")
    if spec is None or spec.origin is None:
        pytest.skip("the real NASLib is not importable: put a checkout on PYTHONPATH")
    folder = Path(spec.origin).parent
    present = {str(path.relative_to(folder)) for path in folder.rglob("*.yaml")}
    assert present == set(NASLIBS_FILES)
    expected, arguments = NASLIBS_FILES[name], ["--config-file", str(folder / name)]
    if isinstance(expected, str):
        with pytest.raises(UserError, match=expected) as caught:
            read_choices(arguments)
        assert "\n" not in str(caught.value)
    else:
        found = read_choices(arguments).config
        assert found is not None
        optimizer, budget = expected
        assert list(found.optimizers) == [f"naslib:{optimizer}"]
        assert (found.benchmark, found.budgets) == ("nasbench201/cifar10", (budget,))
        assert (found.seeds, found.start_sets, found.searches, found.seed) == (1, 1, 1, 0)


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
