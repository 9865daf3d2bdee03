"""``naslib-data``, from the command line's side."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from naslib_incremental.cli.data import main
from naslib_incremental.search_spaces_ext import SEARCH_SPACES
from naslib_incremental.search_spaces_ext.nasbench101.space import NASBench101Space, cells_of_size
from tests.doubles.nasbench101_cache import own_cache, pretend_import
from tests.doubles.nasbench101_data import shared_file
from tests.doubles.nasbench101_files import made_up_trainings, naslib_table, write_tfrecord

__all__ = ["own_cache"]


def tables(cache: Path) -> list[str]:
    """Whatever stands in the cache beside locks and graphs."""
    return [
        path.name for path in cache.glob("nasbench101_tables/*") if not path.name.endswith(".lock")
    ]


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
    assert "table of run0_test.npz, undamaged" in capsys.readouterr().out


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


@pytest.mark.parametrize(
    "arguments", [[], ["fetch", "imagenet"], ["build"], ["build", "nothing"], ["import"]]
)
def test_wrong_arguments_are_one_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("naslib-data: expected ")
    assert error.count("\n") == 1
