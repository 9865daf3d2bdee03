"""The TFRecord reader: round trips, and every way in which a file can be broken."""

from __future__ import annotations

import json
import struct
import tempfile
from itertools import accumulate
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.made_up.nasbench101_files import (
    Training,
    framed,
    made_up_trainings,
    payload,
    write_tfrecord,
)
from naslib_incremental.benchmarks.formats.tfrecord import masked_crc, read_records
from naslib_incremental.benchmarks.nasbench101.trainings import read_official
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.search_spaces_ext.nasbench101.space import cells_of_size


@pytest.fixture(scope="module")
def words() -> np.ndarray:
    return np.concatenate([cells_of_size(size) for size in (2, 3, 4)])


@pytest.fixture(scope="module")
def trainings(words: np.ndarray) -> list[Training]:
    return list(made_up_trainings(words, (4, 108), 3, 0))


@given(st.binary(max_size=64))
def test_the_checksum_is_that_of_the_polynomial(data: bytes) -> None:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    rotated = (crc >> 15) | (crc << 17) & 0xFFFFFFFF
    assert masked_crc(data) == (rotated + 0xA282EAD8) % (1 << 32)


def test_every_training_comes_back_in_order(
    tmp_path: Path, words: np.ndarray, trainings: list[Training]
) -> None:
    path = tmp_path / "file.tfrecord"
    write_tfrecord(path, trainings)
    found = read_official(path)
    assert np.array_equal(found.words, np.repeat(words, 6))
    assert found.epochs.tolist() == [training.epochs for training in trainings]
    assert found.parameters.tolist() == [training.parameters for training in trainings]
    assert found.test.tolist() == [training.test for training in trainings]
    assert found.validation is not None
    assert found.validation.tolist() == [training.validation for training in trainings]
    assert found.training_seconds is not None
    assert found.training_seconds.tolist() == [training.seconds for training in trainings]


def broken(data: bytes) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.tfrecord"
        path.write_bytes(data)
        with pytest.raises(UserError) as raised:
            read_official(path)
    assert "\n" not in str(raised.value)
    return raised.value.got


@given(st.data())
def test_a_file_cut_off_within_a_record_says_where(
    trainings: list[Training], data: st.DataObject
) -> None:
    frames = [framed(payload(training)) for training in trainings[:5]]
    starts = [0, *accumulate(map(len, frames))]
    cut = data.draw(st.integers(1, starts[-1] - 1).filter(lambda place: place not in starts))
    start = max(start for start in starts if start < cut)
    got = broken(b"".join(frames)[:cut])
    assert got.endswith(f"at byte {start}")
    assert "ends within a record" in got


@given(st.data())
def test_a_flipped_bit_says_where(trainings: list[Training], data: st.DataObject) -> None:
    frames = [framed(payload(training)) for training in trainings[:5]]
    starts = [0, *accumulate(map(len, frames))]
    altered = bytearray(b"".join(frames))
    place = data.draw(st.integers(0, len(altered) - 1))
    altered[place] ^= 1 << data.draw(st.integers(0, 7))
    start = max(start for start in starts if start <= place)
    assert broken(bytes(altered)).endswith(f"at byte {start}")


def test_a_foreign_file_is_named_as_one() -> None:
    assert broken(b"hash,epochs,accuracy\n" * 10).endswith("no TFRecord file at byte 0")


def test_an_absurd_length_is_not_allocated() -> None:
    length = struct.pack("<Q", 1 << 60)
    assert "at byte 0" in broken(length + struct.pack("<I", masked_crc(length)))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (1, "many"),
        (2, "01"),
        (2, "0120"),
        (2, "0110"),
        (3, "input"),
        (3, "input,conv3x3-bn-relu,output"),
        (3, "output,input"),
        (4, "no base64"),
        (4, "AAAA"),
        (4, ""),
    ],
)
def test_a_record_of_something_else_says_where(
    trainings: list[Training], place: int, value: object
) -> None:
    first = framed(payload(trainings[0]))
    record = json.loads(payload(trainings[0]))
    record[place] = value
    got = broken(first + framed(json.dumps(record).encode()))
    assert "no record of NAS-Bench-101" in got
    assert got.endswith(f"at byte {len(first)}")


@pytest.mark.parametrize("text", ["[]", "{}", "not JSON", "[1, 2, 3, 4, 5]"])
def test_a_record_that_is_no_list_of_five_says_where(text: str) -> None:
    assert broken(framed(text.encode())).endswith("at byte 0")


def test_an_empty_file_has_no_records(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.touch()
    assert list(read_records(path)) == []
