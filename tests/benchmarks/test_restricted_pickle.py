"""Pickles are read, never run."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from naslib_incremental.benchmarks.formats.restricted_pickle import load_scalars
from naslib_incremental.foundation.errors import UserError

NUMBERS = st.floats(allow_nan=False) | st.integers() | st.floats(allow_nan=False).map(np.float64)


@given(st.dictionaries(st.integers() | st.text(), st.lists(NUMBERS)), st.integers(3, 5))
def test_plain_containers_of_numbers_come_back_equal(table: dict, protocol: int) -> None:
    assert load_scalars(pickle.dumps(table, protocol), "table") == table


class Malicious:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self.path),)


def test_code_named_by_a_pickle_does_not_run(tmp_path: Path) -> None:
    victim = tmp_path / "made"
    with pytest.raises(UserError, match=r"table\.bench: .*mkdir"):
        load_scalars(pickle.dumps({1: Malicious(victim)}), "table.bench")
    assert not victim.exists()


@pytest.mark.parametrize("value", [np.arange(3), np.float32(1), np.dtype("f4"), {1}.__class__])
def test_anything_but_float64_scalars_is_refused(value: object) -> None:
    with pytest.raises(UserError, match="a pickle of plain containers and float64 numbers"):
        load_scalars(pickle.dumps(value), "table")


@given(st.data())
def test_damaged_pickles_are_refused_in_one_line(data: st.DataObject) -> None:
    whole = pickle.dumps({k: {"a": np.float64(k)} for k in range(20)})
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(UserError, match="expected a pickle"):
        load_scalars(whole[:cut], "table")
