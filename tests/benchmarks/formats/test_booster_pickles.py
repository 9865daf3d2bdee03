"""Pickled boosters: read whole, and never obeyed."""

from __future__ import annotations

import collections
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.made_up.nasbench301_models import pickled
from naslib_incremental.benchmarks.formats import ForeignFileError
from naslib_incremental.benchmarks.formats.xgboost_models import read_handle
from tests.doubles.nasbench301_boosters import VERSIONS, real_boosters


def handle_of(data: bytes, folder: Path) -> bytes | str:
    path = folder / "surrogate_model.model"
    path.write_bytes(data)
    return read_handle(path)


def refused(data: bytes, folder: Path) -> str:
    with pytest.raises(ForeignFileError) as raised:
        handle_of(data, folder)
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize("version", VERSIONS)
def test_pickles_of_xgboost_itself_are_read(version: str, tmp_path: Path) -> None:
    handle = handle_of(real_boosters()[f"pickle_{version}"].tobytes(), tmp_path)
    start = {"1.2.1": b"CONFIG-offset:", "1.5.2": b'{"Config"', "1.7.6": b"{L"}[version]
    assert handle.startswith(start)


@pytest.mark.parametrize("module", ["xgboost.core", "lightgbm.basic"])
@pytest.mark.parametrize("handle", [b"\x00\xff model", "tree\n"])
def test_the_serialised_model_comes_back(module: str, handle: Any, tmp_path: Path) -> None:
    assert handle_of(pickled(handle, module), tmp_path) == handle


class Runs:
    """Pickles as a call of any function."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


def test_a_pickle_that_runs_code_is_refused_and_not_run(tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    assert "refused" in refused(pickle.dumps({"handle": Runs(Path.touch, witness)}), tmp_path)
    assert not witness.exists()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("function", [eval, getattr, open, pickle.loads, collections.Counter])
def test_no_other_function_is_known(function: Any, protocol: int, tmp_path: Path) -> None:
    assert "refused" in refused(pickle.dumps(Runs(function, "1"), protocol), tmp_path)


@pytest.mark.parametrize(
    "foreign", [[], {}, {"handle": b"x"}, collections.OrderedDict(handle=b"x"), bytearray(9)]
)
def test_other_contents_are_refused(foreign: Any, tmp_path: Path) -> None:
    assert "no booster" in refused(pickle.dumps(foreign), tmp_path)


def test_a_booster_without_a_model_is_refused(tmp_path: Path) -> None:
    data = pickled(b"").replace(b"handle", b"candle")
    assert "without a model" in refused(data, tmp_path)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ForeignFileError, match="No such file"):
        read_handle(tmp_path / "missing")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_pickle_is_one_clear_error(tmp_path: Path, data: st.DataObject) -> None:
    whole = pickled(b"\x00model")
    refused(whole[: data.draw(st.integers(0, len(whole) - 1))], tmp_path)
    refused(b"\x80\x04" + data.draw(st.binary(max_size=100)), tmp_path)
