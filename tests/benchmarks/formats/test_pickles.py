"""Pickles are read, never run."""

from __future__ import annotations

import os
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from naslib_incremental.benchmarks.formats import ForeignFileError, pickles

EVERY_TABLE = (
    pickles.BYTES,
    pickles.FLOAT64,
    pickles.ARRAYS,
    pickles.BOOSTERS,
    pickles.CONTAINERS,
    pickles.TENSORS,
)
NUMBERS = st.floats(allow_nan=False) | st.integers() | st.floats(allow_nan=False).map(np.float64)


@given(st.dictionaries(st.integers() | st.text(), st.lists(NUMBERS)), st.integers(3, 5))
def test_plain_containers_of_numbers_come_back_equal(table: dict, protocol: int) -> None:
    assert pickles.load(pickle.dumps(table, protocol), pickles.FLOAT64) == table


class Malicious:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self.path),)


def test_code_named_by_a_pickle_does_not_run(tmp_path: Path) -> None:
    victim = tmp_path / "made"
    for allowed in EVERY_TABLE:
        with pytest.raises(ForeignFileError, match="mkdir is refused before byte"):
            pickles.load(pickle.dumps({1: Malicious(victim)}), allowed)
    assert not victim.exists()


@pytest.mark.parametrize("value", [np.arange(3), np.float32(1), np.dtype("f4"), {1}.__class__])
def test_anything_but_float64_scalars_is_refused(value: object) -> None:
    with pytest.raises(ForeignFileError, match=r"refused|dtype"):
        pickles.load(pickle.dumps(value), pickles.FLOAT64)


@given(st.data())
def test_damaged_pickles_are_refused_in_one_line(data: st.DataObject) -> None:
    whole = pickle.dumps({k: {"a": np.float64(k)} for k in range(20)})
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(ForeignFileError, match=r"^[^\n]+ before byte \d+$"):
        pickles.load(whole[:cut], pickles.FLOAT64)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("dtype", ["bool", "i1", "u2", "i8", "f4", "f8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_numbers_come_back_equal(protocol: int, dtype: str, order: Any) -> None:
    array = np.asarray(np.arange(12).reshape(3, 4), dtype, order)
    data = pickle.dumps([array, array[1, 2]], protocol)
    stand_in, scalar = pickles.load(data, pickles.BYTES | pickles.ARRAYS)
    found = stand_in.view()
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)
    assert type(scalar) in (bool, int, float)
    assert scalar == array[1, 2]


def test_an_array_whose_dtype_is_something_else_is_refused() -> None:
    class Crafted:
        def __reduce__(self) -> Any:
            rebuild, arguments, _ = np.zeros(1).__reduce__()
            return rebuild, arguments, (1, (1,), OrderedDict(dtype="O"), False, bytes(8))

    with pytest.raises(ForeignFileError, match="a dtype that is a"):
        pickles.load(pickle.dumps(Crafted()), pickles.ARRAYS | pickles.BOOSTERS)


NAMES = sorted({name for allowed in EVERY_TABLE for name in allowed})


@pytest.mark.parametrize("state", [{"codes": "O"}, (None, {"__init__": 1, "__call__": 1})])
@pytest.mark.parametrize("name", NAMES, ids=".".join)
def test_what_a_pickle_names_it_cannot_alter(name: tuple[str, str], state: object) -> None:
    """BUILD of a pickle sets attributes of whatever stands on its stack."""
    module, attribute = name
    named = b"\x80\x02c" + f"{module}\n{attribute}\n".encode()
    data = named + pickle.dumps(state, 2)[2:-1] + b"b."
    [allowed] = [allowed for allowed in EVERY_TABLE if name in allowed][:1]
    before = {key: repr(vars(type(item))) for key, item in allowed.items()}
    with pytest.raises(ForeignFileError):
        pickles.load(data, allowed)
    assert before == {key: repr(vars(type(item))) for key, item in allowed.items()}


def test_references_to_what_lies_elsewhere_are_refused() -> None:
    with pytest.raises(ForeignFileError, match="persistent object 'elsewhere' is refused"):
        pickles.load(b"\x80\x02\x8c\x09elsewhereQ.", pickles.FLOAT64)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ForeignFileError, match="No such file"):
        pickles.load(tmp_path / "missing", pickles.FLOAT64)


@pytest.mark.parametrize("as_zip", [True, False])
def test_files_of_torch_are_read_without_their_tensors(tmp_path: Path, as_zip: bool) -> None:
    """Tensors, alone and in a state of a network, are left out and touch no other value."""
    path = tmp_path / "some.pth"
    tensor = torch.arange(6.0).reshape(2, 3)
    table = {"a": [1, 2.5, "text", tensor], "b": {"net": OrderedDict(w=tensor)}, "c": {1, 2}}
    torch.save(table, path, _use_new_zipfile_serialization=as_zip)
    found = pickles.load_torch(path, pickles.CONTAINERS)
    assert found == {"a": [1, 2.5, "text", None], "b": {"net": {"w": None}}, "c": {1, 2}}
    assert b"text" in pickles.first_of_torch(path)


@pytest.mark.parametrize("as_zip", [True, False])
def test_code_named_by_a_file_of_torch_does_not_run(tmp_path: Path, as_zip: bool) -> None:
    path, victim = tmp_path / "some.pth", tmp_path / "made"
    torch.save({1: Malicious(victim)}, path, _use_new_zipfile_serialization=as_zip)
    with pytest.raises(ForeignFileError, match="mkdir is refused before byte"):
        pickles.load_torch(path, pickles.CONTAINERS)
    assert not victim.exists()
    content = path.read_bytes()
    for cut in range(0, len(content), 97):
        path.write_bytes(content[:cut])
        with pytest.raises(ForeignFileError, match=r"^[^\n]+$"):
            pickles.load_torch(path, pickles.CONTAINERS)
        pickles.first_of_torch(path)


def test_files_that_are_none_of_torch(tmp_path: Path) -> None:
    path = tmp_path / "some"
    for content in (b"", b"PK\x03\x04", pickle.dumps({"a": 1}), pickle.dumps(pickles.TORCH_MAGIC)):
        path.write_bytes(content)
        with pytest.raises(ForeignFileError):
            pickles.load_torch(path, pickles.CONTAINERS)
    with ZipFile(path, "w") as archive:
        archive.writestr("other/file", b"")
    with pytest.raises(ForeignFileError, match="no zip of torch"):
        pickles.load_torch(path, pickles.CONTAINERS)
    assert pickles.first_of_torch(path) == b""
