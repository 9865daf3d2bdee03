"""``naslib-data import`` of NAS-Bench-301's models."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.made_up.nasbench301_models import binary_handle, pickled, write_member, write_models
from naslib_incremental.cli.data import main
from tests.doubles.nasbench301_boosters import made_up_ensemble
from tests.doubles.nasbench301_data import shared_file


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own and no data."""
    monkeypatch.setenv("NASLIB_INCREMENTAL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("NASLIB_INCREMENTAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    return tmp_path


def test_the_official_folder_is_imported_listed_and_verified(
    folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pickles = [pickled(binary_handle(booster)) for booster in made_up_ensemble()]
    models = write_models(folders / "nb_models_1.0", pickles)
    data = pickled("tree\nversion=v3\n", "lightgbm.basic")
    write_member(models / "lgb_runtime_v1.0", data, 1, "lgb_time")
    assert main(["import", str(models)]) == 0
    out = capsys.readouterr().out
    assert "ensemble-v1 of nasbench301: 10 members, 95 trees" in out
    assert "runtime-v1 of nasbench301: a model of lightgbm" in out
    for command, said in (("status", "ensemble-v1"), ("verify", "runtime-v1 of nasbench301")):
        assert main([command]) == 0
        assert said in capsys.readouterr().out


def test_the_surrogate_of_yahpo_is_imported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shared_file("yahpo_nb301.onnx")
    pytest.importorskip("onnx")
    monkeypatch.setenv("NASLIB_INCREMENTAL_CACHE", str(tmp_path / "cache"))
    assert main(["import", str(path)]) == 0
    assert "yahpo-v1 of nasbench301_yahpo" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["empty", "missing.onnx"])
def test_what_cannot_be_imported_is_one_line(
    folders: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folders / "empty").mkdir()
    assert main(["import", str(folders / name)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("naslib-data: expected ")
    assert error.count("\n") == 1
