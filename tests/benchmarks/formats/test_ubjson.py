"""Universal Binary JSON."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.made_up.nasbench301_models import ubjson
from naslib_incremental.benchmarks.formats.ubjson import read_ubjson

values = st.recursive(
    st.integers(-(2**62), 2**62) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=10,
).filter(lambda value: not _has_wide_numbers(value))


def _has_wide_numbers(value: Any) -> bool:
    """Typed arrays of the double are 32 bits wide."""
    if isinstance(value, dict):
        return any(map(_has_wide_numbers, value.values()))
    if isinstance(value, list):
        return any(isinstance(item, int) or _has_wide_numbers(item) for item in value)
    return False


@given(values)
def test_containers_come_back(value: Any) -> None:
    assert read_ubjson(ubjson(value)) == value


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1))
def test_typed_arrays_become_arrays(numbers: list[float]) -> None:
    found = read_ubjson(ubjson(numbers))
    assert found.dtype == np.float32
    assert found.tolist() == numbers


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"i\xff", -1),
        (b"U\xff", 255),
        (b"I\xff\xfe", -2),
        (b"l\x00\x00\x01\x00", 256),
        (b"d" + struct.pack(">f", 1.5), 1.5),
        (b"D" + struct.pack(">d", 0.1), 0.1),
        (b"[TFZ]", [True, False, None]),
        (b"{i\x01aT}", {"a": True}),
        (b"[#i\x02TF", [True, False]),
    ],
)
def test_every_marker_is_known(data: bytes, value: Any) -> None:
    assert read_ubjson(data) == value


WHOLE = ubjson({"a": [1, 2, 3], "b": "text", "c": [{"d": 5}]})


@given(st.integers(0, len(WHOLE) - 1))
def test_a_cut_off_text_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="byte"):
        read_ubjson(WHOLE[:length])


@pytest.mark.parametrize(
    "data", [b"TT", b"?", b"[$i\x01", b"[" * 1_000, b"SL\xff" + bytes(7), b"ST"]
)
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"byte|deep"):
        read_ubjson(data)
