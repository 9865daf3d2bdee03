"""NASLib's pickle: read whole, and never obeyed."""

from __future__ import annotations

import pickle
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.made_up.nasbench101_files import made_up_trainings, naslib_table
from naslib_incremental.benchmarks.nasbench101.trainings import read_naslib
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.search_spaces_ext.nasbench101.space import cells_of_size


def read_bytes(data: bytes) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.pkl"
        path.write_bytes(data)
        return read_naslib(path)


def refused(data: bytes) -> str:
    with pytest.raises(UserError) as raised:
        read_bytes(data)
    assert "\n" not in str(raised.value)
    return raised.value.got


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("dtype", ["int8", "int64", "bool"])
def test_every_training_comes_back(protocol: int, dtype: str) -> None:
    words = np.concatenate([cells_of_size(size) for size in (2, 3, 4)])
    trainings = list(made_up_trainings(words, (108,), 3, 0))
    found = read_bytes(pickle.dumps(naslib_table(trainings, dtype), protocol))
    assert np.array_equal(found.words, np.repeat(words, 3))
    assert set(found.epochs.tolist()) == {108}
    assert found.validation.tolist() == [training.validation for training in trainings]
    assert found.test.tolist() == [training.test for training in trainings]
    assert found.training_seconds.tolist() == [training.seconds for training in trainings]
    assert found.parameters.tolist() == [training.parameters for training in trainings]


def test_numpy_numbers_and_column_order_come_back_too() -> None:
    words = cells_of_size(4)
    table = naslib_table(made_up_trainings(words, (108,), 1, 0))
    for fixed, computed in table.values():
        fixed["module_adjacency"] = np.asfortranarray(fixed["module_adjacency"])
        fixed["trainable_parameters"] = np.int32(fixed["trainable_parameters"])
        [run] = computed[108]
        run["final_test_accuracy"] = np.float64(run["final_test_accuracy"])
    assert np.array_equal(read_bytes(pickle.dumps(table)).words, words)


class Runs:
    """Pickles as a call of any function."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


def test_a_pickle_that_runs_code_is_refused_and_not_run(tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    data = pickle.dumps({"0" * 32: Runs(Path.touch, witness)})
    assert "refused" in refused(data)
    assert not witness.exists()


@pytest.mark.parametrize(
    "function", [eval, open, getattr, np.load, np.frombuffer, np.array, pickle.loads]
)
def test_no_other_function_is_known(function: Any) -> None:
    assert "refused" in refused(pickle.dumps(Runs(function, "1")))


def test_an_array_of_objects_is_refused() -> None:
    words = cells_of_size(2)
    table = naslib_table(made_up_trainings(words, (108,), 1, 0), "object")
    assert "dtype 'O8'" in refused(pickle.dumps(table))


def test_big_endian_numbers_are_refused() -> None:
    table = naslib_table(made_up_trainings(cells_of_size(2), (108,), 1, 0), ">i8")
    assert "byte order '>'" in refused(pickle.dumps(table))


def test_an_array_that_claims_more_than_it_has_is_refused() -> None:
    table = naslib_table(made_up_trainings(cells_of_size(2), (108,), 1, 0))
    data = pickle.dumps(table, 2)
    shape = b"K\x02K\x02\x86"
    assert data.count(shape) == 1
    assert "no such table" in refused(data.replace(shape, b"K\xc8K\xc8\x86"))


def test_an_array_without_bytes_is_refused() -> None:
    state = (1, (10_000, 10_000), np.dtype("i8"), False, None)
    rebuild, arguments, _ = np.zeros(1).__reduce__()

    class Hollow:
        def __reduce__(self) -> Any:
            return rebuild, arguments, state

    assert "an array over NoneType" in refused(pickle.dumps(Hollow()))


@pytest.mark.parametrize("table", [[], {}, {"a": 1}, {"a": ({}, {})}, {"a": ("x", {108: [1]})}])
def test_another_pickle_is_refused(table: Any) -> None:
    assert "no such table" in refused(pickle.dumps(table))


@given(st.data())
def test_a_damaged_pickle_is_one_clear_error(data: st.DataObject) -> None:
    table = naslib_table(made_up_trainings(cells_of_size(3), (108,), 1, 0))
    whole = pickle.dumps(table)
    cut = whole[: data.draw(st.integers(1, len(whole) - 1))]
    assert "before byte" in refused(cut)


@given(st.binary(max_size=200))
def test_random_bytes_are_one_clear_error(data: bytes) -> None:
    refused(b"\x80\x04" + data)
